// OANDA's times, and New York's day, which its daily and longer candles keep.
#pragma once

#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::oanda {

// `2017-02-23T20:57:26.808326703Z`, up to nine fraction digits or none, or Unix seconds `1488023846.808326703`.
// Years 1970 to 2261. Empty if it is neither.
std::optional<UnixNanos> parse_time(std::string_view text) noexcept;

// `2017-02-23T20:57:26.808326703Z`, always nine fraction digits. Years 1970 to 2261.
std::string format_time(UnixNanos t);

// UTC minus this is New York's wall clock: 4 h in summer, 5 h in winter, by the rules of 1987, 2007.
std::chrono::hours behind_utc_in_new_york(UnixNanos t) noexcept;

// The instant at which New York's clocks show `wall` (as if it were UTC); a time that a change leaves out is taken as
// an hour later, one that comes twice as the first.
UnixNanos from_new_york(UnixNanos wall) noexcept;

// End of the candle that opens at `open`. Up to 1h by UTC; longer ones by New York's clock (days from 17:00), so that
// one of them is an hour longer or shorter when the clocks change; months by the calendar.
UnixNanos candle_end(UnixNanos open, Timeframe tf) noexcept;

} // namespace tickgate::oanda
