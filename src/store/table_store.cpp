#include "store/table_store.hpp"

#include "store/batch.hpp"

#include <algorithm>

namespace tickgate::store {

result<CoverageMap> TableStore::coverage(const SeriesKey& series) {
    if (const auto ec = ready())
        return ec;
    const auto id = find(series);
    if (!id)
        return id.error();
    if (!*id)
        return CoverageMap();
    return load_coverage(**id, {UnixNanos::min(), UnixNanos::max()});
}

result<std::vector<CoverageSpan>> TableStore::coverage(const SeriesKey& series, Span within) {
    if (const auto ec = ready())
        return ec;
    const auto id = find(series);
    if (!id)
        return id.error();
    if (!*id)
        return std::vector<CoverageSpan>();
    const auto map = load_coverage(**id, within);
    if (!map)
        return map.error();
    return map->known(within);
}

result<std::int64_t> TableStore::erasures(const SeriesKey& series) {
    if (const auto ec = ready())
        return ec;
    const auto id = find(series);
    if (!id)
        return id.error();
    return *id ? erasures_of(**id) : result<std::int64_t>(std::int64_t{0});
}

result<std::vector<SeriesInfo>> TableStore::series(const std::optional<InstrumentName>& instrument) {
    if (const auto ec = ready())
        return ec;
    auto all = rows();
    if (!all)
        return all.error();
    std::vector<SeriesInfo> out;
    for (auto& row : *all)
        if (!instrument || *instrument == row.info.key.instrument)
            out.push_back(std::move(row.info));
    return out;
}

result<StoreStats> TableStore::stats() {
    if (const auto ec = ready())
        return ec;
    const auto all = rows();
    if (!all)
        return all.error();
    StoreStats out;
    out.series = all->size();
    for (const auto& row : *all) {
        out.bars += row.info.bars;
        if (!row.info.first)
            continue;
        out.oldest = out.oldest ? std::min(*out.oldest, *row.info.first) : row.info.first;
        out.newest = out.newest ? std::max(*out.newest, *row.info.last) : row.info.last;
    }
    if (const auto ec = measure(out))
        return ec;
    return out;
}

error_code TableStore::update_coverage(SeriesId id, const std::vector<CoverageSpan>& coverage) {
    const Span extent = extent_of(coverage);
    if (extent.from == extent.to)
        return {};
    const auto before = load_coverage(id, extent);
    if (!before)
        return before.error();
    CoverageMap after = *before;
    for (const auto& piece : coverage)
        after.set(piece);
    return replace_coverage(id, *before, after);
}

StoredBar TableStore::blank(const SeriesKey& series) {
    StoredBar bar;
    bar.bar.timeframe = series.timeframe;
    bar.bar.price_type = series.variant.price_type;
    bar.bar.align = series.variant.align;
    bar.bar.adjusted = series.variant.adjusted;
    bar.bar.final = true;
    return bar;
}

} // namespace tickgate::store
