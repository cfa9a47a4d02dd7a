// What a connection that brings messages is to its user, whatever carries it.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::net {

namespace asio = boost::asio;

class WsHandler {
public:
    virtual ~WsHandler() = default;
    // A whole text or binary message (WebSocket) or any piece of the body (HTTP); `at` was taken once for the read that
    // completed it. 64 readable bytes follow.
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
    error_code error; // silent, protocol_error, message_too_large, closed_by_venue, eof, system errors, stopped
    bool by_us = false;
};

struct WsStats {
    std::uint64_t bytes_in = 0, messages_in = 0, reads = 0, bytes_out = 0;
    MonoTime last_received{};
};

// One loop, one owner. run() must have returned before destruction.
class Transport {
public:
    virtual ~Transport() = default;
    // Reads until the end, which is `silent` when no byte came for `silence_limit` (zero: no limit). No coroutine per
    // message: one read, all its messages, then on_read_done().
    virtual asio::awaitable<WsEnd> run(WsHandler& handler, std::chrono::milliseconds silence_limit) = 0;
    virtual void send_text(std::string_view text) = 0;                   // never blocks
    virtual void close(std::uint16_t code, std::string_view reason) = 0; // in order, where the transport knows that
    virtual void stop() = 0;                                             // run() ends soon with error stopped
    virtual const WsStats& stats() const noexcept = 0;
    virtual std::string peer() const = 0;
};

} // namespace tickgate::net
