// A WebSocket connection after the upgrade: our codec over a byte stream. Client and server side.
#pragma once

#include "net/byte_stream.hpp"
#include "net/transport.hpp"
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

// One loop, one owner. run() must have returned before destruction.
class WsConnection final : public Transport {
public:
    WsConnection(std::unique_ptr<ByteStream> stream, WsRole role, std::size_t max_message, std::string already_read);
    ~WsConnection() override;

    // Reads until the end. Pings are answered with their payload. The connection ends with `silent` when no byte came
    // for `silence_limit` (zero: no limit). No coroutine per message: one read, all its messages, then on_read_done().
    asio::awaitable<WsEnd> run(WsHandler& handler, std::chrono::milliseconds silence_limit) override;

    // Queue and write in order; never block. Allowed at any time between construction and the end.
    void send_text(std::string_view text) override;
    void send_ping(std::string_view payload);
    void send_raw(std::string_view bytes); // unframed, for venues that must misbehave or have frames ready
    // Orderly: close frame, then at most 2 s for the answer.
    void close(std::uint16_t code, std::string_view reason) override;
    void stop() override; // run() ends soon with error stopped; no close frame
    void abort();         // RST
    // An empty ping so often, from the beginning of run() on. Set before it.
    void ping_every(std::chrono::milliseconds interval);

    std::size_t queued() const noexcept; // bytes not yet taken by the socket
    const WsStats& stats() const noexcept override;
    std::string peer() const override;

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
