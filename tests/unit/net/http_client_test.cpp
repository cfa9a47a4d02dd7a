#include "http_fixture.hpp"

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

std::string sized(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

TEST_F(HttpTest, KeepsConnectionsForLaterRequests) {
    Peer peer(loop);
    script(peer,
        {sized("one"), "HTTP/1.1 404 No\r\nX-Used: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"});
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
    EXPECT_TRUE(
        requests.at(0).starts_with("GET /prefix/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port())));
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
    script(zipped,
        {"HTTP/1.1 100 Continue\r\n\r\n" + sized(packed, "Content-Encoding: gzip\r\n"), "HTTP/1.1 204 None\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"});
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
    script(peer, {sized(gzip(text), "Content-Encoding: gzip\r\n"), "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nwrong",
                     sized(text)});
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

TEST_F(HttpTest, OtherMethodsAndForms) {
    Peer peer(loop);
    script(peer, {sized("a"), sized("b"), sized("c"), "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", sized("e")});
    run([&]() -> asio::awaitable<void> {
        auto r = request(peer.url("http"));
        r.method = "POST";
        EXPECT_EQ((co_await get(r))->body, "a"); // empty
        r.body = "symbols=SPY%2CQQQ";
        r.headers = {{"Authorization", "Bearer t"}};
        EXPECT_EQ((co_await get(r))->body, "b");
        r.body.clear();
        r.method = "DELETE";
        EXPECT_EQ((co_await get(r))->body, "c");
        r.method = "HEAD";
        EXPECT_EQ((co_await get(r))->status, 200);
        r.method = "GET";
        EXPECT_EQ((co_await get(r))->body, "e"); // on the same connection
        for (const std::string method : {"", "get", "GET /x HTTP/1.1\r\nX:", "CONNECT"}) {
            r.method = method;
            EXPECT_EQ((co_await get(r)).error(), errc::bad_request) << method;
        }
        r.method = "GET";
        r.body = "not for GET";
        EXPECT_EQ((co_await get(r)).error(), errc::bad_request);
    });
    EXPECT_EQ(connections, 1);
    EXPECT_TRUE(requests.at(0).starts_with("POST /x HTTP/1.1\r\n"));
    EXPECT_TRUE(
        requests.at(0).ends_with("\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"))
        << requests.at(0);
    EXPECT_TRUE(requests.at(1).ends_with("\r\nContent-Length: 17\r\n\r\nsymbols=SPY%2CQQQ")) << requests.at(1);
    EXPECT_TRUE(requests.at(2).starts_with("DELETE /x HTTP/1.1\r\n"));
    EXPECT_EQ(requests.at(2).find("Content-"), std::string::npos);
}

TEST_F(HttpTest, OnlyAGetIsSentTwice) {
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
        co_await Peer::write(next, sized("three"));
    });
    run([&]() -> asio::awaitable<void> {
        auto r = request(peer.url("http"));
        EXPECT_EQ((co_await get(r))->body, "one");
        r.method = "POST";
        EXPECT_EQ((co_await get(r)).error(), asio::error::eof);
        EXPECT_EQ(connections, 0);
        EXPECT_EQ((co_await get(r))->body, "three");
    });
}

TEST_F(HttpTest, StopEndsRequestsAtEveryStage) {
    Peer answers_never(loop);
    Peer tls_never(loop);
    Peer stalls(loop);
    for (Peer* peer : {&answers_never, &tls_never})
        spawn([peer]() -> asio::awaitable<void> {
            auto socket = co_await peer->accept();
            co_await Peer::read_end(socket);
        });
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await stalls.accept();
        co_await Peer::read_head(socket);
        co_await Peer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx");
        co_await Peer::read_end(socket);
    });
    const std::string urls[] = {answers_never.url("http"), tls_never.url("https"), stalls.url("http")};
    int ended = 0;
    for (const auto& url : urls)
        spawn([&, url]() -> asio::awaitable<void> {
            std::string problem;
            auto r = request(url);
            r.deadline = 20s;
            const auto answer = co_await client.send(std::move(r), {}, problem);
            EXPECT_EQ(answer.error(), errc::stopped) << url << " " << problem;
            ++ended;
        });
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer turn(loop, 50ms);
        co_await turn.async_wait(use_result);
        EXPECT_EQ(ended, 0);
        const auto start = mono_now();
        client.stop();
        while (ended < 3 && mono_now() - start < 5s) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_EQ(ended, 3);
        EXPECT_LT(mono_now() - start, 2s);
        EXPECT_EQ((co_await get(request(urls[0]))).error(), errc::stopped);
    });
}

} // namespace
} // namespace tickgate::net
