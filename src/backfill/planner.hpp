// Which spans of a series to ask for, in which pages. Pure.
#pragma once

#include "store/coverage.hpp"

#include <tickgate/market_data.hpp>
#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace tickgate::backfill {

// Which clock a series keeps.
struct Grid {
    Timeframe timeframe = Timeframe::m1;
    Alignment align = Alignment::utc;
};

// Open of the bar that holds `t`, and the first open at or after it.
UnixNanos floor_open(const Grid& grid, UnixNanos t);
UnixNanos ceil_open(const Grid& grid, UnixNanos t);
// The span from the first to behind the last open time in `span`; empty (from == to) if no bar opens in it.
store::Span whole_bars(const Grid& grid, const store::Span& span);

// Length of a bar, for estimates: a month has 28 days here, so that pages are never too long.
std::chrono::nanoseconds usual_length(Timeframe timeframe);

// What is known of a span, seen by somebody who began to ask at `started`.
struct View {
    UnixNanos now{}, started{};
    bool use_cache = true;             // false: only what was learned since `started` counts
    std::chrono::nanoseconds settle{}; // what is younger is asked again
    std::chrono::nanoseconds delay{};  // by which the provider tells later than it happened
};

// What of `within` has to be asked for, in whole bars. `known` is in order, without overlap, clipped to `within`.
std::vector<store::Span> missing(
    const std::vector<store::CoverageSpan>& known, const store::Span& within, const Grid& grid, const View& view);

// Requests that ask for all of `wanted` (in order, whole bars), of at most `bars` bars each, oldest first. One page may
// hold several of the spans, and what lies between them.
std::vector<store::Span> pages_of(const std::vector<store::Span>& wanted, const Grid& grid, std::size_t bars);

// The part of `span` before `end`, of at most `bars` bars: for going backwards in time. Empty when all was seen.
std::optional<store::Span> window_before(const store::Span& span, UnixNanos end, const Grid& grid, std::size_t bars);

// What lies in `a` and not in `b`; both in order and without overlap.
std::vector<store::Span> without(const std::vector<store::Span>& a, const std::vector<store::Span>& b);
// Appends, joining with the last one where they touch.
void append(std::vector<store::Span>& out, const store::Span& span);
std::vector<store::Span> clipped(const std::vector<store::Span>& spans, const store::Span& within);
std::chrono::nanoseconds length_of(const std::vector<store::Span>& spans);

} // namespace tickgate::backfill
