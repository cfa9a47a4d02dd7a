#include "ws_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstring>

namespace tickgate::net {
namespace {

std::string text_frame(const std::string& text) {
    std::string out;
    ws_encode(out, WsEvent::Type::text, text, WsRole::server, 0);
    return out;
}

std::string control_frame(WsEvent::Type type, const std::string& text) {
    std::string out;
    ws_encode(out, type, text, WsRole::server, 0);
    return out;
}

std::string close_frame(std::uint16_t code, const std::string& reason) {
    std::string out;
    ws_encode_close(out, code, reason, WsRole::server, 0);
    return out;
}

// Reads one frame of a client and gives `opcode:payload`.
asio::awaitable<std::string> read_client_frame(tcp::socket& socket) {
    const std::string head = co_await Peer::read_exactly(socket, 6);
    const std::size_t n = static_cast<unsigned char>(head[1]) & 0x7FU;
    std::string payload;
    if (n != 0)
        payload = co_await Peer::read_exactly(socket, n);
    for (std::size_t i = 0; i < n; ++i)
        payload[i] = static_cast<char>(payload[i] ^ head[2 + i % 4]);
    co_return std::to_string(static_cast<unsigned char>(head[0]) & 0x0FU) + ":" + payload;
}

TEST_F(WsTest, MessagesOfOneReadShareOneTime) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        co_await Peer::write(socket, text_frame("a") + text_frame("b") + text_frame("c") + close_frame(1000, "bye"));
        EXPECT_EQ(co_await read_client_frame(socket), std::string("8:\x03\xE8"));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        const std::vector<std::string> wanted{"a", "b", "c"};
        EXPECT_EQ(got.messages, wanted);
        EXPECT_EQ(got.stamps.front(), got.stamps.back());
        EXPECT_EQ(got.reads_done, 1);
        EXPECT_EQ(end.code, 1000);
        EXPECT_EQ(end.reason, "bye");
        EXPECT_FALSE(end.error) << end.error.message();
        EXPECT_FALSE(end.by_us);
        EXPECT_EQ((*connection)->stats().messages_in, 3U);
    });
}

TEST_F(WsTest, FramesThatCameWithTheUpgradeAreNotLost) {
    Peer peer(loop);
    spawn([&]() -> asio::awaitable<void> {
        auto socket = co_await peer.accept();
        const std::string head = co_await Peer::read_head(socket);
        co_await Peer::write(socket, Peer::upgrade_answer(head) + text_frame("early"));
        co_await Peer::write(socket, text_frame("late"));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        const std::vector<std::string> wanted{"early", "late"};
        EXPECT_EQ(got.messages, wanted);
        EXPECT_EQ(end.error, asio::error::eof); // half-close without a close frame
        EXPECT_EQ(end.code, 1006);
    });
}

TEST_F(WsTest, AnswersPingsAndTellsPongs) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        EXPECT_EQ(co_await read_client_frame(socket), "9:hi");
        co_await Peer::write(socket, control_frame(WsEvent::Type::pong, "hi") +
                                         control_frame(WsEvent::Type::ping, "p1") +
                                         control_frame(WsEvent::Type::ping, ""));
        EXPECT_EQ(co_await read_client_frame(socket), "10:p1");
        EXPECT_EQ(co_await read_client_frame(socket), "10:");
        co_await Peer::write(socket, close_frame(1001, ""));
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        (*connection)->send_ping("hi"); // before run()
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_EQ(end.code, 1001);
        EXPECT_EQ(got.pings_answered, 2);
        EXPECT_EQ(got.pongs, std::vector<std::string>{"hi"});
    });
}

TEST_F(WsTest, PingsAtTheIntervalAskedFor) {
    Peer peer(loop);
    int pings = 0;
    serve(peer, [&pings](tcp::socket& socket) -> asio::awaitable<void> {
        for (; pings < 5; ++pings) {
            EXPECT_EQ(co_await read_client_frame(socket), "9:");
            co_await Peer::write(socket, control_frame(WsEvent::Type::pong, ""));
        }
        co_await Peer::write(socket, close_frame(1000, ""));
        std::string frame = "9:";
        while (frame == "9:") // one more may be on its way
            frame = co_await read_client_frame(socket);
        EXPECT_EQ(frame.substr(0, 2), "8:");
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        (*connection)->ping_every(20ms);
        const auto start = mono_now();
        const WsEnd end = co_await (*connection)->run(got, 500ms);
        EXPECT_EQ(end.code, 1000);
        EXPECT_EQ(got.pongs.size(), 5U);
        EXPECT_GE(mono_now() - start, 100ms);
    });
    EXPECT_EQ(pings, 5);
}

TEST_F(WsTest, SilenceEndsTheConnection) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        co_await Peer::write(socket, text_frame("only"));
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        const auto start = mono_now();
        const WsEnd end = co_await (*connection)->run(got, 100ms);
        EXPECT_EQ(end.error, errc::silent);
        EXPECT_TRUE(end.by_us);
        EXPECT_EQ(got.messages.size(), 1U);
        EXPECT_GE(mono_now() - start, 100ms);
    });
}

TEST_F(WsTest, AResetIsTold) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        socket.set_option(asio::socket_base::linger(true, 0));
        socket.close();
        co_return;
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        if (!connection) // the reset may overtake the answer
            co_return;
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_EQ(end.error, asio::error::connection_reset);
        EXPECT_EQ(end.code, 1006);
    });
}

TEST_F(WsTest, OrderlyCloseFromOurSide) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        EXPECT_EQ(co_await read_client_frame(socket), std::string("8:\x03\xE8") + "done");
        co_await Peer::write(socket, text_frame("too late") + close_frame(1000, ""));
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        (*connection)->close(1000, "done");
        (*connection)->send_text("nothing follows a close");
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_FALSE(end.error) << end.error.message();
        EXPECT_EQ(end.code, 1000);
        EXPECT_TRUE(end.by_us);
        EXPECT_TRUE(got.messages.empty());
    });
}

TEST_F(WsTest, StopFromAHandlerEndsAtOnce) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        co_await Peer::write(socket, text_frame("a") + text_frame("b"));
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        got.then = [&](std::string_view) { (*connection)->stop(); };
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_EQ(end.error, errc::stopped);
        EXPECT_EQ(got.messages.size(), 1U);
    });
}

TEST_F(WsTest, CancellationEndsRun) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> { EXPECT_TRUE(co_await Peer::read_end(socket)); });
    asio::cancellation_signal signal;
    bool ended = false;
    WsEnd end;
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        auto body = [&]() -> asio::awaitable<void> {
            Recorder got;
            end = co_await (*connection)->run(got, 0ms);
        };
        asio::co_spawn(
            loop, std::move(body), asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& e) {
                EXPECT_EQ(what(e), "");
                ended = true;
            }));
        asio::steady_timer turn(loop, 5ms);
        co_await turn.async_wait(use_result);
        signal.emit(asio::cancellation_type::terminal);
        while (!ended) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        EXPECT_EQ(end.error, errc::stopped);
    });
}

TEST_F(WsTest, TooLargeMessagesAreRefusedWithAWord) {
    max_message = 100;
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        co_await Peer::write(socket, text_frame(std::string(50000, 'x')));
        EXPECT_EQ(co_await read_client_frame(socket), std::string("8:\x03\xF1"));
        EXPECT_TRUE(co_await Peer::read_end(socket));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_EQ(end.error, errc::message_too_large);
        EXPECT_EQ(end.code, 1009);
        EXPECT_TRUE(end.by_us);
    });
}

TEST_F(WsTest, BrokenFramesEndTheConnection) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> {
        co_await Peer::write(socket, text_frame("good") + "\xFF\xFF");
        EXPECT_EQ(co_await read_client_frame(socket), std::string("8:\x03\xEA"));
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 0ms);
        EXPECT_EQ(end.error, errc::protocol_error);
        EXPECT_EQ(got.messages.size(), 1U);
    });
}

// Both of our ends, over TCP and TLS, with messages of every size and far more than socket buffers hold.
TEST_F(WsTest, EchoesWhateverIsSent) {
    for (const bool secure : {false, true}) {
        auto http = server(
            [](HttpRequest, std::unique_ptr<WsConnection> connection) -> asio::awaitable<void> {
                Recorder got;
                got.then = [&](std::string_view text) { connection->send_text(text); };
                co_await connection->run(got, 0ms);
            },
            secure ? server_tls() : nullptr);
        spawn([&]() -> asio::awaitable<void> { co_await http->run(); });
        run([&]() -> asio::awaitable<void> {
            auto connection =
                co_await open((secure ? "wss://localhost:" : "ws://localhost:") + std::to_string(http->port()));
            EXPECT_TRUE(connection) << detail;
            std::vector<std::string> sent;
            for (std::size_t i = 0; i < 200; ++i)
                sent.emplace_back(i * i * 2, static_cast<char>('a' + i % 26));
            sent.emplace_back(3u << 20, 'z');
            for (const auto& text : sent)
                (*connection)->send_text(text);
            EXPECT_GT((*connection)->queued(), 0U);
            Recorder got;
            got.then = [&](std::string_view) {
                if (got.messages.size() == sent.size())
                    (*connection)->close(1000, "enough");
            };
            const WsEnd end = co_await (*connection)->run(got, 10s);
            EXPECT_TRUE(got.messages == sent);
            EXPECT_EQ(end.code, 1000);
            EXPECT_FALSE(end.error) << end.error.message();
            EXPECT_EQ((*connection)->queued(), 0U);
            http->stop();
        });
        run([]() -> asio::awaitable<void> { co_return; });
    }
}

TEST_F(WsTest, MutedAndPausedServersSayNothing) {
    WsConnection* other = nullptr;
    Recorder server_got;
    auto http = server([&](HttpRequest, std::unique_ptr<WsConnection> connection) -> asio::awaitable<void> {
        other = connection.get();
        co_await connection->run(server_got, 0ms);
        other = nullptr;
    });
    spawn([&]() -> asio::awaitable<void> { co_await http->run(); });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open("ws://localhost:" + std::to_string(http->port()));
        asio::steady_timer turn(loop);
        const auto until = [&](auto condition) -> asio::awaitable<void> {
            for (int i = 0; i < 2000 && !condition(); ++i) {
                turn.expires_after(1ms);
                co_await turn.async_wait(use_result);
            }
            EXPECT_TRUE(condition());
        };
        const auto connected = [&] { return other != nullptr; };
        co_await until(connected);
        other->mute(true);
        Recorder got;
        bool ended = false;
        spawn([&]() -> asio::awaitable<void> {
            co_await (*connection)->run(got, 0ms);
            ended = true;
        });
        (*connection)->send_ping("x");
        (*connection)->send_text("one");
        std::size_t expected = 1;
        const auto came = [&] { return server_got.messages.size() == expected; };
        co_await until(came);
        EXPECT_EQ(server_got.pings_answered, 0);
        other->mute(false);
        other->pause_reading(true);
        (*connection)->send_text("two"); // the read under way still delivers it
        expected = 2;
        co_await until(came);
        (*connection)->send_text("three");
        turn.expires_after(20ms);
        co_await turn.async_wait(use_result);
        EXPECT_EQ(server_got.messages.size(), 2U);
        other->pause_reading(false);
        expected = 3;
        co_await until(came);
        other->pause_reading(true);
        (*connection)->send_text("four");
        expected = 4;
        co_await until(came);
        http->stop(); // ends also the paused one
        const auto over = [&] { return ended && other == nullptr; };
        co_await until(over);
    });
}

TEST_F(WsTest, DestroyedWithoutRun) {
    Peer peer(loop);
    serve(peer, [](tcp::socket& socket) -> asio::awaitable<void> { co_await Peer::read_end(socket); });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open(peer.url("ws"));
        (*connection)->send_text(std::string(16u << 20, 'x')); // more than the socket takes at once
        EXPECT_GT((*connection)->queued(), 0U);
        connection->reset();
        asio::steady_timer turn(loop, 5ms);
        co_await turn.async_wait(use_result);
    });
}

} // namespace
} // namespace tickgate::net
