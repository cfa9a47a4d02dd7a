// Bars and what is known about them, kept on disk: one interface, SQLite and PostgreSQL behind it.
#pragma once

#include "core/secret.hpp"
#include "store/coverage.hpp"
#include "store/series.hpp"

#include <tickgate/error.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickgate::store {

// Written whole or not at all: coverage never claims a bar that is not there.
struct Batch {
    SeriesKey series;
    std::vector<StoredBar> bars;        // oldest first; a bar of an open time that exists replaces it if it differs
    std::vector<CoverageSpan> coverage; // set() in this order
    // Bars of these spans that are not in `bars` are taken out first (the provider does not tell them any more).
    std::vector<Span> replaces;
};

struct WriteResult {
    std::uint64_t inserted = 0, changed = 0, removed = 0; // bars; the rest were equal
};

struct SeriesInfo {
    SeriesKey key;
    std::uint64_t bars = 0;
    std::optional<UnixNanos> first, last; // open times
};

struct StoreStats {
    std::uint64_t series = 0, bars = 0, spans = 0, jobs = 0;
    std::uint64_t bytes = 0; // on disk
    std::optional<UnixNanos> oldest, newest;
    std::string backend; // `sqlite`, `postgresql`
};

// What erase() takes; empty members match everything.
struct EraseFilter {
    std::optional<InstrumentName> instrument;
    std::string provider;
    std::optional<Timeframe> timeframe;
    std::optional<UnixNanos> fetched_before; // bars last fetched before
};

// A row of the jobs table: the text is the owner's.
struct JobRow {
    std::string id;
    std::string text;
    UnixNanos updated_at{};
};

// One connection; used by one thread at a time and never by an event loop (see AsyncStore). Several processes may
// write the same series. After an error problem() says more, without secrets.
// Errors: store_full, store_corrupt, store_failed, store_newer.
class BarStore {
public:
    virtual ~BarStore() = default;

    virtual result<WriteResult> write(const Batch& batch) = 0;

    // Bars with an open time in `within`, oldest first (newest first if `backwards`), at most `limit` (0: all). `take`
    // returns false to end the reading.
    virtual error_code read(const SeriesKey& series, Span within, std::size_t limit, bool backwards,
        const std::function<bool(const StoredBar&)>& take) = 0;

    // The whole ledger of a series; empty if nothing is known.
    virtual result<CoverageMap> coverage(const SeriesKey& series) = 0;
    // What of the ledger touches `within`, clipped to it; what was never set is left out.
    virtual result<std::vector<CoverageSpan>> coverage(const SeriesKey& series, Span within) = 0;

    // Every series (of one instrument, if given), sorted.
    virtual result<std::vector<SeriesInfo>> series(const std::optional<InstrumentName>& instrument) = 0;
    virtual result<StoreStats> stats() = 0;

    // Takes out bars and the coverage that speaks of them. Answers the number of bars.
    virtual result<std::uint64_t> erase(const EraseFilter& filter) = 0;

    virtual error_code put_job(const JobRow& job) = 0;
    virtual result<std::vector<JobRow>> jobs() = 0; // by id
    virtual error_code remove_job(const std::string& id) = 0;

    // Small facts that outlive a restart (used volume of a month), by name.
    virtual error_code put_fact(const std::string& name, const std::string& text) = 0;
    virtual result<std::optional<std::string>> fact(const std::string& name) = 0;

    virtual const std::string& problem() const noexcept = 0;
};

struct StoreOptions {
    std::string url; // sqlite:///path, postgresql://[user@]host[:port]/database[?…]; without a password
    Secret password;
    bool read_only = false;               // needs an existing store of this version; nothing is created or migrated
    std::string application = "tickgate"; // as PostgreSQL shows it
    // While it is set nothing waits for a server: calls end with store_failed. May be null; any thread sets it.
    std::shared_ptr<const std::atomic<bool>> give_up;
};

// Opens, creates and migrates. A damaged SQLite file is moved aside (`bars.db.damaged-20261121T173000Z`) and a new one
// begun: everything in it can be fetched again; `problem` then says so although a store is returned.
// Errors: configuration (a URL that is neither), and those of BarStore, with a sentence in `problem`.
result<std::unique_ptr<BarStore>> open_store(const StoreOptions& options, std::string& problem);

} // namespace tickgate::store
