// What the stores do alike over their tables of series, bars and spans.
#pragma once

#include "store/bar_store.hpp"
#include "store/erasures.hpp"
#include "store/job_leases.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tickgate::store {

class TableStore : public BarStore, public JobLeases, public Erasures {
public:
    result<CoverageMap> coverage(const SeriesKey& series) final;
    result<std::vector<CoverageSpan>> coverage(const SeriesKey& series, Span within) final;
    result<std::vector<SeriesInfo>> series(const std::optional<InstrumentName>& instrument) final;
    result<StoreStats> stats() final;
    result<std::int64_t> erasures(const SeriesKey& series) final;

protected:
    using SeriesId = std::int64_t; // a number of the table of series
    struct Row {
        SeriesId id = 0;
        SeriesInfo info;
    };

    virtual error_code ready() = 0; // the tables can be used; asked at the begin of each call
    virtual result<std::optional<SeriesId>> find(const SeriesKey& key) = 0;
    virtual result<std::vector<Row>> rows() = 0; // of series that are not empty, by key
    // What touches the span, and the neighbours on either side.
    virtual result<CoverageMap> load_coverage(SeriesId id, Span touching) = 0;
    virtual error_code replace_coverage(SeriesId id, const CoverageMap& before, const CoverageMap& after) = 0;
    virtual result<std::int64_t> erasures_of(SeriesId id) = 0;
    virtual error_code measure(StoreStats& stats) = 0; // sets backend, spans, jobs and bytes

    // Within the transaction of a write.
    error_code update_coverage(SeriesId id, const std::vector<CoverageSpan>& coverage);
    // A bar as every bar of the series is; the rest comes from its row.
    static StoredBar blank(const SeriesKey& series);
};

} // namespace tickgate::store
