// The composition root: makes every part from the configuration and runs them on their loops.
#pragma once

#include "api/api.hpp"
#include "app/demand.hpp"
#include "app/history_stack.hpp"
#include "app/latency.hpp"
#include "app/provider_set.hpp"
#include "app/publisher_sink.hpp"
#include "app/repair.hpp"
#include "app/services.hpp"
#include "app/subscriptions.hpp"
#include "calendar/market_hours.hpp"
#include "config/config.hpp"
#include "core/instrument_table.hpp"
#include "feed/feed.hpp"
#include "feed/router.hpp"
#include "ops/history_access.hpp"
#include "ops/operations.hpp"
#include "redis/budget_ledger.hpp"
#include "redis/demand.hpp"
#include "redis/publisher.hpp"
#include "redis/requests.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tickgate::app {

// Exit codes of the command line (contract.md §7).
enum class Exit : int { ok = 0, unexpected = 1, usage = 2, unavailable = 69, credentials = 77, configuration = 78 };

// Two loops: `hot` (feeds and publisher, a thread of its own) and `control` (REST, API, signals, the caller's thread).
class Gateway final : private api::Source {
public:
    explicit Gateway(config::Config config);
    ~Gateway();

    // Runs until a signal (or until nothing can ever be served) and returns the exit code.
    Exit run();

private:
    struct HotSnapshot {
        redis::PublisherStats publisher;
        std::vector<std::pair<std::string, feed::FeedStats>> feeds;
        feed::RouterStats router;
        feed::RepairStats repairs;
        LiveQualityStats quality;
        Histogram written, round_trip;
        std::string session;
    };

    // Set-up; false with the reason logged.
    bool make_providers(Exit& code);
    bool make_publisher(Exit& code);
    void make_router();
    // What was published before is known before anything is subscribed.
    asio::awaitable<void> take_over(std::uint64_t number);
    void make_demand();
    redis::ClientOptions redis_client() const;
    asio::awaitable<ops::GatewayStatus> gateway_status();

    // Hot loop.
    void perform(const RouteOrder& order);
    feed::Feed* feed_of(const std::string& provider, const std::string& part);
    asio::awaitable<void> route_pulse();

    asio::awaitable<void> learn_hours(ProviderEntry& provider); // holidays, once a day
    void provider_refused(const ProviderEntry& provider, const error_code& why);
    asio::awaitable<void> watch_signals();
    asio::awaitable<void> watch_progress(); // systemd: READY, WATCHDOG
    void start_control(asio::awaitable<void> task, const char* what);
    void begin_stop(Exit code, const char* why);
    void check_refused();

    asio::awaitable<HotSnapshot> hot_snapshot();
    asio::awaitable<api::Readiness> readiness() override;
    asio::awaitable<std::vector<api::Family>> metrics() override;

    config::Config config_;
    std::shared_ptr<net::TlsContext> redis_tls_;
    std::string instance_;
    asio::io_context control_{1}, hot_{1};
    InstrumentTable instruments_;
    ProviderRegistry registry_;
    ProviderSet providers_;
    calendar::MarketHours hours_;
    Latency latency_;
    std::unique_ptr<redis::Publisher> publisher_;
    std::unique_ptr<PublisherSink> sink_;
    std::unique_ptr<feed::Router> router_;
    std::vector<std::unique_ptr<feed::Feed>> feeds_; // hot loop only, after the start
    std::unique_ptr<Subscriptions> subscriptions_;
    std::unique_ptr<Demand> demand_;
    std::unique_ptr<redis::DemandWatcher> watcher_;
    std::unique_ptr<redis::BudgetLedger> ledger_; // null: not shared
    std::unique_ptr<HistoryStack> history_;
    std::unique_ptr<RepairDesk> repairs_; // null: turned off
    std::unique_ptr<GatewayServices> services_;
    std::unique_ptr<ops::BackfillAccess> history_access_;
    std::unique_ptr<ops::Operations> operations_;
    std::unique_ptr<redis::RequestServer> requests_;
    std::map<std::string, FeedStatus> refused_feeds_; // that never began; hot loop
    asio::steady_timer pulse_{hot_};
    std::unique_ptr<api::Api> api_;
    asio::signal_set signals_{control_};
    asio::steady_timer progress_timer_{control_};
    std::atomic<std::uint64_t> hot_beats_{0};
    Exit exit_ = Exit::ok;
    MonoTime started_{};
    std::atomic<int> hot_tasks_{0}; // publisher, router and feeds
    int control_tasks_ = 0;
    bool owner_ = false;           // as control knows it
    std::uint64_t take_overs_ = 0; // begun
    std::atomic<bool> stopping_{false};
};

} // namespace tickgate::app
