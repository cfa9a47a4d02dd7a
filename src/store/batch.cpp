#include "store/batch.hpp"

#include <algorithm>

namespace tickgate::store {

namespace {

UnixNanos open_of(const StoredBar* bar) noexcept { return bar->bar.open_time; }

} // namespace

std::vector<const StoredBar*> distinct_bars(const Batch& batch) {
    std::vector<const StoredBar*> out;
    out.reserve(batch.bars.size());
    for (const auto& bar : batch.bars)
        out.push_back(&bar);
    const auto by_time = [](const StoredBar* a, const StoredBar* b) { return open_of(a) < open_of(b); };
    if (!std::is_sorted(out.begin(), out.end(), by_time))
        std::stable_sort(out.begin(), out.end(), by_time);
    // Of equal times the last one stays.
    const auto same_time = [](const StoredBar* a, const StoredBar* b) { return open_of(a) == open_of(b); };
    const auto first_kept = std::unique(out.rbegin(), out.rend(), same_time).base();
    out.erase(out.begin(), first_kept);
    return out;
}

bool holds(const std::vector<const StoredBar*>& bars, UnixNanos open) noexcept {
    const auto at = std::lower_bound(
        bars.begin(), bars.end(), open, [](const StoredBar* bar, UnixNanos t) { return open_of(bar) < t; });
    return at != bars.end() && open_of(*at) == open;
}

Span extent_of(const std::vector<CoverageSpan>& coverage) {
    Span out;
    for (const auto& piece : coverage) {
        if (piece.span.from >= piece.span.to)
            continue;
        const bool first = out.from == out.to;
        out.from = first ? piece.span.from : std::min(out.from, piece.span.from);
        out.to = first ? piece.span.to : std::max(out.to, piece.span.to);
    }
    return out;
}

bool matches(const EraseFilter& filter, const SeriesKey& key) {
    return (!filter.instrument || *filter.instrument == key.instrument) &&
           (filter.provider.empty() || filter.provider == key.provider) &&
           (!filter.timeframe || *filter.timeframe == key.timeframe);
}

CoverageMap without(const CoverageMap& map, const std::vector<Span>& removed, std::optional<UnixNanos> known_before) {
    CoverageMap out = map;
    for (const auto& span : removed)
        out.forget(span);
    for (const auto& [from, piece] : map.spans())
        if (known_before && piece.cause != Cause::none && piece.known_at < *known_before)
            out.forget(piece.span);
    return out;
}

} // namespace tickgate::store
