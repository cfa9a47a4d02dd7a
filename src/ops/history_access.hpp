// History as operations need it, so that they can be tried without a store or a venue.
#pragma once

#include "backfill/collectors.hpp"
#include "backfill/history.hpp"
#include "backfill/jobs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::ops {

namespace asio = boost::asio;

// Called on the control loop, several at once; see the classes of src/backfill for errors and cancellation.
class HistoryAccess {
public:
    virtual ~HistoryAccess() = default;

    virtual UnixNanos now() const = 0;
    virtual const calendar::MarketHours& hours() const = 0;

    virtual asio::awaitable<backfill::Ensured> ensure(backfill::BarsRequest request, backfill::OnProgress progress) = 0;
    // At most `limit` stored bars, oldest first.
    virtual asio::awaitable<result<std::vector<store::StoredBar>>> read(
        store::SeriesKey series, store::Span span, std::size_t limit) = 0;
    virtual asio::awaitable<result<std::vector<backfill::History::Known>>> coverage(
        InstrumentName instrument, std::optional<Timeframe> timeframe, store::Span span) = 0;
    virtual asio::awaitable<backfill::History::TradesDone> trades(
        backfill::History::TradesRequest request, backfill::History::TakeTrade take) = 0;

    virtual asio::awaitable<result<store::StoreStats>> store_stats() = 0;
    virtual store::AsyncStats store_usage() const = 0;
    virtual backfill::HistoryStats stats() const = 0;
    virtual asio::awaitable<result<std::uint64_t>> erase(store::EraseFilter filter) = 0;

    virtual asio::awaitable<result<backfill::JobView>> add_job(backfill::JobSpec spec) = 0;
    virtual std::optional<backfill::JobView> find_job(const std::string& id) const = 0;
    virtual std::vector<backfill::JobView> jobs() const = 0; // newest first
    virtual asio::awaitable<bool> cancel_job(std::string id) = 0;

    virtual asio::awaitable<result<backfill::CollectorStatus>> start_collector(backfill::CollectorSpec spec) = 0;
    virtual asio::awaitable<bool> end_collector(std::string name) = 0;
    virtual std::vector<backfill::CollectorStatus> collectors() const = 0;
};

// All three outlive what is made of them. Jobs and collectors may be null: `unavailable` then.
struct HistoryParts {
    backfill::History* history = nullptr;
    backfill::Jobs* jobs = nullptr;
    backfill::Collectors* collectors = nullptr;
};

// The real thing. On control.
class BackfillAccess final : public HistoryAccess {
public:
    explicit BackfillAccess(HistoryParts parts) : parts_(parts) {}

    UnixNanos now() const override;
    const calendar::MarketHours& hours() const override;
    asio::awaitable<backfill::Ensured> ensure(backfill::BarsRequest request, backfill::OnProgress progress) override;
    asio::awaitable<result<std::vector<store::StoredBar>>> read(
        store::SeriesKey series, store::Span span, std::size_t limit) override;
    asio::awaitable<result<std::vector<backfill::History::Known>>> coverage(
        InstrumentName instrument, std::optional<Timeframe> timeframe, store::Span span) override;
    asio::awaitable<backfill::History::TradesDone> trades(
        backfill::History::TradesRequest request, backfill::History::TakeTrade take) override;
    asio::awaitable<result<store::StoreStats>> store_stats() override;
    store::AsyncStats store_usage() const override;
    backfill::HistoryStats stats() const override;
    asio::awaitable<result<std::uint64_t>> erase(store::EraseFilter filter) override;
    asio::awaitable<result<backfill::JobView>> add_job(backfill::JobSpec spec) override;
    std::optional<backfill::JobView> find_job(const std::string& id) const override;
    std::vector<backfill::JobView> jobs() const override;
    asio::awaitable<bool> cancel_job(std::string id) override;
    asio::awaitable<result<backfill::CollectorStatus>> start_collector(backfill::CollectorSpec spec) override;
    asio::awaitable<bool> end_collector(std::string name) override;
    std::vector<backfill::CollectorStatus> collectors() const override;

private:
    HistoryParts parts_; // history is never null
};

} // namespace tickgate::ops
