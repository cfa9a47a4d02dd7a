// The server side of the venue's wire for many connections on one port: REST, the WebSocket upgrade, SUBSCRIBE and
// UNSUBSCRIBE. One thread; nothing blocks. A failing connection is dropped with its subscriptions.
#pragma once

#include "source/frames.hpp"
#include "support/socket.hpp"
#include "support/websocket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::bench {

class Server {
public:
    // `market` must outlive the server. `context` may be null (plain).
    Server(const Market& market, std::uint16_t port, SSL_CTX* context);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    [[nodiscard]] std::uint16_t port() const { return local_port(listener_); }
    // Streams of the market that some connection is subscribed to.
    [[nodiscard]] std::size_t subscribed() const noexcept { return subscribed_; }

    // Handles what is there, waiting up to `timeout_ms` for the first event.
    void poll(int timeout_ms);

    // Queues frame `index` on the connection subscribed to it; false when there is none.
    bool send(std::size_t index, const Stamp& stamp);
    // Writes what is queued as far as the sockets take it.
    void flush();
    // Largest number of bytes queued on one connection.
    [[nodiscard]] std::size_t backlog() const noexcept;

private:
    struct Connection {
        Stream stream;
        std::string in;
        std::string out;
        std::size_t written = 0; // prefix of `out` already sent
        bool websocket = false;
        bool waits_for_room = false;
        bool dead = false;
    };

    void accept_all();
    void receive(Connection& connection);
    bool take_request(Connection& connection);
    bool take_frame(Connection& connection);
    void take_message(Connection& connection, std::string_view text);
    void write(Connection& connection);
    void watch(Connection& connection, int operation);
    void ping_all();
    void bury_dead();

    const Market& market_;
    SSL_CTX* context_;
    Fd listener_;
    Fd epoll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> owner_; // by frame index
    std::size_t subscribed_ = 0;
    std::int64_t last_ping_ns_ = 0;
    std::vector<char> read_buffer_;
};

} // namespace tickgate::bench
