// The server, asked by our client and by hand.
#pragma once

#include "http_fixture.hpp"

#include "net/http_server.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::net {

class HttpServerTest : public HttpTest {
protected:
    void start(HttpServerOptions options, HttpHandler handler = {}) {
        if (!handler)
            handler = [this](HttpRequest r) -> asio::awaitable<HttpResponse> {
                HttpResponse response;
                response.body = r.method + " " + r.path + " " + r.parameter("q") + " " + r.body;
                seen.push_back(std::move(r));
                co_return response;
            };
        server = std::make_unique<HttpServer>(loop.get_executor(), std::move(options), std::move(handler));
        ASSERT_FALSE(server->listen());
        ended = false;
        spawn([this]() -> asio::awaitable<void> {
            co_await server->run();
            ended = true;
        });
    }

    // Sends the text, gives all that comes until the server ends the connection.
    asio::awaitable<std::string> ask(std::string text) {
        tcp::socket socket(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await socket.async_connect(to, asio::use_awaitable);
        co_await Peer::write(socket, std::move(text));
        std::string all;
        char piece[4096];
        for (;;) {
            auto [ec, n] = co_await socket.async_read_some(asio::buffer(piece), use_result);
            if (ec)
                co_return ec == asio::error::eof ? all : all + "[" + ec.message() + "]";
            all.append(piece, n);
        }
    }

    asio::awaitable<void> stop() {
        server->stop();
        asio::steady_timer turn(loop);
        for (int i = 0; i < 2000 && !ended; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_TRUE(ended);
    }

    std::unique_ptr<HttpServer> server;
    std::vector<HttpRequest> seen;
    bool ended = false;
};

} // namespace tickgate::net
