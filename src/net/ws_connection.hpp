// A WebSocket connection after the upgrade: our codec over a byte stream. Client and server side.
#pragma once

#include "net/byte_stream.hpp"
#include "net/ws_codec.hpp"

#include <tickgate/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::net {

class WsHandler {
public:
    virtual ~WsHandler() = default;
    // A whole text or binary message; `at` was taken once for the read that completed it. 64 readable bytes follow.
    virtual void on_message(std::string_view payload, Moment at) = 0;
    virtual void on_ping_answered(Moment) {}
    virtual void on_pong(std::string_view, Moment) {}
    // The messages of one read are done; the place to flush what they caused.
    virtual void on_read_done(Moment) {}
    // Asked after each read: while true, the next read waits, for at most 5 ms. A consumer that is a little behind gets
    // the time to catch up, and none can hold the connection up.
    virtual bool wants_pause() { return false; }
};

// How a connection ended. `code` is 1006 when no close frame came; `error` is empty after an orderly close.
struct WsEnd {
    std::uint16_t code = 1006;
    std::string reason;
    error_code error; // silent, protocol_error, message_too_large, eof, system errors, stopped
    bool by_us = false;
};

struct WsStats {
    std::uint64_t bytes_in = 0, messages_in = 0, reads = 0, bytes_out = 0;
    MonoTime last_received{};
};

// One loop, one owner. run() must have returned before destruction.
class WsConnection {
public:
    WsConnection(std::unique_ptr<ByteStream> stream, WsRole role, std::size_t max_message, std::string already_read);
    ~WsConnection();

    // Reads until the end. Pings are answered with their payload. The connection ends with `silent` when no byte came
    // for `silence_limit` (zero: no limit). No coroutine per message: one read, all its messages, then on_read_done().
    asio::awaitable<WsEnd> run(WsHandler& handler, std::chrono::milliseconds silence_limit);

    // Queue and write in order; never block. Allowed at any time between construction and the end.
    void send_text(std::string_view text);
    void send_ping(std::string_view payload);
    void send_raw(std::string_view bytes); // unframed, for venues that must misbehave or have frames ready
    void close(std::uint16_t code, std::string_view reason); // orderly: close frame, then at most 2 s for the answer
    void stop();                                             // run() ends soon with error stopped; no close frame
    void abort();                                            // RST

    std::size_t queued() const noexcept; // bytes not yet taken by the socket
    const WsStats& stats() const noexcept;
    std::string peer() const;

    // Server side faults: no further reads are started (a stalled peer), until resumed.
    void pause_reading(bool paused);
    // Answers to pings are left out while set (half-open peers).
    void mute(bool on);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_; // shared with its own pending operations
};

struct WsConnectOptions {
    ConnectOptions connect;
    std::vector<std::pair<std::string, std::string>> headers;
    std::size_t max_message = 1u << 20;
};

// Connects and upgrades (HTTP/1.1, RFC 6455 §4), all within connect.deadline. `status` receives the HTTP status of a
// refused upgrade, `detail` a sentence for the log (with the start of the answer's body), already redacted.
// Errors: those of connect(); unauthorized (401, 403), rate_limited (429), banned (418), restricted (451),
// venue_error (5xx), protocol_error (anything else that is no upgrade).
asio::awaitable<result<std::unique_ptr<WsConnection>>> ws_connect(
    std::string url, WsConnectOptions options, int& status, std::string& detail);

} // namespace tickgate::net
