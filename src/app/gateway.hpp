// The composition root: makes every part from the configuration and runs them on their loops.
#pragma once

#include "api/api.hpp"
#include "app/census.hpp"
#include "app/demand.hpp"
#include "app/history_stack.hpp"
#include "app/latency.hpp"
#include "app/loop_watch.hpp"
#include "app/observe_feeds.hpp"
#include "app/provider_set.hpp"
#include "app/publisher_sink.hpp"
#include "app/reload.hpp"
#include "app/repair.hpp"
#include "app/services.hpp"
#include "app/stream_host.hpp"
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
#include "redis/tap.hpp"
#include "stream/streams.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
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
    explicit Gateway(config::Config config, ConfigSource source = {});
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
        LoopDelay delay{pulse_period};
        std::chrono::nanoseconds cpu{0};
        // Only for the metrics.
        InstrumentCount instruments;
        std::vector<SymbolView> symbols;
    };
    static constexpr std::chrono::milliseconds pulse_period{50}; // of the hot loop

    // Set-up; false with the reason logged.
    bool make_providers(Exit& code);
    ProviderPtr make_provider(const std::string& name, const config::ProviderConfig& settings, std::string& problem);
    void start_provider(const ProviderPtr& provider);
    bool make_publisher(Exit& code);
    void make_router();
    // What was published before is known before anything is subscribed.
    asio::awaitable<void> take_over(std::uint64_t number);
    void make_demand();
    redis::ClientOptions redis_client() const;
    asio::awaitable<ops::GatewayStatus> gateway_status();
    asio::awaitable<FeedList> feed_list();

    // Hot loop.
    void perform(const RouteOrder& order);
    feed::Feed* feed_of(const std::string& provider, const std::string& part);
    asio::awaitable<void> route_pulse();

    // reload.cpp: the configuration is read again.
    struct Reload;
    asio::awaitable<ops::Outcome<ops::ReloadReport>> reload(std::string cause);
    asio::awaitable<void> run_reload(std::shared_ptr<Reload> work);
    asio::awaitable<void> read_again(Reload& work);
    bool prepare_providers(Reload& work);
    bool change_http(Reload& work);
    asio::awaitable<void> apply(Reload& work);
    void put_providers(Reload& work);
    asio::awaitable<void> tell_reload(const Reload& work);
    void tell_manager_of_reload(bool begins);
    asio::awaitable<void> watch_hang_ups();
    bool set_log_level(std::string_view name);
    // Likewise, on the hot loop.
    asio::awaitable<void> change_hot(HotSettings settings, std::vector<ReloadStep> steps);
    static feed::Upstream upstream_of(const ProviderPtr& provider, const FeedSpec& spec);
    void forget_refused(const std::string& provider);
    void end_feeds(const std::string& provider);
    void drop_feed(const feed::Feed* feed);

    asio::awaitable<void> learn_hours(ProviderPtr provider); // holidays, once a day
    void provider_refused(const ProviderEntry& provider, const error_code& why);
    asio::awaitable<void> watch_signals();
    asio::awaitable<void> watch_progress(); // systemd: READY, WATCHDOG
    void start_control(asio::awaitable<void> task, const char* what);
    void begin_stop(Exit code, const char* why);
    void check_refused();

    asio::awaitable<HotSnapshot> hot_snapshot(bool with_instruments = false);
    void count_instruments(HotSnapshot& snapshot); // on the hot loop
    api::Readiness readiness_of(const HotSnapshot& snapshot, const SubscriptionStats& symbols) const;
    void tell_beyond(std::uint64_t instruments);
    asio::awaitable<api::Readiness> readiness() override;
    asio::awaitable<std::vector<api::Family>> metrics() override;

    config::Config config_; // in force; on control once the loops run
    ConfigSource source_;
    log::Level level_;
    std::shared_ptr<bool> alone_ = std::make_shared<bool>(true); // no loop runs on another thread
    std::shared_ptr<net::TlsContext> redis_tls_;
    std::string instance_;
    asio::io_context control_{1}, hot_{1};
    InstrumentTable instruments_;
    ProviderRegistry registry_;
    ProviderSet providers_;     // on control
    ProviderSet hot_providers_; // the same as the hot loop knows them
    HotSettings hot_settings_;
    calendar::MarketHours hours_;
    Latency latency_;
    redis::Tap tap_; // from the publisher to the streams
    std::unique_ptr<redis::Publisher> publisher_;
    std::unique_ptr<PublisherSink> sink_;
    std::unique_ptr<feed::Router> router_;
    std::vector<std::unique_ptr<feed::Feed>> feeds_;        // hot loop only, after the start
    std::vector<std::unique_ptr<feed::Feed>> ending_feeds_; // likewise, of providers that were turned off
    std::unique_ptr<Subscriptions> subscriptions_;
    std::unique_ptr<Demand> demand_;
    log::Throttle demand_log_;
    std::uint64_t demand_refused_ = 0; // not logged yet
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
    std::unique_ptr<StreamHost> stream_host_;
    std::unique_ptr<stream::Streams> streams_;
    std::unique_ptr<api::Api> api_;
    asio::signal_set signals_{control_};
    asio::posix::stream_descriptor hang_ups_{control_}; // SIGHUP
    ReloadState reload_{control_};
    bool ready_told_ = false;
    asio::steady_timer progress_timer_{control_};
    std::atomic<std::uint64_t> hot_beats_{0};
    Watchdog watchdog_{std::nullopt};
    LoopDelay hot_delay_{pulse_period}, control_delay_{watchdog_.period()}; // each its loop's own
    Census census_{instruments_, hours_};                                   // hot loop
    bool beyond_told_ = false;
    Exit exit_ = Exit::ok;
    MonoTime started_{};
    UnixNanos began_{};
    std::atomic<int> hot_tasks_{0}; // publisher, router and feeds
    int control_tasks_ = 0;
    bool owner_ = false;           // as control knows it
    std::uint64_t take_overs_ = 0; // begun
    std::atomic<bool> stopping_{false};
};

} // namespace tickgate::app
