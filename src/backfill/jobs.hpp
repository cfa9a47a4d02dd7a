// Backfills that take long: they survive a restart, tell how far they are, and can be cancelled.
#pragma once

#include "backfill/history.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::backfill {

enum class JobState : std::uint8_t { waiting, running, done, partial, failed, cancelled };
std::string_view to_string(JobState s) noexcept;

struct JobSpec {
    std::vector<InstrumentName> instruments;
    std::vector<Timeframe> timeframes;
    store::Span span;
    std::string provider;
    std::optional<BarVariant> variant;
    bool use_cache = true;
    Method method = Method::automatic;
    std::string client;
};

struct JobView {
    std::string id; // `bf-` and 12 characters
    JobSpec spec;
    JobState state = JobState::waiting;
    Progress progress; // of all series together
    std::size_t series_done = 0, series = 0;
    std::vector<store::CoverageSpan> missing; // at most 100, when done: why there is not more
    std::string error;                        // of a failed or partial one
    UnixNanos created{}, updated{};
    std::optional<UnixNanos> started, ended;
};

struct JobsOptions {
    std::size_t running = 2; // at once
    std::size_t kept = 200;  // ended ones that are remembered
    std::size_t most = 1000; // waiting ones; more are refused with `overflow`
    std::size_t series_at_once = 4;
    // A series that failed is asked for again after so long (or what the provider asked for), so many times.
    std::chrono::milliseconds retry{30000};
    int attempts = 5;
};

// One loop (control), one owner; run() must have returned before destruction. A job is a row of the store and the
// coverage of its series: taken up again after a restart, it asks only for what is not covered yet.
class Jobs {
public:
    Jobs(asio::any_io_executor control, History& history, JobsOptions options);
    ~Jobs();

    // Takes up what an earlier process left, then works until stop().
    asio::awaitable<void> run();
    void stop(); // running jobs go on after the next start

    // Errors: bad_request (nothing to fetch, or more than 100,000 series), overflow, store_*.
    asio::awaitable<result<JobView>> add(JobSpec spec);
    std::optional<JobView> find(const std::string& id) const;
    std::vector<JobView> all() const; // newest first
    // False: there is no such job, or it has ended.
    asio::awaitable<bool> cancel(std::string id);

    struct Impl; // of the files of this folder

private:
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::backfill
