// Fetches what the live side missed, or made itself, and hands it back in order.
#pragma once

#include "backfill/history.hpp"
#include "backfill/signal.hpp"

#include <tickgate/market_data.hpp>
#include <tickgate/time.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::backfill {

struct RepairTask {
    std::uint64_t number = 0; // the asker's
    bool reconcile = false;   // bars that were published already; else a hole, which goes first
    InstrumentName instrument;
    Kind kind = Kind::bar; // bars or trades
    Timeframe timeframe = Timeframe::m1;
    std::vector<std::string> providers; // the first one that tells is heard
    store::Span span;                   // bars: by open time
    std::optional<BarVariant> variant;
    std::optional<std::uint64_t> first_id, last_id; // of trades, instead of the span
    std::chrono::milliseconds pause{0};             // before it is asked
};

struct RepairOutcome {
    std::string provider; // who was asked last
    bool complete = false;
    error_code error;
    std::string detail;
};

// Where answers go. Text in trades is valid until take() has completed.
class RepairOutput {
public:
    virtual ~RepairOutput() = default;
    // False: nobody waits for this task any more.
    virtual asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Trade> trades) = 0;
    virtual asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Bar> bars) = 0;
    virtual void done(std::uint64_t number, RepairOutcome outcome) = 0; // once, unless cancelled or nobody waits
};

// What of History a repair needs (repair_history.hpp).
class RepairHistory {
public:
    virtual ~RepairHistory() = default;
    virtual asio::awaitable<Ensured> ensure(BarsRequest request) = 0;
    virtual asio::awaitable<error_code> read(
        std::vector<Part> parts, std::function<bool(const Part&, const store::StoredBar&)> take) = 0;
    virtual asio::awaitable<History::TradesDone> trades(History::TradesRequest request, History::TakeTrade take) = 0;
};

struct RepairerOptions {
    std::size_t workers = 4, reconcilers = 2;      // tasks at once
    std::size_t most = 8192, most_reconcile = 512; // waiting ones; of these the newest go first
    std::size_t batch = 128;                       // messages a take()
    std::size_t page = 2000;                       // trades or bars held at once, a worker
    std::uint64_t most_trades = 50000;             // of one task
    std::chrono::seconds limit{280};               // from add(), with all repetitions
    std::chrono::milliseconds first_pause{1000}, longest_pause{30000};
    std::chrono::seconds unwell{60}; // so long a provider that could not be reached is asked after the others
    std::function<MonoTime()> clock; // empty: the machine's
};

// Plain counters, on the loop.
struct RepairerStats {
    std::uint64_t tasks = 0, complete = 0, failed = 0, cancelled = 0, refused = 0, retries = 0;
    std::uint64_t trades = 0, bars = 0; // handed back
    std::size_t waiting = 0, waiting_reconcile = 0, running = 0;
};

// One loop (control), one owner; run() must have returned before destruction. A task whose provider cannot be asked now
// (no budget, no network) is tried again until its limit; what it told so far is not told again. It keeps nobody else
// waiting meanwhile: a provider that could not be reached is asked last, and by one task at a time.
class Repairer {
public:
    Repairer(asio::any_io_executor control, RepairHistory& history, RepairOutput& output, RepairerOptions options);
    ~Repairer();

    // False: too many wait. For bars to reconcile the oldest one that waits makes room instead, and is told as failed.
    bool add(RepairTask task);
    void cancel(std::uint64_t number);

    asio::awaitable<void> run(); // until stop(), and until no task runs
    void stop();
    RepairerStats stats() const;

private:
    struct Job;
    using JobPtr = std::shared_ptr<Job>;

    asio::awaitable<void> work(bool reconcile);
    JobPtr next(bool reconcile);
    asio::awaitable<void> perform(JobPtr job);
    asio::awaitable<bool> attempt(JobPtr job);
    asio::awaitable<void> fetch_bars(JobPtr job, std::string provider);
    asio::awaitable<void> fetch_trades(JobPtr job, std::string provider);
    asio::awaitable<void> hand_over_bars(JobPtr job, std::string provider, std::vector<Bar> bars);
    asio::awaitable<void> hand_over_trades(JobPtr job, std::string provider, std::span<const Trade> trades);
    asio::awaitable<void> alarm();
    void put_back(JobPtr job, std::chrono::milliseconds time);
    bool is_unwell(const std::string& provider) const;
    static bool may_ask(const Job& job, const std::string& provider);
    std::vector<std::string> turn_of(const Job& job) const;
    bool is_ready(const Job& job) const;
    void end(JobPtr job);
    MonoTime now() const;

    asio::any_io_executor control_;
    RepairHistory& history_;
    RepairOutput& output_;
    RepairerOptions options_;
    std::deque<JobPtr> gaps_, reconciles_;
    std::list<JobPtr> running_;
    Signal change_;
    asio::steady_timer alarm_;               // the end of the next pause
    std::map<std::string, MonoTime> unwell_; // providers that could not be reached, until
    std::size_t workers_ = 0;
    RepairerStats stats_;
    bool stopping_ = false;
};

} // namespace tickgate::backfill
