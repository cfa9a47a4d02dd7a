#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::cli {

namespace {

// Bytes of the code point at the start of `text`; 0: broken, or a control character.
std::size_t printable_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto c = byte(0);
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f ? 1 : 0;
    const std::size_t size = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    if (size == 0 || c >= 0xf5 || text.size() < size)
        return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0u) != 0x80)
            return 0;
    if (c == 0xc2 && byte(1) < 0xa0) // C1 controls
        return 0;
    return size;
}

bool digits(std::string_view text, int& out) noexcept {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size() && out >= 0;
}

} // namespace

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t i = digits.size(); i > 3; i -= 3)
        digits.insert(i - 3, ",");
    return digits;
}

std::string clock_text(std::int64_t seconds) {
    seconds = std::max<std::int64_t>(seconds, 0);
    return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string long_span_text(std::int64_t seconds) {
    if (seconds >= 86400)
        return fmt::format("{}d {:02}h", seconds / 86400, seconds / 3600 % 24);
    return clock_text(seconds);
}

std::string harmless(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c < ' ' || static_cast<unsigned char>(c) > 0x7e)
            c = '?';
    return out;
}

std::string age_text(std::chrono::milliseconds age) {
    const std::int64_t ms = std::max<std::int64_t>(age.count(), 0), s = ms / 1000;
    if (s < 10)
        return fmt::format("{}.{}s", s, ms % 1000 / 100);
    if (s < 60)
        return fmt::format("{}s", s);
    if (s < 3600)
        return fmt::format("{}m{:02}s", s / 60, s % 60);
    if (s < 86400)
        return fmt::format("{}h{:02}m", s / 3600, s % 3600 / 60);
    return fmt::format("{}d{:02}h", s / 86400, s % 86400 / 3600);
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto size = printable_size(text);
        if (size == 0)
            out += '?';
        else
            out += text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

std::size_t width_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80; }));
}

std::string cut_to(std::string_view text, std::size_t most) {
    if (width_of(text) <= most)
        return std::string(text);
    if (most == 0)
        return {};
    std::size_t at = 0;
    for (std::size_t taken = 0; taken + 1 < most; ++taken) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80)
            ++at;
    }
    return std::string(text.substr(0, at)) + "…";
}

std::optional<UnixNanos> time_from(const Json& value) noexcept {
    if (value.is(Json::Type::number))
        return from_micros(value.integer());
    const std::string_view t = value.text;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!value.is(Json::Type::text) || t.size() < 20 || t.back() != 'Z' || t[4] != '-' || t[7] != '-' || t[10] != 'T' ||
        t[13] != ':' || t[16] != ':' || !digits(t.substr(0, 4), year) || !digits(t.substr(5, 2), month) ||
        !digits(t.substr(8, 2), day) || !digits(t.substr(11, 2), hour) || !digits(t.substr(14, 2), minute) ||
        !digits(t.substr(17, 2), second))
        return std::nullopt;
    std::int64_t nanos = 0;
    if (t[19] == '.') {
        std::string fraction(t.substr(20, t.size() - 21));
        fraction.resize(9, '0');
        int n = 0;
        if (!digits(fraction, n))
            return std::nullopt;
        nanos = n;
    } else if (t.size() != 20) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
        std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok())
        return std::nullopt;
    return UnixNanos(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + std::chrono::nanoseconds(nanos);
}

std::string ago(const Json& value, UnixNanos now) {
    const auto at = time_from(value);
    if (!at)
        return "-";
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *at);
    return age_text(std::max(age, std::chrono::milliseconds(0)));
}

std::string utc_text(UnixNanos at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    return fmt::format("{:04}-{:02}-{:02}T{}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), clock_text((seconds - days).count()));
}

} // namespace tickgate::cli
