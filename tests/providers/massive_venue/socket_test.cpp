// The simulated venue on real sockets, plain and over TLS.
#include "massive/venue/command.hpp"
#include "massive/venue/venue.hpp"

#include "core/clock.hpp"
#include "net/http_client.hpp"
#include "net/ws_connection.hpp"
#include "support/test_certs.hpp"
#include "venue_kit/host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace asio = boost::asio;

// Says what it has to say, answer by answer, and listens until a text comes.
struct Caller final : net::WsHandler {
    void on_message(std::string_view payload, Moment) override {
        heard.emplace_back(payload);
        bytes += payload.size();
        if (payload.find(R"("status":"connected")") != std::string_view::npos)
            ws->send_text(R"({"action":"auth","params":")" + key + R"("})");
        if (payload.find("auth_success") != std::string_view::npos && !pairs.empty())
            ws->send_text(R"({"action":"subscribe","params":")" + pairs + R"("})");
        if ((!until.empty() && payload.find(until) != std::string_view::npos) || bytes > enough)
            ws->close(1000, {});
    }
    net::WsConnection* ws = nullptr;
    std::string key = "test", pairs, until;
    std::vector<std::string> heard;
    std::size_t bytes = 0, enough = SIZE_MAX;
};

struct MassiveSocketTest : testing::Test {
    void start(MassiveOptions options) {
        host = std::make_unique<kit::VenueHost>(loop.get_executor(), options.common.host);
        venue = std::make_unique<MassiveVenue>(std::move(options), host->faults(), std::nullopt, now());
        std::string problem;
        ASSERT_FALSE(host->listen(*venue, problem)) << problem;
        asio::co_spawn(loop, host->run(), [this](std::exception_ptr thrown) { failure = thrown; });
    }
    void play(asio::awaitable<void> work) {
        asio::co_spawn(loop, std::move(work), [this](std::exception_ptr thrown) {
            if (thrown)
                failure = thrown;
            host->stop();
        });
        loop.run_for(120s);
        EXPECT_TRUE(loop.stopped()) << "still running after 120 s";
        if (failure)
            std::rethrow_exception(failure);
    }
    asio::awaitable<net::WsEnd> call(std::string path, Caller& caller) {
        net::WsConnectOptions options;
        options.max_message = 4u << 20;
        options.connect.tls = tls;
        const auto url = tls ? "wss://localhost:" + std::to_string(host->tls_port()) + path
                             : "ws://127.0.0.1:" + std::to_string(host->port()) + path;
        auto ws = co_await net::ws_connect(url, std::move(options), status, detail);
        if (!ws) {
            net::WsEnd none;
            none.error = ws.error();
            co_return none;
        }
        caller.ws = ws->get();
        co_return co_await (*ws)->run(caller, 10s);
    }

    asio::io_context loop{1};
    std::unique_ptr<kit::VenueHost> host;
    std::unique_ptr<MassiveVenue> venue; // before the host
    std::shared_ptr<net::TlsContext> tls;
    int status = 0;
    std::string detail;
    std::exception_ptr failure;
};

TEST_F(MassiveSocketTest, StreamsOverTlsAndPagesOverHttps) {
    const auto& certs = test::test_certs();
    MassiveOptions options;
    options.common.host.tls = true;
    options.common.host.cert_file = certs.good.cert;
    options.common.host.key_file = certs.good.key;
    start(options);
    std::string problem;
    auto context = net::TlsContext::client(certs.ca, problem);
    ASSERT_TRUE(context) << problem;
    tls = *context;
    play([](MassiveSocketTest& f) -> asio::awaitable<void> {
        Caller caller;
        caller.pairs = "Q.*,T.*";
        caller.enough = 20'000;
        const auto end = co_await f.call("/stocks", caller);
        EXPECT_EQ(end.code, 1000) << f.detail;
        EXPECT_THAT(caller.heard.at(0), HasSubstr("Connected Successfully"));
        net::HttpClient http(co_await asio::this_coro::executor, f.tls);
        const auto base = "https://localhost:" + std::to_string(f.host->tls_port());
        RestRequest request;
        request.base = base;
        request.target = "/v3/reference/tickers?limit=10";
        request.headers.emplace_back("Authorization", "Bearer test");
        std::string text;
        const auto answer = co_await http.send(std::move(request), {}, text);
        EXPECT_TRUE(answer) << text;
        EXPECT_THAT(answer ? answer->body : std::string(), HasSubstr(R"("next_url":")" + base + "/v3/reference/"));
    }(*this));
}

TEST_F(MassiveSocketTest, ABadKeyHearsWhyAndLosesTheConnection) {
    start({});
    play([](MassiveSocketTest& f) -> asio::awaitable<void> {
        Caller caller;
        caller.key = "wrong";
        const auto end = co_await f.call("/crypto", caller);
        EXPECT_EQ(end.code, 1006);
        EXPECT_THAT(caller.heard.back(), HasSubstr("authentication failed"));
        Caller lost;
        co_await f.call("/nowhere", lost);
        EXPECT_EQ(f.status, 401); // a request like any other, without a key
    }(*this));
}

TEST_F(MassiveSocketTest, TwoWithOneAccountPutEachOtherOut) {
    start({});
    play([](MassiveSocketTest& f) -> asio::awaitable<void> {
        Caller first;
        net::WsEnd end;
        bool ended = false;
        asio::co_spawn(f.loop, f.call("/stocks", first), [&](std::exception_ptr, net::WsEnd e) {
            end = std::move(e);
            ended = true;
        });
        Caller second;
        second.until = "no such thing";
        asio::steady_timer wait(co_await asio::this_coro::executor);
        while (f.venue->sessions() == 0 || first.heard.size() < 2) {
            wait.expires_after(5ms);
            co_await wait.async_wait(asio::use_awaitable);
        }
        second.pairs = "T.AAPL";
        second.until = "subscribed to: T.AAPL";
        co_await f.call("/stocks", second);
        for (int i = 0; i < 500 && !ended; ++i) {
            wait.expires_after(5ms);
            co_await wait.async_wait(asio::use_awaitable);
        }
        EXPECT_TRUE(ended);
        EXPECT_EQ(end.code, 1008);
        EXPECT_THAT(first.heard.back(), HasSubstr("max_connections"));
    }(*this));
}

TEST_F(MassiveSocketTest, SurvivesTheHarshestFaults) {
    MassiveOptions options;
    options.common.rate = 5000;
    start(options);
    play([](MassiveSocketTest& f) -> asio::awaitable<void> {
        for (const auto* fault : {"garbage=json,after_ms=50", "garbage=types,after_ms=50",
                 "garbage=truncated,after_ms=50", "split=3", "duplicate", "reorder", "slow=200000"}) {
            f.host->fault(fault);
            Caller caller;
            caller.pairs = "Q.*";
            caller.enough = 20'000;
            co_await f.call("/stocks", caller); // its end may fall into a frame that comes in pieces
            EXPECT_GT(caller.bytes, caller.enough) << fault;
            f.host->clear_faults();
        }
        f.host->fault("drop,after_ms=200");
        Caller caller;
        caller.pairs = "Q.*";
        EXPECT_EQ((co_await f.call("/stocks", caller)).code, 1006);
        EXPECT_GT(f.host->counters().frames, 10u);
        EXPECT_FALSE(f.host->texts().empty());
    }(*this));
}

TEST(MassiveVenueCommand, SaysWhatItCannotDo) {
    const char* help[] = {"massive", "--help"};
    EXPECT_EQ(run_venue_command(2, help), 0);
    const char* cluster[] = {"massive", "--port", "0", "--clusters", "stocks,bonds"};
    EXPECT_EQ(run_venue_command(5, cluster), 2);
    const char* fault[] = {"massive", "--fault", "stal"};
    EXPECT_EQ(run_venue_command(3, fault), 2);
    const char* tls[] = {"massive", "--tls-port", "0"};
    EXPECT_EQ(run_venue_command(3, tls), 2);
}

} // namespace
} // namespace tickgate::massive_venue
