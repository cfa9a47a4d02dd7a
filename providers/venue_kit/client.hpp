// What a simulated venue is made of, without I/O: the venue's brain, one brain for each client, and the clients' ports.
#pragma once

#include "net/http_server.hpp"
#include "venue_kit/faults.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickgate::venue_kit {

// Where a client's output goes: a WebSocket, or the body of an HTTP answer without end. All faults of the wire (stall,
// slow, split, duplicate, reorder, half_open, drop, reset, no_ack, no_heartbeat, garbage) are done behind it. Calls
// never end the client at once; after close() and drop() nothing more is sent.
class ClientPort {
public:
    virtual ~ClientPort() = default;
    // Each call is one WebSocket text message, or that text as it is in the body (the venue writes its line ends).
    virtual void send_data(std::string_view text) = 0;      // market data: subject to stall, duplicate, reorder
    virtual void send_answer(std::string_view text) = 0;    // to a request of the client: left out by no_ack
    virtual void send_heartbeat(std::string_view text) = 0; // left out by no_heartbeat, and by stall with value 1
    virtual void send_control(std::string_view text) = 0;   // anything else: greetings, errors, announcements
    // WebSocket only. As send_data(), for data that many get: `frame` is the whole frame of a server (net::ws_encode),
    // `text` the payload within it.
    virtual void send_frame(std::string_view frame, std::string_view text) = 0;
    virtual void ping(std::string_view payload) = 0; // WebSocket only
    // After what was sent before: a close frame, or the last chunk of the body and the end of the connection.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
    virtual void drop(bool reset) = 0;                    // without a close frame or last chunk, by FIN or RST
    virtual const std::string& peer() const noexcept = 0; // `1.2.3.4:55123`
    virtual std::uint64_t id() const noexcept = 0;
    virtual Moment opened() const noexcept = 0;
    virtual bool closing() const noexcept = 0; // close() or drop() was called
};

// One client connection's protocol brain. Lives from the upgrade (or the stream's head) to the end; its port outlives
// it. Nothing is called while the client is half open, and no on_...() after close() or drop() of its port.
class VenueClient {
public:
    virtual ~VenueClient() = default;
    virtual void on_text(std::string_view /*text*/, Moment /*now*/) {} // WebSocket only; text or binary
    virtual void on_ping(Moment /*now*/) {}                            // already answered
    virtual void on_pong(std::string_view /*payload*/, Moment /*now*/) {}
    virtual void tick(Moment /*now*/) {} // every 20 ms
    // Its time is over (HostOptions::life, or the fault cut_24h). True if the venue's own way to end it was taken; else
    // the host closes it with 1001.
    virtual bool expire(Moment /*now*/) { return false; }
};

// What a request becomes.
struct Admission {
    enum class Kind : std::uint8_t { answer, websocket, stream };
    Kind kind = Kind::answer;
    net::HttpResponse response; // answer; of a stream its status and headers (its chunked body follows)

    static Admission answer(net::HttpResponse response) { return {Kind::answer, std::move(response)}; }
    static Admission websocket() { return {Kind::websocket, {}}; }
    static Admission stream(net::HttpResponse head) { return {Kind::stream, std::move(head)}; }
};

// The venue itself. All calls come from one loop.
class VenueBrain {
public:
    virtual ~VenueBrain() = default;
    // Any request that is not the control door's and was not hit by the faults http_status, latency or half_open. One
    // that came over TLS has the header `x-forwarded-proto: https` (see base_url()). Asked once a
    // request; if it is admitted, open() follows with the same request as soon as the answer's head is on its way (not
    // at all if the client has gone by then). `upgrade`: the client asks for a WebSocket; only then, `websocket` may be
    // the answer.
    virtual Admission request(const net::HttpRequest& request, bool upgrade, Moment now) = 0;
    // After an admission as websocket or stream. Never null.
    virtual std::unique_ptr<VenueClient> open(const net::HttpRequest& request, ClientPort& port, Moment now) = 0;
    // Makes market data up to now and delivers it to the clients.
    virtual void advance(Moment now) = 0;
    virtual MonoTime next_due(Moment now) const = 0; // of advance(); the host comes every 20 ms anyhow
    // Makes up to `count` events more than are due; false if there is nothing to make. Not called under stall.
    virtual bool burst(std::size_t /*count*/, Moment /*now*/) { return false; }
    virtual bool flat_out() const { return false; } // whether burst() is wanted now
    // Faults that need the venue's own words. Once: gap, server_shutdown, error_text. At their beginning: auth_expired,
    // market_closed. The host has done the rest: drop, reset, garbage, cut_24h and what is done behind the ports.
    // Others are the brain's to look up in the board: silent_symbol, clock_skew, no_ack with value 0 (see ignores()).
    virtual void carry_out(const Fault& fault, Moment now) = 0;
    // A bad message of that kind as the venue would write it: `json` (no JSON), `types` (JSON, wrong types),
    // `truncated` (cut in the middle), `huge` (some MiB). The kinds `binary` and `opcode` are the host's own.
    virtual std::string garbage(std::string_view kind) const = 0;
    virtual std::string refusal_body(int status) const = 0; // of the fault http_status
    virtual std::string state_json(Moment now) const = 0;   // an object; the host's own state stands around it
};

// Scheme, host and port under which the client asked, for absolute URLs in answers.
inline std::string base_url(const net::HttpRequest& request) {
    std::string out = request.header("x-forwarded-proto") == "https" ? "https://" : "http://";
    return out.append(request.header("host"));
}

// Whether the fault no_ack says that requests of clients are not even carried out.
inline bool ignores(const FaultBoard& faults) noexcept {
    const auto* hit = faults.find(FaultKind::no_ack);
    return hit != nullptr && hit->fault.value == 0;
}

} // namespace tickgate::venue_kit
