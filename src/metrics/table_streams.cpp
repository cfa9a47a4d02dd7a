// Metrics of live streams over HTTP.
#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

using enum Type;
using enum Unit;

constexpr Row stream_rows[] = {
    {"tickgate_stream_clients", gauge, none, "carrier (websocket, sse)", "Clients connected to live streams",
        "who follows `/ws` and `/api/v1/stream` now; at 1,024 together more are turned away"},
    {"tickgate_stream_channels", gauge, none, "", "Channels that some client follows",
        "how many different channels (`quote:crypto:BTC-USDT`) they follow; each is demand like a subscriber on Redis"},
    {"tickgate_stream_subscriptions", gauge, none, "", "Channels followed, counted for each client",
        "the same, counted for each client"},
    {"tickgate_stream_accepted_total", counter, none, "", "Clients taken",
        "grows quickly while the clients stay few: somebody reconnects all the time"},
    {"tickgate_stream_refused_total", counter, none, "", "Clients turned away because there were too many",
        "above 0: more than 1,024 wanted to follow at once"},
    {"tickgate_stream_received_total", counter, none, "", "Messages published that some client follows",
        "what came in for them from the publisher"},
    {"tickgate_stream_messages_total", counter, none, "carrier (websocket, sse)", "Messages sent to clients",
        "what went out, answers and notices included"},
    {"tickgate_stream_bytes_total", counter, bytes, "carrier (websocket, sse)", "Bytes sent to clients",
        "the same in bytes, before TLS"},
    {"tickgate_stream_conflated_total", counter, none, "", "Messages not sent to a client, each told to it",
        "quotes that a newer one replaced, because a client was slow or all together get more than 20,000 messages a "
        "second; with them what the tap left out"},
    {"tickgate_stream_overflowed_total", counter, none, "", "Messages that did not fit between the loops",
        "above 0: the control loop was held up for seconds (see `tickgate_loop_delay_seconds`); clients were told"},
    {"tickgate_stream_tap_bytes", gauge, bytes, "", "Bytes between the loops, not yet looked at",
        "of 8 MiB; near 0 unless the control loop is held up"},
    {"tickgate_stream_ends_total", counter, none,
        "reason (disconnected, dropped, error, flooding, protocol, replaced, silent, slow, stalled, stopping, "
        "too_large)",
        "Clients whose connection ended, by reason",
        "`slow` and `stalled` were closed because they did not keep up, `flooding` and `too_large` because of what "
        "they "
        "sent, `replaced` by a newer connection with their id, `dropped` with their token; the log names each"},
};

} // namespace

const Section stream_section{"Live streams", {}, stream_rows};

} // namespace tickgate::metrics
