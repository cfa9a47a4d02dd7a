// What the gateway tells of its feeds, routes and instruments.
#include "app/observe_feeds.hpp"

#include <array>

namespace tickgate::app {

namespace {

double in_seconds(UnixNanos t) noexcept { return std::chrono::duration<double>(t.time_since_epoch()).count(); }

void put_feed_instruments(Families& f, const NamedFeeds& feeds) {
    auto& instruments = f["tickgate_feed_instruments"];
    auto& open = f["tickgate_feed_open_instruments"];
    auto& gaps = f["tickgate_feed_gaps_open"];
    auto& received = f["tickgate_feed_last_received_timestamp_seconds"];
    for (const auto& [name, stats] : feeds) {
        for (const auto s : all_instrument_states)
            put(instruments, {{"feed", name}, {"state", std::string(to_string(s))}},
                stats.instruments[static_cast<std::size_t>(s)]);
        put(open, {{"feed", name}}, stats.open_instruments);
        put(gaps, {{"feed", name}, {"market", "closed"}}, stats.gaps_open_closed_market);
        put(gaps, {{"feed", name}, {"market", "open"}}, stats.gaps_open);
        put(received, {{"feed", name}}, stats.status.last_received ? in_seconds(*stats.status.last_received) : 0.0);
    }
}

} // namespace

void put_feeds(Families& f, const NamedFeeds& feeds) {
    auto each = [&](api::Family& family, auto&& value) {
        for (const auto& [name, stats] : feeds)
            put(family, {{"feed", name}}, value(stats));
    };
    auto& state = f["tickgate_feed_state"];
    for (const auto& [name, stats] : feeds)
        for (const auto s :
            {FeedState::connecting, FeedState::live, FeedState::closed, FeedState::down, FeedState::refused})
            put(state, {{"feed", name}, {"state", std::string(to_string(s))}}, stats.status.state == s ? 1 : 0);
    auto& messages = f["tickgate_feed_messages_total"];
    for (const auto& [name, stats] : feeds)
        for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
            put(messages, {{"feed", name}, {"kind", std::string(to_string(k))}},
                stats.messages[static_cast<std::size_t>(k)]);
    auto& skipped = f["tickgate_feed_skipped_total"];
    for (const auto& [name, stats] : feeds)
        for (int i = 0; i < skip_count; ++i)
            put(skipped, {{"feed", name}, {"reason", std::string(to_string(static_cast<Skip>(i)))}},
                stats.skipped[static_cast<std::size_t>(i)]);
    auto& ends = f["tickgate_feed_connection_ends_total"];
    for (const auto& [name, stats] : feeds)
        for (const auto& [reason, count] : stats.ends)
            put(ends, {{"feed", name}, {"reason", reason}}, count);
    each(f["tickgate_feed_subscriptions_wanted"], [](const auto& s) { return s.status.wanted; });
    each(f["tickgate_feed_subscriptions_acked"], [](const auto& s) { return s.status.acked; });
    each(f["tickgate_feed_connections"], [](const auto& s) { return s.status.connections; });
    each(f["tickgate_feed_connect_attempts_total"], [](const auto& s) { return s.connect_attempts; });
    each(f["tickgate_feed_reconnects_total"], [](const auto& s) { return s.reconnects; });
    each(f["tickgate_feed_rotations_total"], [](const auto& s) { return s.rotations; });
    each(f["tickgate_feed_gaps_total"], [](const auto& s) { return s.gaps; });
    each(f["tickgate_feed_gaps_closed_total"], [](const auto& s) { return s.gaps_closed; });
    each(f["tickgate_feed_lost_messages_total"], [](const auto& s) { return s.lost; });
    each(f["tickgate_feed_received_bytes_total"], [](const auto& s) { return s.bytes_in; });
    each(f["tickgate_feed_frames_total"], [](const auto& s) { return s.frames_in; });
    each(f["tickgate_feed_reads_total"], [](const auto& s) { return s.reads; });
    each(f["tickgate_feed_clock_ahead_total"], [](const auto& s) { return s.clock_ahead; });
    put_feed_instruments(f, feeds);
    auto& latency = f["tickgate_venue_to_received_seconds"];
    for (const auto& [name, stats] : feeds)
        put_histogram(latency, {{"feed", name}}, stats.latency, stats.latency_sum_us);
}

void put_routes(Families& f, const feed::RouterStats& s) {
    const auto one = [&](std::string_view name, auto value) { put(f[name], {}, value); };
    one("tickgate_routes", s.routes);
    one("tickgate_routes_on_standby", s.on_standby);
    one("tickgate_route_switches_total", s.switches);
    one("tickgate_route_guarded_total", s.guarded);
    one("tickgate_built_bars_total", s.built_bars);
    one("tickgate_late_ticks_total", s.late_ticks);
}

void put_instruments(Families& f, const InstrumentCount& count) {
    constexpr std::array unserved_states{InstrumentState::stale, InstrumentState::down, InstrumentState::refused};
    auto& by_state = f["tickgate_instruments_by_state"];
    auto& open = f["tickgate_instruments_open"];
    auto& unserved = f["tickgate_instruments_unserved"];
    for (const auto& [asset_class, c] : count.classes) {
        const std::string name(to_string(asset_class));
        for (const auto s : all_instrument_states)
            put(by_state, {{"class", name}, {"state", std::string(to_string(s))}},
                c.by_state[static_cast<std::size_t>(s)]);
        put(open, {{"class", name}}, c.open);
        for (const auto s : unserved_states)
            put(unserved, {{"class", name}, {"state", std::string(to_string(s))}},
                c.by_state_open[static_cast<std::size_t>(s)]);
    }
}

void put_symbols(Families& f, const std::vector<SymbolView>& symbols, std::uint64_t beyond) {
    auto& states = f["tickgate_symbol_state"];
    auto& messages = f["tickgate_symbol_messages_total"];
    auto& last = f["tickgate_symbol_last_message_timestamp_seconds"];
    put(f["tickgate_symbols_without_series"], {}, beyond);
    for (const auto& symbol : symbols) {
        put(states, {{"instrument", symbol.instrument}, {"state", std::string(to_string(symbol.state))}}, 1);
        for (const auto& [feed, stats] : symbol.feeds) {
            for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
                put(messages, {{"instrument", symbol.instrument}, {"feed", feed}, {"kind", std::string(to_string(k))}},
                    stats.messages[static_cast<std::size_t>(k)]);
            if (stats.last)
                put(last, {{"instrument", symbol.instrument}, {"feed", feed}}, in_seconds(*stats.last));
        }
    }
}

} // namespace tickgate::app
