// One WebSocket client: reads its actions, answers them in order.
#pragma once

#include "net/ws_connection.hpp"
#include "stream/streams.hpp"

#include <deque>

namespace tickgate::stream {

// Lives in the coroutine that serves the connection.
class WsDoor final : public net::WsHandler, public Outlet {
public:
    WsDoor(Streams& streams, net::WsConnection& connection);

    // Before anything else. `client` as the hub knows it.
    void begin(Hub::ClientRef client) { client_ = std::move(client); }
    asio::awaitable<void> work(); // until cancelled

    void on_message(std::string_view payload, Moment at) override;

    void send(std::string_view bytes) override { connection_.send_raw(bytes); }
    std::size_t queued() const override { return connection_.queued(); }
    void close(std::uint16_t code, std::string_view reason) override { connection_.close(code, reason); }

private:
    struct Task {
        Action action;
        std::optional<Fault> fault;
    };
    asio::awaitable<void> perform(Task task);

    Streams& streams_;
    net::WsConnection& connection_;
    Hub::ClientRef client_;
    std::deque<Task> tasks_;
    asio::steady_timer wake_; // never expires: cancelled when a task comes
    double tokens_;
    MonoTime refilled_{};
};

} // namespace tickgate::stream
