#include "tradier/new_york.hpp"

#include <cstdio>

namespace tickgate::tradier {

using namespace std::chrono;

namespace {

struct Summer {
    LocalSeconds begin, end; // in standard time
};

Summer summer_of(year y) noexcept {
    // 02:00 standard time in spring; 02:00 summer time, which is 01:00 standard time, in autumn.
    if (y >= year(2007))
        return {LocalSeconds(local_days(y / March / Sunday[2])) + 2h,
            LocalSeconds(local_days(y / November / Sunday[1])) + 1h};
    return {LocalSeconds(local_days(y / April / Sunday[1])) + 2h,
        LocalSeconds(local_days(y / October / Sunday[last])) + 1h};
}

bool is_summer(LocalSeconds standard) noexcept {
    const auto s = summer_of(year_month_day(floor<days>(standard)).year());
    return standard >= s.begin && standard < s.end;
}

bool two_digits(std::string_view text, std::size_t at, int& into) noexcept {
    if (text[at] < '0' || text[at] > '9' || text[at + 1] < '0' || text[at + 1] > '9')
        return false;
    into = (text[at] - '0') * 10 + (text[at + 1] - '0');
    return true;
}

} // namespace

hours new_york_offset(UnixNanos t) noexcept {
    const LocalSeconds standard(floor<seconds>(t.time_since_epoch()) - 5h);
    return is_summer(standard) ? hours(-4) : hours(-5);
}

LocalSeconds to_new_york(UnixNanos t) noexcept {
    return LocalSeconds(floor<seconds>(t.time_since_epoch()) + new_york_offset(t));
}

UnixNanos from_new_york(LocalSeconds t) noexcept {
    const auto offset = is_summer(t - 1h) ? hours(-4) : hours(-5);
    return UnixNanos(t.time_since_epoch() - offset);
}

std::optional<LocalSeconds> parse_local(std::string_view text) noexcept {
    const auto n = text.size();
    if ((n != 10 && n != 16 && n != 19) || text[4] != '-' || text[7] != '-')
        return std::nullopt;
    int century = 0, y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    if (!two_digits(text, 0, century) || !two_digits(text, 2, y) || !two_digits(text, 5, mo) || !two_digits(text, 8, d))
        return std::nullopt;
    if (n >= 16 && ((text[10] != ' ' && text[10] != 'T') || text[13] != ':' || !two_digits(text, 11, h) ||
                       !two_digits(text, 14, mi)))
        return std::nullopt;
    if (n == 19 && (text[16] != ':' || !two_digits(text, 17, s)))
        return std::nullopt;
    const year_month_day date{year(century * 100 + y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
    // Nanoseconds end in 2262.
    if (!date.ok() || date.year() < year(1970) || date.year() > year(2250) || h > 23 || mi > 59 || s > 59)
        return std::nullopt;
    return LocalSeconds(local_days(date)) + hours(h) + minutes(mi) + seconds(s);
}

std::string date_text(year_month_day date) {
    char text[24];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

std::string minute_text(LocalSeconds t) {
    const auto day = floor<days>(t);
    const hh_mm_ss time(t - day);
    char text[40];
    std::snprintf(text, sizeof text, " %02d:%02d", static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()));
    return date_text(year_month_day(day)) + text;
}

} // namespace tickgate::tradier
