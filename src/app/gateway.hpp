// The composition root: makes every part from the configuration and runs them on their loops.
#pragma once

#include "api/api.hpp"
#include "app/latency.hpp"
#include "app/provider_rest.hpp"
#include "app/publisher_sink.hpp"
#include "config/config.hpp"
#include "core/instrument_table.hpp"
#include "feed/feed.hpp"
#include "redis/publisher.hpp"

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
    struct Provider {
        std::string name;
        std::unique_ptr<DataProvider> provider;
        std::unique_ptr<ProviderRest> rest;
        std::shared_ptr<net::TlsContext> tls;
        std::vector<InstrumentName> symbols; // of the configuration, routed here
        bool resolved = false;               // the venue answered for them once; hot loop
    };
    struct HotSnapshot {
        redis::PublisherStats publisher;
        std::vector<std::pair<std::string, feed::FeedStats>> feeds;
        Histogram written, round_trip;
        std::string session;
    };

    // Set-up; false with the reason logged.
    bool make_providers(Exit& code);
    bool make_publisher(Exit& code);
    void route_symbols();
    feed::Feed* feed_of(Provider& provider, const std::string& part);

    asio::awaitable<void> resolve_symbols(Provider& provider);
    void subscribe_found(Provider& provider, const std::vector<InstrumentInfo>& found);
    std::vector<Wanted> wanted_of(const Provider& provider, const InstrumentInfo& info, InstrumentId id) const;
    asio::awaitable<void> watch_signals();
    asio::awaitable<void> watch_progress(); // systemd: READY, WATCHDOG
    void start_control(asio::awaitable<void> task, const char* what);
    void begin_stop(Exit code, const char* why);
    void check_refused();

    asio::awaitable<HotSnapshot> hot_snapshot();
    asio::awaitable<api::Readiness> readiness() override;
    asio::awaitable<std::vector<api::Family>> metrics() override;

    config::Config config_;
    asio::io_context control_{1}, hot_{1};
    InstrumentTable instruments_;
    ProviderRegistry registry_;
    std::vector<std::unique_ptr<Provider>> providers_;
    Latency latency_;
    std::unique_ptr<redis::Publisher> publisher_;
    std::unique_ptr<PublisherSink> sink_;
    std::vector<std::unique_ptr<feed::Feed>> feeds_; // hot loop only, after the start
    std::unique_ptr<api::Api> api_;
    asio::signal_set signals_{control_};
    asio::steady_timer progress_timer_{control_};
    std::atomic<std::uint64_t> hot_beats_{0};
    std::atomic<bool> hot_done_{false};
    Exit exit_ = Exit::ok;
    MonoTime started_{};
    int feed_tasks_ = 0;
    int control_tasks_ = 0;
    std::atomic<bool> stopping_{false};
};

} // namespace tickgate::app
