#include "http_server_fixture.hpp"

#include "core/log.hpp"

#include <stdexcept>
#include <thread>

namespace tickgate::net {
namespace {

TEST_F(HttpServerTest, AnswersOverPlainAndTls) {
    for (const bool secure : {false, true}) {
        HttpServerOptions options;
        options.tls = secure ? server_tls() : nullptr;
        start(options);
        run([&]() -> asio::awaitable<void> {
            const std::string base =
                (secure ? "https://localhost:" : "http://localhost:") + std::to_string(server->port());
            for (int i = 0; i < 3; ++i) {
                const auto answer = co_await get(request(base, "/p%20q?q=a%2Bb+c&z"));
                EXPECT_TRUE(answer) << detail;
                if (!answer)
                    break;
                EXPECT_EQ(answer->body, "GET /p%20q a+b c ");
                EXPECT_EQ(answer->header("content-type"), "application/json");
            }
            EXPECT_EQ(seen.size(), 3U);
            if (!seen.empty()) {
                EXPECT_EQ(seen.front().peer, seen.back().peer); // one connection
            }
            co_await stop(); // with our kept connection open
            seen.clear();
            client.close_idle();
        });
    }
}

TEST_F(HttpServerTest, MethodsBodiesAndKeepAlive) {
    start(HttpServerOptions());
    run([&]() -> asio::awaitable<void> {
        const std::string all =
            co_await ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                         "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                         "HEAD /c HTTP/1.1\r\nHost: x\r\n\r\n"
                         "DELETE /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_NE(all.find("\r\n\r\nPOST /a  abcHTTP/1.1 200 OK"), std::string::npos) << all;
        EXPECT_NE(all.find("\r\n\r\nPUT /b  deHTTP/1.1 200 OK"), std::string::npos) << all;
        EXPECT_EQ(all.find("HEAD /c"), std::string::npos) << all;
        EXPECT_NE(all.find("Content-Length: 9\r\nConnection: keep-alive\r\n\r\nHTTP/1.1 200 OK"), std::string::npos)
            << all;
        EXPECT_TRUE(all.ends_with("Connection: close\r\n\r\nDELETE /d  ")) << all;
        const std::string old = co_await ask("GET / HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(old.starts_with("HTTP/1.1 200 OK")) << old;
        co_await stop();
    });
}

TEST_F(HttpServerTest, RefusesWithTheRightStatus) {
    HttpServerOptions options;
    options.max_body = 1000;
    options.max_head = 2000;
    start(options);
    const std::pair<std::string, std::string> cases[] = {{"nonsense\r\n\r\n", "400"}, {"GET /\r\n\r\n", "400"},
        {"GET nopath HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: no\r\n\r\n", "400"}, {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'b'), "413"},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(60000, 'h') + "\r\n\r\n", "431"}};
    run([&]() -> asio::awaitable<void> {
        for (const auto& [text, status] : cases) {
            const std::string all = co_await ask(text);
            EXPECT_TRUE(all.starts_with("HTTP/1.1 " + status)) << text.substr(0, 40) << " got " << all;
            EXPECT_NE(all.find("Connection: close"), std::string::npos);
        }
        EXPECT_TRUE(seen.empty());
        co_await stop();
    });
}

TEST_F(HttpServerTest, SlowHeadsAreCutOff) {
    HttpServerOptions options;
    options.head_deadline = 100ms;
    options.idle_deadline = 150ms;
    start(options);
    run([&]() -> asio::awaitable<void> {
        EXPECT_TRUE((co_await ask("GET / HTTP/1.1\r\nHost: x\r\nX-Slo")).starts_with("HTTP/1.1 408"));
        EXPECT_EQ(co_await ask(""), ""); // said nothing, is told nothing
        const std::string idle = co_await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(idle.starts_with("HTTP/1.1 200 OK"));
        EXPECT_EQ(idle.find("408"), std::string::npos);
        EXPECT_TRUE(
            (co_await ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")).starts_with("HTTP/1.1 408"));
        co_await stop();
    });
}

TEST_F(HttpServerTest, CountsConnectionsAndRefuses) {
    HttpServerOptions options;
    options.max_connections = 1;
    start(options);
    run([&]() -> asio::awaitable<void> {
        tcp::socket first(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await first.async_connect(to, asio::use_awaitable);
        EXPECT_TRUE((co_await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).starts_with("HTTP/1.1 503"));
        first.close();
        server->refuse_connections(true);
        const std::string refused = co_await ask("GET / HTTP/1.1\r\n\r\n");
        EXPECT_FALSE(refused.starts_with("HTTP")) << refused;
        co_await stop();
    });
}

TEST_F(HttpServerTest, AHandlersExceptionIsA500) {
    std::vector<std::string> lines;
    log::capture([&](log::Level, const std::string& line) { lines.push_back(line); });
    start(HttpServerOptions(), [](HttpRequest) -> asio::awaitable<HttpResponse> {
        throw std::runtime_error("broken");
        co_return HttpResponse();
    });
    run([&]() -> asio::awaitable<void> {
        const auto answer = co_await get(request("http://localhost:" + std::to_string(server->port())));
        EXPECT_TRUE(answer) << detail;
        EXPECT_EQ(answer->status, 500);
        EXPECT_EQ(answer->body.find("broken"), std::string::npos);
        co_await stop();
    });
    log::capture({});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines.front().find("event=http_handler_failed"), std::string::npos) << lines.front();
}

TEST_F(HttpServerTest, StopEndsAHandlerThatWaits) {
    bool waiting = false;
    start(HttpServerOptions(), [&](HttpRequest) -> asio::awaitable<HttpResponse> {
        asio::steady_timer never(loop, 1h);
        waiting = true;
        co_await never.async_wait(asio::use_awaitable);
        co_return HttpResponse();
    });
    spawn([&]() -> asio::awaitable<void> { co_await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"); });
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer turn(loop);
        for (int i = 0; i < 2000 && !waiting; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_TRUE(waiting);
        co_await stop();
    });
}

TEST_F(HttpServerTest, UpgradesAreChecked) {
    start(HttpServerOptions());
    server->on_upgrade(
        [](const HttpRequest& r) {
            HttpResponse response;
            response.status = r.path == "/ws" ? 101 : 404;
            return response;
        },
        [](HttpRequest, std::unique_ptr<WsConnection> connection) -> asio::awaitable<void> {
            connection->send_text("hello");
            connection->stop();
            co_return;
        });
    run([&]() -> asio::awaitable<void> {
        const std::string ask_for = " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
        const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        const std::string version = "Sec-WebSocket-Version: 13\r\n";
        const std::string good = co_await ask("GET /ws" + ask_for + key + version + "\r\n");
        EXPECT_TRUE(good.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << good;
        EXPECT_NE(good.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << good;
        EXPECT_TRUE(good.ends_with("\r\n\r\n\x81\x05hello")) << good;
        const std::string close = "Connection: close\r\n";
        EXPECT_TRUE((co_await ask("GET /no" + ask_for + close + key + version + "\r\n")).starts_with("HTTP/1.1 404"));
        EXPECT_TRUE((co_await ask("GET /ws" + ask_for + close + key + "\r\n")).starts_with("HTTP/1.1 426"));
        EXPECT_TRUE((co_await ask("GET /ws" + ask_for + close + version + "\r\n")).starts_with("HTTP/1.1 400"));
        co_await stop();
    });
}

TEST_F(HttpServerTest, ItsOwnErrorsLookAsTheOwnerSays) {
    HttpServerOptions options;
    options.max_body = 10;
    options.max_connections = 1;
    options.head_deadline = 150ms;
    options.error_answer = [](int status, std::string_view text) {
        if (status == 431)
            throw std::runtime_error("no words");
        HttpResponse response;
        response.status = 200; // not heeded
        response.content_type = "application/problem+json";
        response.headers.emplace_back("X-Id", "7");
        response.body = "{" + std::to_string(status) + " " + std::string(text) + "}";
        return response;
    };
    start(options, [](HttpRequest) -> asio::awaitable<HttpResponse> {
        throw std::runtime_error("fault");
        co_return HttpResponse();
    });
    run([&]() -> asio::awaitable<void> {
        const std::pair<std::string, std::string> cases[] = {{"GET / HTTP/1.1\r\n\r\n", "400"},
            {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", "413"}, {"GET / HTTP/1.1\r\nHost", "408"},
            {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "500"}};
        for (const auto& [text, status] : cases) {
            const auto all = co_await ask(text);
            EXPECT_TRUE(all.starts_with("HTTP/1.1 " + status)) << all;
            EXPECT_NE(all.find("\r\nX-Id: 7\r\n"), std::string::npos) << all;
            EXPECT_NE(all.find("application/problem+json"), std::string::npos) << all;
            EXPECT_NE(all.find("\r\n\r\n{" + status), std::string::npos) << all;
        }
        const auto bad = co_await ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(60000, 'h') + "\r\n\r\n");
        EXPECT_TRUE(bad.starts_with("HTTP/1.1 431")) << bad; // in plain words, where the owner fails
        tcp::socket holds(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await holds.async_connect(to, asio::use_awaitable);
        const auto busy = co_await ask("");
        EXPECT_TRUE(busy.starts_with("HTTP/1.1 503")) << busy;
        EXPECT_NE(busy.find("{503"), std::string::npos) << busy;
        co_await stop();
    });
}

TEST_F(HttpServerTest, MayBeStoppedFromAnotherThread) {
    start(HttpServerOptions());
    run([&]() -> asio::awaitable<void> {
        tcp::socket holds(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await holds.async_connect(to, asio::use_awaitable);
        std::thread other([this] { server->stop(); });
        asio::steady_timer turn(loop);
        for (int i = 0; i < 2000 && !ended; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        other.join();
        EXPECT_TRUE(ended);
    });
}

TEST_F(HttpServerTest, ListenTellsProblems) {
    HttpServerOptions options;
    start(options);
    options.port = server->port();
    HttpServer second(loop.get_executor(), options, {});
    EXPECT_EQ(second.listen(), asio::error::address_in_use);
    options.host = "not an address";
    HttpServer third(loop.get_executor(), options, {});
    EXPECT_EQ(third.listen(), errc::configuration);
    run([&]() -> asio::awaitable<void> { co_await stop(); });
}

} // namespace
} // namespace tickgate::net
