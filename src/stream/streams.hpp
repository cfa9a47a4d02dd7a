// Live data over HTTP: `/ws/{client_id}` and `/api/v1/stream` (docs/stream.md), from the tap to the clients.
#pragma once

#include "api/live.hpp"
#include "redis/tap.hpp"
#include "stream/hub.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::stream {

struct StreamsOptions {
    HubOptions hub;
    std::size_t message_bytes = 64u << 10;      // of a client's message
    double actions_per_s = 20, burst = 100;     // of one client
    std::size_t backlog = 32;                   // actions of one client that wait
    std::chrono::milliseconds ping{15000};      // each WebSocket client is asked whether it is there
    std::chrono::milliseconds silence{45000};   // and has gone when nothing came for so long
    std::chrono::milliseconds heartbeat{15000}; // comments of an event stream
    std::chrono::milliseconds retry{2000};      // what an event stream's client waits before it comes again
    std::chrono::milliseconds round{1};         // while messages come: looks at the tap, instead of being woken
    std::size_t records_a_round = 1000;         // taken before others on this loop have their turn
};

// On one loop (control). run() and all connections must have ended before destruction.
class Streams final : public api::Live {
public:
    // `host` and `tap` must outlive it.
    Streams(asio::any_io_executor control, redis::Tap& tap, Host& host, StreamsOptions options = {});

    asio::awaitable<void> run(); // until stop()
    void stop();                 // clients are told and closed

    // Whether this gateway has the prefix, and who has it if not.
    void publishing(bool own, std::string holder) { hub_.publishing(own, std::move(holder)); }

    Verdict may_connect(const net::HttpRequest& request) override;
    asio::awaitable<void> websocket(net::HttpRequest request, std::unique_ptr<net::WsConnection> connection) override;
    asio::awaitable<void> events(
        net::HttpRequest request, net::HttpStreamResponse& response, std::string request_id, Streamed& done) override;
    std::vector<api::Family> families() const override;

    const HubStats& stats() const noexcept { return hub_.stats(); }

    struct Found { // of a symbol without a class
        std::vector<InstrumentName> names;
        std::optional<ops::Error> fault;
    };

private:
    friend class WsDoor;
    // Names as clients write them; what is none, or unclear, goes to `faults`.
    asio::awaitable<void> find_names(
        const std::vector<std::string>& symbols, std::vector<InstrumentName>& names, std::vector<SymbolFault>& faults);
    asio::awaitable<void> look_up(std::vector<std::string> symbols, std::map<std::string, Found>& found);
    bool drain(); // true: there is more
    void listen();
    void kick();
    std::string refusal(); // why nobody is taken

    redis::Tap& tap_;
    Host& host_;
    StreamsOptions options_;
    Hub hub_;
    asio::posix::stream_descriptor bell_; // a descriptor of its own for the tap's
    asio::steady_timer timer_;
    bool listening_ = false, stopping_ = false, drained_any_ = false;
    MonoTime next_sweep_{};
    std::uint64_t event_streams_ = 0;
};

} // namespace tickgate::stream
