// Our ends against Beast's, which runs blocking on a thread of its own.
#include "ws_fixture.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <future>
#include <thread>

namespace tickgate::net {
namespace {

namespace websocket = boost::beast::websocket;

std::vector<std::string> samples() {
    std::vector<std::string> out;
    for (const std::size_t n : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 300000U})
        out.emplace_back(n, static_cast<char>('a' + n % 26));
    return out;
}

TEST_F(WsTest, BeastServerEchoesOurClient) {
    asio::io_context other;
    tcp::acceptor acceptor(other, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto peer = std::async(std::launch::async, [&]() -> std::string {
        try {
            websocket::stream<tcp::socket> ws(acceptor.accept());
            ws.accept();
            ws.auto_fragment(true);
            ws.write_buffer_bytes(1000); // every longer message is fragmented
            ws.ping("are you there");
            for (;;) {
                boost::beast::flat_buffer buffer;
                ws.read(buffer);
                ws.text(ws.got_text());
                ws.write(buffer.data());
            }
        } catch (const boost::system::system_error& e) {
            return e.code() == websocket::error::closed ? "closed" : e.what();
        }
    });
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open("ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/x");
        EXPECT_TRUE(connection) << detail;
        const auto sent = samples();
        for (const auto& text : sent)
            (*connection)->send_text(text);
        Recorder got;
        got.then = [&](std::string_view) {
            if (got.messages.size() == sent.size())
                (*connection)->close(1000, "done");
        };
        const WsEnd end = co_await (*connection)->run(got, 10s);
        EXPECT_TRUE(got.messages == sent);
        EXPECT_EQ(got.pings_answered, 1);
        EXPECT_EQ(end.code, 1000);
        EXPECT_FALSE(end.error) << end.error.message();
    });
    EXPECT_EQ(peer.get(), "closed");
}

TEST_F(WsTest, OurServerEchoesABeastClient) {
    WsEnd end;
    auto http = server([&](HttpRequest, std::unique_ptr<WsConnection> connection) -> asio::awaitable<void> {
        Recorder got;
        got.then = [&](std::string_view text) { connection->send_text(text); };
        end = co_await connection->run(got, 10s);
    });
    spawn([&]() -> asio::awaitable<void> { co_await http->run(); });
    const std::uint16_t port = http->port();
    auto peer = std::async(std::launch::async, [&loop = loop, &http, port]() -> std::string {
        std::string outcome = "closed";
        try {
            asio::io_context other;
            websocket::stream<tcp::socket> ws(other);
            ws.next_layer().connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
            ws.handshake("localhost", "/");
            ws.auto_fragment(true);
            ws.write_buffer_bytes(1000);
            for (const auto& text : samples()) {
                boost::beast::flat_buffer buffer;
                ws.write(asio::buffer(text));
                ws.read(buffer);
                if (boost::beast::buffers_to_string(buffer.data()) != text)
                    outcome = "wrong echo";
            }
            ws.close(websocket::close_code::normal);
        } catch (const boost::system::system_error& e) {
            outcome = e.what();
        }
        asio::post(loop, [&http] { http->stop(); });
        return outcome;
    });
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer turn(loop);
        for (int i = 0; i < 10000 && peer.wait_for(0s) != std::future_status::ready; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
    });
    EXPECT_EQ(peer.get(), "closed");
    EXPECT_EQ(end.code, 1000);
    EXPECT_FALSE(end.error) << end.error.message();
}

} // namespace
} // namespace tickgate::net
