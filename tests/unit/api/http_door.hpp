// The API behind a real socket, over a gateway and a history in memory; requests as bytes, so that every header of an
// answer is seen as it was sent.
#pragma once

#include "api/api.hpp"
#include "unit/ops/fake_gateway.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::api {

struct DoorAnswer {
    int status = 0;
    std::string head, body;

    boost::json::object object() const {
        boost::json::error_code ec;
        auto v = boost::json::parse(body, ec);
        EXPECT_FALSE(ec) << head << body;
        return v.is_object() ? v.as_object() : boost::json::object();
    }
    boost::json::array data() const {
        const auto o = object();
        return o.contains("data") ? o.at("data").as_array() : boost::json::array();
    }
    std::string header(const std::string& name) const {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos)
            return {};
        const auto begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

class HttpDoor : public testing::Test {
protected:
    class NoSource final : public Source {
    public:
        asio::awaitable<Readiness> readiness() override { co_return Readiness(); }
        asio::awaitable<std::vector<Family>> metrics() override { co_return std::vector<Family>(); }
    };

    HttpDoor() { history.add_minutes("crypto:BTC-USDT", from_micros(ops::FakeHistory::noon_us - 600000000), 10); }

    void start(ApiOptions options = {}) {
        options.port = 0;
        api = std::make_unique<Api>(loop.get_executor(), std::move(options), source, &operations);
        ASSERT_FALSE(api->listen());
        asio::co_spawn(loop, api->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    void TearDown() override {
        if (!api)
            return;
        api->stop();
        loop.restart();
        loop.run_for(std::chrono::seconds(10));
        EXPECT_TRUE(ended);
    }

    static asio::awaitable<void> talk(std::uint16_t port, std::string request, std::string& text) {
        asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
        const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
        co_await socket.async_connect(endpoint, asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        co_await asio::async_read(socket, asio::dynamic_buffer(text), asio::as_tuple(asio::use_awaitable));
    }

    // `headers`: whole lines.
    DoorAnswer ask(const std::string& method, const std::string& path, const std::string& headers = {},
        const std::string& body = {}) {
        std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers;
        if (!body.empty())
            request += "Content-Type: application/json\r\n";
        if (method != "GET" && method != "HEAD")
            request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        request += "\r\n" + body;
        std::string text;
        bool done = false;
        auto talking = talk(api->port(), std::move(request), text);
        asio::co_spawn(loop, std::move(talking), [&](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            done = true;
        });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!done && loop.run_one_until(limit) > 0) {
        }
        EXPECT_TRUE(done);
        DoorAnswer answer;
        const auto end = text.find("\r\n\r\n");
        if (end == std::string::npos)
            return answer;
        answer.head = text.substr(0, end + 2);
        answer.body = text.substr(end + 4);
        answer.status = std::stoi(answer.head.substr(9, 3));
        return answer;
    }
    DoorAnswer get(const std::string& path, const std::string& headers = {}) { return ask("GET", path, headers); }

    static void expect_problem(
        const DoorAnswer& answer, int status, const std::string& code, const std::string& part = {}) {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        const auto o = answer.object();
        EXPECT_EQ(std::string(o.at("code").as_string()), code);
        EXPECT_THAT(std::string(o.at("detail").as_string()), testing::HasSubstr(part));
        EXPECT_EQ(std::string(o.at("request_id").as_string()), answer.header("X-Request-Id"));
    }

    asio::io_context loop{1};
    NoSource source;
    ops::FakeGateway services;
    ops::FakeHistory history;
    ops::Operations operations{services, &history};
    std::unique_ptr<Api> api;
    bool ended = false;
};

} // namespace tickgate::api
