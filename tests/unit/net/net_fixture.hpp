// One loop, coroutines as test bodies, and peers that do only what a test tells them.
#pragma once

#include "net/byte_stream.hpp"
#include "net/deadline.hpp"
#include "net/tls.hpp"
#include "net/ws_handshake.hpp"
#include "support/test_certs.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace tickgate::net {

using namespace std::chrono_literals;
using asio::ip::tcp;

// A listening socket of the test's own.
class Peer {
public:
    explicit Peer(asio::io_context& loop) : acceptor_(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(const std::string& scheme, const std::string& target = "") const {
        return scheme + "://127.0.0.1:" + std::to_string(port()) + target;
    }
    asio::awaitable<tcp::socket> accept() { co_return co_await acceptor_.async_accept(asio::use_awaitable); }
    void close() { acceptor_.close(); }

    // Everything up to the empty line; whatever follows it is dropped.
    static asio::awaitable<std::string> read_head(tcp::socket& socket) {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            char piece[1024];
            const std::size_t n = co_await socket.async_read_some(asio::buffer(piece), asio::use_awaitable);
            head.append(piece, n);
        }
        co_return head;
    }
    static asio::awaitable<std::string> read_exactly(tcp::socket& socket, std::size_t n) {
        std::string bytes(n, '\0');
        co_await asio::async_read(socket, asio::buffer(bytes), asio::use_awaitable);
        co_return bytes;
    }
    // True when the other side has ended or reset the connection; bytes before that are dropped.
    static asio::awaitable<bool> read_end(tcp::socket& socket) {
        char piece[4096];
        for (;;) {
            auto [ec, n] = co_await socket.async_read_some(asio::buffer(piece), use_result);
            if (ec)
                co_return ec != asio::error::operation_aborted;
        }
    }
    static asio::awaitable<void> write(tcp::socket& socket, std::string text) {
        co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
    }
    static std::string upgrade_answer(const std::string& head) {
        const std::string name = "Sec-WebSocket-Key: ";
        const std::string key = head.substr(head.find(name) + name.size(), 24);
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
               "Upgrade\r\nSec-WebSocket-Accept: " +
               websocket_accept(key) + "\r\n\r\n";
    }

private:
    tcp::acceptor acceptor_;
};

class NetTest : public testing::Test {
protected:
    // Runs beside the test's body; an exception fails the test.
    template <class F>
    void spawn(F f) {
        asio::co_spawn(loop, std::move(f), [](const std::exception_ptr& e) { EXPECT_EQ(what(e), ""); });
    }

    // Runs the loop until `f` has ended.
    template <class F>
    void run(F f) {
        bool done = false;
        asio::co_spawn(loop, std::move(f), [&done](const std::exception_ptr& e) {
            done = true;
            EXPECT_EQ(what(e), "");
        });
        const auto limit = std::chrono::steady_clock::now() + 20s;
        loop.restart();
        while (!done && std::chrono::steady_clock::now() < limit && loop.run_one_until(limit) != 0) {
        }
        ASSERT_TRUE(done) << "the test's body did not end";
    }

    static std::string what(const std::exception_ptr& e) {
        if (!e)
            return {};
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& x) {
            return x.what();
        }
    }

    static std::shared_ptr<TlsContext> client_tls(const std::string& ca = test::test_certs().ca) {
        std::string problem;
        auto tls = TlsContext::client(ca, problem);
        EXPECT_TRUE(tls) << problem;
        return tls ? *tls : nullptr;
    }
    static std::shared_ptr<TlsContext> server_tls(const test::TestCerts::Pair& pair = test::test_certs().good) {
        std::string problem;
        auto tls = TlsContext::server(pair.cert, pair.key, problem);
        EXPECT_TRUE(tls) << problem;
        return tls ? *tls : nullptr;
    }

    asio::io_context loop{1};
};

} // namespace tickgate::net
