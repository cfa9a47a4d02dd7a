#include "net_fixture.hpp"

#include "net/http_client.hpp"
#include "net/http_server.hpp"

#include <zlib.h>

namespace tickgate::net {
namespace {

std::string gzip(const std::string& text) {
    z_stream z{};
    EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string in = text;
    std::string out(text.size() / 2 + 1000, '\0');
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - z.avail_out);
    deflateEnd(&z);
    return out;
}

class HttpTest : public NetTest {
protected:
    // Answers each request of one connection after the other with these texts, then closes.
    void script(Peer& peer, std::vector<std::string> answers) {
        spawn([this, &peer, answers = std::move(answers)]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            ++connections;
            for (const auto& answer : answers) {
                requests.push_back(co_await Peer::read_head(socket));
                co_await Peer::write(socket, answer);
            }
        });
    }

    RestRequest request(std::string base, std::string target = "/x") {
        RestRequest r;
        r.base = std::move(base);
        r.target = std::move(target);
        r.deadline = 5s;
        return r;
    }

    asio::awaitable<result<RestResponse>> get(RestRequest r, BodySink sink = {}) {
        co_return co_await client.get(std::move(r), std::move(sink), detail);
    }

    HttpClient client{loop.get_executor(), client_tls()};
    std::vector<std::string> requests;
    std::string detail;
    int connections = 0;
};

std::string sized(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

TEST_F(HttpTest, KeepsConnectionsForLaterRequests) {
    Peer peer(loop);
    script(peer, {sized("one"), "HTTP/1.1 404 No\r\nX-Used: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"});
    run([&]() -> asio::awaitable<void> {
        auto r = request(peer.url("http", "/prefix/"), "/a?b=c");
        r.headers = {{"X-Key", "k"}};
        const auto first = co_await get(r);
        EXPECT_EQ(first->status, 200);
        EXPECT_EQ(first->body, "one");
        const auto second = co_await get(request(peer.url("http"), "/second"));
        EXPECT_EQ(second->status, 404);
        EXPECT_EQ(second->body, "two");
        EXPECT_EQ(second->header("x-used"), "7");
    });
    EXPECT_EQ(connections, 1);
    EXPECT_TRUE(requests.at(0).starts_with("GET /prefix/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port())));
    EXPECT_NE(requests.at(0).find("\r\nX-Key: k\r\n"), std::string::npos);
    EXPECT_NE(requests.at(0).find("\r\nUser-Agent: tickgate/"), std::string::npos);
    EXPECT_NE(requests.at(0).find("\r\nAccept-Encoding: gzip\r\n"), std::string::npos);
}

TEST_F(HttpTest, ReplacesAConnectionThatWasClosedMeanwhile) {
    Peer peer(loop);
    // The second request reaches the first connection, which ends without a word.
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        co_await Peer::read_head(socket);
        co_await Peer::write(socket, sized("one"));
        co_await Peer::read_head(socket);
        socket.close();
        auto next = co_await peer.accept();
        ++connections;
        co_await Peer::read_head(next);
        co_await Peer::write(next, sized("two"));
    });
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await get(request(peer.url("http"))))->body, "one");
        const auto second = co_await get(request(peer.url("http")));
        EXPECT_TRUE(second) << detail;
        if (second) {
            EXPECT_EQ(second->body, "two");
        }
    });
    EXPECT_EQ(connections, 1);
}

TEST_F(HttpTest, AnEndOnAFreshConnectionIsAnError) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        co_await Peer::read_head(socket);
    });
    run([&]() -> asio::awaitable<void> {
        const auto answer = co_await get(request(peer.url("http")));
        EXPECT_EQ(answer.error(), asio::error::eof);
        EXPECT_NE(detail.find("no answer"), std::string::npos) << detail;
    });
}

TEST_F(HttpTest, BodiesInEveryForm) {
    const std::string text(300000, 'a');
    const std::string packed = gzip(text);
    Peer closes(loop);
    script(closes, {"HTTP/1.1 200 OK\r\n\r\nuntil the end"});
    Peer zipped(loop);
    script(zipped, {"HTTP/1.1 100 Continue\r\n\r\n" + sized(packed, "Content-Encoding: gzip\r\n"),
                       "HTTP/1.1 204 None\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"});
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await get(request(closes.url("http"))))->body, "until the end");
        EXPECT_TRUE((co_await get(request(zipped.url("http"))))->body == text);
        EXPECT_EQ((co_await get(request(zipped.url("http"))))->status, 204);
        EXPECT_EQ((co_await get(request(zipped.url("http")))).error(), errc::protocol_error);
    });
}

TEST_F(HttpTest, LimitsTheDecompressedBody) {
    const std::string bomb = gzip(std::string(40u << 20, '0'));
    Peer peer(loop);
    script(peer, {sized(bomb, "Content-Encoding: gzip\r\n")});
    Peer plain(loop);
    script(plain, {sized(std::string(2000, 'x'))});
    run([&]() -> asio::awaitable<void> {
        auto r = request(peer.url("http"));
        r.max_body = 1u << 20;
        EXPECT_EQ((co_await get(r)).error(), errc::message_too_large);
        r = request(plain.url("http"));
        r.max_body = 1999;
        EXPECT_EQ((co_await get(r)).error(), errc::message_too_large);
    });
}

TEST_F(HttpTest, StreamsSuccessfulBodies) {
    const std::string text(1u << 20, 's');
    Peer peer(loop);
    script(peer, {sized(gzip(text), "Content-Encoding: gzip\r\n"), "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nwrong", sized(text)});
    run([&]() -> asio::awaitable<void> {
        std::size_t seen = 0;
        BodySink sink = [&](std::string_view piece) {
            seen += piece.size();
            return error_code();
        };
        auto r = request(peer.url("http"));
        r.max_body = 100; // not for streams
        const auto first = co_await get(r, sink);
        EXPECT_TRUE(first) << detail;
        EXPECT_TRUE(first && first->body.empty());
        EXPECT_EQ(seen, text.size());
        const auto second = co_await get(r, sink);
        EXPECT_EQ(second->body, "wrong");
        EXPECT_EQ(seen, text.size());
        BodySink stops = [](std::string_view) { return make_error_code(errc::stopped); };
        EXPECT_EQ((co_await get(r, stops)).error(), errc::stopped);
    });
}

TEST_F(HttpTest, CutBodiesAreErrors) {
    Peer peer(loop);
    script(peer, {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive"});
    Peer zipped(loop);
    script(zipped, {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip("some text").substr(0, 15)});
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await get(request(peer.url("http")))).error(), errc::protocol_error);
        EXPECT_EQ((co_await get(request(zipped.url("http")))).error(), errc::protocol_error);
    });
}

TEST_F(HttpTest, DeadlinesHoldAtEachStage) {
    Peer silent(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await silent.accept();
        co_await Peer::read_end(socket);
    });
    Peer drips(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await drips.accept();
        co_await Peer::read_head(socket);
        co_await Peer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx");
        co_await Peer::read_end(socket);
    });
    run([&]() -> asio::awaitable<void> {
        for (const Peer* peer : {&silent, &drips}) {
            auto r = request(peer->url("http"));
            r.deadline = 120ms;
            const auto start = mono_now();
            EXPECT_EQ((co_await get(r)).error(), errc::timed_out);
            EXPECT_LT(mono_now() - start, 5s);
        }
    });
}

TEST_F(HttpTest, RefusesWhatWouldBreakTheRequest) {
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await get(request("http://127.0.0.1:1", "/a b"))).error(), errc::bad_request);
        EXPECT_EQ((co_await get(request("http://127.0.0.1:1", "/\r\nX: y"))).error(), errc::bad_request);
        EXPECT_EQ((co_await get(request("ws://127.0.0.1:1"))).error(), errc::configuration);
    });
}

// The server, asked by our client and by hand.
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

TEST_F(HttpServerTest, AnswersOverPlainAndTls) {
    for (const bool secure : {false, true}) {
        HttpServerOptions options;
        options.tls = secure ? server_tls() : nullptr;
        start(options);
        run([&]() -> asio::awaitable<void> {
            const std::string base = (secure ? "https://localhost:" : "http://localhost:") + std::to_string(server->port());
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
        const std::string all = co_await ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                             "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                                             "HEAD /c HTTP/1.1\r\nHost: x\r\n\r\n"
                                             "DELETE /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_NE(all.find("\r\n\r\nPOST /a  abcHTTP/1.1 200 OK"), std::string::npos) << all;
        EXPECT_NE(all.find("\r\n\r\nPUT /b  deHTTP/1.1 200 OK"), std::string::npos) << all;
        EXPECT_EQ(all.find("HEAD /c"), std::string::npos) << all;
        EXPECT_NE(all.find("Content-Length: 9\r\nConnection: keep-alive\r\n\r\nHTTP/1.1 200 OK"), std::string::npos) << all;
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
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: no\r\n\r\n", "400"},
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
        EXPECT_TRUE((co_await ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")).starts_with("HTTP/1.1 408"));
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
