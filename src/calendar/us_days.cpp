#include "calendar/us_days.hpp"

namespace tickgate::calendar {

using namespace std::chrono;

namespace {

// The weekday on which a fixed date is kept.
sys_days observed(sys_days date) noexcept {
    const weekday day{date};
    if (day == Saturday)
        return date - days(1);
    return day == Sunday ? date + days(1) : date;
}

} // namespace

// The anonymous Gregorian computus.
sys_days easter_sunday(year y) noexcept {
    const int n = static_cast<int>(y);
    const int golden = n % 19, century = n / 100, rest = n % 100;
    const int leap_shift = (century - (century + 8) / 25 + 1) / 3;
    const int epact = (19 * golden + century - century / 4 - leap_shift + 15) % 30;
    const int to_sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    const int correction = (golden + 11 * epact + 22 * to_sunday) / 451;
    const int march_days = epact + to_sunday - 7 * correction + 114;
    return sys_days(y / (march_days / 31) / (march_days % 31 + 1));
}

UsDay us_day(sys_days date) noexcept {
    using enum UsDay::Kind;
    const weekday day{date};
    if (day == Saturday || day == Sunday)
        return {weekend, {}};
    const year_month_day ymd{date};
    const year y = ymd.year();
    const sys_days new_year = y / January / 1;
    // A New Year on Saturday is not kept on the Friday of the old year.
    if (date == (weekday{new_year} == Sunday ? new_year + days(1) : new_year))
        return {holiday, "New Year's Day"};
    if (date == sys_days(y / January / Monday[3]))
        return {holiday, "Martin Luther King Jr. Day"};
    if (date == sys_days(y / February / Monday[3]))
        return {holiday, "Washington's Birthday"};
    if (date == easter_sunday(y) - days(2))
        return {holiday, "Good Friday"};
    if (date == sys_days(y / May / Monday[last]))
        return {holiday, "Memorial Day"};
    if (y >= year{2022} && date == observed(y / June / 19))
        return {holiday, "Juneteenth"};
    if (date == observed(y / July / 4))
        return {holiday, "Independence Day"};
    if (date == sys_days(y / September / Monday[1]))
        return {holiday, "Labor Day"};
    const sys_days thanksgiving = y / November / Thursday[4];
    if (date == thanksgiving)
        return {holiday, "Thanksgiving"};
    if (date == observed(y / December / 25))
        return {holiday, "Christmas"};
    if (date == thanksgiving + days(1))
        return {early_close, "Thanksgiving"};
    if (day != Friday && date == sys_days(y / July / 3))
        return {early_close, "Independence Day"};
    if (day != Friday && date == sys_days(y / December / 24))
        return {early_close, "Christmas"};
    return {};
}

} // namespace tickgate::calendar
