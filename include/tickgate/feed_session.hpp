// One upstream connection's brain, without I/O.
//
// A FeedSession turns bytes into market data and says what to send; sockets, deadlines, reconnects and back-off are the
// gateway's. Its only inputs are its calls (and a seed given at birth): no clock, no globals, so that recorded calls
// replay to identical output. All calls come from one thread (the hot loop), never re-entrantly. It is born for one
// connection and dies with it.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/subscription.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate {

// Where and how to connect. Filled by the session before the connection is made: asked after the first want(), so that
// a stream whose address names its instruments can be planned from them.
struct ConnectionPlan {
    enum class Transport : std::uint8_t { websocket, http_stream };
    Transport transport = Transport::websocket;
    std::string url;                                          // wss://host:port/path?query (https:// for http_stream)
    std::vector<std::pair<std::string, std::string>> headers; // sent with the upgrade or the request; may hold secrets
    std::string form; // http_stream: not empty makes it a POST of this body, application/x-www-form-urlencoded
    std::size_t max_message = 1u << 20; // a longer message ends the connection: message_too_large
    // The connection is dead when no byte (data, ping or pong) came for this long.
    std::chrono::milliseconds silence_limit{60000};
    std::chrono::milliseconds ping_interval{0}; // websocket: the transport pings so often; zero: never
    // The venue cuts the connection at this age; the supervisor replaces it before (make before break). Zero: never.
    std::chrono::milliseconds life_span{0};
};

// Messages to the venue, in order. Text is copied during the call.
class Outbox {
public:
    virtual ~Outbox() = default;
    virtual void send(std::string_view text) = 0;
};

// Why a session wants its connection to end.
struct SessionEnd {
    error_code reason;  // recovery_of(reason) decides what the supervisor does next
    std::string detail; // the venue's own words, for the log; redacted by the receiver
    // The replacement is opened first and this connection closed after it took over (announced shutdowns, streams whose
    // instruments are fixed).
    bool make_before_break = false;
    // At least so long before the next attempt, whatever the back-off says.
    std::chrono::milliseconds pause{0};
};

// Things a session counts; names are metric labels.
enum class Skip : std::uint8_t {
    malformed,          // not what the documentation allows
    unknown_instrument, // about something never subscribed
    unknown_type,       // an event type this adapter does not use
    repeated,           // an id not above the last one
    overflow,           // a price or size outside Decimal's range
    field_overflow,     // a descriptive field outside its range; it became null
};
inline constexpr int skip_count = 6;
std::string_view to_string(Skip s) noexcept;

// A change of an instrument's market that is no price.
struct MarketNotice {
    enum class What : std::uint8_t { halted, resumed, closed, opened, luld };
    InstrumentId instrument{};
    What what = What::halted;
    OptionalDecimal lower, upper; // luld: the price band
    std::string_view text;        // the venue's own words
    std::optional<UnixNanos> event_time;
};

// What a session tells. All callbacks have empty defaults: a sink takes what it needs, and kinds are an open set.
class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void on_quote(const Quote&) {}
    virtual void on_trade(const Trade&) {}
    virtual void on_bar(const Bar&) {}
    // Published per provider only (`md:src`), never on a route: values that are no market (Massive's FMV).
    virtual void on_source_quote(const Quote&) {}
    virtual void on_notice(const MarketNotice&) {}
    // The venue confirmed these.
    virtual void on_acknowledged(std::span<const Subscription>) {}
    virtual void on_unsubscribed(std::span<const Subscription>) {}
    // The venue refused this one (errors: unknown_symbol, not_entitled, too_many_subscriptions, bad_request).
    virtual void on_rejected(Subscription, error_code, std::string_view /*venue_text*/) {}
    // First sign of life of a subscription did not come in time although it was acknowledged.
    virtual void on_no_first_frame(Subscription) {}
    // The venue's numbers jumped: messages of this channel are lost. `lost` is empty if it cannot be known.
    virtual void on_gap(Subscription, std::optional<std::uint64_t> /*lost*/) {}
    // A frame (or part of one) was skipped. `what` is for one rate-limited log line.
    virtual void on_skipped(Skip, std::string_view /*what*/) {}
};

class FeedSession {
public:
    virtual ~FeedSession() = default;

    virtual const ConnectionPlan& plan() const noexcept = 0;

    // The transport is up (TLS and upgrade done, or the head of a 200 answer read). Called once, before any other call
    // but want().
    virtual void opened(Moment now, Outbox& out) = 0;

    // One whole message (WebSocket) or any chunk (HTTP). `bytes` is valid during the call and followed by at least 64
    // readable bytes (simdjson's padding). `at` was taken once for the whole read.
    virtual void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) = 0;

    // The transport answered a ping of the venue; it counts where the venue counts messages.
    virtual void ponged(Moment) {}

    // Symbols added and removed. What the venue's pacing does not allow now is sent by later ticks. Called once with
    // everything before opened(); a session that cannot change its instruments in flight ends with make_before_break.
    virtual void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) = 0;

    // Called at least every 100 ms.
    virtual void tick(Moment now, Outbox& out, EventSink& sink) = 0;

    // Set when the session wants to end. Asked after each call.
    virtual const std::optional<SessionEnd>& ended() const noexcept = 0;

    // True while the session needs what only REST can give (a fresh session id). Asked after each call; the supervisor
    // then asks DataProvider::renew() once and hands its answer in.
    virtual bool wants_renewal() const noexcept { return false; }
    virtual void renewed(result<std::string> /*token*/, Moment, Outbox&, EventSink&) {}

    // The peer closed with this code and reason (RFC 6455 §7.4; 1006 when there was no close frame).
    virtual SessionEnd closed(std::uint16_t code, std::string_view reason) = 0;
};

} // namespace tickgate
