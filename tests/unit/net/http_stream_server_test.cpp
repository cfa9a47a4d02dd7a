#include "http_stream_fixture.hpp"

#include "net/http_server.hpp"

namespace tickgate::net {
namespace {

// Our server's side.
class HttpStreamServerTest : public HttpStreamTest {
protected:
    // Every request is answered by a stream, which `fill` begins; it is kept for the test.
    void start(std::function<void(HttpStreamResponse&)> fill, std::shared_ptr<TlsContext> tls = nullptr) {
        HttpServerOptions options;
        options.tls = std::move(tls);
        auto plain = [](HttpRequest) -> asio::awaitable<HttpResponse> {
            HttpResponse r;
            r.status = 404;
            co_return r;
        };
        server = std::make_unique<HttpServer>(loop.get_executor(), options, std::move(plain));
        server->on_stream([](const HttpRequest& r) { return r.path == "/stream"; },
            [this, fill = std::move(fill)](
                HttpRequest r, std::unique_ptr<HttpStreamResponse> response) -> asio::awaitable<void> {
                asked = std::move(r);
                ++streams;
                fill(*response);
                current = response.get();
                co_await response->run();
                current = nullptr;
                ++ended;
            });
        ASSERT_FALSE(server->listen());
        spawn([this]() -> asio::awaitable<void> {
            co_await server->run();
            stopped = true;
        });
    }
    std::string url(const std::string& scheme = "http", const std::string& path = "/stream") const {
        return scheme + "://localhost:" + std::to_string(server->port()) + path;
    }
    asio::awaitable<void> until(std::function<bool()> done) {
        asio::steady_timer turn(loop);
        for (int i = 0; i < 4000 && !done(); ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_TRUE(done());
    }
    asio::awaitable<void> stop() {
        server->stop();
        const auto has_stopped = [this] { return stopped; };
        co_await until(has_stopped);
        EXPECT_EQ(streams, ended);
    }

    std::unique_ptr<HttpServer> server;
    HttpRequest asked;
    HttpStreamResponse* current = nullptr;
    int streams = 0, ended = 0;
    bool stopped = false;
};

HttpResponse ok_head() {
    HttpResponse head;
    head.content_type = "application/octet-stream";
    head.headers.emplace_back("X-Venue", "test");
    return head;
}

TEST_F(HttpStreamServerTest, StreamsOverPlainAndTlsWithAForm) {
    for (const bool secure : {false, true}) {
        stopped = false;
        start(
            [](HttpStreamResponse& r) {
                r.send_head(ok_head());
                r.send_chunk("one ");
                r.send_chunk("");
                r.send_chunk(std::string(300000, 'x'));
                r.finish();
            },
            secure ? server_tls() : nullptr);
        form = "symbols=SPY%2CQQQ&linebreak=true";
        Recorder recorder;
        const auto end = read_all(url(secure ? "https" : "http"), recorder);
        EXPECT_EQ(end.error, errc::closed_by_venue);
        EXPECT_EQ(joined(recorder), "one " + std::string(300000, 'x'));
        EXPECT_EQ(asked.method, "POST");
        EXPECT_EQ(asked.body, form);
        EXPECT_EQ(asked.header("content-type"), "application/x-www-form-urlencoded");
        run([&]() -> asio::awaitable<void> { co_await stop(); });
    }
}

TEST_F(HttpStreamServerTest, WhatTheCheckDoesNotClaimGoesToTheHandler) {
    start([](HttpStreamResponse& r) { r.send_head(ok_head()); });
    run([&]() -> asio::awaitable<void> {
        const auto stream = co_await open(url("http", "/other"));
        EXPECT_EQ(stream.error(), errc::bad_request);
        EXPECT_EQ(status, 404);
        EXPECT_EQ(streams, 0);
        co_await stop();
    });
}

TEST_F(HttpStreamServerTest, AnAnswerInsteadOfAStream) {
    start([](HttpStreamResponse& r) {
        HttpResponse refusal;
        refusal.status = 401;
        refusal.body = R"({"fault":"no"})";
        r.send_answer(refusal);
        r.close();
    });
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await open(url())).error(), errc::unauthorized);
        EXPECT_NE(detail.find("fault"), std::string::npos) << detail;
        const auto one_ended = [&] { return ended == 1; };
        co_await until(one_ended);
        co_await stop();
    });
}

TEST_F(HttpStreamServerTest, RawBytesCutChunksAnywhereAndEndsOfEveryKind) {
    const std::string chunk = http_chunk("{\"type\":\"HEARTBEAT\"}\n");
    const auto run_with = [&](std::function<void(HttpStreamResponse&)> then) {
        stopped = false;
        start([&](HttpStreamResponse& r) {
            r.send_head(ok_head());
            r.send_raw(chunk.substr(0, 9));
            r.send_raw(chunk.substr(9));
            then(r);
        });
        Recorder recorder;
        const auto end = read_all(url(), recorder, 300ms);
        EXPECT_TRUE(joined(recorder).starts_with("{\"type\":\"HEARTBEAT\"}\n"));
        run([&]() -> asio::awaitable<void> {
            const auto all_ended = [&] { return ended == streams; };
            co_await until(all_ended);
            co_await stop();
        });
        return end;
    };
    EXPECT_EQ(run_with([](HttpStreamResponse& r) { r.finish(); }).error, errc::closed_by_venue);
    EXPECT_EQ(run_with([](HttpStreamResponse& r) { r.close(); }).error, asio::error::eof);
    EXPECT_EQ(run_with([](HttpStreamResponse& r) {
        r.send_raw("5\r\nab");
        r.close();
    }).error,
        asio::error::eof);
    EXPECT_EQ(run_with([](HttpStreamResponse& r) {
        r.pause_writing(true);
        r.send_chunk("never");
    }).error,
        errc::silent);
    EXPECT_EQ(run_with([this](HttpStreamResponse&) { // later, so that what was sent is read before
        auto timer = std::make_shared<asio::steady_timer>(loop, 30ms);
        timer->async_wait([this, timer](const error_code&) {
            if (current != nullptr)
                current->abort();
        });
    })
                  .error,
        asio::error::connection_reset);
}

TEST_F(HttpStreamServerTest, AClientThatDoesNotReadIsSeenInTheQueueAndPausesHold) {
    start([](HttpStreamResponse& r) { r.send_head(ok_head()); });
    run([&]() -> asio::awaitable<void> {
        auto stream = co_await open(url());
        EXPECT_TRUE(stream) << detail;
        if (!stream)
            co_return;
        const std::string block(1u << 20, 'b');
        for (int i = 0; i < 40; ++i)
            current->send_chunk(block);
        EXPECT_GT(current->queued(), 20u << 20); // the sockets took some
        Recorder recorder;
        std::size_t got = 0;
        recorder.then = [&](std::string_view piece) {
            got += piece.size();
            recorder.messages.clear();
            if (got == 40u << 20)
                (*stream)->stop();
        };
        co_await (*stream)->run(recorder, 5s);
        EXPECT_EQ(got, 40u << 20);
        const auto one_ended = [&] { return ended == 1; }; // the server sees the client go
        co_await until(one_ended);
        co_await stop();
    });
}

TEST_F(HttpStreamServerTest, PausedWritingGoesOnWhereItWas) {
    start([](HttpStreamResponse& r) {
        r.send_head(ok_head());
        r.pause_writing(true);
        r.send_chunk("later");
        r.finish();
    });
    Recorder recorder;
    WsEnd end;
    run([&]() -> asio::awaitable<void> {
        auto stream = co_await open(url());
        EXPECT_TRUE(stream) << detail;
        if (!stream)
            co_return;
        asio::steady_timer turn(loop, 50ms);
        co_await turn.async_wait(use_result);
        EXPECT_GT(current->queued(), 0U);
        current->pause_writing(false);
        end = co_await (*stream)->run(recorder, 5s);
        co_await stop();
    });
    EXPECT_EQ(joined(recorder), "later");
    EXPECT_EQ(end.error, errc::closed_by_venue);
}

TEST_F(HttpStreamServerTest, StoppingTheServerEndsItsStreams) {
    start([](HttpStreamResponse& r) { r.send_head(ok_head()); });
    Recorder recorder;
    run([&]() -> asio::awaitable<void> {
        auto stream = co_await open(url());
        EXPECT_TRUE(stream) << detail;
        if (!stream)
            co_return;
        co_await stop();
        EXPECT_EQ((co_await (*stream)->run(recorder, 5s)).error, asio::error::eof);
    });
}

} // namespace
} // namespace tickgate::net
