#include "net_fixture.hpp"

#include "net/resolver.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <filesystem>

namespace tickgate::net {
namespace {

class ByteStreamTest : public NetTest {
protected:
    using Stream = std::unique_ptr<ByteStream>;

    // Connects and gives the error, with the sentence for the log in `detail`.
    asio::awaitable<error_code> failure(std::string url, std::chrono::milliseconds deadline, std::string& detail) {
        ConnectOptions options;
        options.tls = client_tls();
        options.deadline = deadline;
        auto stream = co_await connect(*Url::parse(url), options, detail);
        co_return stream ? error_code() : stream.error();
    }

    // Accepts one connection, does TLS as that server, and echoes until the end.
    void serve_tls(Peer& peer, test::TestCerts::Pair pair) {
        spawn([&peer, tls = server_tls(pair)]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            auto stream = co_await accept_stream(std::move(socket), tls, 5s);
            while (stream) {
                std::string bytes(100000, '\0');
                const std::span<char> room(bytes.data(), bytes.size());
                const auto n = co_await (*stream)->read_some(room);
                if (!n)
                    co_return;
                bytes.resize(*n);
                if (co_await (*stream)->write(bytes))
                    co_return;
            }
        });
    }

    asio::awaitable<void> expect_echo(ByteStream& stream, std::size_t size) {
        std::string sent(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            sent[i] = static_cast<char>(i * 31 % 251);
        spawn([&stream, &sent]() -> asio::awaitable<void> { EXPECT_FALSE(co_await stream.write(sent)); });
        std::string got;
        std::string piece(30000, '\0');
        while (got.size() < size) {
            const std::span<char> room(piece.data(), piece.size());
            const auto n = co_await stream.read_some(room);
            EXPECT_TRUE(n);
            if (!n)
                co_return;
            got.append(piece, 0, *n);
        }
        EXPECT_TRUE(got == sent);
    }
};

TEST_F(ByteStreamTest, PlainConnectionReadsWritesAndEnds) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        EXPECT_EQ(co_await Peer::read_exactly(socket, 5), "hello");
        co_await Peer::write(socket, "world");
    });
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        auto stream = co_await connect(*Url::parse(peer.url("ws")), ConnectOptions(), detail);
        EXPECT_TRUE(stream) << detail;
        EXPECT_EQ((*stream)->peer(), "127.0.0.1:" + std::to_string(peer.port()));
        error_code ec;
        EXPECT_EQ((*stream)->try_write("hello", ec), 5U);
        char bytes[16];
        auto n = co_await (*stream)->read_some(bytes);
        EXPECT_EQ(std::string(bytes, *n), "world");
        n = co_await (*stream)->read_some(bytes);
        EXPECT_EQ(n.error(), asio::error::eof);
        (*stream)->close();
        (*stream)->close();
        n = co_await (*stream)->read_some(bytes);
        EXPECT_TRUE(n.error());
        EXPECT_EQ((*stream)->native_handle(), -1);
    });
}

TEST_F(ByteStreamTest, UnixSocket) {
    const std::string path = test::test_certs().directory + "/s.sock";
    asio::local::stream_protocol::acceptor acceptor(loop, asio::local::stream_protocol::endpoint(path));
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        auto stream = co_await connect(*Url::parse("unix://" + path), ConnectOptions(), detail);
        EXPECT_TRUE(stream) << detail;
        EXPECT_EQ((*stream)->peer(), path);
        EXPECT_EQ(co_await failure("unix:///nonexistent/s.sock", 1s, detail),
            asio::error::make_error_code(asio::error::basic_errors(ENOENT)));
    });
    std::filesystem::remove(path);
}

TEST_F(ByteStreamTest, TlsByNameAndByAddress) {
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        Peer peer(loop);
        serve_tls(peer, test::test_certs().good);
        run([&]() -> asio::awaitable<void> {
            ConnectOptions options;
            options.tls = client_tls();
            std::string detail;
            auto stream =
                co_await connect(*Url::parse("wss://" + host + ":" + std::to_string(peer.port())), options, detail);
            EXPECT_TRUE(stream) << detail;
            if (stream)
                co_await expect_echo(**stream, 500000);
        });
    }
}

TEST_F(ByteStreamTest, TlsRefusesBadCertificatesAndSaysWhy) {
    const auto& certs = test::test_certs();
    const std::pair<test::TestCerts::Pair, std::string> cases[] = {
        {certs.expired, "certificate verify failed: certificate has expired"},
        {certs.wrong_host, "certificate verify failed: hostname mismatch"},
        {certs.untrusted, "certificate verify failed: unable to get local issuer certificate"}};
    for (const auto& [pair, text] : cases) {
        Peer peer(loop);
        serve_tls(peer, pair);
        run([&]() -> asio::awaitable<void> {
            std::string detail;
            const auto ec = co_await failure("wss://localhost:" + std::to_string(peer.port()), 5s, detail);
            EXPECT_EQ(ec, errc::tls_failed);
            EXPECT_NE(detail.find(text), std::string::npos) << detail;
        });
    }
}

TEST_F(ByteStreamTest, TlsRefusesAWrongAddress) {
    Peer peer(loop);
    serve_tls(peer, test::test_certs().wrong_host);
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        EXPECT_EQ(co_await failure(peer.url("wss"), 5s, detail), errc::tls_failed);
        EXPECT_NE(detail.find("IP address mismatch"), std::string::npos) << detail;
    });
}

TEST_F(ByteStreamTest, SecureSchemesNeedTls) {
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        auto stream = co_await connect(*Url::parse("wss://127.0.0.1:1"), ConnectOptions(), detail);
        EXPECT_EQ(stream.error(), errc::configuration);
    });
}

TEST_F(ByteStreamTest, TlsSettingsNameTheFile) {
    std::string problem;
    EXPECT_EQ(TlsContext::client("/nonexistent.pem", problem).error(), errc::configuration);
    EXPECT_NE(problem.find("/nonexistent.pem"), std::string::npos) << problem;
    EXPECT_NE(problem.find("No such file"), std::string::npos) << problem;
    const auto& certs = test::test_certs();
    EXPECT_EQ(TlsContext::server(certs.good.cert, certs.expired.key, problem).error(), errc::configuration);
    EXPECT_NE(problem.find(certs.expired.key), std::string::npos) << problem;
}

TEST_F(ByteStreamTest, PeerThatEndsDuringTheHandshake) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> { auto socket = co_await peer.accept(); });
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        const auto ec = co_await failure(peer.url("wss"), 5s, detail);
        EXPECT_TRUE(ec == errc::tls_failed || ec == asio::error::connection_reset) << ec.message();
    });
}

TEST_F(ByteStreamTest, TlsThatNeverAnswersTimesOut) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        EXPECT_EQ(co_await failure(peer.url("wss"), 150ms, detail), errc::timed_out);
        EXPECT_NE(detail.find("TLS handshake timed out"), std::string::npos) << detail;
    });
}

TEST_F(ByteStreamTest, RefusedConnectionTellsTheAddresses) {
    std::uint16_t port = 0;
    {
        Peer gone(loop);
        port = gone.port();
    }
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        const auto ec = co_await failure("ws://localhost:" + std::to_string(port), 5s, detail);
        EXPECT_EQ(ec, asio::error::connection_refused);
        EXPECT_NE(detail.find("127.0.0.1:" + std::to_string(port)), std::string::npos) << detail;
        EXPECT_NE(detail.find("[::1]:" + std::to_string(port)), std::string::npos) << detail;
    });
}

TEST_F(ByteStreamTest, TriesTheNextAddress) {
    tcp::acceptor six(loop);
    error_code ec;
    six.open(tcp::v6(), ec);
    if (!ec)
        six.bind(tcp::endpoint(asio::ip::address_v6::loopback(), 0), ec);
    if (!ec)
        six.listen(1, ec);
    if (ec)
        GTEST_SKIP() << "no IPv6 here";
    run([&]() -> asio::awaitable<void> { // localhost: 127.0.0.1 refuses, ::1 takes
        std::string detail;
        const std::string port = std::to_string(six.local_endpoint().port());
        auto stream = co_await connect(*Url::parse("ws://localhost:" + port), ConnectOptions(), detail);
        EXPECT_TRUE(stream) << detail;
        if (stream) {
            EXPECT_EQ((*stream)->peer(), "[::1]:" + port);
        }
    });
}

TEST_F(ByteStreamTest, UnknownHost) {
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        const auto ec = co_await failure("wss://no-such-host.invalid", 3s, detail);
        EXPECT_TRUE(ec == errc::unavailable || ec == errc::timed_out) << ec.message();
        EXPECT_NE(detail.find("no-such-host.invalid"), std::string::npos) << detail;
    });
}

TEST_F(ByteStreamTest, LookupOfALiteralNeedsNobody) {
    run([&]() -> asio::awaitable<void> {
        const auto found = co_await resolve("::1", 80, 1s);
        EXPECT_EQ(found->size(), 1U);
        const auto local = co_await resolve("LocalHost", 80, 1s);
        EXPECT_EQ(local->front().address().to_string(), "127.0.0.1");
    });
}

TEST_F(ByteStreamTest, CancellationEndsAReadOfEachKind) {
    for (const auto type :
        {asio::cancellation_type::total, asio::cancellation_type::partial, asio::cancellation_type::terminal}) {
        Peer peer(loop);
        spawn([&]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            co_await Peer::read_end(socket);
        });
        run([&, type]() -> asio::awaitable<void> {
            std::string detail;
            auto stream = co_await connect(*Url::parse(peer.url("ws")), ConnectOptions(), detail);
            asio::cancellation_signal signal;
            asio::steady_timer ended(loop, 10s);
            error_code outcome;
            auto reader = [&]() -> asio::awaitable<void> {
                co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
                char bytes[16];
                outcome = (co_await (*stream)->read_some(bytes)).error();
            };
            asio::co_spawn(loop, std::move(reader),
                asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr&) { ended.cancel(); }));
            asio::steady_timer turn(loop, 1ms); // the reader waits now
            co_await turn.async_wait(use_result);
            signal.emit(type);
            auto [ec] = co_await ended.async_wait(use_result);
            EXPECT_EQ(ec, asio::error::operation_aborted);
            EXPECT_EQ(outcome, asio::error::operation_aborted);
        });
    }
}

TEST_F(ByteStreamTest, AbortLooksLikeACrash) {
    Peer peer(loop);
    error_code seen;
    bool over = false;
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        char bytes[16];
        auto [ec, n] = co_await socket.async_read_some(asio::buffer(bytes), use_result);
        seen = ec;
        over = true;
    });
    run([&]() -> asio::awaitable<void> {
        std::string detail;
        auto stream = co_await connect(*Url::parse(peer.url("ws")), ConnectOptions(), detail);
        asio::steady_timer turn(loop, 1ms); // accepted
        co_await turn.async_wait(use_result);
        (*stream)->abort();
        while (!over) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_EQ(seen, asio::error::connection_reset);
    });
}

} // namespace
} // namespace tickgate::net
