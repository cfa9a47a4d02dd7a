// What the gateway tells of itself: readiness and metrics.
#include "app/families.hpp"
#include "app/gateway.hpp"
#include "app/observe_budget.hpp"
#include "app/observe_history.hpp"
#include "app/version.hpp"
#include "core/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace tickgate::app {

namespace {

using api::Family;

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void put_feed(Families& f, const std::vector<std::pair<std::string, feed::FeedStats>>& feeds) {
    auto each = [&](Family& family, auto&& value) {
        for (const auto& [name, stats] : feeds)
            put(family, {{"feed", name}}, value(stats));
    };
    auto& state = f.gauge("tickgate_feed_state", "1 for the state the feed is in");
    for (const auto& [name, stats] : feeds)
        for (const auto s :
            {FeedState::connecting, FeedState::live, FeedState::closed, FeedState::down, FeedState::refused})
            put(state, {{"feed", name}, {"state", std::string(to_string(s))}}, stats.status.state == s ? 1 : 0);
    auto& messages = f.counter("tickgate_feed_messages_total", "Market data messages received and passed on");
    for (const auto& [name, stats] : feeds)
        for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
            put(messages, {{"feed", name}, {"kind", std::string(to_string(k))}},
                stats.messages[static_cast<std::size_t>(k)]);
    auto& skipped = f.counter("tickgate_feed_skipped_total", "Frames that were not passed on, by reason");
    for (const auto& [name, stats] : feeds)
        for (int i = 0; i < skip_count; ++i)
            put(skipped, {{"feed", name}, {"reason", std::string(to_string(static_cast<Skip>(i)))}},
                stats.skipped[static_cast<std::size_t>(i)]);
    auto& ends = f.counter("tickgate_feed_connection_ends_total", "Ended connections, by reason");
    for (const auto& [name, stats] : feeds)
        for (const auto& [reason, count] : stats.ends)
            put(ends, {{"feed", name}, {"reason", reason}}, count);
    each(f.gauge("tickgate_feed_subscriptions_wanted", "Upstream subscriptions wanted"),
        [](const auto& s) { return s.status.wanted; });
    each(f.gauge("tickgate_feed_subscriptions_acked", "Upstream subscriptions the venue confirmed"),
        [](const auto& s) { return s.status.acked; });
    each(f.gauge("tickgate_feed_connections", "Open connections"), [](const auto& s) { return s.status.connections; });
    each(f.counter("tickgate_feed_connect_attempts_total", "Connection attempts"),
        [](const auto& s) { return s.connect_attempts; });
    each(f.counter("tickgate_feed_reconnects_total", "Connections lost while serving"),
        [](const auto& s) { return s.reconnects; });
    each(f.counter("tickgate_feed_rotations_total", "Planned replacements of a connection"),
        [](const auto& s) { return s.rotations; });
    each(f.counter("tickgate_feed_gaps_total", "Holes in the data, each announced"),
        [](const auto& s) { return s.gaps; });
    each(f.counter("tickgate_feed_lost_messages_total", "Messages known to be lost upstream"),
        [](const auto& s) { return s.lost; });
    each(f.counter("tickgate_feed_received_bytes_total", "Bytes received"), [](const auto& s) { return s.bytes_in; });
    each(f.counter("tickgate_feed_frames_total", "WebSocket messages received"),
        [](const auto& s) { return s.frames_in; });
    each(f.counter("tickgate_feed_reads_total", "Socket reads; frames / reads is the batch"),
        [](const auto& s) { return s.reads; });
    each(f.counter("tickgate_feed_clock_ahead_total", "Messages whose venue time was ahead of our clock"),
        [](const auto& s) { return s.clock_ahead; });
    auto& latency = f.histogram("tickgate_venue_to_received_seconds", "Venue event time to our receive time");
    for (const auto& [name, stats] : feeds)
        put_histogram(latency, {{"feed", name}}, stats.latency, stats.latency_sum_us);
}

void put_publisher(Families& f, const redis::PublisherStats& s) {
    auto& published = f.counter("tickgate_published_total", "Messages published, by kind");
    for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
        put(published, {{"kind", std::string(to_string(k))}}, s.published[static_cast<std::size_t>(k)]);
    const auto counter = [&](const char* name, const char* help, auto value) { put(f.counter(name, help), {}, value); };
    const auto gauge = [&](const char* name, const char* help, auto value) { put(f.gauge(name, help), {}, value); };
    counter("tickgate_redis_commands_sent_total", "Commands handed to the Redis socket", s.commands_sent);
    counter("tickgate_redis_commands_acked_total", "Commands Redis answered", s.commands_acked);
    counter("tickgate_redis_command_errors_total", "Commands Redis answered with an error", s.command_errors);
    counter("tickgate_redis_bytes_sent_total", "Bytes handed to the Redis socket", s.bytes_sent);
    counter("tickgate_redis_flushes_total", "Writes to Redis; commands / flushes is the batch", s.flushes);
    counter("tickgate_redis_reconnects_total", "Connections to Redis replaced", s.reconnects);
    counter("tickgate_conflated_quotes_total", "Quotes replaced by newer ones while Redis was away or slow",
        s.conflated_quotes);
    counter("tickgate_dropped_messages_total", "Messages dropped because the queue was full, each announced",
        s.lost_messages);
    counter("tickgate_gaps_announced_total", "Holes caused by Redis and announced", s.gaps_announced);
    gauge("tickgate_redis_queue_bytes", "Bytes waiting for Redis or its answer", s.queued_bytes);
    gauge("tickgate_redis_queue_commands", "Commands waiting for Redis or its answer", s.queued_commands);
    gauge("tickgate_redis_unanswered", "Commands sent and not answered", s.unanswered);
    gauge("tickgate_last_value_lag_seconds", "Age of the oldest last value not written yet",
        static_cast<double>(s.last_value_lag_us) * 1e-6);
    gauge("tickgate_redis_connected", "1 while connected", s.connected ? 1 : 0);
    gauge("tickgate_owner", "1 while this instance owns the prefix", s.owner ? 1 : 0);
    gauge("tickgate_redis_writable", "1 while Redis takes writes", s.writable ? 1 : 0);
    gauge("tickgate_epoch", "Epoch of the ownership", s.epoch);
}

void put_demand(
    Families& f, const SubscriptionStats& s, const ops::DemandBook::Counts& c, const redis::DemandWatcherStats& w) {
    const auto gauge = [&](const char* name, const char* help, auto value) { put(f.gauge(name, help), {}, value); };
    const auto counter = [&](const char* name, const char* help, auto value) { put(f.counter(name, help), {}, value); };
    gauge("tickgate_instruments", "Instruments wanted", s.instruments);
    gauge("tickgate_instruments_looked_up", "Instruments whose symbol is being looked up", s.looking_up);
    gauge("tickgate_instruments_unknown", "Instruments that no provider of their route has", s.unknown);
    gauge("tickgate_instruments_refused", "Instruments refused, most often at a provider's limit", s.refused);
    counter("tickgate_evictions_total", "Subscriptions that gave way to configured symbols or to those that serve",
        s.evictions);
    counter("tickgate_symbol_lookups_total", "Symbol look-ups", s.lookups);
    counter("tickgate_symbol_lookup_failures_total", "Symbol look-ups without an answer", s.lookup_failures);
    gauge("tickgate_demand_configured", "Channels wanted by the configuration", c.configured);
    gauge("tickgate_demand_subscribed", "Channels with subscribers", c.subscribed);
    gauge("tickgate_demand_leases", "Leases held by requests", c.leases);
    gauge("tickgate_demand_over_limit", "Channels wanted beyond what is kept", c.over_limit);
    counter("tickgate_demand_looks_total", "Looks at the subscribed channels", w.looks);
    counter("tickgate_demand_failures_total", "Looks that failed", w.failures);
    gauge("tickgate_demand_interval_seconds", "Pause to the next look", static_cast<double>(w.interval_ms) * 1e-3);
    gauge("tickgate_demand_cost_seconds", "Redis' time for one look", static_cast<double>(w.cost_us) * 1e-6);
    gauge("tickgate_demand_connected", "1 while subscribers are seen", w.connected ? 1 : 0);
}

void put_requests(Families& f, const redis::RequestStats& s) {
    const auto gauge = [&](const char* name, const char* help, auto value) { put(f.gauge(name, help), {}, value); };
    const auto counter = [&](const char* name, const char* help, auto value) { put(f.counter(name, help), {}, value); };
    counter("tickgate_requests_total", "Requests taken from the stream", s.received);
    counter("tickgate_requests_answered_total", "Requests answered without an error", s.answered);
    counter("tickgate_request_errors_total", "Requests answered with an error", s.errors);
    counter("tickgate_requests_expired_total", "Requests that came or were begun too late", s.expired);
    counter("tickgate_requests_busy_total", "Requests refused because their client has too many waiting", s.busy);
    counter("tickgate_requests_malformed_total", "Requests without a usable id: nobody to answer", s.malformed);
    counter("tickgate_requests_claimed_total", "Requests taken over from another gateway", s.claimed);
    counter("tickgate_requests_handed_on_total", "Requests left for another gateway", s.handed_on);
    counter("tickgate_requests_unanswered_total", "Answers that could not be written in time", s.unanswered);
    counter("tickgate_reply_chunks_total", "Chunks of answers written", s.chunks);
    counter("tickgate_reply_bytes_total", "Bytes of answers written", s.reply_bytes);
    gauge("tickgate_requests_in_flight", "Requests being worked on", s.in_flight);
    gauge("tickgate_requests_waiting", "Requests taken and not yet begun", s.waiting);
    gauge("tickgate_requests_connected", "1 while requests are taken", s.connected ? 1 : 0);
}

} // namespace

asio::awaitable<Gateway::HotSnapshot> Gateway::hot_snapshot() {
    auto copy = [this]() -> asio::awaitable<HotSnapshot> {
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
        co_return s;
    };
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto task = copy();
    auto snapshot = co_await asio::co_spawn(hot_, std::move(task), token);
    co_return snapshot;
}

asio::awaitable<api::Readiness> Gateway::readiness() {
    const auto s = co_await hot_snapshot();
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
        if (state != FeedState::live && state != FeedState::closed)
            r.reasons.push_back("feed " + name + ": " + std::string(to_string(state)) +
                                (stats.status.reason.empty() ? "" : ": " + stats.status.reason));
    }
    if (const auto looking = subscriptions_->stats().looking_up; looking > 0)
        r.reasons.push_back("symbols: " + std::to_string(looking) + " being looked up");
    if (stopping_)
        r.reasons.push_back("stopping");
    r.ready = r.reasons.empty();
    co_return r;
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
    co_return out;
}

asio::awaitable<std::vector<api::Family>> Gateway::metrics() {
    const auto s = co_await hot_snapshot();
    Families f;
    put(f.gauge("tickgate_build_info", "1, with the version as a label"), {{"version", version_text}}, 1);
    put(f.gauge("tickgate_uptime_seconds", "Seconds since the start"), {},
        std::chrono::duration<double>(mono_now() - started_).count());
    put(f.gauge("tickgate_resident_bytes", "Resident memory"), {}, resident_bytes());
    put_feed(f, s.feeds);
    put_publisher(f, s.publisher);
    put_demand(f, subscriptions_->stats(), demand_->counts(), watcher_->stats());
    put_requests(f, requests_->stats());
    put(f.counter("tickgate_route_switches_total", "Routes that changed their provider"), {}, s.router.switches);
    put(f.counter("tickgate_route_guarded_total", "Switches refused because the prices lie too far apart"), {},
        s.router.guarded);
    put(f.gauge("tickgate_routes", "Instruments with a route"), {}, s.router.routes);
    put(f.gauge("tickgate_routes_on_standby", "Instruments not served by their first provider"), {},
        s.router.on_standby);
    put(f.counter("tickgate_built_bars_total", "Messages of bars built from ticks"), {}, s.router.built_bars);
    put(f.counter("tickgate_late_ticks_total", "Ticks too late for their bar"), {}, s.router.late_ticks);
    put_histogram(f.histogram("tickgate_received_to_written_seconds", "Receive time to the Redis socket"), {},
        s.written.buckets, s.written.sum_us);
    put_histogram(f.histogram("tickgate_redis_round_trip_seconds", "A command to its answer, one a flush"), {},
        s.round_trip.buckets, s.round_trip.sum_us);
    auto& requests = f.counter("tickgate_rest_requests_total", "REST requests sent");
    auto& failures = f.counter("tickgate_rest_failures_total", "REST requests without an answer");
    for (const auto& p : providers_) {
        put(requests, {{"provider", p->name}}, p->rest->stats().requests);
        put(failures, {{"provider", p->name}}, p->rest->stats().failures);
    }
    auto& answers = f.counter("tickgate_rest_answers_total", "REST answers by status");
    for (const auto& p : providers_)
        for (const auto& [status, count] : p->rest->stats().by_status)
            put(answers, {{"provider", p->name}, {"status", std::to_string(status)}}, count);
    std::vector<budget::BudgetView> budgets;
    for (const auto& p : providers_)
        for (auto& view : p->rest->budgets())
            budgets.push_back(std::move(view));
    put_budgets(f, budgets);
    put_history(f, *history_);
    put_repairs(f, s.repairs);
    put_quality(f, s.quality);
    co_return f.take();
}

} // namespace tickgate::app
