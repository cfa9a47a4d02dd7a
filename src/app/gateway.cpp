#include "app/gateway.hpp"

#include "app/version.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <random>
#include <unistd.h>
#include <unordered_set>

namespace tickgate::app {

void register_providers(ProviderRegistry& registry); // generated from providers/CMakeLists.txt

namespace {

using namespace std::chrono_literals;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string instance_name() {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    std::random_device device;
    return std::string(host) + ":" + std::to_string(::getpid()) + ":" + std::to_string(device());
}

std::uint64_t random_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

} // namespace

Gateway::Gateway(config::Config config) : config_(std::move(config)) { register_providers(registry_); }
Gateway::~Gateway() = default;

bool Gateway::make_providers(Exit& code) {
    for (const auto& [name, settings] : config_.providers) {
        const auto* factory = registry_.find(name);
        if (!settings.enabled || factory == nullptr)
            continue;
        std::string problem;
        auto p = std::make_unique<Provider>();
        p->name = name;
        p->provider = factory->make(settings.revealed(), problem);
        if (!p->provider) {
            log::error("app", "provider_refused", {{"provider", name}, {"problem", problem}});
            code = Exit::configuration;
            return false;
        }
        auto tls = net::TlsContext::client(settings.tls_ca_file, problem);
        if (!tls) {
            log::error("app", "tls_refused", {{"provider", name}, {"problem", problem}});
            code = Exit::configuration;
            return false;
        }
        p->tls = *tls;
        p->rest = std::make_unique<ProviderRest>(control_.get_executor(), name, p->tls);
        p->rest->attach(*p->provider);
        providers_.push_back(std::move(p));
    }
    return true;
}

bool Gateway::make_publisher(Exit& code) {
    redis::PublisherOptions o;
    o.url = config_.redis.url;
    o.username = config_.redis.username;
    o.password = config_.redis.password;
    std::string problem;
    if (config_.redis.transport == config::Redis::Transport::tls) {
        auto tls = net::TlsContext::client(config_.redis.tls_ca_file, problem);
        if (!tls) {
            log::error("app", "tls_refused", {{"for", "redis"}, {"problem", problem}});
            code = Exit::configuration;
            return false;
        }
        o.tls = *tls;
    }
    o.prefix = config_.redis.prefix;
    o.instance = instance_name();
    o.version = version_text;
    o.config_digest = config_.digest;
    o.streams = config_.publish.streams;
    o.stream_maxlen = static_cast<std::size_t>(config_.publish.stream_maxlen);
    o.last_value_interval = config_.publish.last_value_interval;
    publisher_ = std::make_unique<redis::Publisher>(hot_.get_executor(), std::move(o), instruments_, &latency_);
    sink_ = std::make_unique<PublisherSink>(*publisher_);
    return true;
}

// Each configured symbol goes to the first provider of its route that this build has.
void Gateway::route_symbols() {
    for (const auto& name : config_.symbols) {
        const auto id = instruments_.intern(name);
        Provider* chosen = nullptr;
        for (const auto& candidate : config_.routes.of(name))
            for (const auto& p : providers_) {
                if (p->name != candidate || chosen != nullptr)
                    continue;
                for (const auto& feed : p->provider->capabilities().feeds)
                    if (std::find(feed.classes.begin(), feed.classes.end(), name.asset_class) != feed.classes.end())
                        chosen = p.get();
            }
        if (chosen == nullptr) {
            log::warn("app", "no_provider",
                {{"instrument", name.to_string()}, {"hint", "no provider of its route is on and serves this class"}});
            publisher_->set_state(
                id, InstrumentState::refused, "no provider of its route is on and serves this class", "");
            continue;
        }
        publisher_->set_state(id, InstrumentState::pending, "looking the symbol up", chosen->name);
        chosen->symbols.push_back(name);
    }
}

feed::Feed* Gateway::feed_of(Provider& provider, const std::string& part) {
    const auto name = provider.name + "." + part;
    for (const auto& f : feeds_)
        if (f->name() == name)
            return f.get();
    const auto& feeds = provider.provider->capabilities().feeds;
    const auto spec = std::find_if(feeds.begin(), feeds.end(), [&](const FeedSpec& s) { return s.part == part; });
    if (spec == feeds.end())
        return nullptr;
    feed::FeedOptions o;
    o.provider = provider.name;
    o.spec = *spec;
    o.tls = provider.tls;
    o.seed = random_seed();
    o.stale_limit = [this](InstrumentId id) { return config_.stale.of(instruments_.name_of(id)); };
    feeds_.push_back(std::make_unique<feed::Feed>(hot_.get_executor(), control_.get_executor(), *provider.provider,
        *provider.rest, instruments_, *sink_, std::move(o)));
    auto* feed = feeds_.back().get();
    ++feed_tasks_;
    asio::co_spawn(hot_, feed->run(), [this, feed](std::exception_ptr e) {
        --feed_tasks_;
        if (e)
            log::error("app", "feed_failed", {{"feed", feed->name()}});
    });
    return feed;
}

std::vector<Wanted> Gateway::wanted_of(const Provider& provider, const InstrumentInfo& info, InstrumentId id) const {
    std::vector<Wanted> wanted;
    const auto& feeds = provider.provider->capabilities().feeds;
    const auto feed = std::find_if(feeds.begin(), feeds.end(), [&](const FeedSpec& f) { return f.part == info.feed; });
    if (feed == feeds.end())
        return wanted;
    const auto offers = [](const auto& list, auto what) { return std::find(list.begin(), list.end(), what) != list.end(); };
    Subscription s;
    s.instrument = id;
    for (const auto kind : config_.publish.kinds) {
        if (!offers(feed->kinds, kind))
            continue;
        s.kind = kind;
        if (kind != Kind::bar) {
            wanted.push_back({s, info.native});
            continue;
        }
        for (const auto tf : config_.publish.timeframes) {
            if (!offers(feed->timeframes, tf))
                continue;
            s.timeframe = tf;
            wanted.push_back({s, info.native});
        }
    }
    return wanted;
}

// On the hot loop.
void Gateway::subscribe_found(Provider& provider, const std::vector<InstrumentInfo>& found) {
    if (stopping_)
        return; // a feed that starts now would not be told to stop
    provider.resolved = true;
    std::map<std::string, std::vector<Wanted>> by_feed;
    for (const auto& info : found) {
        const auto id = instruments_.find(info.name);
        if (!id)
            continue;
        if (!info.tradeable)
            log::info("app", "not_trading", {{"instrument", info.name.to_string()}, {"status", info.status}});
        auto& list = by_feed[info.feed];
        const auto wanted = wanted_of(provider, info, *id);
        list.insert(list.end(), wanted.begin(), wanted.end());
    }
    for (const auto& [part, wanted] : by_feed)
        if (auto* feed = feed_of(provider, part); feed != nullptr)
            feed->subscribe(wanted);
    publisher_->flush(now());
}

// Control loop: asks until the venue answers, then again every hour for what it did not know.
asio::awaitable<void> Gateway::resolve_symbols(Provider& provider) {
    feed::BackOff back_off({1000ms, 30s, 30s}, random_seed());
    auto missing = provider.symbols;
    while (!stopping_ && !missing.empty()) {
        auto answer = co_await provider.provider->find_instruments(missing, *provider.rest);
        std::chrono::milliseconds wait = 1h;
        if (!answer) {
            const auto recovery = recovery_of(answer.error());
            wait = back_off.next(recovery == Recovery::give_up ? Recovery::retry_later : recovery);
            log::warn("app", "symbols_failed",
                {{"provider", provider.name}, {"error", answer.error()}, {"retry_in_ms", wait.count()}});
            const auto reason = "symbol lookup failed: " + describe(answer.error());
            asio::post(hot_, [this, missing, reason, name = provider.name] {
                for (const auto& m : missing)
                    publisher_->set_state(instruments_.intern(m), InstrumentState::pending, reason, name);
                publisher_->flush(now());
            });
        } else {
            back_off.reset();
            std::unordered_set<InstrumentName> known;
            for (const auto& info : *answer)
                known.insert(info.name);
            std::vector<InstrumentName> unknown;
            for (const auto& m : missing)
                if (!known.contains(m))
                    unknown.push_back(m);
            log::info(
                "app", "symbols", {{"provider", provider.name}, {"found", known.size()}, {"unknown", unknown.size()}});
            for (const auto& u : unknown)
                log::warn("app", "unknown_symbol", {{"instrument", u.to_string()}, {"provider", provider.name}});
            asio::post(hot_, [this, &provider, found = std::move(*answer), unknown] {
                subscribe_found(provider, found);
                for (const auto& u : unknown) {
                    const auto id = instruments_.intern(u);
                    publisher_->set_state(
                        id, InstrumentState::unknown_symbol, "the provider has no such symbol", provider.name);
                    Event e;
                    e.event = "unknown_symbol";
                    e.instrument = id;
                    e.provider = provider.name;
                    e.cause = "the provider has no such symbol";
                    publisher_->publish_event(e);
                }
                publisher_->flush(now());
            });
            missing = std::move(unknown);
        }
        asio::steady_timer timer(control_);
        const auto until = mono_now() + wait;
        while (!stopping_ && mono_now() < until && !missing.empty()) { // in steps, so that shutdown is not held up
            timer.expires_after(std::min<std::chrono::milliseconds>(wait, 200ms));
            (void)co_await timer.async_wait(as_result);
        }
    }
}

void Gateway::start_control(asio::awaitable<void> task, const char* what) {
    ++control_tasks_;
    asio::co_spawn(control_, std::move(task), [this, what](std::exception_ptr e) {
        --control_tasks_;
        if (!e)
            return;
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& problem) {
            log::error("app", "task_failed", {{"task", what}, {"error", problem.what()}});
            begin_stop(Exit::unexpected, "a task failed");
        }
    });
}

asio::awaitable<void> Gateway::watch_signals() {
    for (int seen = 0;; ++seen) {
        const auto [ec, number] = co_await signals_.async_wait(as_result);
        if (ec)
            co_return;
        if (seen > 0) {
            log::warn("app", "stopped_at_once", {{"signal", number}});
            std::_Exit(static_cast<int>(Exit::unexpected));
        }
        begin_stop(Exit::ok, number == SIGINT ? "SIGINT" : "SIGTERM");
    }
}

// The watchdog is fed only when the hot loop has gone round since the last time.
asio::awaitable<void> Gateway::watch_progress() {
    std::uint64_t usec = 0;
    const bool watched = ::sd_watchdog_enabled(0, &usec) > 0;
    bool ready_told = false;
    std::uint64_t last_beat = 0;
    while (!stopping_) {
        asio::post(hot_, [this] { hot_beats_.fetch_add(1, std::memory_order_relaxed); });
        progress_timer_.expires_after(watched
                                          ? std::min<std::chrono::microseconds>(1s, std::chrono::microseconds(usec / 4))
                                          : std::chrono::microseconds(1s));
        (void)co_await progress_timer_.async_wait(as_result);
        if (stopping_)
            break;
        const auto beat = hot_beats_.load(std::memory_order_relaxed);
        if (watched && beat != last_beat)
            ::sd_notify(0, "WATCHDOG=1");
        last_beat = beat;
        if (!ready_told) {
            const auto snapshot = co_await hot_snapshot();
            if (snapshot.publisher.owner) {
                ready_told = true;
                ::sd_notify(0, "READY=1");
                log::info("app", "ready", {{"session", snapshot.session}, {"epoch", snapshot.publisher.epoch}});
            }
        }
    }
}

void Gateway::begin_stop(Exit code, const char* why) {
    if (stopping_)
        return;
    stopping_ = true;
    exit_ = code;
    log::info("app", "stopping", {{"why", why}});
    ::sd_notify(0, "STOPPING=1");
    for (auto& p : providers_)
        p->rest->stop();
    progress_timer_.cancel();
    asio::post(hot_, [this] {
        for (auto& f : feeds_)
            f->stop();
        publisher_->stop();
    });
    if (api_)
        api_->stop();
}

// Credentials refused everywhere: nothing will ever be served.
void Gateway::check_refused() {
    for (const auto& p : providers_)
        if (!p->symbols.empty() && !p->resolved)
            return;
    if (feeds_.empty())
        return;
    for (const auto& f : feeds_)
        if (f->stats().status.state != FeedState::refused)
            return;
    asio::post(control_, [this] { begin_stop(Exit::credentials, "every feed was refused"); });
}

Exit Gateway::run() {
    started_ = mono_now();
    Exit code = Exit::ok;
    if (!make_providers(code) || !make_publisher(code))
        return code;
    sink_->on_feed_status = [this] { check_refused(); };
    route_symbols();

    api::ApiOptions http;
    http.host = config_.http.host;
    http.port = config_.http.port;
    http.token = config_.http.token;
    http.loopback = config_.http.loopback;
    http.metrics_open = config_.http.metrics_open;
    api_ = std::make_unique<api::Api>(control_.get_executor(), std::move(http), static_cast<api::Source&>(*this));
    if (const auto ec = api_->listen()) {
        log::error("app", "listen_failed",
            {{"listen", config_.http.listen}, {"error", ec},
                {"hint", "another process may use this address: change http.listen"}});
        return ec == errc::configuration ? Exit::configuration : Exit::unavailable;
    }
    log::info("app", "started",
        {{"version", version_text}, {"http", config_.http.host + ":" + std::to_string(api_->port())},
            {"redis", config_.redis.url}, {"prefix", config_.redis.prefix}, {"symbols", config_.symbols.size()},
            {"config_digest", config_.digest}});

    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    start_control(api_->run(), "api");
    for (auto& p : providers_)
        if (!p->symbols.empty())
            start_control(resolve_symbols(*p), "symbols");
    start_control(watch_progress(), "progress");
    asio::co_spawn(control_, watch_signals(), [](std::exception_ptr) {});

    std::thread hot([this] {
        asio::co_spawn(hot_, publisher_->run(), [this](std::exception_ptr e) {
            if (e)
                log::error("app", "publisher_failed");
            if (!stopping_)
                asio::post(control_, [this] { begin_stop(Exit::unexpected, "the publisher ended"); });
        });
        if (config_.hot.spin)
            while (!hot_.stopped())
                hot_.poll();
        else
            hot_.run();
        hot_done_ = true; // nothing left: feeds and publisher have ended
    });
    auto guard = asio::make_work_guard(control_);
    while (!(stopping_ && control_tasks_ == 0 && hot_done_))
        control_.run_one_for(100ms);
    hot.join();
    guard.reset();
    signals_.cancel();
    control_.restart();
    control_.poll();
    log::info("app", "stopped", {{"exit", static_cast<int>(exit_)}});
    return exit_;
}

} // namespace tickgate::app
