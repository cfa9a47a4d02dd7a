// What a page of bars tells: which bars can be stored, and why the others are not there. Pure.
#pragma once

#include "backfill/planner.hpp"
#include "calendar/market_hours.hpp"
#include "store/coverage.hpp"
#include "store/series.hpp"

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <vector>

namespace tickgate::backfill {

// What was asked, of whom.
struct Asked {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    BarVariant variant;
    bool continuous = false; // BarHistory::continuous
    store::Span span;        // whole bars
    UnixNanos known_at{};    // what the answer knows about
};

struct Examined {
    std::vector<Bar> bars;                     // sane, final, within the span, in order, one an open time
    std::vector<store::CoverageSpan> coverage; // of [span.from, complete_to), without holes
    UnixNanos complete_to{};                   // span.to, or the open of a bar that still forms
    std::uint64_t rejected = 0, strays = 0, duplicates = 0, disorder = 0;
};
Examined examine(std::vector<Bar> bars, const Asked& asked, const calendar::MarketHours& hours);

// Appends why no bar begins in `gap`: closed, or open without a trade (or a hole, if the provider is continuous). What
// is shorter than a bar has none missing.
void explain_gap(std::vector<store::CoverageSpan>& out, const store::Span& gap, const Asked& asked,
    const calendar::MarketHours& hours);
// Appends, joining with the last one if it is of the same cause and time and touches it.
void append(std::vector<store::CoverageSpan>& out, const store::CoverageSpan& piece);
// Clips pieces that are in order to a span.
std::vector<store::CoverageSpan> clipped(const std::vector<store::CoverageSpan>& pieces, const store::Span& within);

} // namespace tickgate::backfill
