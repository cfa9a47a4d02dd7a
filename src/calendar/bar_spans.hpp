// Where bars begin and end on any of the three clocks.
#pragma once

#include "calendar/market_hours.hpp"
#include "calendar/trading_day.hpp"

#include <tickgate/market_data.hpp>
#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

namespace tickgate::calendar {

// The bar that holds `t`. Up to 1h every clock gives the same bars. Longer ones:
// utc: bar_open() of the contract. ny17: from 17:00 New York; weeks from Friday 17:00, months from 17:00 of the day
// before the first (as OANDA tells them). exchange: from midnight New York; weeks from Monday (nothing trades on a
// Sunday, so that the weeks of a provider which begins them there hold the same), months from the first.
// On both, bars of some hours count from where the day begins and keep New York's wall clock: the one that holds the
// change of the clock is an hour longer or shorter. Bars of three days count from the Unix epoch.
Span bar_at(Timeframe timeframe, Alignment align, UnixNanos t);

// The bar after `bar`. Weeks keep the weekday on which `bar` begins.
Span next_bar(Timeframe timeframe, Alignment align, const Span& bar);

// Whether a bar of a provider lies where bars of this kind may lie: as bar_at() says; on the exchange's clock also
// weeks from Sunday and days by the clock of Chicago (indices have been seen so).
bool is_bar(Timeframe timeframe, Alignment align, const Span& bar);

// False if the market was closed during all of the span, or if it is empty.
bool trades_within(const MarketHours& hours, Market market, const Span& span);

// Which clock an instrument's days keep in the history of the providers that tell it: utc for crypto and futures, ny17
// for FX, metals and CFDs, exchange for equities, options and indices. Up to 1h it is utc.
Alignment usual_alignment(AssetClass asset_class, Timeframe timeframe) noexcept;

} // namespace tickgate::calendar
