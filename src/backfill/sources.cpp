#include "backfill/sources.hpp"

#include "bars/derive.hpp"
#include "calendar/bar_spans.hpp"

#include <algorithm>

namespace tickgate::backfill {

namespace {

std::chrono::nanoseconds delay_of(const DataProvider& provider, AssetClass asset_class) {
    std::chrono::nanoseconds delay{};
    for (const auto& feed : provider.capabilities().feeds)
        if (std::find(feed.classes.begin(), feed.classes.end(), asset_class) != feed.classes.end())
            delay = std::max<std::chrono::nanoseconds>(delay, feed.delay);
    return delay;
}

// The variant a derived series has: as wanted, else as the provider's finer bars are.
std::optional<BarVariant> derived_variant(const DataProvider& provider, const InstrumentName& instrument,
    Timeframe timeframe, const std::optional<BarVariant>& wanted) {
    if (wanted)
        return wanted;
    for (auto it = all_timeframes.rbegin(); it != all_timeframes.rend(); ++it) {
        if (*it >= timeframe)
            continue;
        if (const auto finer = provider.bar_history(instrument, *it)) {
            auto variant = finer->variant;
            variant.align = calendar::usual_alignment(instrument.asset_class, timeframe);
            return variant;
        }
    }
    return std::nullopt;
}

} // namespace

BarVariant usual_word(BarVariant variant, Timeframe timeframe) noexcept {
    if (timeframe <= Timeframe::h1)
        variant.align = Alignment::utc;
    return variant;
}

UnixNanos Offer::reaches_back_to(UnixNanos now) const {
    if (!history.depth || now.time_since_epoch() < *history.depth)
        return UnixNanos::min();
    return ceil_open(grid(), now - *history.depth);
}

UnixNanos Offer::tells_up_to(UnixNanos now) const { return floor_open(grid(), now - delay); }

result<Offer> offer_of(const Source& source, const InstrumentName& instrument, Timeframe timeframe,
    const std::optional<BarVariant>& wanted) {
    const auto& provider = *source.provider;
    Offer offer;
    offer.source = source;
    offer.delay = delay_of(provider, instrument.asset_class);
    offer.series = {source.name, instrument, timeframe, {}};
    if (const auto direct = provider.bar_history(instrument, timeframe, wanted)) {
        offer.history = *direct;
        offer.series.variant = direct->variant;
        return offer;
    }
    const auto variant = derived_variant(provider, instrument, timeframe, wanted);
    if (!variant)
        return errc::not_supported;
    std::vector<Timeframe> have;
    for (const auto finer : all_timeframes)
        if (finer < timeframe && provider.bar_history(instrument, finer, usual_word(*variant, finer)))
            have.push_back(finer);
    const auto base = bars::base_of(timeframe, variant->align, have);
    if (!base)
        return errc::not_supported;
    const auto history = provider.bar_history(instrument, *base, usual_word(*variant, *base));
    if (!history)
        return history.error();
    offer.history = *history;
    offer.series.variant = *variant;
    offer.base = store::SeriesKey{source.name, instrument, *base, history->variant};
    return offer;
}

} // namespace tickgate::backfill
