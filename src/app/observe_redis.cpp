// What the gateway tells of Redis: what goes out, who asks, what is asked.
#include "app/observe_redis.hpp"

#include <string>

namespace tickgate::app {

void put_publisher(Families& f, const redis::PublisherStats& s) {
    auto& published = f["tickgate_published_total"];
    for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
        put(published, {{"kind", std::string(to_string(k))}}, s.published[static_cast<std::size_t>(k)]);
    const auto one = [&](std::string_view name, auto value) { put(f[name], {}, value); };
    one("tickgate_redis_commands_sent_total", s.commands_sent);
    one("tickgate_redis_commands_acked_total", s.commands_acked);
    one("tickgate_redis_command_errors_total", s.command_errors);
    one("tickgate_redis_bytes_sent_total", s.bytes_sent);
    one("tickgate_redis_flushes_total", s.flushes);
    one("tickgate_redis_reconnects_total", s.reconnects);
    one("tickgate_conflated_quotes_total", s.conflated_quotes);
    one("tickgate_dropped_messages_total", s.lost_messages);
    one("tickgate_gaps_announced_total", s.gaps_announced);
    one("tickgate_redis_queue_bytes", s.queued_bytes);
    one("tickgate_redis_queue_commands", s.queued_commands);
    one("tickgate_redis_unanswered", s.unanswered);
    one("tickgate_last_value_lag_seconds", static_cast<double>(s.last_value_lag_us) * 1e-6);
    one("tickgate_redis_connected", s.connected ? 1 : 0);
    one("tickgate_owner", s.owner ? 1 : 0);
    one("tickgate_redis_writable", s.writable ? 1 : 0);
    one("tickgate_epoch", s.epoch);
}

void put_latency(Families& f, const Histogram& written, const Histogram& round_trip) {
    put_histogram(f["tickgate_received_to_written_seconds"], {}, written.buckets, written.sum_us);
    put_histogram(f["tickgate_redis_round_trip_seconds"], {}, round_trip.buckets, round_trip.sum_us);
}

void put_demand(Families& f, const SubscriptionStats& s, std::size_t numbered, const ops::DemandBook::Counts& c,
    const redis::DemandWatcherStats& w) {
    const auto one = [&](std::string_view name, auto value) { put(f[name], {}, value); };
    one("tickgate_instruments", s.instruments);
    one("tickgate_instruments_looked_up", s.looking_up);
    one("tickgate_instruments_unknown", s.unknown);
    one("tickgate_instruments_refused", s.refused);
    one("tickgate_instruments_numbered", numbered);
    one("tickgate_evictions_total", s.evictions);
    one("tickgate_symbol_lookups_total", s.lookups);
    one("tickgate_symbol_lookup_failures_total", s.lookup_failures);
    one("tickgate_demand_configured", c.configured);
    one("tickgate_demand_subscribed", c.subscribed);
    one("tickgate_demand_leases", c.leases);
    one("tickgate_demand_over_limit", c.over_limit);
    one("tickgate_demand_refused_total", c.refused);
    one("tickgate_demand_looks_total", w.looks);
    one("tickgate_demand_failures_total", w.failures);
    one("tickgate_demand_interval_seconds", static_cast<double>(w.interval_ms) * 1e-3);
    one("tickgate_demand_cost_seconds", static_cast<double>(w.cost_us) * 1e-6);
    one("tickgate_demand_connected", w.connected ? 1 : 0);
}

void put_requests(Families& f, const redis::RequestStats& s) {
    const auto one = [&](std::string_view name, auto value) { put(f[name], {}, value); };
    one("tickgate_requests_total", s.received);
    one("tickgate_requests_answered_total", s.answered);
    one("tickgate_request_errors_total", s.errors);
    one("tickgate_requests_expired_total", s.expired);
    one("tickgate_requests_busy_total", s.busy);
    one("tickgate_requests_malformed_total", s.malformed);
    one("tickgate_requests_claimed_total", s.claimed);
    one("tickgate_requests_handed_on_total", s.handed_on);
    one("tickgate_requests_unanswered_total", s.unanswered);
    one("tickgate_reply_chunks_total", s.chunks);
    one("tickgate_reply_bytes_total", s.reply_bytes);
    one("tickgate_requests_in_flight", s.in_flight);
    one("tickgate_requests_waiting", s.waiting);
    one("tickgate_requests_connected", s.connected ? 1 : 0);
}

} // namespace tickgate::app
