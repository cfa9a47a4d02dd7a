// Pure parsing of REST answers that tell the past: aggregates, daily figures, ticks.
#pragma once

#include "massive/config.hpp"

#include <tickgate/provider.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive {

// Multiplier and unit of a timeframe in the path of `/v2/aggs`, and how many base bars (seconds, minutes or days) one
// bar takes of the request's `limit`.
struct AggregateUnit {
    int multiplier = 1;
    std::string_view timespan;
    int base_bars = 1;
};
AggregateUnit unit_of(Timeframe timeframe) noexcept;

// What is added to New York's wall clock to have UTC, by the rules of 1987 and 2007.
std::chrono::hours behind_utc_in_new_york(UnixNanos t) noexcept;

// Sets what a bar's start tells of it: timeframe, both times, clock, price type and unit of the volume. The start is
// taken as given; days and longer end by New York's clock, those of currencies that begin at UTC's midnight by UTC.
void place_bar(Bar& bar, Cluster cluster, Timeframe timeframe, UnixNanos open) noexcept;

struct AggregatePage {
    std::vector<Bar> bars; // ascending
    std::string next_url;  // empty: complete
    bool delayed = false;  // status DELAYED
};
// `/v2/aggs/ticker/…/range/…`. A bar is final when it has ended at `now` (15 minutes before, if the answer is delayed).
// Errors: malformed_payload, number_overflow.
result<AggregatePage> parse_aggregates(std::string_view body, Cluster cluster, Timeframe timeframe, UnixNanos now);

// `/futures/vX/aggs/…`: own names, nanoseconds, in the answer's order. The resolution of a timeframe is empty if there
// is none. Errors: as parse_aggregates.
std::string_view futures_resolution(Timeframe timeframe) noexcept;
result<AggregatePage> parse_futures_aggregates(std::string_view body, Timeframe timeframe, UnixNanos now);

// One day of one ticker, as told by the endpoints that name its end instead of its start.
struct DailyFigures {
    std::string_view ticker;
    Decimal open, high, low, close;
    OptionalDecimal volume, vwap;
    std::optional<std::int64_t> trades;
    std::optional<UnixNanos> end;                    // `/prev`, `/grouped`
    std::optional<std::chrono::year_month_day> date; // `/v1/open-close`
};
// `/prev` and `/grouped/…`; views are valid during the call of `sink`. Errors: as parse_aggregates.
error_code parse_daily(std::string_view body, const std::function<void(const DailyFigures&)>& sink);
// `/v1/open-close/{ticker}/{date}`: a flat object.
error_code parse_open_close(std::string_view body, const std::function<void(const DailyFigures&)>& sink);

// `/v3/trades/…`, `/v3/quotes/…`, in the answer's order; texts are valid during the call of `sink`. Returns next_url,
// empty at the end. `instrument` stays empty. Errors: as parse_aggregates.
result<std::string> parse_trades(
    std::string_view body, Cluster cluster, UnixNanos now, const std::function<void(const Trade&)>& sink);
result<std::string> parse_quotes(std::string_view body, UnixNanos now, const std::function<void(const Quote&)>& sink);

// `2022-05-30`
std::optional<std::chrono::year_month_day> parse_date(std::string_view text) noexcept;

} // namespace tickgate::massive
