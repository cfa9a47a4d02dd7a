// The parts of History, which is written over several files: ensure (routes), fetch (pages), bulk (files),
// derive_series, served (what the store has now), read.
#pragma once

#include "backfill/absences.hpp"
#include "backfill/history.hpp"
#include "backfill/in_flight.hpp"
#include "backfill/lanes.hpp"
#include "backfill/planner.hpp"
#include "backfill/signal.hpp"
#include "backfill/sources.hpp"

#include <map>
#include <set>

namespace tickgate::backfill {

// Something that goes on by itself while its caller waits for it, so that a caller who is cancelled leaves nothing
// half done.
struct Work {
    explicit Work(const asio::any_io_executor& loop) : changed(loop) {}
    Signal changed;                                           // a part of it ended, or it was cancelled
    bool cancelled = false, finished = false, broken = false; // broken: by an exception
    void cancel() {
        cancelled = true;
        changed.wake();
    }
};

// One ensure().
struct Run : Work {
    using Work::Work;
    BarsRequest request;
    OnProgress tell;
    View view;
    Progress progress;
    Ensured answer;
    bool asked = false;                    // somebody: not all was in the store
    error_code store_fault;                // ends it: nothing can be answered without the store
    std::optional<UnixNanos> forming_from; // the open of a bar that a provider says is not final
};

// What one provider is asked for in a run.
struct Fetch {
    Offer offer;
    store::SeriesKey series; // asked(): the base of a derived one
    std::size_t page_bars = 1000;
    std::size_t active = 0;    // pages
    std::size_t refused = 0;   // pages in a row that the plan does not include
    bool refused_all = false;  // so that the older ones need not be asked
    bool not_entitled = false; // a part of what was asked for
    error_code fault;          // the first: the provider is asked no more
};

struct History::Impl : std::enable_shared_from_this<History::Impl> {
    Impl(asio::any_io_executor loop, store::AsyncStore& s, const calendar::MarketHours& h,
        std::function<std::vector<Source>(const InstrumentName&)> r, HistoryOptions o);

    using Self = std::shared_ptr<Impl>;
    using RunPtr = std::shared_ptr<Run>;
    using FetchPtr = std::shared_ptr<Fetch>;

    UnixNanos now() const { return options.clock(); }
    bool halted(const Run& run) const noexcept { return stopping || run.cancelled || run.store_fault; }
    bool halted(const Run& run, const Fetch& fetch) const noexcept { return halted(run) || fetch.fault; }
    std::shared_ptr<Lane> lane(const std::string& provider, Priority priority);
    // Of bars. Each has its own, since pages that wait for their provider's budget hold their share: a bulk job must
    // not keep a user, nor another provider, waiting.
    std::shared_ptr<Lane> bars_lane(const std::string& provider, Priority priority);
    std::optional<std::chrono::milliseconds> pause_of(const std::string& provider) const;
    void report(Run& run);

    // Lets `task` run by itself and waits for its end; cancellation of the caller cancels the work. The task must set
    // nothing but what `work` holds, and is part of `works` until its end.
    static asio::awaitable<void> shelter(Self self, std::shared_ptr<Work> work, asio::awaitable<void> task);

    // ensure.cpp
    static asio::awaitable<void> ensure(Self self, RunPtr run);
    std::vector<Offer> offers_for(const BarsRequest& request, std::string& problem) const;

    // fetch.cpp: asks for what is missing of `spans`, newest first; the fault is in `fetch`.
    static asio::awaitable<void> fetch_spans(Self self, RunPtr run, FetchPtr fetch, std::vector<store::Span> spans);
    // What is known of a piece of a series; a fault of the store ends the run.
    static asio::awaitable<std::vector<store::CoverageSpan>> known(
        Self self, RunPtr run, store::SeriesKey series, store::Span within);
    static asio::awaitable<void> write(Self self, RunPtr run, store::Batch batch);
    // Sets the cause where nothing is known.
    static asio::awaitable<void> mark(
        Self self, RunPtr run, store::SeriesKey series, store::Span span, store::Cause cause, UnixNanos known_at);

    // bulk.cpp: reads files for what is missing of `spans`, as far as files tell it.
    static asio::awaitable<void> fetch_files(Self self, RunPtr run, FetchPtr fetch, std::vector<store::Span> spans);

    // derive_series.cpp
    static asio::awaitable<void> derive_spans(Self self, RunPtr run, FetchPtr fetch, std::vector<store::Span> spans);

    // served.cpp: puts what the store has now of `spans` into the answer; the rest comes back.
    static asio::awaitable<std::vector<store::Span>> serve(
        Self self, RunPtr run, FetchPtr fetch, std::vector<store::Span> spans);
    // The same for what nobody could tell: all of it, with its causes.
    static asio::awaitable<void> admit(Self self, RunPtr run, FetchPtr fetch, std::vector<store::Span> spans);

    asio::any_io_executor control;
    store::AsyncStore& store;
    const calendar::MarketHours& hours;
    std::function<std::vector<Source>(const InstrumentName&)> route;
    HistoryOptions options;
    HistoryStats stats;
    bool stopping = false;
    InFlight in_flight;
    std::map<std::pair<std::string, Priority>, std::shared_ptr<Lane>> lanes, bars_lanes;
    std::map<std::string, MonoTime> paused_until;
    std::set<std::shared_ptr<Work>> works;
    Signal idle;
};

// Sees what a provider's answers say about pauses, on their way.
class WatchedRest final : public Rest {
public:
    WatchedRest(std::unique_ptr<Rest> rest, const DataProvider& provider, MonoTime& paused_until)
        : rest_(std::move(rest)), provider_(provider), paused_until_(paused_until) {}
    asio::awaitable<result<RestResponse>> send(RestRequest request) override;
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override;
    void learn(std::size_t budget, const BudgetReading& reading) override;

private:
    void note(const BudgetReading& reading);
    std::unique_ptr<Rest> rest_;
    const DataProvider& provider_;
    MonoTime& paused_until_;
};

// Bars a window of coverage spans at most, so that memory does not grow with the span.
inline constexpr std::size_t window_bars = 100000;
// `2026-11-01T00:00:00Z`
std::string time_text(UnixNanos t);

} // namespace tickgate::backfill
