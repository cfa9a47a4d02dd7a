#include "oanda/times.hpp"

#include <chrono>
#include <cstdio>

namespace tickgate::oanda {

using namespace std::chrono;

namespace {

// `count` digits at `p`; -1 if one is none.
int digits(const char* p, int count) noexcept {
    int value = 0;
    for (int i = 0; i < count; ++i) {
        const auto d = static_cast<unsigned>(p[i] - '0');
        if (d > 9)
            return -1;
        value = value * 10 + static_cast<int>(d);
    }
    return value;
}

// The fraction `.123` as nanoseconds; -1 if it is no fraction of one to nine digits.
std::int64_t fraction(std::string_view text) noexcept {
    if (text.empty())
        return 0;
    if (text[0] != '.' || text.size() < 2 || text.size() > 10)
        return -1;
    std::int64_t value = 0;
    for (std::size_t i = 1; i < 10; ++i) {
        const auto d = i < text.size() ? static_cast<unsigned>(text[i] - '0') : 0u;
        if (d > 9)
            return -1;
        value = value * 10 + static_cast<std::int64_t>(d);
    }
    return value;
}

std::optional<UnixNanos> unix_time(std::string_view text) noexcept {
    const auto point = std::min(text.find('.'), text.size());
    if (point == 0 || point > 10)
        return std::nullopt;
    std::int64_t whole = 0;
    for (std::size_t i = 0; i < point; ++i) {
        const auto d = static_cast<unsigned>(text[i] - '0');
        if (d > 9)
            return std::nullopt;
        whole = whole * 10 + static_cast<std::int64_t>(d);
    }
    const auto part = fraction(text.substr(point));
    if (part < 0 || whole > 9'200'000'000)
        return std::nullopt;
    return UnixNanos(seconds(whole) + nanoseconds(part));
}

sys_days nth_sunday(year y, month m, unsigned n) noexcept { return sys_days(y / m / Sunday[n]); }

// Summer time of the year, in UTC.
struct Summer {
    UnixNanos begin, end;
};
Summer summer_of(year y) noexcept {
    const bool new_rule = y >= year(2007);
    const sys_days begin = new_rule ? nth_sunday(y, March, 2) : nth_sunday(y, April, 1);
    const sys_days end = new_rule ? nth_sunday(y, November, 1) : sys_days(y / October / Sunday[last]);
    return {UnixNanos(begin + hours(7)), UnixNanos(end + hours(6))}; // 2:00 EST, 2:00 EDT
}

} // namespace

std::optional<UnixNanos> parse_time(std::string_view text) noexcept {
    if (text.size() < 20 || text[4] != '-')
        return unix_time(text);
    const char* p = text.data();
    const int y = digits(p, 4), mo = digits(p + 5, 2), d = digits(p + 8, 2);
    const int h = digits(p + 11, 2), mi = digits(p + 14, 2), s = digits(p + 17, 2);
    if (p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' || text.back() != 'Z')
        return std::nullopt;
    if (y < 1970 || y > 2261 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60)
        return std::nullopt;
    const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
    const auto part = fraction(text.substr(19, text.size() - 20));
    if (!date.ok() || part < 0)
        return std::nullopt;
    return UnixNanos(sys_days(date) + hours(h) + minutes(mi) + seconds(s) + nanoseconds(part));
}

std::string format_time(UnixNanos t) {
    const auto date = floor<days>(t);
    const year_month_day ymd{date};
    const hh_mm_ss clock{t - date};
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ", static_cast<int>(ymd.year()),
        static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<long long>(clock.subseconds().count()));
    return text;
}

hours behind_utc_in_new_york(UnixNanos t) noexcept {
    const auto summer = summer_of(year_month_day{floor<days>(t)}.year());
    return t >= summer.begin && t < summer.end ? 4h : 5h;
}

UnixNanos from_new_york(UnixNanos wall) noexcept {
    const UnixNanos summer = wall + 4h, winter = wall + 5h;
    return behind_utc_in_new_york(summer) == 4h ? summer : winter;
}

UnixNanos candle_end(UnixNanos open, Timeframe tf) noexcept {
    if (tf <= Timeframe::h1)
        return bar_end(open, tf);
    const UnixNanos wall = open - behind_utc_in_new_york(open);
    if (const auto length = length_of(tf))
        return from_new_york(wall + *length);
    // The trading day that opens at 17:00 is named by the next date: its month counts.
    const UnixNanos named = wall + 7h;
    const auto date = floor<days>(named);
    const year_month_day ymd{date};
    const auto next = ymd + months(1);
    const sys_days day_of_next = sys_days(next.year() / next.month() / 1) + (ymd.day() - day(1));
    return from_new_york(UnixNanos(day_of_next) + (named - date) - 7h);
}

} // namespace tickgate::oanda
