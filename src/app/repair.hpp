// Joins the router's holes (hot) to what fetches them (control).
#pragma once

#include "app/provider_set.hpp"
#include "backfill/reconcile_recorder.hpp"
#include "backfill/repair.hpp"
#include "backfill/repair_history.hpp"
#include "core/instrument_table.hpp"
#include "feed/repair_order.hpp"
#include "feed/router.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::app {

struct RepairParts {
    asio::any_io_executor hot, control;
    const ProviderSet& providers; // changed on `hot` only
    InstrumentTable& instruments;
    backfill::History& history;
    store::AsyncStore& store;
    const calendar::MarketHours& hours;
};

// Made before the router, whose RouterOptions::repair it is, and attached to it before the hot loop runs; outlives both
// loops. run() must have returned before destruction, and the hot loop must run until then.
class RepairDesk final : public feed::RepairSink, private backfill::RepairOutput {
public:
    explicit RepairDesk(RepairParts parts);
    ~RepairDesk() override;

    void attach(feed::Router& router) { router_ = &router; }

    // Control. Until stop(), and until everything it began has ended.
    asio::awaitable<void> run();
    void stop(); // after Router::stop_repairs() was called or posted
    // What the publisher before wrote as last values, so that the time between is repaired. Before anything is
    // subscribed; returns when the router knows. Faults are logged, and what is not known is not repaired.
    asio::awaitable<void> load_previous(redis::ClientOptions redis, std::string prefix);
    backfill::RepairerStats repairer_stats() const { return repairer_.stats(); }
    backfill::LiveRecorderStats recorder_stats() const { return recorder_.stats(); }

    // feed::RepairSink, on the hot loop.
    bool order(feed::RepairOrder order) override;
    void cancel(std::uint64_t number) override;
    bool tells_trades(std::string_view provider, InstrumentId instrument) override;
    bool tells_bars(std::string_view provider, InstrumentId instrument, Timeframe timeframe,
        const std::optional<BarVariant>& variant) override;
    void record(std::string_view provider, std::string_view native, const Bar& bar) override;
    void record_outage(std::string_view provider, Subscription what, UnixNanos from, UnixNanos to) override;
    void record_end(std::string_view provider, Subscription what) override;

private:
    struct Record {
        enum class What : std::uint8_t { bar, outage, end };
        What what = What::bar;
        std::string provider;
        Subscription series;
        Bar bar;
        store::Span span;
    };
    // backfill::RepairOutput, on control.
    asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Trade> trades) override;
    asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Bar> bars) override;
    void done(std::uint64_t number, backfill::RepairOutcome outcome) override;

    template <class Message>
    asio::awaitable<bool> give(std::uint64_t number, std::string provider, std::span<const Message> messages);
    template <class Message>
    asio::awaitable<bool> pass(std::uint64_t number, std::string provider, std::span<const Message> messages);
    asio::awaitable<void> apply(std::vector<std::pair<Subscription, feed::PreviousMark>> marks);
    asio::awaitable<void> run_recorder();
    void keep(Record record);
    void write_down(const std::vector<Record>& records);

    asio::any_io_executor hot_, control_;
    const ProviderSet& providers_;
    InstrumentTable& instruments_;
    feed::Router* router_ = nullptr;
    backfill::HistoryForRepairs history_;
    backfill::Repairer repairer_;
    backfill::LiveRecorder recorder_;
    backfill::Signal ended_;
    bool recording_ = false;
    std::vector<Record> records_; // hot
    std::atomic<bool> stopping_{false};
};

} // namespace tickgate::app
