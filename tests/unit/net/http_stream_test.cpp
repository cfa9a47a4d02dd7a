#include "http_stream_fixture.hpp"

namespace tickgate::net {
namespace {

const std::string chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(HttpStreamTest, AsksAndReadsAChunkedBody) {
    headers = {{"Authorization", "Bearer abc"}, {"Accept", "application/json"}};
    Peer peer(loop);
    script(peer, {chunked_head + "5\r\nhello\r\n", "6;x=y\r\n world\r\n1\r\n!\r\n", "0\r\n\r\n"});
    Recorder recorder;
    const auto end = read_all(peer.url("http", "/v3/stream?a=b%2C"), recorder);
    EXPECT_EQ(recorder.messages, (std::vector<std::string>{"hello", " world", "!"}));
    EXPECT_GE(recorder.reads_done, 2);
    EXPECT_EQ(end.error, errc::closed_by_venue);
    EXPECT_FALSE(end.by_us);
    EXPECT_TRUE(request.starts_with("GET /v3/stream?a=b%2C HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
    EXPECT_NE(request.find("\r\nAuthorization: Bearer abc\r\n"), std::string::npos);
    EXPECT_EQ(request.find("Accept-Encoding"), std::string::npos);
    EXPECT_EQ(request.find("Content-Length"), std::string::npos);
}

TEST_F(HttpStreamTest, PiecesOfOneReadShareTheirTime) {
    Peer peer(loop);
    script(peer, {chunked_head + "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"});
    Recorder recorder;
    (void)read_all(peer.url("http"), recorder);
    EXPECT_EQ(joined(recorder), "abc");
    EXPECT_EQ(recorder.reads_done, 1);
    ASSERT_EQ(recorder.stamps.size(), 3U);
    EXPECT_EQ(recorder.stamps.front(), recorder.stamps.back());
}

TEST_F(HttpStreamTest, EveryPieceIsPadded) {
    Peer peer(loop);
    script(peer, {chunked_head + "3\r\nabc\r\n0\r\n\r\n"});
    Recorder recorder;
    std::size_t sum = 0;
    recorder.then = [&](std::string_view piece) { // a sanitizer would tell
        for (std::size_t i = 0; i < HttpInput::padding; ++i)
            sum += static_cast<unsigned char>(*(piece.data() + piece.size() + i)) != 0;
    };
    (void)read_all(peer.url("http"), recorder);
    EXPECT_LE(sum, HttpInput::padding);
}

TEST_F(HttpStreamTest, BodyCutAtEveryByteIsTheSameText) {
    const std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n" +
                             http_chunk("{\"a\":1}\n") + http_chunk("{\"b\":") + http_chunk("2}\n") + http_chunk({});
    for (std::size_t at = 1; at < wire.size(); ++at) {
        Peer peer(loop);
        script(peer, {wire.substr(0, at), wire.substr(at)});
        Recorder recorder;
        const auto end = read_all(peer.url("http"), recorder);
        EXPECT_EQ(joined(recorder), "{\"a\":1}\n{\"b\":2}\n") << "cut at " << at;
        EXPECT_EQ(end.error, errc::closed_by_venue) << "cut at " << at;
    }
}

TEST_F(HttpStreamTest, TruncatedAndBrokenBodiesAreTold) {
    struct Case {
        std::string body;
        error_code error;
        std::string text;
    };
    const std::string ones(8, '1');
    const Case cases[] = {{"5\r\nhel", asio::error::eof, "hel"}, {"5\r\nhello\r\n", asio::error::eof, "hello"},
        {"", asio::error::eof, ""}, {"5", asio::error::eof, ""}, {"0\r\n", asio::error::eof, ""},
        {"zz\r\nhello\r\n", errc::protocol_error, ""}, {"1\r\na\r\n2\r\nbcXX1\r\nd\r\n", errc::protocol_error, "abc"},
        {"fffffffffffffffff\r\nx", errc::protocol_error, ""},
        {"1\r\na\r\n" + std::string(300000, '1'), errc::protocol_error, "a"}};
    for (const auto& c : cases) {
        Peer peer(loop);
        script(peer, {chunked_head + c.body});
        Recorder recorder;
        const auto end = read_all(peer.url("http"), recorder);
        EXPECT_EQ(end.error, c.error) << c.body.substr(0, 30) << " " << end.error.message();
        EXPECT_EQ(joined(recorder), c.text) << c.body.substr(0, 30);
        EXPECT_FALSE(end.reason.empty());
    }
}

TEST_F(HttpStreamTest, BodiesWithoutChunks) {
    Peer sized(loop);
    script(sized, {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfo", "ur"}, true);
    Recorder first;
    EXPECT_EQ(read_all(sized.url("http"), first).error, errc::closed_by_venue);
    EXPECT_EQ(joined(first), "four");
    Peer open_end(loop);
    script(open_end, {"HTTP/1.0 200 OK\r\n\r\nuntil the", " end"});
    Recorder second;
    EXPECT_EQ(read_all(open_end.url("http"), second).error, errc::closed_by_venue);
    EXPECT_EQ(joined(second), "until the end");
    Peer reset(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await reset.accept();
        co_await Peer::read_head(socket);
        co_await Peer::write(socket, chunked_head + "1\r\na\r\n");
        asio::steady_timer turn(loop, 20ms);
        co_await turn.async_wait(use_result);
        socket.set_option(asio::socket_base::linger(true, 0));
        socket.close();
    });
    Recorder third;
    EXPECT_EQ(read_all(reset.url("http"), third).error, asio::error::connection_reset);
    EXPECT_EQ(joined(third), "a");
}

TEST_F(HttpStreamTest, RefusalsAreToldWithTheirBody) {
    const std::pair<int, errc> cases[] = {{401, errc::unauthorized}, {403, errc::unauthorized},
        {429, errc::rate_limited}, {418, errc::banned}, {451, errc::restricted}, {400, errc::bad_request},
        {404, errc::bad_request}, {500, errc::venue_error}, {503, errc::venue_error}, {204, errc::protocol_error},
        {302, errc::protocol_error}};
    for (const auto& [code, error] : cases) {
        const std::string body = R"({"errorMessage":"Insufficient authorization","detail":"?access_token=s3cr3t"})";
        Peer peer(loop);
        const std::string length = code == 204 ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
        script(peer, {"HTTP/1.1 " + std::to_string(code) + " X\r\n" + length + "\r\n", code == 204 ? "" : body}, true);
        run([&, code = code, error = error]() -> asio::awaitable<void> {
            const auto stream = co_await open(peer.url("http"));
            EXPECT_EQ(stream.error(), error) << code;
            EXPECT_EQ(status, code);
            EXPECT_NE(detail.find("HTTP " + std::to_string(code)), std::string::npos) << detail;
            if (code != 204) {
                EXPECT_NE(detail.find("Insufficient authorization"), std::string::npos) << detail;
            }
            EXPECT_EQ(detail.find("s3cr3t"), std::string::npos) << detail;
        });
    }
}

TEST_F(HttpStreamTest, AnswersThatAreNoStream) {
    for (const std::string answer : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2", "",
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"}) {
        Peer peer(loop);
        script(peer, {answer});
        run([&]() -> asio::awaitable<void> {
            const auto stream = co_await open(peer.url("http"));
            if (stream) { // an unknown transfer coding is found in the body
                Recorder recorder;
                EXPECT_TRUE((co_await (*stream)->run(recorder, 1s)).error);
            } else {
                EXPECT_EQ(stream.error(), errc::protocol_error) << answer;
                EXPECT_FALSE(detail.empty());
            }
        });
    }
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await open("ws://127.0.0.1:1")).error(), errc::configuration);
        headers = {{"X", "a\r\nInjected: b"}};
        EXPECT_EQ((co_await open("http://127.0.0.1:1")).error(), errc::configuration);
    });
}

TEST_F(HttpStreamTest, SlowHeadsAndSlowRefusalsEnd) {
    Peer silent(loop);
    script(silent, {"HTTP/1.1 200 OK\r\nX-Slow: "}, true);
    Peer drips(loop);
    script(drips, {"HTTP/1.1 429 X\r\nContent-Length: 900\r\n\r\nslow"}, true);
    run([&]() -> asio::awaitable<void> {
        const auto start = mono_now();
        EXPECT_EQ((co_await open(silent.url("http"), 150ms)).error(), errc::timed_out);
        EXPECT_FALSE(detail.empty());
        EXPECT_EQ((co_await open(drips.url("http"), 200ms)).error(), errc::rate_limited);
        EXPECT_EQ(status, 429);
        EXPECT_LT(mono_now() - start, 4s);
    });
}

TEST_F(HttpStreamTest, SilenceEndsAndHeartbeatsDoNot) {
    Peer peer(loop);
    std::vector<std::string> beats{chunked_head};
    for (int i = 0; i < 60; ++i)
        beats.push_back(http_chunk("\n"));
    script(peer, std::move(beats), true);
    Recorder recorder;
    const auto start = mono_now();
    const auto end = read_all(peer.url("http"), recorder, 50ms);
    EXPECT_EQ(end.error, errc::silent);
    EXPECT_TRUE(end.by_us);
    EXPECT_EQ(recorder.messages.size(), 60U);
    EXPECT_GE(mono_now() - start, 100ms); // 60 beats, a millisecond and more apart
}

TEST_F(HttpStreamTest, StopAndCloseEndReading) {
    for (const bool within : {true, false}) {
        for (const bool orderly : {true, false}) {
            Peer peer(loop);
            script(peer, {chunked_head + "1\r\na\r\n1\r\nb\r\n"}, true);
            run([&]() -> asio::awaitable<void> {
                auto stream = co_await open(peer.url("http"));
                EXPECT_TRUE(stream);
                if (!stream)
                    co_return;
                auto& s = **stream;
                const auto end_it = [&] { orderly ? s.close(1000, "") : s.stop(); };
                Recorder recorder;
                asio::steady_timer later(loop);
                if (within) {
                    recorder.then = [&](std::string_view) { end_it(); };
                } else {
                    later.expires_after(10ms);
                    later.async_wait([&](const error_code& ec) {
                        if (!ec)
                            end_it();
                    });
                }
                const auto end = co_await s.run(recorder, 5s);
                EXPECT_TRUE(end.by_us);
                EXPECT_EQ(end.error, orderly ? error_code() : make_error_code(errc::stopped));
                EXPECT_EQ(recorder.messages.size(), within ? 1U : 2U);
            });
        }
    }
}

} // namespace
} // namespace tickgate::net
