#include "app/gateway.hpp"

#include "app/http_door.hpp"
#include "app/version.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <pthread.h>
#include <set>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace tickgate::app {

void register_providers(ProviderRegistry& registry); // generated from providers/CMakeLists.txt

namespace {

using namespace std::chrono_literals;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// A client is a descriptor, and the usual limit of a shell is 1,024.
void allow_many_descriptors() {
    constexpr rlim_t wanted = 65536;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

Gateway::Gateway(config::Config config, ConfigSource source)
    : config_(std::move(config)),
      source_(std::move(source)),
      level_(source_.log_level.value_or(config_.log.level)),
      hot_settings_(hot_settings(config_)) {
    register_providers(registry_);
}
Gateway::~Gateway() = default;

feed::Feed* Gateway::feed_of(const std::string& provider, const std::string& part) {
    const auto name = provider + "." + part;
    for (const auto& f : feeds_)
        if (f->name() == name)
            return f.get();
    const auto entry = find_provider(hot_providers_, provider);
    const auto* spec = entry == nullptr ? nullptr : entry->feed_of(part);
    if (spec == nullptr)
        return nullptr;
    feed::FeedOptions o;
    o.provider = provider;
    o.spec = *spec;
    o.tls = entry->tls;
    o.seed = random_seed();
    o.hours = &hours_;
    o.stale_limit = [this](InstrumentId id) { return hot_settings_.stale.of(instruments_.name_of(id)); };
    feeds_.push_back(std::make_unique<feed::Feed>(hot_.get_executor(), control_.get_executor(), *entry->provider,
        *entry->live_rest, instruments_, *router_, std::move(o)));
    auto* feed = feeds_.back().get();
    feed->use(upstream_of(entry, *spec), feed::Renewal::later);
    ++hot_tasks_;
    asio::co_spawn(hot_, feed->run(), [this, feed](std::exception_ptr e) {
        --hot_tasks_;
        if (!e) {
            asio::post(hot_, [this, feed] { drop_feed(feed); });
            return;
        }
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& problem) {
            log::error("app", "feed_failed", {{"feed", feed->name()}, {"error", problem.what()}});
        }
        asio::post(control_, [this] { begin_stop(Exit::unexpected, "a feed failed"); });
    });
    return feed;
}

void Gateway::perform(const RouteOrder& order) {
    if (!order.gone && !order.route.empty())
        router_->set_route(order.instrument, order.route, order.published);
    for (const auto& source : order.sources) {
        auto* feed = feed_of(source.provider, source.part);
        if (feed == nullptr)
            continue;
        feed->unsubscribe(source.remove);
        feed->subscribe(source.add);
        if (source.trading)
            feed->set_trading(order.instrument, *source.trading, source.status);
    }
    if (order.gone || order.route.empty())
        router_->remove_route(order.instrument);
    if (order.gone)
        publisher_->remove_instrument(order.instrument);
    if (!order.state)
        return;
    publisher_->set_state(order.instrument, *order.state, order.reason, order.provider);
    if (!order.announce)
        return;
    Event e;
    e.event = to_string(*order.state);
    e.instrument = order.instrument;
    e.provider = order.provider;
    e.cause = order.reason;
    publisher_->publish_event(e);
}

// Number `number`: when the prefix was lost meanwhile and won again, only the latest one goes on.
asio::awaitable<void> Gateway::take_over(std::uint64_t number) {
    co_await repairs_->load_previous(redis_client(), config_.redis.prefix);
    if (owner_ && number == take_overs_ && !stopping_)
        subscriptions_->set_active(true);
}

asio::awaitable<void> Gateway::route_pulse() {
    while (!stopping_) {
        pulse_.expires_after(pulse_period);
        (void)co_await pulse_.async_wait(as_result);
        const Moment at = now();
        hot_delay_.beat(at.mono);
        router_->tick(at);
        publisher_->flush(at);
    }
}

asio::awaitable<void> Gateway::learn_hours(ProviderPtr provider) {
    feed::BackOff back_off({60s, 1h, 1h}, random_seed());
    asio::steady_timer timer(control_);
    const auto wanted = [&] { return !stopping_ && find_provider(providers_, provider->name) == provider; };
    while (wanted()) {
        auto asking = provider->provider->get_market_days(*provider->live_rest);
        const auto days = co_await std::move(asking);
        std::chrono::milliseconds wait = 24h;
        if (days) {
            back_off.reset();
            hours_.learn(*days);
            log::info("app", "market_days", {{"provider", provider->name}, {"days", days->size()}});
        } else if (days.error() == errc::not_supported || recovery_of(days.error()) == Recovery::give_up) {
            co_return;
        } else {
            wait = back_off.next(recovery_of(days.error()));
            log::warn("app", "market_days_failed",
                {{"provider", provider->name}, {"error", days.error()}, {"retry_in_ms", wait.count()}});
        }
        const auto until = mono_now() + wait;
        while (wanted() && mono_now() < until) { // in steps, so that shutdown is not held up
            timer.expires_after(std::min<std::chrono::milliseconds>(wait, 200ms));
            (void)co_await timer.async_wait(as_result);
        }
    }
}

// Its feeds, if it has any, tell for themselves; one that never got so far is told here.
void Gateway::provider_refused(const ProviderEntry& provider, const error_code& why) {
    std::vector<std::string> names;
    for (const auto& spec : provider.provider->capabilities().feeds)
        names.push_back(provider.name + "." + spec.part);
    asio::post(hot_, [this, names = std::move(names), why] {
        for (const auto& name : names) {
            const auto running = [&](const auto& f) { return f->name() == name; };
            if (std::any_of(feeds_.begin(), feeds_.end(), running))
                continue;
            FeedStatus status;
            status.state = FeedState::refused;
            status.reason = describe(why);
            status.since = wall_now();
            refused_feeds_[name] = status;
            publisher_->set_feed_status(name, status);
        }
        check_refused();
    });
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

// Ends what does not go round: see Watchdog.
asio::awaitable<void> Gateway::watch_progress() {
    std::uint64_t usec = 0;
    if (::sd_watchdog_enabled(0, &usec) > 0)
        watchdog_ = Watchdog(std::chrono::microseconds(usec));
    control_delay_ = LoopDelay(watchdog_.period());
    while (!stopping_) {
        asio::post(hot_, [this] { hot_beats_.fetch_add(1, std::memory_order_relaxed); });
        progress_timer_.expires_after(watchdog_.period());
        (void)co_await progress_timer_.async_wait(as_result);
        if (stopping_)
            break;
        control_delay_.beat(mono_now());
        if (watchdog_.look(hot_beats_.load(std::memory_order_relaxed)))
            ::sd_notify(0, "WATCHDOG=1");
        if (!ready_told_) {
            const auto snapshot = co_await hot_snapshot();
            if (snapshot.publisher.owner || !snapshot.publisher.holder.empty()) { // or stands by for another
                ready_told_ = true;
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
    for (const auto& replaced : reload_.replaced)
        if (const auto p = replaced.lock())
            p->rest->stop();
    requests_->stop();
    history_->stop();
    watcher_->stop();
    demand_->stop();
    subscriptions_->stop();
    progress_timer_.cancel();
    asio::post(hot_, [this] {
        pulse_.cancel();
        router_->stop_repairs();
        for (auto& f : feeds_)
            f->stop();
        publisher_->stop();
    });
    if (repairs_)
        repairs_->stop();
    if (ledger_)
        ledger_->stop();
    streams_->stop(); // tells its clients before the door closes
    if (api_)
        api_->stop();
}

// Credentials refused for all that is configured: nothing will ever be served. On the hot loop.
void Gateway::check_refused() {
    if (feeds_.empty() && refused_feeds_.empty())
        return;
    for (const auto& f : feeds_)
        if (f->state() != FeedState::refused)
            return;
    std::set<std::string> refused;
    for (const auto& f : feeds_)
        refused.insert(f->name().substr(0, f->name().find('.')));
    asio::post(control_, [this, refused = std::move(refused)] {
        if (subscriptions_->nothing_left(refused))
            begin_stop(Exit::credentials, "the credentials of every provider that is needed were refused");
    });
}

Exit Gateway::run() {
    allow_many_descriptors();
    started_ = mono_now();
    began_ = wall_now();
    Exit code = Exit::ok;
    if (!make_publisher(code))
        return code;
    if (config_.history.shared_budget) {
        redis::BudgetLedgerOptions shared;
        shared.redis = redis_client();
        shared.prefix = config_.redis.prefix;
        ledger_ = std::make_unique<redis::BudgetLedger>(control_.get_executor(), std::move(shared));
    }
    if (!make_providers(code))
        return code;
    history_ = std::make_unique<HistoryStack>(control_.get_executor(), config_, providers_, hours_);
    make_router();
    make_demand();
    sink_->on_feed_status = [this] { check_refused(); };
    demand_->set_configured(config_.symbols);

    api_ = std::make_unique<api::Api>(
        control_.get_executor(), api_options_of(config_.http), static_cast<api::Source&>(*this), operations_.get());
    api_->attach(*streams_);
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
    hold_hang_ups();
    if (const int fd = hang_up_descriptor(); fd >= 0)
        hang_ups_.assign(fd);
    reload_.last = began_;
    start_control(api_->run(), "api");
    start_control(streams_->run(), "streams");
    for (const auto& p : providers_)
        start_provider(p);
    start_control(demand_->run(), "demand");
    start_control(watcher_->run(), "subscribers");
    start_control(requests_->run(), "requests");
    start_control(history_->run(), "history");
    if (ledger_)
        start_control(ledger_->run(), "shared budget");
    if (repairs_)
        start_control(repairs_->run(), "repairs");
    start_control(watch_progress(), "progress");
    asio::co_spawn(control_, watch_signals(), [](std::exception_ptr) {});
    asio::co_spawn(control_, watch_hang_ups(), [](std::exception_ptr) {});

    // The hot loop lives until nothing on `control` can ask it any more.
    hot_tasks_ = 2;
    auto hot_guard = asio::make_work_guard(hot_);
    *alone_ = false;
    std::thread hot([this, spin = config_.hot.spin] {
        ::pthread_setname_np(::pthread_self(), "hot"); // as `top -H` shows it
        asio::co_spawn(hot_, route_pulse(), [this](std::exception_ptr e) {
            --hot_tasks_;
            if (e)
                std::rethrow_exception(e);
        });
        asio::co_spawn(hot_, publisher_->run(), [this](std::exception_ptr e) {
            --hot_tasks_;
            if (e)
                log::error("app", "publisher_failed");
            if (!stopping_)
                asio::post(control_, [this] { begin_stop(Exit::unexpected, "the publisher ended"); });
        });
        if (spin)
            while (!hot_.stopped())
                hot_.poll();
        else
            hot_.run();
    });
    auto guard = asio::make_work_guard(control_);
    while (!(stopping_ && control_tasks_ == 0 && hot_tasks_ == 0))
        control_.run_one_for(100ms);
    hot_guard.reset();
    hot.join();
    *alone_ = true;
    guard.reset();
    hang_ups_.close();
    signals_.cancel();
    control_.restart();
    control_.poll();
    log::info("app", "stopped", {{"exit", static_cast<int>(exit_)}});
    return exit_;
}

} // namespace tickgate::app
