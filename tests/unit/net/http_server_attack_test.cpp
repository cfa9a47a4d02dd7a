// What a hostile client may try: requests hidden in requests, slowness, size, numbers.
#include "http_server_fixture.hpp"

#include "core/log.hpp"
#include "net/http_request.hpp"

namespace tickgate::net {
namespace {

class HttpAttackTest : public HttpServerTest {
protected:
    struct Case {
        std::string what, text;
        int status = 400;
    };
    // Each text is answered with its status, the connection ends, and no handler sees any of it.
    void expect_refused(std::vector<Case> cases) {
        run([this, cases = std::move(cases)]() -> asio::awaitable<void> {
            for (const auto& c : cases) {
                const std::string all = co_await ask(c.text);
                EXPECT_TRUE(all.starts_with("HTTP/1.1 " + std::to_string(c.status) + " ")) << c.what << " got " << all;
                EXPECT_EQ(all.find("HTTP/1.1 ", 1), std::string::npos) << c.what << " got two answers: " << all;
                EXPECT_NE(all.find("\r\nConnection: close\r\n"), std::string::npos) << c.what;
            }
            EXPECT_TRUE(seen.empty());
            if (!seen.empty()) {
                ADD_FAILURE() << "served: " << seen.front().method << ' ' << seen.front().path;
            }
            co_await stop();
        });
    }
    static constexpr const char* hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
};

TEST_F(HttpAttackTest, RequestsThatCouldBeReadInTwoWaysAreRefused) {
    start(HttpServerOptions());
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n", smuggled = hidden, chunked = "0\r\n\r\n" + smuggled;
    expect_refused({
        {"length and coding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked},
        {"coding and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked},
        {"two lengths", post + "Content-Length: 0\r\nContent-Length: 33\r\n\r\n" + smuggled},
        {"the same length twice", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
        {"a list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc"},
        {"a length with a sign", post + "Content-Length: +3\r\n\r\nabc"},
        {"a negative length", post + "Content-Length: -3\r\n\r\nabc"},
        {"a hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc"},
        {"an empty length", post + "Content-Length:\r\n\r\n" + smuggled},
        {"a length beyond all numbers", post + "Content-Length: 18446744073709551617\r\n\r\na"},
        {"two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked},
        {"a list of codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked},
        {"identity", post + "Transfer-Encoding: identity\r\n\r\n" + smuggled},
        {"chunked is not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunked},
        {"an unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n" + chunked},
        {"a coding with a tab before it", post +
                                              "Transfer-Encoding:\x0b"
                                              "chunked\r\n\r\n" +
                                              chunked},
        {"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked},
        {"a space before the colon", post + "Content-Length : 3\r\n\r\nabc"},
        {"a space before the name", post + " Content-Length: 3\r\n\r\nabc"},
        {"a folded line", post + "X: a\r\n b\r\n\r\n"},
        {"a folded line with a tab", post + "Transfer-Encoding:\r\n\tchunked\r\n\r\n" + chunked},
        {"bare line feeds", "POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc\r\n\r\n"},
        {"one bare line feed", "POST / HTTP/1.1\r\nHost: x\nContent-Length: 3\r\n\r\nabc"},
        {"a bare line feed in a value", post + "X: a\nContent-Length: 3\r\n\r\nabc"},
        {"a bare carriage return", post + "X: a\rContent-Length: 3\r\n\r\nabc"},
        {"no name", post + ": x\r\n\r\n"},
        {"no colon", post + "Content-Length 3\r\n\r\nabc"},
        {"a name with a slash", post + "X/Y: 3\r\n\r\n"},
    });
}

TEST_F(HttpAttackTest, NulBytesAndOtherControlCharactersAreRefused) {
    start(HttpServerOptions());
    const std::string nul(1, '\0');
    expect_refused({
        {"a NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: a" + nul + "b\r\n\r\n"},
        {"a NUL in a name", "GET / HTTP/1.1\r\nHost: x\r\nX" + nul + ": a\r\n\r\n"},
        {"a NUL in the target", "GET /a" + nul + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"a NUL at the beginning", nul + "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"an encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"half an escape", "GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"no escape", "GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"a control character", "GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"a delete", "GET / HTTP/1.1\r\nHost: x\r\nX: \x7f\x08\r\n\r\n"},
    });
}

TEST_F(HttpAttackTest, TargetsThatAreNoneAreRefused) {
    start(HttpServerOptions());
    const auto with = [](const std::string& line) { return line + "\r\nHost: x\r\n\r\n"; };
    expect_refused({
        {"CONNECT", with("CONNECT other.example:443 HTTP/1.1")},
        {"CONNECT with a path", with("CONNECT / HTTP/1.1")},
        {"another scheme", with("GET ftp://h/x HTTP/1.1")},
        {"no host in it", with("GET http:///x HTTP/1.1")},
        {"credentials in it", with("GET http://a:b@h/x HTTP/1.1")},
        {"an asterisk for GET", with("GET * HTTP/1.1")},
        {"a fragment", with("GET /a#b HTTP/1.1")},
        {"an authority", with("GET other.example:443 HTTP/1.1")},
        {"nothing", with("GET  HTTP/1.1")},
        {"two spaces", with("GET /  HTTP/1.1")},
        {"a space in it", with("GET /a b HTTP/1.1")},
        {"HTTP/2", with("GET / HTTP/2.0")},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)},
    });
}

TEST_F(HttpAttackTest, TheAbsoluteFormTellsTheHost) {
    start(HttpServerOptions());
    run([&]() -> asio::awaitable<void> {
        const std::string tail = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        co_await ask("GET http://evil.example:81/a/../b?q=1" + tail);
        co_await ask("GET http://evil.example?q=2" + tail);
        co_await ask("GET /a/../..//b?q=3" + tail);
        co_await ask("OPTIONS *" + tail);
        EXPECT_EQ(seen.size(), 4u);
        if (seen.size() != 4)
            co_return;
        EXPECT_EQ(seen[0].header("host"), "evil.example:81"); // what counts for who may enter
        EXPECT_EQ(seen[0].path, "/a/../b");                   // nothing is resolved: there is no such path
        EXPECT_EQ(seen[0].query, "q=1");
        EXPECT_EQ(seen[1].header("host"), "evil.example");
        EXPECT_EQ(seen[1].path, "/");
        EXPECT_EQ(seen[1].query, "q=2");
        EXPECT_EQ(seen[2].path, "/a/../..//b");
        EXPECT_EQ(seen[2].header("host"), "localhost");
        EXPECT_EQ(seen[3].path, "*");
        co_await stop();
    });
}

TEST_F(HttpAttackTest, ChunksAreTakenWithExtensionsAndTrailersAndNothingElse) {
    start(HttpServerOptions());
    run([&]() -> asio::awaitable<void> {
        const std::string head =
            "POST /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        const std::string good = co_await ask(
            head + "3;a=b;c=\"d\"\r\nabc\r\n2\r\nde\r\n0;last\r\nX-Trailer: y\r\nAuthorization: Bearer z\r\n\r\n");
        EXPECT_TRUE(good.starts_with("HTTP/1.1 200 OK")) << good;
        EXPECT_EQ(seen.size(), 1u);
        if (seen.size() != 1)
            co_return;
        EXPECT_EQ(seen[0].body, "abcde");
        EXPECT_EQ(seen[0].header("authorization"), ""); // a trailer is no header
        EXPECT_EQ(seen[0].header("x-trailer"), "");
        for (const std::string bad :
            {"3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n",
                "3 \r\nabc\r\n0\r\n\r\n", "g\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "10000000000000000\r\nabc",
                "3\r\nabcX\n0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
            const std::string all = co_await ask(head + bad);
            // A longer body than allowed is 413, all else 400.
            EXPECT_TRUE(all.starts_with("HTTP/1.1 400") || all.starts_with("HTTP/1.1 413")) << bad << " got " << all;
        }
        EXPECT_EQ(seen.size(), 1u);
        co_await stop();
    });
}

TEST_F(HttpAttackTest, LongThingsHaveTheirLimits) {
    HttpServerOptions options;
    options.max_body = 1000;
    options.max_head = 4000;
    options.max_target = 1000;
    start(options);
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 1000; ++i)
        many += "a: b\r\n";
    expect_refused({
        {"target", "GET /" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
        {"query", "GET /?" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
        {"a target without end", "GET /" + std::string(100000, 'a'), 431},
        {"a method without end", std::string(100000, 'A'), 431},
        {"many headers", many + "\r\n", 431},
        {"a header without end", "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100000, 'a'), 431},
        {"announced body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413},
        {"a chunk", chunked + "3e9\r\n" + std::string(1001, 'a') + "\r\n0\r\n\r\n", 413},
        {"many chunks",
            chunked + "1f4\r\n" + std::string(500, 'a') + "\r\n1f4\r\n" + std::string(500, 'a') +
                "\r\n1\r\na\r\n0\r\n\r\n",
            413},
        {"a chunk extension without end", chunked + "1;" + std::string(100000, 'a')},
        {"trailers without end", chunked + "0\r\nX: " + std::string(100000, 'a')},
    });
}

// A limit that only counts what is not parsed yet would let a head grow line by line.
TEST(HttpParserLimits, AHeadThatComesLineByLineHasTheSameLimit) {
    HttpLimits limits;
    limits.head = 2000;
    HttpParser parser(HttpParser::Kind::request, limits);
    bool more = false;
    error_code ec;
    std::size_t sent = 0;
    std::string waiting, line = "GET / HTTP/1.1\r\n";
    while (!ec && sent < 100000) {
        waiting += line;
        sent += line.size();
        line = "X: 0123456789\r\n";
        for (more = false; !ec && !more && !waiting.empty();)
            waiting.erase(0, parser.put(waiting, more, ec));
    }
    EXPECT_EQ(ec, errc::overflow);
    EXPECT_LE(sent, 2100u);
}

TEST_F(HttpAttackTest, SlowClientsAreCutOffWhereverTheyAre) {
    HttpServerOptions options;
    options.head_deadline = 120ms;
    options.idle_deadline = 150ms;
    start(options);
    // Sends a byte every few milliseconds, which keeps no deadline from passing.
    const auto drip = [this](std::string first, std::string rest) -> asio::awaitable<std::string> {
        tcp::socket socket(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await socket.async_connect(to, asio::use_awaitable);
        socket.set_option(tcp::no_delay(true));
        co_await Peer::write(socket, std::move(first));
        asio::steady_timer turn(loop);
        std::string all;
        for (std::size_t i = 0; i < rest.size(); ++i) {
            turn.expires_after(5ms);
            co_await turn.async_wait(use_result);
            auto [ec, n] = co_await asio::async_write(socket, asio::buffer(&rest[i], 1), use_result);
            if (ec)
                break;
            if (socket.available() > 0)
                break;
        }
        char piece[4096];
        for (;;) {
            auto [ec, n] = co_await socket.async_read_some(asio::buffer(piece), use_result);
            if (ec)
                co_return all;
            all.append(piece, n);
        }
    };
    run([&]() -> asio::awaitable<void> {
        const std::string endless(2000, 'a');
        std::string all = co_await drip("GET / HTTP/1.1\r\nHost: x\r\nX: ", endless);
        EXPECT_TRUE(all.starts_with("HTTP/1.1 408")) << all;
        all = co_await drip("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n", endless);
        EXPECT_TRUE(all.starts_with("HTTP/1.1 408")) << all;
        all = co_await drip("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n", endless);
        EXPECT_TRUE(all.starts_with("HTTP/1.1 408")) << all;
        all = co_await drip("GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second", endless); // with a good one before
        EXPECT_TRUE(all.starts_with("HTTP/1.1 200")) << all;
        EXPECT_NE(all.find("HTTP/1.1 408"), std::string::npos) << all;
        EXPECT_EQ(seen.size(), 1u);
        co_await stop();
    });
}

TEST_F(HttpAttackTest, WhoeverDoesNotReadItsAnswerIsCutOff) {
    HttpServerOptions options;
    options.idle_deadline = 150ms;
    start(options, [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.body.assign(32u << 20, 'x'); // more than any socket holds
        co_return response;
    });
    run([&]() -> asio::awaitable<void> {
        tcp::socket socket(loop);
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        co_await socket.async_connect(to, asio::use_awaitable);
        co_await Peer::write(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        asio::steady_timer turn(loop);
        for (int i = 0; i < 5000 && (i == 0 || server->connections() > 0); ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_EQ(server->connections(), 0u);
        co_await stop();
    });
}

TEST_F(HttpAttackTest, PipelinedRequestsAreAnsweredInOrderAndOneAtATime) {
    int at_once = 0, most = 0;
    start(HttpServerOptions(), [&](HttpRequest r) -> asio::awaitable<HttpResponse> {
        most = std::max(most, ++at_once);
        asio::steady_timer turn(loop, 1ms);
        co_await turn.async_wait(use_result);
        --at_once;
        HttpResponse response;
        response.body = r.path;
        co_return response;
    });
    run([&]() -> asio::awaitable<void> {
        std::string text;
        for (int i = 0; i < 50; ++i)
            text += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n" +
                    (i == 49 ? "Connection: close\r\n\r\n" : "\r\n");
        const std::string all = co_await ask(std::move(text));
        std::size_t at = 0;
        for (int i = 0; i < 50; ++i) {
            at = all.find("\r\n\r\n/" + std::to_string(i), at);
            EXPECT_NE(at, std::string::npos) << i;
            if (at == std::string::npos)
                break;
        }
        EXPECT_EQ(most, 1);
        co_await stop();
    });
}

// The rest of a refused request must not be taken for the next one.
TEST_F(HttpAttackTest, NothingAfterAFaultIsServed) {
    start(HttpServerOptions());
    expect_refused({
        {"after a bad head", std::string("GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n") + hidden},
        {"after two hosts", std::string("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n") + hidden},
        {"after a bad chunk",
            std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") + hidden},
        {"after a long body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + std::string(hidden),
            413},
    });
}

TEST_F(HttpAttackTest, OnePeerCannotTakeAllConnections) {
    HttpServerOptions options;
    options.max_connections = 10;
    options.max_connections_per_peer = 3;
    start(options);
    run([&]() -> asio::awaitable<void> {
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        std::vector<tcp::socket> held;
        for (int i = 0; i < 3; ++i) {
            held.emplace_back(loop);
            co_await held.back().async_connect(to, asio::use_awaitable);
        }
        const std::string refused = co_await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
        EXPECT_NE(refused.find("from this address"), std::string::npos) << refused;
        // Another address of this machine is another peer.
        tcp::socket other(loop, tcp::v4());
        other.bind(tcp::endpoint(asio::ip::make_address("127.0.0.2"), 0));
        co_await other.async_connect(to, asio::use_awaitable);
        co_await Peer::write(other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string head = co_await Peer::read_head(other);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
        // And room that came back is given again.
        held.clear();
        other.close();
        asio::steady_timer turn(loop);
        for (int i = 0; i < 5000 && server->connections() > 0; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_TRUE(
            (co_await ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).starts_with("HTTP/1.1 200"));
        co_await stop();
    });
}

TEST_F(HttpAttackTest, AFloodBeyondTheLimitCostsNoMemory) {
    HttpServerOptions options;
    options.max_connections = 1;
    start(options);
    run([&]() -> asio::awaitable<void> {
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        std::vector<tcp::socket> flood;
        std::size_t most = 0;
        for (int i = 0; i < 300; ++i) {
            flood.emplace_back(loop);
            (void)co_await flood.back().async_connect(to, use_result);
            most = std::max(most, server->connections());
        }
        EXPECT_LE(most, 1u + 64u); // one is served, a few are told, the others are closed
        EXPECT_GE(most, 2u);
        co_await stop();
    });
}

TEST_F(HttpAttackTest, AdmissionComesBeforeTheBody) {
    std::vector<std::string> asked;
    start(HttpServerOptions());
    server->on_admission([&](const HttpRequest& r) {
        asked.push_back(r.path + " " + r.body);
        Admission admission;
        admission.client = "desk";
        admission.headers.emplace_back("X-Door", "yes");
        if (r.path == "/no") {
            auto& refusal = admission.refusal.emplace();
            refusal.status = 403;
            refusal.body = "no";
        }
        return admission;
    });
    run([&]() -> asio::awaitable<void> {
        // With a body the connection ends, and what follows is not taken for a request.
        std::string all =
            co_await ask("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n" + std::string(hidden));
        EXPECT_TRUE(all.starts_with("HTTP/1.1 403")) << all;
        EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << all;
        EXPECT_NE(all.find("X-Door: yes"), std::string::npos) << all;
        // Without one it goes on.
        all = co_await ask(
            "GET /no HTTP/1.1\r\nHost: x\r\n\r\nGET /yes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(all.starts_with("HTTP/1.1 403")) << all;
        EXPECT_NE(all.find("HTTP/1.1 200 OK"), std::string::npos) << all;
        EXPECT_EQ(seen.size(), 1u);
        EXPECT_EQ(seen.empty() ? "" : seen.front().client, "desk");
        EXPECT_EQ(asked, (std::vector<std::string>{"/no ", "/no ", "/yes "}));
        co_await stop();
    });
}

TEST_F(HttpAttackTest, AnAdmissionThatFailsLetsNobodyIn) {
    log::capture([](log::Level, const std::string&) {});
    start(HttpServerOptions());
    server->on_admission([](const HttpRequest&) -> Admission { throw std::runtime_error("broken"); });
    expect_refused({{"any", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 500}});
    log::capture({});
}

TEST_F(HttpAttackTest, ClientsCanBeDropped) {
    start(HttpServerOptions());
    server->on_admission([](const HttpRequest& r) {
        Admission admission;
        admission.client = r.path.substr(1);
        return admission;
    });
    run([&]() -> asio::awaitable<void> {
        const tcp::endpoint to(asio::ip::address_v4::loopback(), server->port());
        tcp::socket a(loop), b(loop);
        co_await a.async_connect(to, asio::use_awaitable);
        co_await b.async_connect(to, asio::use_awaitable);
        co_await Peer::write(a, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        co_await Peer::write(b, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
        co_await Peer::read_head(a);
        co_await Peer::read_head(b);
        server->drop_clients([](std::string_view name) { return name == "a"; });
        EXPECT_TRUE(co_await Peer::read_end(a));
        co_await Peer::write(b, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string head = co_await Peer::read_head(b);
        EXPECT_NE(head.find("200 OK"), std::string::npos);
        co_await stop();
    });
}

// Whoever changes the tokens, its own too, is told how that went.
TEST_F(HttpAttackTest, ADroppedClientGetsTheAnswerItWaitsFor) {
    start(HttpServerOptions(), [this](HttpRequest) -> asio::awaitable<HttpResponse> {
        server->drop_clients([](std::string_view) { return true; });
        asio::steady_timer turn(loop, 5ms);
        auto [ec] = co_await turn.async_wait(use_result);
        HttpResponse response;
        response.body = ec ? "cancelled" : "changed";
        co_return response;
    });
    run([&]() -> asio::awaitable<void> {
        const std::string all = co_await ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(hidden));
        EXPECT_TRUE(all.ends_with("Connection: close\r\n\r\nchanged")) << all;
        co_await stop();
    });
}

TEST(PeerNetwork, CountsAHouseholdOnce) {
    EXPECT_EQ(peer_network("192.0.2.7:5000"), "192.0.2.7");
    EXPECT_EQ(peer_network("[2001:db8:1:2:3:4:5:6]:5000"), "2001:db8:1:2::");
    EXPECT_EQ(peer_network("[2001:db8:1:2:ffff::1]:1"), peer_network("[2001:db8:1:2::9]:2"));
    EXPECT_NE(peer_network("[2001:db8:1:3::9]:2"), peer_network("[2001:db8:1:2::9]:2"));
    EXPECT_EQ(peer_network("[::ffff:192.0.2.7]:5000"), "192.0.2.7");
    EXPECT_EQ(peer_network("[::1]:5000"), "::1");
    EXPECT_EQ(peer_network(""), "");
}

} // namespace
} // namespace tickgate::net
