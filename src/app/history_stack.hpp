// History as one part of the gateway: store, backfill, jobs, collectors, and the budgets that outlive a restart.
#pragma once

#include "app/provider_set.hpp"
#include "backfill/collectors.hpp"
#include "backfill/history.hpp"
#include "backfill/jobs.hpp"
#include "calendar/market_hours.hpp"
#include "config/config.hpp"
#include "store/async_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickgate::app {

// On `control`, one owner; run() must have returned before destruction. Without a store that can be opened everything
// else goes on; requests for history are answered with the reason until it can.
class HistoryStack {
public:
    HistoryStack(asio::any_io_executor control, const config::Config& config, const ProviderSet& providers,
        const calendar::MarketHours& hours);
    ~HistoryStack();

    // Opens the store and tells in the log what came of it; then jobs and collectors until stop().
    asio::awaitable<void> run();
    void stop();
    // The configuration was changed.
    void reconfigure();

    backfill::History& history() noexcept { return history_; }
    backfill::Jobs& jobs() noexcept { return jobs_; }
    backfill::Collectors& collectors() noexcept { return collectors_; }
    store::AsyncStore& store() noexcept { return store_; }
    std::string store_file() const; // of SQLite; empty: the store is elsewhere

private:
    std::vector<backfill::Source> sources_of(const InstrumentName& name) const;
    std::vector<backfill::CollectorSpec> configured() const;
    asio::awaitable<void> watch_store();
    asio::awaitable<void> keep_quotas();
    asio::awaitable<void> restore_quotas();
    asio::awaitable<void> save_quotas();

    asio::any_io_executor control_;
    const config::Config& config_;
    const ProviderSet& providers_;
    store::AsyncStore store_;
    backfill::History history_;
    backfill::Jobs jobs_;
    backfill::Collectors collectors_;
    asio::steady_timer timer_, patience_; // patience_: with a store that does not answer, once stopped
    std::optional<bool> store_open_;      // as told in the log
    bool stopping_ = false;
};

} // namespace tickgate::app
