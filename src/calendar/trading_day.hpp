// Which span of time a date means for an instrument.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>

#include <chrono>

namespace tickgate::calendar {

struct Span {
    UnixNanos from{}, to{}; // `to` is exclusive
};

// Crypto and futures: the UTC date. FX, metals and CFDs: 17:00 to 17:00 New York, named by its end. Equities, options
// and indices: the date in New York, midnight to midnight. Weekends and holidays have their span too; nothing trades
// in it. `date` is a valid date.
Span trading_day(AssetClass asset_class, std::chrono::year_month_day date);

// The date whose span holds `t`.
std::chrono::year_month_day trading_date(AssetClass asset_class, UnixNanos t);

} // namespace tickgate::calendar
