// The socket side all simulated venues share, with a venue of few words.
#include "venue_kit/host.hpp"

#include "core/clock.hpp"
#include "net/byte_stream.hpp"
#include "net/http_client.hpp"
#include "net/ws_connection.hpp"
#include "support/test_certs.hpp"
#include "venue_kit/symbols.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tickgate::venue_kit {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Tells each client `tick N` a hundred times a second, and repeats what it hears.
struct ParrotVenue final : VenueBrain {
    struct Client final : VenueClient {
        Client(ParrotVenue& v, ClientPort& p) : venue(v), port(p) { venue.clients.insert(this); }
        ~Client() override { venue.clients.erase(this); }
        void on_text(std::string_view text, Moment) override {
            if (!ignores(venue.faults))
                port.send_answer("echo " + std::string(text) + "\n");
        }
        void tick(Moment) override { port.send_heartbeat("beat\n"); }
        ParrotVenue& venue;
        ClientPort& port;
    };

    explicit ParrotVenue(const FaultBoard& f) : faults(f) {}

    Admission request(const net::HttpRequest& request, bool, Moment) override {
        net::HttpResponse response;
        if (request.path == "/ws")
            return Admission::websocket();
        if (request.path == "/stream")
            return Admission::stream(std::move(response));
        response.status = request.path == "/rest" ? 200 : 404;
        response.body = R"({"rest":"answer"})";
        return Admission::answer(std::move(response));
    }
    std::unique_ptr<VenueClient> open(const net::HttpRequest&, ClientPort& port, Moment) override {
        port.send_control("hello\n");
        return std::make_unique<Client>(*this, port);
    }
    void advance(Moment now) override {
        if (now.mono < next)
            return;
        next = now.mono + 10ms;
        ++count;
        for (auto* client : clients)
            client->port.send_data("tick " + std::to_string(count) + "\n");
    }
    MonoTime next_due(Moment) const override { return next; }
    void carry_out(const Fault& fault, Moment) override {
        for (auto* client : clients) {
            client->port.send_control("fault " + std::string(to_string(fault.kind)) + "\n");
            if (fault.kind == FaultKind::auth_expired)
                client->port.drop(false);
        }
    }
    std::string garbage(std::string_view kind) const override { return "garbage " + std::string(kind); }
    std::string refusal_body(int status) const override { return "status " + std::to_string(status); }
    std::string state_json(Moment) const override { return R"({"parrots":1})"; }

    const FaultBoard& faults;
    std::set<Client*> clients;
    MonoTime next = mono_now();
    int count = 0;
};

struct Listener final : net::WsHandler {
    void on_message(std::string_view payload, Moment) override {
        messages.emplace_back(payload);
        if (ws != nullptr && until && payload.find(*until) != std::string_view::npos)
            ws->close(1000, {});
    }
    std::vector<std::string> messages;
    std::optional<std::string> until;
    net::WsConnection* ws = nullptr;
};

struct VenueHostTest : testing::Test {
    void start(HostOptions options = {}) {
        host = std::make_unique<VenueHost>(loop.get_executor(), std::move(options));
        brain = std::make_unique<ParrotVenue>(host->faults());
        std::string problem;
        ASSERT_FALSE(host->listen(*brain, problem)) << problem;
        asio::co_spawn(loop, host->run(), [this](std::exception_ptr thrown) { failure = thrown; });
    }
    void play(asio::awaitable<void> work) {
        asio::co_spawn(loop, std::move(work), [this](std::exception_ptr thrown) {
            if (thrown)
                failure = thrown;
            host->stop();
        });
        loop.run_for(30s);
        EXPECT_TRUE(loop.stopped()) << "still running after 30 s";
        if (failure)
            std::rethrow_exception(failure);
    }
    std::string base() const { return "http://127.0.0.1:" + std::to_string(host->port()); }

    asio::awaitable<net::WsEnd> listen(Listener& listener, std::string say = {}) {
        net::WsConnectOptions options;
        options.connect.tls = tls;
        const auto url = tls ? "wss://localhost:" + std::to_string(host->tls_port()) + "/ws"
                             : "ws://127.0.0.1:" + std::to_string(host->port()) + "/ws";
        auto ws = co_await net::ws_connect(url, std::move(options), status, detail);
        if (!ws) {
            net::WsEnd none;
            none.error = ws.error();
            co_return none;
        }
        listener.ws = ws->get();
        if (!say.empty())
            listener.ws->send_text(say);
        co_return co_await (*ws)->run(listener, 10s);
    }
    // What a plain client reads of `GET target` until `until` came or the end.
    asio::awaitable<std::string> read_stream(std::string target, std::string until) {
        std::string seen;
        net::ConnectOptions options;
        std::string problem;
        const auto parsed = net::Url::parse(base());
        if (!parsed)
            co_return seen;
        auto stream = co_await net::connect(*parsed, options, problem);
        if (!stream)
            co_return seen;
        const std::string request = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
        if (co_await (*stream)->write(request))
            co_return seen;
        std::array<char, 4096> room{};
        while (until.empty() || seen.find(until) == std::string::npos) {
            const std::span<char> into(room);
            const auto n = co_await (*stream)->read_some(into);
            if (!n)
                break;
            seen.append(room.data(), *n);
        }
        co_return seen;
    }
    asio::awaitable<RestResponse> get(std::string target) {
        net::HttpClient http(co_await asio::this_coro::executor, nullptr);
        RestRequest request;
        request.base = base();
        request.target = std::move(target);
        std::string problem;
        auto answer = co_await http.send(std::move(request), {}, problem);
        RestResponse out;
        if (answer)
            out = std::move(*answer);
        co_return out;
    }

    asio::io_context loop{1};
    std::unique_ptr<VenueHost> host;
    std::unique_ptr<ParrotVenue> brain;
    std::shared_ptr<net::TlsContext> tls;
    int status = 0;
    std::string detail;
    std::exception_ptr failure;
};

TEST_F(VenueHostTest, SpeaksWebSocketsRestAndEndlessAnswers) {
    start();
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        Listener listener;
        listener.until = "echo hi";
        const auto end = co_await f.listen(listener, "hi");
        EXPECT_EQ(end.code, 1000);
        EXPECT_EQ(listener.messages.at(0), "hello\n");
        EXPECT_EQ(f.host->texts().at(0).text, "hi");
        const auto rest = co_await f.get("/rest");
        EXPECT_EQ(rest.body, R"({"rest":"answer"})");
        const auto stream = co_await f.read_stream("/stream", "tick ");
        EXPECT_THAT(stream, HasSubstr("Transfer-Encoding: chunked"));
        EXPECT_THAT(stream, HasSubstr("6\r\nhello\n\r\n"));
        const auto none = co_await f.read_stream("/ws", "\r\n\r\n");
        EXPECT_THAT(none, testing::StartsWith("HTTP/1.1 426"));
        EXPECT_GE(f.host->requests().size(), 4u);
    }(*this));
    EXPECT_EQ(host->clients(), 0u);
    EXPECT_EQ(host->counters().opened, 2u);
    EXPECT_EQ(host->counters().ended, 2u);
}

TEST_F(VenueHostTest, ServesTlsBesidePlain) {
    const auto& certs = test::test_certs();
    HostOptions options;
    options.tls = true;
    options.cert_file = certs.good.cert;
    options.key_file = certs.good.key;
    start(options);
    std::string problem;
    auto context = net::TlsContext::client(certs.ca, problem);
    ASSERT_TRUE(context) << problem;
    tls = *context;
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        Listener listener;
        listener.until = "tick";
        const auto end = co_await f.listen(listener);
        EXPECT_EQ(end.code, 1000) << f.detail;
    }(*this));
}

TEST_F(VenueHostTest, EndsConnectionsInTheWaysAsked) {
    start();
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        for (const auto* fault : {"drop", "reset", "cut_24h", "garbage=opcode", "auth_expired"}) {
            Listener listener;
            struct Trigger final : net::WsHandler {
                void on_message(std::string_view payload, Moment) override {
                    last = payload;
                    if (!std::exchange(done, true))
                        host->fault(name);
                }
                bool done = false;
                std::string last;
                VenueHost* host = nullptr;
                const char* name = nullptr;
            } trigger;
            trigger.host = f.host.get();
            trigger.name = fault;
            net::WsConnectOptions settings;
            auto ws = co_await net::ws_connect(
                "ws://127.0.0.1:" + std::to_string(f.host->port()) + "/ws", std::move(settings), f.status, f.detail);
            EXPECT_TRUE(ws) << f.detail;
            if (!ws)
                co_return;
            const auto end = co_await (*ws)->run(trigger, 10s);
            const std::string_view name(fault);
            EXPECT_EQ(end.code, name == "cut_24h" ? 1001 : name == "garbage=opcode" ? 1002 : 1006) << fault;
            if (std::string_view(fault) == "auth_expired") {
                EXPECT_EQ(trigger.last, "fault auth_expired\n"); // said before the end
            }
        }
    }(*this));
}

TEST_F(VenueHostTest, StreamsEndWithAndWithoutTheirLastChunk) {
    start();
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        f.host->fault("cut_24h,after_ms=100");
        auto seen = co_await f.read_stream("/stream", "");
        EXPECT_THAT(seen, testing::EndsWith("0\r\n\r\n"));
        f.host->fault("drop,after_ms=100");
        seen = co_await f.read_stream("/stream", "");
        EXPECT_THAT(seen, testing::Not(testing::EndsWith("0\r\n\r\n")));
        f.host->fault("garbage=opcode,after_ms=50");
        seen = co_await f.read_stream("/stream", "no size");
        EXPECT_THAT(seen, HasSubstr("no size\r\n"));
    }(*this));
}

TEST_F(VenueHostTest, LeavesOutWhatFaultsLeaveOut) {
    start();
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        asio::steady_timer wait(co_await asio::this_coro::executor);
        f.host->fault("stall");
        auto seen = co_await f.read_stream("/stream", "beat\n\r\n5\r\nbeat");
        EXPECT_THAT(seen, testing::Not(HasSubstr("tick")));
        f.host->clear_faults();
        f.host->fault("no_heartbeat");
        f.host->fault("duplicate");
        seen = co_await f.read_stream("/stream", "tick");
        EXPECT_THAT(seen, testing::Not(HasSubstr("beat")));
        f.host->clear_faults();
        f.host->fault("no_ack");
        Listener listener;
        listener.until = "tick";
        co_await f.listen(listener, "hi");
        for (const auto& message : listener.messages)
            EXPECT_THAT(message, testing::Not(HasSubstr("echo")));
    }(*this));
}

TEST_F(VenueHostTest, SplitChunksAndFramesArriveWhole) {
    start();
    host->fault("split=1");
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        Listener listener;
        listener.until = "tick";
        EXPECT_EQ((co_await f.listen(listener)).code, 1000);
        const auto seen = co_await f.read_stream("/stream", "tick");
        EXPECT_THAT(seen, HasSubstr("6\r\nhello\n\r\n"));
    }(*this));
}

TEST_F(VenueHostTest, HitsOnlyThePathsNamed) {
    start();
    host->fault("http_status=503,path=/stream,count=1,retry_after=7");
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        auto answer = co_await f.get("/rest");
        EXPECT_EQ(answer.status, 200);
        auto seen = co_await f.read_stream("/stream", "status 503");
        EXPECT_THAT(seen, HasSubstr("Retry-After: 7"));
        seen = co_await f.read_stream("/stream", "hello");
        EXPECT_THAT(seen, testing::StartsWith("HTTP/1.1 200"));
        f.host->fault("bad_body=html,count=1");
        answer = co_await f.get("/rest");
        EXPECT_THAT(answer.body, testing::StartsWith("<html>"));
        f.host->fault("bad_body=truncated,count=1");
        answer = co_await f.get("/rest");
        EXPECT_EQ(answer.body, R"({"rest":)");
        answer = co_await f.get("/rest");
        EXPECT_EQ(answer.body, R"({"rest":"answer"})");
        f.host->fault("latency=150");
        const auto began = mono_now();
        answer = co_await f.get("/rest");
        EXPECT_EQ(answer.body, R"({"rest":"answer"})");
        EXPECT_GE(mono_now() - began, 150ms);
        seen = co_await f.read_stream("/stream", "hello");
        EXPECT_THAT(seen, testing::StartsWith("HTTP/1.1 200"));
    }(*this));
}

TEST_F(VenueHostTest, ASilentPeerIsDroppedAndAHalfOpenOneSaysNothing) {
    HostOptions options;
    options.ping_interval = 50ms;
    options.pong_timeout = 200ms;
    start(options);
    play([](VenueHostTest& f) -> asio::awaitable<void> {
        struct Freezer final : net::WsHandler {
            void on_message(std::string_view, Moment) override {
                ++count;
                if (!std::exchange(done, true))
                    host->fault("half_open,for_ms=600");
            }
            int count = 0;
            bool done = false;
            VenueHost* host = nullptr;
        } freezer;
        freezer.host = f.host.get();
        net::WsConnectOptions settings;
        auto ws = co_await net::ws_connect(
            "ws://127.0.0.1:" + std::to_string(f.host->port()) + "/ws", std::move(settings), f.status, f.detail);
        EXPECT_TRUE(ws);
        if (!ws)
            co_return;
        const auto end = co_await (*ws)->run(freezer, 300ms);
        EXPECT_EQ(end.error, errc::silent);
        EXPECT_LT(freezer.count, 4);
    }(*this));
}

TEST(VenueSymbols, AreTheUsualOnesFirst) {
    EXPECT_EQ(fx_symbols(1).at(0).canonical(), "EUR-USD");
    EXPECT_GT(fx_symbols(10'000).size(), 300u);
    EXPECT_EQ(fx_symbol("USD_JPY")->price_decimals, 3);
    EXPECT_FALSE(fx_symbol("EUREUR"));
    std::set<std::string> names;
    for (const auto& symbol : equity_symbols(5000))
        EXPECT_TRUE(names.insert(symbol.canonical()).second) << symbol.canonical();
    EXPECT_EQ(equity_symbol("BRK.B").canonical(), "BRK.B");
    EXPECT_EQ(index_symbols(1).at(0).canonical(), "SPX");
    EXPECT_EQ(crypto_symbols(1, "USD").at(0).joined(), "BTCUSD");
}

TEST(VenueSymbols, OptionsAreNamedByTheOcc) {
    const UnixNanos now{std::chrono::seconds(1'763'683'200)}; // 2025-11-21
    const auto symbols = option_symbols(200, now);
    ASSERT_EQ(symbols.size(), 200u);
    std::set<std::string> names;
    for (const auto& symbol : symbols) {
        EXPECT_TRUE(names.insert(symbol.canonical()).second);
        const auto contract = parse_occ(symbol.canonical());
        ASSERT_TRUE(contract) << symbol.canonical();
        EXPECT_EQ(contract->occ(), symbol.canonical());
        EXPECT_GT(symbol.base_price, 0);
    }
    EXPECT_EQ(parse_occ("AAPL240119C00190000")->expiration(), "2024-01-19");
    EXPECT_FALSE(parse_occ("AAPL241319C00190000"));
    EXPECT_FALSE(parse_occ("AAPL240119X00190000"));
}

} // namespace
} // namespace tickgate::venue_kit
