#include "calendar/trading_day.hpp"

#include "calendar/new_york.hpp"

namespace tickgate::calendar {

using namespace std::chrono;

namespace {

enum class Clock : std::uint8_t { utc, five_pm, new_york };

Clock clock_of(AssetClass c) noexcept {
    switch (c) {
    case AssetClass::crypto:
    case AssetClass::future:
        return Clock::utc;
    case AssetClass::fx:
    case AssetClass::cfd:
        return Clock::five_pm;
    case AssetClass::equity:
    case AssetClass::option:
    case AssetClass::index:
        break;
    }
    return Clock::new_york;
}

constexpr hours to_midnight{7}; // from 17:00

} // namespace

Span trading_day(AssetClass asset_class, year_month_day date) {
    const sys_days day{date};
    switch (clock_of(asset_class)) {
    case Clock::utc:
        return {UnixNanos(day), UnixNanos(day + days(1))};
    case Clock::five_pm:
        return {new_york_time(day - days(1), hours(17)), new_york_time(day, hours(17))};
    case Clock::new_york:
        break;
    }
    return {new_york_time(day, hours(0)), new_york_time(day + days(1), hours(0))};
}

year_month_day trading_date(AssetClass asset_class, UnixNanos t) {
    switch (clock_of(asset_class)) {
    case Clock::utc:
        return floor<days>(t);
    case Clock::five_pm:
        return floor<days>(t + new_york_offset(t) + to_midnight);
    case Clock::new_york:
        break;
    }
    return new_york_date(t);
}

} // namespace tickgate::calendar
