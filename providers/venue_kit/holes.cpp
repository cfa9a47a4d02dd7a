#include "venue_kit/holes.hpp"

#include <charconv>
#include <chrono>
#include <optional>

namespace tickgate::venue_kit {

using namespace std::chrono;

namespace {

bool read(std::string_view text, int& into) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc() && end == text.data() + text.size() && into >= 0;
}

// `2026-11-01T10:00:00Z`, seconds or all of the time of day may be left out; or Unix seconds.
std::optional<UnixNanos> read_instant(std::string_view text) {
    if (text.ends_with('Z'))
        text.remove_suffix(1);
    std::int64_t unix = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), unix);
    if (ec == std::errc() && end == text.data() + text.size())
        return unix >= 0 && unix < 9'000'000'000 ? std::optional(UnixNanos(seconds(unix))) : std::nullopt;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    const auto n = text.size();
    if ((n != 10 && n != 16 && n != 19) || text[4] != '-' || text[7] != '-' || !read(text.substr(0, 4), y) ||
        !read(text.substr(5, 2), mo) || !read(text.substr(8, 2), d))
        return std::nullopt;
    if (n > 10 && (text[10] != 'T' || text[13] != ':' || !read(text.substr(11, 2), h) || !read(text.substr(14, 2), mi)))
        return std::nullopt;
    if (n > 16 && (text[16] != ':' || !read(text.substr(17, 2), s)))
        return std::nullopt;
    const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
    if (!date.ok() || y < 1970 || y > 2250 || h > 23 || mi > 59 || s > 59)
        return std::nullopt;
    return UnixNanos(sys_days(date) + hours(h) + minutes(mi) + seconds(s));
}

} // namespace

result<Hole> parse_hole(std::string_view text, std::string& problem) {
    const auto slash = text.find('/');
    const auto from = read_instant(text.substr(0, slash));
    const auto to = slash == std::string_view::npos ? std::nullopt : read_instant(text.substr(slash + 1));
    if (!from || !to || *to <= *from) {
        problem =
            "a hole is FROM/TO in UTC, `2026-11-01T10:00:00Z/2026-11-01T10:30:00Z`, not `" + std::string(text) + "`";
        return errc::configuration;
    }
    return Hole{*from, *to};
}

} // namespace tickgate::venue_kit
