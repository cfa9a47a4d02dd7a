// Metrics of feeds, instruments, routes and demand.
#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

using enum Type;
using enum Unit;

constexpr Row feed_rows[] = {
    {"tickgate_feed_state", gauge, none, "feed, state (connecting, live, closed, down, refused)",
        "1 for the state the feed is in",
        "1 for the state the feed is in, 0 for the others. `closed`: the markets of all its instruments are. "
        "`refused`: the credentials are, a person must act"},
    {"tickgate_feed_instruments", gauge, none,
        "feed, state (live, stale, closed, down, pending, refused, unknown_symbol)",
        "Instruments of the feed, by the state they are in",
        "instruments by the state this feed tells of them. `stale`: quiet beyond what is usual, while its market is "
        "open; many at once: the venue sends nothing"},
    {"tickgate_feed_open_instruments", gauge, none, "feed", "Instruments of the feed whose market is open",
        "… whose market is open by the calendar, before and after the regular session too. 0: nothing is expected, "
        "whatever the feed does"},
    {"tickgate_feed_last_received_timestamp_seconds", gauge, timestamp, "feed", "When the feed received its last byte",
        "when the last byte came, heartbeats included; 0: never"},
    {"tickgate_feed_messages_total", counter, none, "feed, kind (quote, trade, bar)",
        "Market data messages received and passed on",
        "market data received and passed on, a standby's too; no rate on a live feed in market hours is worth a look"},
    {"tickgate_feed_skipped_total", counter, none,
        "feed, reason (malformed, unknown_instrument, unknown_type, repeated, overflow, field_overflow)",
        "Frames that were not passed on, by reason",
        "messages not passed on. `repeated` and `unknown_type` are usual; `malformed` that grows: the venue changed "
        "its format, the log has an example"},
    {"tickgate_feed_connection_ends_total", counter, none, "feed, reason", "Ended connections, by reason",
        "ended connections; `replaced` and `shutdown` are ours"},
    {"tickgate_feed_subscriptions_wanted", gauge, none, "feed", "Upstream subscriptions wanted",
        "upstream subscriptions wanted"},
    {"tickgate_feed_subscriptions_acked", gauge, none, "feed", "Upstream subscriptions the venue confirmed",
        "… confirmed by the venue; less than wanted for minutes: look at `md:state:…` and the log for `refused`"},
    {"tickgate_feed_connections", gauge, none, "feed", "Open connections",
        "open connections; two while one replaces another"},
    {"tickgate_feed_connect_attempts_total", counter, none, "feed", "Connection attempts",
        "connection attempts; far more than reconnects: the venue refuses"},
    {"tickgate_feed_reconnects_total", counter, none, "feed", "Connections lost while serving",
        "connections lost while serving, each with a gap event a channel; a few a day are usual"},
    {"tickgate_feed_rotations_total", counter, none, "feed", "Planned replacements of a connection",
        "planned replacements without a loss"},
    {"tickgate_feed_gaps_total", counter, none, "feed", "Holes in the data, each announced",
        "holes in the data, each announced by `gap_opened`"},
    {"tickgate_feed_gaps_closed_total", counter, none, "feed", "Holes that ended, each announced",
        "… that ended because data came again; repair may still be at work"},
    {"tickgate_feed_gaps_open", gauge, none, "feed, market (open, closed)", "Channels with a hole that has not ended",
        "channels with a hole that has not ended, by whether the market of the instrument is open. One of a quiet "
        "instrument stays open until its next message"},
    {"tickgate_feed_lost_messages_total", counter, none, "feed", "Messages known to be lost upstream",
        "messages known to be lost upstream, where the venue's numbers tell"},
    {"tickgate_feed_received_bytes_total", counter, bytes, "feed", "Bytes received", "bytes received"},
    {"tickgate_feed_frames_total", counter, none, "feed", "WebSocket messages received",
        "WebSocket messages, or pieces of an HTTP stream, received"},
    {"tickgate_feed_reads_total", counter, none, "feed", "Socket reads; frames / reads is the batch",
        "socket reads; frames / reads is the batch, and a large one says that the loop is busy"},
    {"tickgate_feed_clock_ahead_total", counter, none, "feed", "Messages whose venue time was ahead of our clock",
        "messages whose venue time was ahead of our clock; many: check NTP here"},
};

constexpr Row symbol_rows[] = {
    {"tickgate_symbol_state", gauge, none,
        "instrument, state (live, stale, closed, down, pending, refused, unknown_symbol)",
        "1 for the state the instrument is in; others are absent",
        "1 for the state of `md:state:…`; the others are absent"},
    {"tickgate_symbol_messages_total", counter, none, "instrument, feed, kind (quote, trade, bar)",
        "Messages of the instrument received by the feed",
        "messages received, a standby's too; from 0 again when it is subscribed anew"},
    {"tickgate_symbol_last_message_timestamp_seconds", gauge, timestamp, "instrument, feed",
        "When the last message of the instrument came", "when the last one came, to a second; absent: none did"},
    {"tickgate_symbols_without_series", gauge, none, "", "Instruments beyond metrics.per_symbol_max",
        "instruments that have no series of their own because `metrics.per_symbol_max` is reached, all of them while "
        "`metrics.per_symbol` is off; the log tells when the number is first passed (`symbols_without_series`)"},
};

constexpr Row route_rows[] = {
    {"tickgate_routes", gauge, none, "", "Instruments with a route",
        "instruments with a route: looked up and served, or about to be"},
    {"tickgate_routes_on_standby", gauge, none, "", "Instruments not served by their first provider",
        "… not served by their first provider; above 0 for long: the first one is in trouble, `md:state:…` says who "
        "serves"},
    {"tickgate_route_switches_total", counter, none, "", "Routes that changed their provider",
        "routes that changed their provider, there and back, each with an event `route`"},
    {"tickgate_route_guarded_total", counter, none, "", "Switches refused because the prices lie too far apart",
        "switches refused because the prices lie too far apart (`jump_guard`): one of the providers is wrong, or the "
        "guard is too narrow for the instrument"},
    {"tickgate_built_bars_total", counter, none, "", "Messages of bars built from ticks",
        "messages of bars built from ticks"},
    {"tickgate_late_ticks_total", counter, none, "", "Ticks too late for their bar",
        "ticks too late for any bar still remembered: a venue that delivers minutes late, or a clock that is wrong"},
};

constexpr Row demand_rows[] = {
    {"tickgate_instruments", gauge, none, "", "Instruments wanted",
        "instruments wanted by configuration, subscribers and leases"},
    {"tickgate_instruments_by_state", gauge, none,
        "class, state (live, stale, closed, down, pending, refused, unknown_symbol)",
        "Instruments by asset class and the state subscribers are told",
        "instruments by what `md:state:…` tells; a class appears when something of it is first wanted"},
    {"tickgate_instruments_open", gauge, none, "class", "Instruments whose market is open",
        "… whose market is open by the calendar"},
    {"tickgate_instruments_unserved", gauge, none, "class, state (stale, down, refused)",
        "Instruments nobody serves although their market is open",
        "instruments that nobody serves although their market is open, standbys included: what subscribers miss. On "
        "weekends and holidays only markets that trade count"},
    {"tickgate_instruments_looked_up", gauge, none, "", "Instruments whose symbol is being looked up",
        "… whose symbol is being looked up; stays above 0: a provider's REST does not answer (log event "
        "`symbols_failed`)"},
    {"tickgate_instruments_unknown", gauge, none, "", "Instruments that no provider of their route has",
        "… that no provider of their route has: a wrong name in the configuration or at a subscriber"},
    {"tickgate_instruments_refused", gauge, none, "", "Instruments refused, most often at a provider's limit",
        "… that are refused, most often at a provider's limit"},
    {"tickgate_instruments_numbered", gauge, none, "", "Different instruments since the start",
        "different instruments since the start, wanted or not any more, of 200,000 that subscribers and requests can "
        "have: at the bound only those that are known already are served, until a restart"},
    {"tickgate_evictions_total", counter, none, "",
        "Subscriptions that gave way to configured symbols or to those that serve",
        "subscriptions that gave way to configured symbols or to those that serve: the limit of a provider is reached"},
    {"tickgate_symbol_lookups_total", counter, none, "", "Symbol look-ups", "symbol look-ups at providers"},
    {"tickgate_symbol_lookup_failures_total", counter, none, "", "Symbol look-ups without an answer",
        "… without an answer; tried again"},
    {"tickgate_demand_configured", gauge, none, "", "Channels wanted by the configuration",
        "channels wanted by the configuration"},
    {"tickgate_demand_subscribed", gauge, none, "", "Channels with subscribers",
        "data channels with subscribers, configured or not"},
    {"tickgate_demand_leases", gauge, none, "", "Leases held by requests", "leases held by requests (`subscribe`)"},
    {"tickgate_demand_over_limit", gauge, none, "", "Subscribed channels beyond what is kept",
        "channels subscribed beyond the 100,000 that are kept, or beyond the 200,000 different symbols since the "
        "start; they are refused"},
    {"tickgate_demand_refused_total", counter, none, "", "Channels refused at a limit of the gateway",
        "channels refused since one of these two limits is reached: of subscribers, leases and streams"},
    {"tickgate_demand_looks_total", counter, none, "", "Looks at the subscribed channels",
        "looks at the subscribed channels"},
    {"tickgate_demand_failures_total", counter, none, "", "Looks that failed",
        "looks that failed: Redis is away, or its ACL lacks `pubsub|channels` or `time`"},
    {"tickgate_demand_interval_seconds", gauge, seconds, "", "Pause to the next look",
        "pause to the next look: how long a new subscriber waits at most; grows with the channels on the server"},
    {"tickgate_demand_cost_seconds", gauge, seconds, "", "Redis' time for one look",
        "Redis' time for one look; a thousandth of the interval at most"},
    {"tickgate_demand_connected", gauge, none, "", "1 while subscribers are seen",
        "1 while subscribers are seen; 0: new ones are not served, those already seen still are"},
};

} // namespace

const Section feed_section{"Feeds",
    "`feed` is `{provider}.{part}`, as `binance.spot`. A feed appears when something of it is first wanted.",
    feed_rows};
const Section symbol_section{"Instruments one by one",
    "Off by default, since each instrument is several series: `metrics: {per_symbol: true, per_symbol_max: 200}` "
    "serves the first 200 that were wanted,\nconfigured ones first. `instrument` is `class:symbol`.",
    symbol_rows};
const Section route_section{"Routes and bars", {}, route_rows};
const Section demand_section{
    "Instruments and demand", "`class` is fx, crypto, equity, option, index, future or cfd.", demand_rows};

} // namespace tickgate::metrics
