#include "api/api.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <gmock/gmock.h>

#include <stdexcept>

namespace tickgate::api {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;

class FakeSource final : public Source {
public:
    asio::awaitable<Readiness> readiness() override {
        ++readiness_calls;
        if (hang)
            co_await forever();
        if (fail)
            throw std::runtime_error("no idea");
        co_return answer;
    }
    asio::awaitable<std::vector<Family>> metrics() override {
        if (hang)
            co_await forever();
        if (fail)
            throw std::runtime_error("no idea");
        std::vector<Family> families(1);
        families[0].name = "tickgate_owner";
        families[0].help = "Owns the prefix";
        families[0].samples.resize(1);
        families[0].samples[0].value = 1;
        co_return families;
    }

    Readiness answer;
    int readiness_calls = 0;
    bool hang = false, fail = false;

private:
    asio::awaitable<void> forever() {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        co_await timer.async_wait(asio::use_awaitable);
    }
};

struct Answer {
    int status = 0;
    std::string head, body;

    json::object object() const { return json::parse(body).as_object(); }
    std::string header(const std::string& name) const {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos)
            return {};
        const auto begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

class ApiTest : public testing::Test {
protected:
    void start(ApiOptions options) {
        options.port = 0;
        options.source_deadline = 50ms;
        api = std::make_unique<Api>(loop.get_executor(), std::move(options), source);
        ASSERT_FALSE(api->listen());
        asio::co_spawn(loop, api->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    void TearDown() override {
        log::capture({});
        if (!api)
            return;
        api->stop();
        loop.restart();
        loop.run_for(10s);
        EXPECT_TRUE(ended);
    }

    Answer ask(const std::string& method, const std::string& path, const std::string& headers = {},
        const std::string& address = "127.0.0.1") {
        std::string text;
        bool done = false;
        auto talk = [&]() -> asio::awaitable<void> {
            tcp::socket socket(loop);
            const tcp::endpoint endpoint(asio::ip::make_address(address), api->port());
            co_await socket.async_connect(endpoint, asio::use_awaitable);
            const std::string request =
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
            co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
            co_await asio::async_read(
                socket, asio::dynamic_buffer(text), asio::as_tuple(asio::use_awaitable)); // up to the end
        };
        asio::co_spawn(loop, std::move(talk), [&](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            done = true;
        });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done && loop.run_one_until(limit) > 0) {
        }
        EXPECT_TRUE(done);
        Answer answer;
        const auto end = text.find("\r\n\r\n");
        if (end == std::string::npos)
            return answer;
        answer.head = text.substr(0, end + 2);
        answer.body = text.substr(end + 4);
        answer.status = std::stoi(answer.head.substr(9, 3));
        return answer;
    }

    static ApiOptions with_token() {
        ApiOptions options;
        options.token = Secret("open-sesame-4711");
        return options;
    }
    static void expect_problem(const Answer& answer, int status, const std::string& code) {
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        const auto o = answer.object();
        EXPECT_EQ(o.at("status"), status);
        EXPECT_EQ(std::string(o.at("code").as_string()), code);
        EXPECT_FALSE(o.at("title").as_string().empty());
        EXPECT_FALSE(o.at("detail").as_string().empty());
        EXPECT_EQ(o.at("type"), "about:blank");
        EXPECT_EQ(std::string(o.at("request_id").as_string()), answer.header("X-Request-Id"));
    }

    static constexpr const char* good = "Authorization: Bearer open-sesame-4711\r\n";
    static constexpr const char* bad = "Authorization: Bearer open-sesame-4712\r\n";

    asio::io_context loop{1};
    FakeSource source;
    std::unique_ptr<Api> api;
    bool ended = false;
};

} // namespace

TEST_F(ApiTest, HealthNeedsNothing) {
    source.hang = true;
    start(with_token());
    const auto answer = ask("GET", "/healthz");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.object().at("status"), "ok");
    EXPECT_EQ(answer.header("X-Request-Id").size(), 16u);
    EXPECT_EQ(ask("GET", "/healthz?verbose=1").status, 200);
    EXPECT_EQ(source.readiness_calls, 0);
}

TEST_F(ApiTest, HeadHasNoBody) {
    start({});
    const auto answer = ask("HEAD", "/healthz");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Length"), "16");
    EXPECT_TRUE(answer.body.empty());
}

TEST_F(ApiTest, ReadyTellsTheFeeds) {
    source.answer.ready = true;
    source.answer.feeds = {{"binance.spot", "live"}, {"binance.usdm", "closed"}};
    start(with_token());
    const auto answer = ask("GET", "/readyz");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    const auto o = answer.object();
    EXPECT_EQ(o.at("ready"), true);
    EXPECT_TRUE(o.at("reasons").as_array().empty());
    EXPECT_EQ(o.at("feeds").as_object().at("binance.spot"), "live");
    EXPECT_EQ(o.at("feeds").as_object().at("binance.usdm"), "closed");
    EXPECT_FALSE(o.contains("holder"));
}

TEST_F(ApiTest, NotReadyTellsWhy) {
    source.answer.reasons = {"redis: not connected", "feed binance.spot: down"};
    source.answer.feeds = {{"binance.spot", "down"}};
    start({});
    const auto answer = ask("GET", "/readyz");
    expect_problem(answer, 503, "not_ready");
    const auto o = answer.object();
    EXPECT_EQ(o.at("ready"), false);
    EXPECT_EQ(o.at("reasons").as_array().size(), 2u);
    EXPECT_EQ(o.at("detail"), "redis: not connected; feed binance.spot: down");
    EXPECT_EQ(o.at("feeds").as_object().at("binance.spot"), "down");
}

TEST_F(ApiTest, NotReadyNamesTheHolder) {
    source.answer.reasons = {"another instance publishes"};
    source.answer.holder = "gw-2 \"b\"";
    start({});
    const auto answer = ask("GET", "/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.object().at("holder"), "gw-2 \"b\"");
}

TEST_F(ApiTest, ASourceThatHangsIsAnsweredInTimeAndAskedOnce) {
    source.hang = true;
    start({});
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask("GET", "/readyz");
        expect_problem(answer, 503, "no_answer");
        EXPECT_EQ(answer.object().at("ready"), false);
    }
    EXPECT_EQ(source.readiness_calls, 1);
    expect_problem(ask("GET", "/metrics"), 503, "no_answer");
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(ApiTest, ASourceThatThrowsIsNotReady) {
    source.fail = true;
    start({});
    const auto answer = ask("GET", "/readyz");
    expect_problem(answer, 503, "no_answer");
    EXPECT_THAT(answer.body, Not(HasSubstr("no idea")));
    expect_problem(ask("GET", "/metrics"), 503, "no_answer");
    source.fail = false;
    source.answer.ready = true;
    EXPECT_EQ(ask("GET", "/readyz").status, 200);
}

TEST_F(ApiTest, MetricsAreOpenOnLoopback) {
    start(with_token());
    const auto answer = ask("GET", "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(answer.body, HasSubstr("tickgate_owner 1\n"));
    EXPECT_THAT(answer.body, HasSubstr("tickgate_http_requests_total{route=\"healthz\",status=\"2xx\"} 0\n"));
    EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("{route=\"metrics\",status=\"2xx\"} 1\n"));
}

TEST_F(ApiTest, MetricsNeedATokenFromElsewhere) {
    asio::ip::udp::socket probe(loop, asio::ip::udp::v4());
    boost::system::error_code ec;
    probe.connect(asio::ip::udp::endpoint(asio::ip::make_address("203.0.113.1"), 9), ec); // sends nothing
    if (ec)
        GTEST_SKIP() << "no network but loopback";
    const std::string own = probe.local_endpoint().address().to_string();
    auto options = with_token();
    options.host = "0.0.0.0";
    options.loopback = false;
    start(options);
    expect_problem(ask("GET", "/metrics", {}, own), 401, "unauthorized");
    expect_problem(ask("GET", "/metrics", bad, own), 401, "unauthorized");
    EXPECT_EQ(ask("GET", "/metrics", good, own).status, 200);
    EXPECT_EQ(ask("GET", "/readyz", {}, own).status, 503);
    EXPECT_EQ(ask("GET", "/healthz", {}, own).status, 200);
}

TEST_F(ApiTest, UnknownPathsAreNotFound) {
    start(with_token());
    for (const char* path :
        {"/", "/nothing", "/healthz/", "/HEALTHZ", "/api", "/api/v10", "/wsx", "/%68ealthz", "/../metrics"})
        expect_problem(ask("GET", path), 404, "not_found");
}

TEST_F(ApiTest, TheApiNeedsTheTokenBeforeItTellsWhatIsThere) {
    start(with_token());
    for (const char* path : {"/api/v1", "/api/v1/", "/api/v1/quotes?symbols=a", "/ws", "/ws/me"}) {
        const auto answer = ask("GET", path);
        expect_problem(answer, 401, "unauthorized");
        EXPECT_THAT(answer.header("WWW-Authenticate"), testing::StartsWith("Bearer"));
        expect_problem(ask("POST", path, bad), 401, "unauthorized");
        expect_problem(ask("GET", path, good), 404, "not_found");
    }
}

TEST_F(ApiTest, WithoutATokenTheApiIsOpenOnLoopback) {
    start({});
    expect_problem(ask("GET", "/api/v1/quotes"), 404, "not_found");
}

TEST_F(ApiTest, OtherMethodsAreRefusedWithAllow) {
    start({});
    for (const char* path : {"/healthz", "/readyz", "/metrics"})
        for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
            const auto answer = ask(method, path, "Content-Length: 0\r\n");
            expect_problem(answer, 405, "method_not_allowed");
            EXPECT_EQ(answer.header("Allow"), "GET, HEAD");
        }
}

TEST_F(ApiTest, KeepsTheRequestIdOfTheClient) {
    start({});
    EXPECT_EQ(ask("GET", "/healthz", "X-Request-Id: trace-1\r\n").header("X-Request-Id"), "trace-1");
    const auto answer = ask("GET", "/nothing", "X-Request-Id: trace-2\r\n");
    EXPECT_EQ(answer.object().at("request_id"), "trace-2");
    EXPECT_EQ(ask("GET", "/healthz", "X-Request-Id: a b\r\n").header("X-Request-Id").size(), 16u);
}

TEST_F(ApiTest, RefusesAPublicAddressWithoutAToken) {
    for (const char* host : {"0.0.0.0", "::", "192.0.2.1"}) {
        ApiOptions options;
        options.host = host;
        options.port = 0;
        Api refused(loop.get_executor(), options, source);
        EXPECT_EQ(refused.listen(), errc::configuration) << host;
    }
    ApiOptions contradicted;
    contradicted.port = 0;
    contradicted.loopback = false;
    Api refused(loop.get_executor(), contradicted, source);
    EXPECT_EQ(refused.listen(), errc::configuration);
}

TEST_F(ApiTest, LogsAccessAtDebugLevelAndNeverTheToken) {
    std::string lines;
    log::setup(log::Level::debug, log::Format::logfmt);
    log::capture([&](log::Level, const std::string& line) { lines += line + "\n"; });
    start(with_token());
    ask("GET", "/api/v1/x?token=open-sesame-4711", bad);
    ask("GET", "/open-sesame-4711", good);
    log::setup(log::Level::info, log::Format::logfmt);
    EXPECT_THAT(lines, HasSubstr("event=http_request method=GET path=/api/v1/x status=401"));
    EXPECT_THAT(lines, Not(HasSubstr("open-sesame-4711")));
}

} // namespace tickgate::api
