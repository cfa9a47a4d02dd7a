#include "ws_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace tickgate::net {
namespace {

TEST_F(WsTest, SendsARequestThatTheRfcAllows) {
    Peer peer(loop);
    headers = {{"X-Token", "abc"}, {"User-Agent", "mine/1"}};
    serve(peer, [](tcp::socket&) -> asio::awaitable<void> { co_return; });
    run([&]() -> asio::awaitable<void> {
        const auto connection = co_await open(peer.url("ws", "/stream?a=b"));
        EXPECT_TRUE(connection) << detail;
    });
    EXPECT_TRUE(
        request.starts_with("GET /stream?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
    EXPECT_NE(request.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos);
    EXPECT_NE(request.find("\r\nX-Token: abc\r\n"), std::string::npos);
    EXPECT_NE(request.find("\r\nUser-Agent: mine/1\r\n"), std::string::npos);
    EXPECT_EQ(request.find("User-Agent: tickgate"), std::string::npos);
}

TEST_F(WsTest, RefusedUpgradesAreTold) {
    const std::pair<int, errc> cases[] = {{401, errc::unauthorized}, {403, errc::unauthorized},
        {429, errc::rate_limited}, {418, errc::banned}, {451, errc::restricted}, {500, errc::venue_error},
        {503, errc::venue_error}, {404, errc::protocol_error}, {200, errc::protocol_error},
        {302, errc::protocol_error}};
    for (const auto& [code, error] : cases) {
        Peer peer(loop);
        spawn([&peer, answer_code = code]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            co_await Peer::read_head(socket);
            co_await Peer::write(
                socket, "HTTP/1.1 " + std::to_string(answer_code) + " X\r\nContent-Length: 9\r\n\r\ngo away: ");
        });
        run([&, code = code, error = error]() -> asio::awaitable<void> {
            const auto connection = co_await open(peer.url("ws"));
            EXPECT_EQ(connection.error(), error);
            EXPECT_EQ(status, code);
            EXPECT_NE(detail.find("HTTP " + std::to_string(code)), std::string::npos) << detail;
            EXPECT_NE(detail.find("go away"), std::string::npos) << detail;
        });
    }
}

TEST_F(WsTest, ABodyWithoutEndDelaysARefusalOnlyForAMoment) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        co_await Peer::read_head(socket);
        co_await Peer::write(socket, "HTTP/1.1 429 X\r\nContent-Length: 900\r\n\r\nslow");
        co_await Peer::read_end(socket);
    });
    run([&]() -> asio::awaitable<void> {
        const auto connection = co_await open(peer.url("ws"), 200ms);
        EXPECT_EQ(connection.error(), errc::rate_limited);
        EXPECT_EQ(status, 429);
    });
}

TEST_F(WsTest, FalseUpgradesAreRefused) {
    for (const std::string answer :
        {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
            "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 2"}) {
        Peer peer(loop);
        spawn([&]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            co_await Peer::read_head(socket);
            co_await Peer::write(socket, answer);
        });
        run([&]() -> asio::awaitable<void> {
            const auto connection = co_await open(peer.url("ws"));
            EXPECT_EQ(connection.error(), errc::protocol_error) << answer;
            EXPECT_FALSE(detail.empty());
        });
    }
}

TEST_F(WsTest, AnExtensionNobodyAskedForIsRefused) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        const std::string head = co_await Peer::read_head(socket);
        std::string answer = Peer::upgrade_answer(head);
        answer.insert(answer.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        co_await Peer::write(socket, answer);
    });
    run([&]() -> asio::awaitable<void> { EXPECT_EQ((co_await open(peer.url("ws"))).error(), errc::protocol_error); });
}

TEST_F(WsTest, UpgradeThatNeverAnswersTimesOut) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        co_await Peer::read_end(socket);
    });
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await open(peer.url("ws"), 150ms)).error(), errc::timed_out);
        EXPECT_NE(detail.find("upgrade"), std::string::npos) << detail;
    });
}

TEST_F(WsTest, AddressesThatAreNoneOfOurs) {
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await open("http://127.0.0.1")).error(), errc::configuration);
        EXPECT_EQ((co_await open("nonsense")).error(), errc::configuration);
        headers = {{"X", "a\r\nInjected: b"}};
        EXPECT_EQ((co_await open("ws://127.0.0.1:1")).error(), errc::configuration);
    });
}

TEST_F(WsTest, ConnectingCanBeCancelled) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        co_await Peer::read_end(socket);
    });
    asio::cancellation_signal signal;
    bool ended = false;
    auto body = [&]() -> asio::awaitable<void> {
        const auto connection = co_await open(peer.url("ws"));
        EXPECT_EQ(connection.error(), asio::error::operation_aborted);
    };
    asio::co_spawn(loop, std::move(body),
        asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr&) { ended = true; }));
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer turn(loop, 20ms);
        co_await turn.async_wait(use_result);
        signal.emit(asio::cancellation_type::terminal);
        while (!ended) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
    });
}

} // namespace
} // namespace tickgate::net
