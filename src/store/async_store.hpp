// The store as event loops see it: every call runs on a thread of the store and comes back.
#pragma once

#include "store/bar_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::store {

namespace asio = boost::asio;

struct AsyncStats {
    std::uint64_t writes = 0, reads = 0, failures = 0; // calls
    std::uint64_t bars_written = 0, bars_read = 0, bars_changed = 0;
    std::uint64_t reopened = 0;
    std::size_t waiting = 0; // calls that have not begun
    double busy_seconds = 0; // of all threads
    bool open = false;
    std::string backend, problem; // of the last failure, redacted; empty when all is well
};

// One thread writes, `readers` threads read, each with a connection of its own. A connection that failed is opened
// again by the next call, at most once a second; calls meanwhile fail with its error. Thread-safe: any loop may call;
// the answer comes back to the caller's executor. Calls are not cut short by cancellation (they are brief), but a read
// ends early once nobody takes more.
class AsyncStore {
public:
    AsyncStore(StoreOptions options, std::size_t readers = 2);
    ~AsyncStore(); // stop() first

    // Opens all connections now, so that faults show at the start. Blocks. Errors: as open_store.
    error_code open(std::string& problem);
    // The program ends: what waits for a server fails instead, at once (a connection being made: within 5 s).
    // Thread-safe; does not block.
    void hurry() noexcept;
    // Waits for the calls that have begun; later ones answer `stopped`. Blocks.
    void stop();

    asio::awaitable<result<WriteResult>> write(Batch batch); // writes happen in the order of the calls
    // At most `limit` bars (0: all; bounded by 1,000,000). Page by open time to read more.
    asio::awaitable<result<std::vector<StoredBar>>> read(
        SeriesKey series, Span within, std::size_t limit, bool backwards = false);
    asio::awaitable<result<CoverageMap>> coverage(SeriesKey series);
    asio::awaitable<result<std::vector<CoverageSpan>>> coverage(SeriesKey series, Span within);
    asio::awaitable<result<std::vector<SeriesInfo>>> series(std::optional<InstrumentName> instrument);
    asio::awaitable<result<StoreStats>> stats();
    asio::awaitable<result<std::uint64_t>> erase(EraseFilter filter);
    asio::awaitable<error_code> put_job(JobRow job);
    asio::awaitable<result<std::vector<JobRow>>> jobs();
    asio::awaitable<error_code> remove_job(std::string id);
    asio::awaitable<error_code> put_fact(std::string name, std::string text);
    asio::awaitable<result<std::optional<std::string>>> fact(std::string name);

    AsyncStats usage() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::store
