#include "binance/venue/venue.hpp"

#include "core/clock.hpp"
#include "net/http_client.hpp"
#include "net/ws_connection.hpp"
#include "support/test_certs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tickgate::binance_venue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Client final : net::WsHandler {
    void on_message(std::string_view payload, Moment) override {
        messages.emplace_back(payload);
        if (messages.size() >= enough)
            ws->close(1000, {});
    }
    std::vector<std::string> messages;
    std::size_t enough = SIZE_MAX;
    net::WsConnection* ws = nullptr;
};

// A venue and its client on one loop.
struct SocketFixture : testing::Test {
    void start(VenueOptions options) {
        venue = std::make_unique<BinanceVenue>(loop.get_executor(), std::move(options));
        std::string problem;
        ASSERT_FALSE(venue->listen(problem)) << problem;
        asio::co_spawn(loop, venue->run(), [this](std::exception_ptr thrown) { failure = thrown; });
    }
    // Runs `work` to its end, then stops the venue.
    void play(asio::awaitable<void> work) {
        asio::co_spawn(loop, std::move(work), [this](std::exception_ptr thrown) {
            if (thrown)
                failure = thrown;
            venue->stop();
        });
        loop.run_for(30s);
        EXPECT_TRUE(loop.stopped()) << "still running after 30 s";
        if (failure)
            std::rethrow_exception(failure);
    }
    std::string url(std::string_view target) const {
        return "ws://127.0.0.1:" + std::to_string(venue->port()) + std::string(target);
    }

    // Connects, sends `request` if any, and reads until the end or until `enough` messages.
    asio::awaitable<net::WsEnd> converse(std::string target, std::string request, Client& client) {
        net::WsConnectOptions options;
        options.max_message = 1u << 20;
        options.connect.tls = tls;
        auto ws = co_await net::ws_connect(std::move(target), std::move(options), status, detail);
        if (!ws) {
            net::WsEnd none;
            none.error = ws.error();
            co_return none;
        }
        client.ws = ws->get();
        if (!request.empty())
            client.ws->send_text(request);
        co_return co_await (*ws)->run(client, 10s);
    }

    asio::io_context loop{1};
    std::unique_ptr<BinanceVenue> venue;
    std::shared_ptr<net::TlsContext> tls;
    int status = 0;
    std::string detail;
    std::exception_ptr failure;
};

using VenueSocketTest = SocketFixture;

TEST_F(VenueSocketTest, StreamsAfterASubscription) {
    VenueOptions options;
    options.rate = 20'000;
    start(options);
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 200;
        const auto end = co_await f.converse(f.url("/stream?timeUnit=MICROSECOND"),
            R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker","ethusdt@trade"],"id":1})", client);
        EXPECT_EQ(end.code, 1000);
        EXPECT_EQ(client.messages[0], R"({"result":null,"id":1})");
        EXPECT_THAT(client.messages[1], testing::StartsWith(R"({"stream":")"));
        EXPECT_EQ(f.venue->engine().messages().size(), 1u);
    }(*this));
}

TEST_F(VenueSocketTest, ServesTlsBesidePlain) {
    const auto& certs = test::test_certs();
    VenueOptions options;
    options.tls = true;
    options.cert_file = certs.good.cert;
    options.key_file = certs.good.key;
    start(options);
    std::string problem;
    auto context = net::TlsContext::client(certs.ca, problem);
    ASSERT_TRUE(context) << problem;
    tls = *context;
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 20;
        const auto target = "wss://localhost:" + std::to_string(f.venue->tls_port()) +
                            "/public/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker";
        const auto end = co_await f.converse(target, "", client);
        EXPECT_FALSE(end.error) << f.detail;
        EXPECT_THAT(client.messages.at(0), HasSubstr(R"("e":"bookTicker")"));
    }(*this));
}

TEST_F(VenueSocketTest, SplitFramesArriveWhole) {
    VenueOptions options;
    options.rate = 50;
    start(options);
    venue->fault("split=1");
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 4;
        const auto end = co_await f.converse(
            f.url("/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker/solusdt@bookTicker"), "", client);
        EXPECT_EQ(end.code, 1000);
        for (const auto& message : client.messages)
            EXPECT_THAT(message, testing::EndsWith("\"}}"));
    }(*this));
}

TEST_F(VenueSocketTest, SlowOutputIsNeverFasterThanSet) {
    VenueOptions options;
    options.rate = 20'000;
    options.symbol_count = 2;
    start(options);
    venue->fault("slow=20000");
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 100; // about 14 kB
        const auto began = mono_now();
        co_await f.converse(f.url("/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker"), "", client);
        EXPECT_GE(client.messages.size(), 100u);
        EXPECT_GT(mono_now() - began, 400ms);
    }(*this));
}

TEST_F(VenueSocketTest, ClosesWhoTalksTooMuch) {
    start({});
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        net::WsConnectOptions options;
        auto ws = co_await net::ws_connect(f.url("/stream"), std::move(options), f.status, f.detail);
        EXPECT_TRUE(ws) << f.detail;
        if (!ws)
            co_return;
        client.ws = ws->get();
        for (int i = 0; i < 3; ++i) {
            client.ws->send_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
            client.ws->send_ping("x");
        }
        const auto end = co_await client.ws->run(client, 10s);
        EXPECT_EQ(end.code, 1008);
        EXPECT_EQ(end.reason, "Too many requests");
    }(*this));
}

TEST_F(VenueSocketTest, RefusesUpgradesWithTheVenuesStatus) {
    start({});
    venue->fault("http_status=451,count=1");
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        auto end = co_await f.converse(f.url("/stream"), "", client);
        EXPECT_EQ(f.status, 451);
        EXPECT_EQ(end.error, errc::restricted);
        end = co_await f.converse(f.url("/nowhere"), "", client);
        EXPECT_EQ(f.status, 404);
    }(*this));
}

TEST_F(VenueSocketTest, DropsResetsAndCuts) {
    VenueOptions options;
    options.rate = 5000;
    start(options);
    play([](SocketFixture& f) -> asio::awaitable<void> {
        for (const auto* fault : {"drop", "reset", "cut_24h", "garbage=opcode", "garbage=huge"}) {
            struct Trigger final : net::WsHandler {
                void on_message(std::string_view, Moment) override {
                    if (!std::exchange(done, true))
                        venue->fault(name);
                }
                bool done = false;
                BinanceVenue* venue = nullptr;
                const char* name = nullptr;
            } trigger;
            trigger.venue = f.venue.get();
            trigger.name = fault;
            net::WsConnectOptions settings;
            auto ws = co_await net::ws_connect(
                f.url("/stream?streams=btcusdt@bookTicker"), std::move(settings), f.status, f.detail);
            EXPECT_TRUE(ws) << f.detail;
            if (!ws)
                co_return;
            const auto end = co_await (*ws)->run(trigger, 10s);
            EXPECT_NE(end.error, errc::silent) << fault;
            if (std::string_view(fault) == "cut_24h") {
                EXPECT_EQ(end.code, 1001);
            } else {
                EXPECT_TRUE(end.error) << fault;
            }
        }
    }(*this));
}

TEST_F(VenueSocketTest, ControlDoorWorksWhileConnectionsAreRefused) {
    start({});
    play([](SocketFixture& f) -> asio::awaitable<void> {
        f.venue->fault("refuse");
        Client client;
        net::HttpClient http(co_await asio::this_coro::executor, nullptr);
        const auto end = co_await f.converse(f.url("/stream"), "", client);
        EXPECT_TRUE(end.error);
        RestRequest request;
        request.base = "http://127.0.0.1:" + std::to_string(f.venue->control_port());
        request.target = "/control/state";
        std::string problem;
        const auto state = co_await http.send(std::move(request), {}, problem);
        EXPECT_TRUE(state) << problem;
        EXPECT_THAT(state ? state->body : std::string(), HasSubstr(R"("fault":"refuse")"));
        f.venue->clear_faults();
    }(*this));
}

TEST_F(VenueSocketTest, ReplaysFlatOutWithoutLoss) {
    VenueOptions options;
    const std::string stem = TICKGATE_FIXTURES "/binance/usdm_combined_2021-07-22";
    options.replay_file = stem + ".jsonl";
    options.replay_times = stem + ".recv.txt";
    options.replay_speed = 0;
    options.replay_all = true;
    start(options);
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 915;
        const auto end = co_await f.converse(f.url("/public/stream?streams=sushiusdt@bookTicker"), "", client);
        EXPECT_EQ(end.code, 1000);
        std::ifstream in(TICKGATE_FIXTURES "/binance/usdm_combined_2021-07-22.jsonl");
        std::size_t i = 0;
        for (std::string line; std::getline(in, line); ++i)
            EXPECT_EQ(client.messages.at(i), line);
        EXPECT_EQ(i, 915u);
    }(*this));
}

TEST_F(VenueSocketTest, FlatOutWaitsForItsClients) {
    VenueOptions options;
    options.flat_out = true;
    start(options);
    play([](SocketFixture& f) -> asio::awaitable<void> {
        Client client;
        client.enough = 100'000;
        const auto end =
            co_await f.converse(f.url("/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker"), "", client);
        EXPECT_EQ(end.code, 1000);
        EXPECT_EQ(f.venue->engine().counters().slow_clients, 0u);
    }(*this));
}

TEST(VenueListen, SaysWhatItCannotHave) {
    asio::io_context loop;
    VenueOptions options;
    options.replay_file = "/nowhere/frames.jsonl";
    BinanceVenue venue(loop.get_executor(), options);
    std::string problem;
    EXPECT_EQ(venue.listen(problem), errc::configuration);
    EXPECT_THAT(problem, HasSubstr("/nowhere/frames.jsonl"));
}

} // namespace
} // namespace tickgate::binance_venue
