// WebSocket ends for tests.
#pragma once

#include "net_fixture.hpp"

#include "net/http_server.hpp"
#include "net/ws_connection.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tickgate::net {

// Writes down what comes; `then` may act on it.
class Recorder : public WsHandler {
public:
    void on_message(std::string_view payload, Moment at) override {
        messages.emplace_back(payload);
        stamps.push_back(at.mono);
        if (then)
            then(payload);
    }
    void on_ping_answered(Moment) override { ++pings_answered; }
    void on_pong(std::string_view payload, Moment) override { pongs.emplace_back(payload); }
    void on_read_done(Moment) override { ++reads_done; }

    std::function<void(std::string_view)> then;
    std::vector<std::string> messages, pongs;
    std::vector<MonoTime> stamps;
    int pings_answered = 0, reads_done = 0;
};

class WsTest : public NetTest {
protected:
    using Connected = result<std::unique_ptr<WsConnection>>;

    asio::awaitable<Connected> open(std::string url, std::chrono::milliseconds deadline = 5s) {
        WsConnectOptions options;
        options.connect.tls = client_tls();
        options.connect.deadline = deadline;
        options.max_message = max_message;
        options.headers = headers;
        status = 0;
        co_return co_await ws_connect(std::move(url), std::move(options), status, detail);
    }

    // Accepts, answers the upgrade, then runs `f` on the socket.
    void serve(Peer& peer, std::function<asio::awaitable<void>(tcp::socket&)> f) {
        spawn([this, &peer, f = std::move(f)]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            request = co_await Peer::read_head(socket);
            co_await Peer::write(socket, Peer::upgrade_answer(request));
            co_await f(socket);
        });
    }

    // A server whose connections are given to `upgraded`.
    std::unique_ptr<HttpServer> server(UpgradeHandler upgraded, std::shared_ptr<TlsContext> tls = nullptr) {
        HttpServerOptions options;
        options.tls = std::move(tls);
        options.max_body = 1u << 22;
        auto handler = [](HttpRequest) -> asio::awaitable<HttpResponse> { co_return HttpResponse(); };
        auto made = std::make_unique<HttpServer>(loop.get_executor(), options, std::move(handler));
        made->on_upgrade({}, std::move(upgraded));
        EXPECT_FALSE(made->listen());
        return made;
    }

    std::size_t max_message = 1u << 22;
    std::vector<std::pair<std::string, std::string>> headers;
    int status = 0;
    std::string detail, request;
};

} // namespace tickgate::net
