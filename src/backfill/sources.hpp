// How a provider can tell a series: as it is, or built from a finer one.
#pragma once

#include "backfill/history.hpp"
#include "backfill/planner.hpp"

#include <chrono>
#include <optional>

namespace tickgate::backfill {

struct Offer {
    Source source;
    store::SeriesKey series;
    BarHistory history;                   // of what is asked of the provider: the series, or its base
    std::optional<store::SeriesKey> base; // the series it is built from
    std::chrono::nanoseconds delay{};     // of the plan
    Grid grid() const noexcept { return {series.timeframe, series.variant.align}; }
    const store::SeriesKey& asked() const noexcept { return base ? *base : series; }
    // The first open time that the provider tells; min() where it has no limit.
    UnixNanos reaches_back_to(UnixNanos now) const;
    // Behind the last bar it can tell: a plan with a delay is silent about younger ones, whether or not there were any.
    UnixNanos tells_up_to(UnixNanos now) const;
};

// Up to 1h every clock gives the same bars and `utc` is the word for them.
BarVariant usual_word(BarVariant variant, Timeframe timeframe) noexcept;

// Errors: not_supported.
result<Offer> offer_of(const Source& source, const InstrumentName& instrument, Timeframe timeframe,
    const std::optional<BarVariant>& wanted);

} // namespace tickgate::backfill
