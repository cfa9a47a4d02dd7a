// What history operations answer, as JSON text.
#pragma once

#include "ops/bars.hpp"
#include "ops/json_text.hpp"
#include "ops/services.hpp"

#include <string>
#include <vector>

namespace tickgate::ops {

// How times are told: `ts_us` with integer microseconds on Redis, `ts` with RFC 3339 over HTTP.
enum class Times : std::uint8_t { micros, rfc3339 };

// Adds `key` in that form (`key_us` for microseconds); null if there is none.
void add_time(JsonObject& object, std::string_view key, std::optional<UnixNanos> t, Times times);

// `[{"from":…,"to":…,"cause":…}]`; at most `most` spans: those that need no explanation are left out first, then the
// last. `cut` tells whether any was.
std::string coverage_json(
    const std::vector<store::CoverageSpan>& spans, Times times, bool& cut, std::size_t most = 1000);

std::string report_json(const quality::Report& report, Times times);

// Of the wire: as on Redis (contract.md §3) without what only a live message has.
void append_bar_element(std::string& out, const store::SeriesKey& series, const store::StoredBar& bar);
std::string summary_element(const BarsHead& head, const BarsSummary& summary, Times times);
std::string progress_element(
    const InstrumentName& name, Timeframe timeframe, const backfill::Progress& progress, Times times);
std::string trade_element(const InstrumentName& name, const std::string& provider, const Trade& trade, Times times);

// 0 to 1, with four digits.
std::string fraction_json(const backfill::Progress& progress);

std::string job_element(const backfill::JobView& job, UnixNanos now, Times times);
std::string job_progress_element(const backfill::JobView& job, UnixNanos now, Times times);
std::string collector_element(const backfill::CollectorStatus& collector, Times times);
std::string limit_element(const LimitView& limit);
std::string known_element(const backfill::History::Known& known, store::Span asked, Times times);
std::string cache_element(
    const store::StoreStats& stats, const store::AsyncStats& usage, const backfill::HistoryStats& history, Times times);

std::string_view word_of(PriceType p) noexcept;
std::string_view word_of(Alignment a) noexcept;

} // namespace tickgate::ops
