// What both stores make of a batch before they write it.
#pragma once

#include "store/bar_store.hpp"

#include <vector>

namespace tickgate::store {

// The bars by open time, each time once (the last one of the batch). They point into `batch`.
std::vector<const StoredBar*> distinct_bars(const Batch& batch);

// Whether one of them opens at `open`.
bool holds(const std::vector<const StoredBar*>& bars, UnixNanos open) noexcept;

// From the first to the last moment that `coverage` speaks of; empty (from == to) if it says nothing.
Span extent_of(const std::vector<CoverageSpan>& coverage);

// Whether erase() is to look at the series (`fetched_before` is about its bars).
bool matches(const EraseFilter& filter, const SeriesKey& key);

// Nanoseconds as the tables hold them.
inline std::int64_t ticks_of(UnixNanos t) noexcept { return t.time_since_epoch().count(); }
inline UnixNanos time_of(std::int64_t ns) noexcept { return UnixNanos(std::chrono::nanoseconds(ns)); }

// The coverage that is left once the bars of `removed` are gone and, where `known_before` is set, all other causes that
// were learned before it.
CoverageMap without(const CoverageMap& map, const std::vector<Span>& removed, std::optional<UnixNanos> known_before);

} // namespace tickgate::store
