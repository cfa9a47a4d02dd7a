#include "ops/time_text.hpp"

#include <chrono>
#include <cstdio>

namespace tickgate::ops {

namespace {

char* two(char* out, std::int64_t n) noexcept {
    *out++ = static_cast<char>('0' + n / 10);
    *out++ = static_cast<char>('0' + n % 10);
    return out;
}

} // namespace

void TimeWriter::append(std::string& out, UnixNanos t) {
    using namespace std::chrono;
    const auto midnight = floor<days>(t);
    if (const auto day = midnight.time_since_epoch().count(); day != day_) {
        const year_month_day date(midnight);
        const int n = std::snprintf(date_.data(), date_.size(), "%04d-%02u-%02uT", static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
        date_size_ = n > 0 ? static_cast<std::size_t>(n) : 0;
        day_ = day;
    }
    const std::int64_t nanos = (t - midnight).count();
    const std::int64_t second = nanos / 1000000000;
    std::int64_t fraction = nanos % 1000000000;
    std::array<char, 24> clock{};
    char* end = two(clock.data(), second / 3600);
    *end++ = ':';
    end = two(end, second / 60 % 60);
    *end++ = ':';
    end = two(end, second % 60);
    if (fraction != 0) {
        *end++ = '.';
        for (std::int64_t unit = 100000000; fraction != 0; unit /= 10) {
            *end++ = static_cast<char>('0' + fraction / unit);
            fraction %= unit;
        }
    }
    *end++ = 'Z';
    out.append(date_.data(), date_size_);
    out.append(clock.data(), static_cast<std::size_t>(end - clock.data()));
}

std::string time_text(UnixNanos t) {
    std::string out;
    TimeWriter writer;
    writer.append(out, t);
    return out;
}

} // namespace tickgate::ops
