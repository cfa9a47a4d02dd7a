// Bars and ticks by REST: pure parsing.
#pragma once

#include <tickgate/market_data.hpp>

#include <string_view>
#include <vector>

namespace tickgate::tradier {

struct ParsedBars {
    std::vector<Bar> bars;   // oldest first, no open time twice
    std::size_t dropped = 0; // rows without prices ("NaN", null), or whose numbers are none
};

// `history`: days, weeks (from Monday) and months of the New York calendar, by `date`. A bar is final when it has
// ended at `now`. Errors: malformed_payload (not such an answer; a row without a date).
result<ParsedBars> parse_history(std::string_view body, Timeframe timeframe, UnixNanos now);

// `timesales` of 1, 5 or 15 minutes: times from `timestamp`, without it from `time`, which is Eastern.
// Errors: malformed_payload.
result<ParsedBars> parse_timesales(std::string_view body, Timeframe timeframe, UnixNanos now);

// `timesales` by tick.
struct Tick {
    UnixNanos time{};
    Decimal price, volume;
};
result<std::vector<Tick>> parse_ticks(std::string_view body);

// Where the day, week or month of New York begins that `t` lies in, and where it ends.
UnixNanos calendar_open(UnixNanos t, Timeframe timeframe) noexcept;
UnixNanos calendar_end(UnixNanos open, Timeframe timeframe) noexcept;

} // namespace tickgate::tradier
