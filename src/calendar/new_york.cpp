#include "calendar/new_york.hpp"

#include "core/log.hpp"

#include <date/tz.h>

#include <exception>

namespace tickgate::calendar {

using namespace std::chrono;

namespace {

// The compiled data may end here: the years after follow the rule.
constexpr sys_days data_until = year{2037} / January / 1;
constexpr sys_days data_from = year{1967} / January / 1;

const date::time_zone* zone() {
    static const date::time_zone* const found = []() -> const date::time_zone* {
        try {
            const auto* z = date::locate_zone("America/New_York");
            (void)z->get_info(date::sys_seconds(seconds(0))); // the file is read here
            return z;
        } catch (const std::exception& e) {
            log::warn("calendar", "no_time_zones",
                {{"error", e.what()}, {"hint", "install tzdata; until then New York follows the rule of 2007"}});
            return nullptr;
        }
    }();
    return found;
}

} // namespace

seconds new_york_offset_by_rule(UnixNanos t) noexcept {
    const year y = year_month_day{floor<days>(t - hours(5))}.year();
    const UnixNanos begin = sys_days(y / March / Sunday[2]) + hours(7);  // 2:00 standard time
    const UnixNanos end = sys_days(y / November / Sunday[1]) + hours(6); // 2:00 daylight time
    return t >= begin && t < end ? hours(-4) : hours(-5);
}

seconds new_york_offset(UnixNanos t) {
    if (t < data_from || t >= data_until)
        return new_york_offset_by_rule(t);
    if (const auto* z = zone())
        return z->get_info(floor<seconds>(t)).offset;
    return new_york_offset_by_rule(t);
}

UnixNanos new_york_time(sys_days date, seconds clock) {
    const UnixNanos local = UnixNanos(date) + clock;
    const auto summer = local + hours(4);
    if (new_york_offset(summer) == hours(-4))
        return summer;
    return local + hours(5);
}

sys_days new_york_date(UnixNanos t) { return floor<days>(t + new_york_offset(t)); }

} // namespace tickgate::calendar
