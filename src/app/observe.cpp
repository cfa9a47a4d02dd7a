// What the gateway tells of itself: readiness and metrics.
#include "app/families.hpp"
#include "app/gateway.hpp"
#include "app/missed.hpp"
#include "app/observe_budget.hpp"
#include "app/observe_feeds.hpp"
#include "app/observe_history.hpp"
#include "app/observe_process.hpp"
#include "app/observe_redis.hpp"
#include "app/version.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::app {

namespace {

void put_reloads(Families& f, const ReloadState& reload) {
    auto& reloads = f["tickgate_config_reloads_total"];
    put(reloads, {{"result", "applied"}}, reload.applied);
    put(reloads, {{"result", "refused"}}, reload.refused);
    put(f["tickgate_config_last_reload_timestamp_seconds"], {},
        std::chrono::duration<double>(reload.last.time_since_epoch()).count());
    put(f["tickgate_config_last_reload_successful"], {}, reload.last_applied ? 1 : 0);
    put(f["tickgate_config_restart_pending"], {}, reload.restart_pending.size());
}

void put_rest(Families& f, const ProviderSet& providers) {
    auto& requests = f["tickgate_rest_requests_total"];
    auto& failures = f["tickgate_rest_failures_total"];
    auto& answers = f["tickgate_rest_answers_total"];
    std::vector<budget::BudgetView> budgets;
    for (const auto& p : providers) {
        const auto& stats = p->rest->stats();
        put(requests, {{"provider", p->name}}, stats.requests);
        put(failures, {{"provider", p->name}}, stats.failures);
        for (const auto& [status, count] : stats.by_status)
            put(answers, {{"provider", p->name}, {"status", std::to_string(status)}}, count);
        for (auto& view : p->rest->budgets())
            budgets.push_back(std::move(view));
    }
    put_budgets(f, budgets);
}

} // namespace

void Gateway::count_instruments(HotSnapshot& s) {
    const auto& metrics = hot_settings_.metrics;
    const auto limit = metrics.per_symbol ? static_cast<std::size_t>(metrics.per_symbol_max) : 0;
    s.instruments = census_.count(wall_now(), limit, [this](InstrumentId id) { return publisher_->state_alone(id); });
    for (const auto& [id, state] : s.instruments.first) {
        auto& symbol = s.symbols.emplace_back();
        symbol.instrument = instruments_.name_of(id).to_string();
        symbol.state = state;
        for (const auto& f : feeds_)
            if (auto stats = f->stats_of(id))
                symbol.feeds.emplace_back(f->name(), *stats);
    }
}

asio::awaitable<Gateway::HotSnapshot> Gateway::hot_snapshot(bool with_instruments) {
    auto copy = [this, with_instruments]() -> asio::awaitable<HotSnapshot> {
        HotSnapshot s;
        s.publisher = publisher_->stats();
        for (const auto& f : feeds_)
            s.feeds.emplace_back(f->name(), f->stats());
        s.written = latency_.written;
        s.round_trip = latency_.round_trip;
        for (const auto& [name, status] : refused_feeds_)
            if (std::none_of(feeds_.begin(), feeds_.end(), [&](const auto& f) { return f->name() == name; })) {
                feed::FeedStats refused;
                refused.status = status;
                s.feeds.emplace_back(name, std::move(refused));
            }
        s.router = router_->stats();
        s.repairs = router_->repair_stats();
        s.quality = sink_->quality();
        s.session = publisher_->session();
        s.delay = hot_delay_;
        s.cpu = thread_cpu_time();
        if (with_instruments)
            count_instruments(s);
        co_return s;
    };
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto task = copy();
    auto snapshot = co_await asio::co_spawn(hot_, std::move(task), token);
    co_return snapshot;
}

asio::awaitable<api::Readiness> Gateway::readiness() {
    // Before the feeds are looked at: what has been looked up by now has its feed then.
    const auto symbols = subscriptions_->stats();
    const auto s = co_await hot_snapshot();
    co_return readiness_of(s, symbols);
}

api::Readiness Gateway::readiness_of(const HotSnapshot& s, const SubscriptionStats& symbols) const {
    const UnixNanos now = wall_now();
    api::Readiness r;
    if (!s.publisher.connected)
        r.reasons.push_back("redis: not connected" + (s.publisher.error.empty() ? "" : ": " + s.publisher.error));
    else if (!s.publisher.owner) {
        r.holder = s.publisher.holder;
        r.reasons.push_back("redis: another instance publishes on this prefix");
    } else if (!s.publisher.writable)
        r.reasons.push_back("redis: not writable" + (s.publisher.error.empty() ? "" : ": " + s.publisher.error));
    for (const auto& [name, stats] : s.feeds) {
        const auto state = stats.status.state;
        r.feeds.emplace_back(name, std::string(to_string(state)));
        if (is_missed(stats, now))
            r.reasons.push_back("feed " + name + ": " + std::string(to_string(state)) +
                                (stats.status.reason.empty() ? "" : ": " + stats.status.reason));
    }
    if (symbols.looking_up > 0)
        r.reasons.push_back("symbols: " + std::to_string(symbols.looking_up) + " being looked up");
    else if (s.publisher.owner && !symbols.active)
        r.reasons.push_back("symbols: what was published before is being read");
    if (stopping_)
        r.reasons.push_back("stopping");
    r.ready = r.reasons.empty();
    return r;
}

void Gateway::tell_beyond(std::uint64_t instruments) {
    const bool beyond = config_.metrics.per_symbol && instruments > 0;
    if (beyond && !beyond_told_)
        log::warn("app", "symbols_without_series",
            {{"count", instruments}, {"limit", config_.metrics.per_symbol_max},
                {"hint", "raise metrics.per_symbol_max"}});
    beyond_told_ = beyond;
}

asio::awaitable<ops::GatewayStatus> Gateway::gateway_status() {
    const auto ready = co_await readiness();
    const auto s = co_await hot_snapshot();
    ops::GatewayStatus out;
    out.instance = instance_;
    out.version = version_text;
    out.session = s.session;
    out.holder = ready.holder;
    out.ready = ready.ready;
    out.owner = s.publisher.owner;
    out.reasons = ready.reasons;
    out.uptime_s = std::chrono::duration_cast<std::chrono::seconds>(mono_now() - started_).count();
    for (const auto& [name, stats] : s.feeds)
        out.feeds.emplace_back(name, stats.status);
    out.config_digest = config_.digest;
    out.restart_pending = reload_.restart_pending;
    co_return out;
}

asio::awaitable<std::vector<api::Family>> Gateway::metrics() {
    const auto symbols = subscriptions_->stats();
    const auto s = co_await hot_snapshot(true);
    Families f;
    put(f["tickgate_build_info"], {{"version", version_text}}, 1);
    put(f["tickgate_ready"], {}, readiness_of(s, symbols).ready ? 1 : 0);
    ProcessView process{s.delay, control_delay_};
    process.hot_cpu = s.cpu;
    process.control_cpu = thread_cpu_time();
    process.started = {started_, began_};
    put_process(f, process, mono_now());
    put_reloads(f, reload_);
    put_feeds(f, s.feeds);
    put_routes(f, s.router);
    put_instruments(f, s.instruments);
    put_symbols(f, s.symbols, s.instruments.beyond);
    tell_beyond(s.instruments.beyond);
    put_publisher(f, s.publisher);
    put_latency(f, s.written, s.round_trip);
    put_demand(f, symbols, instruments_.size(), demand_->counts(), watcher_->stats());
    put_requests(f, requests_->stats());
    put_rest(f, providers_);
    put_history(f, *history_);
    put_repairs(f, s.repairs);
    put_quality(f, s.quality);
    co_return f.take();
}

} // namespace tickgate::app
