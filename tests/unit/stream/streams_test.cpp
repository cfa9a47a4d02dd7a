// WebSocket and server-sent events through the real HTTP server, fed by a tap whose other end is a thread.
#include "hub_fixture.hpp"

#include "api/api.hpp"
#include "core/clock.hpp"
#include "net/ws_connection.hpp"
#include "stream/streams.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace tickgate::stream {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string btc = "crypto:BTC-USDT";

class NoSource final : public api::Source {
public:
    asio::awaitable<api::Readiness> readiness() override { co_return api::Readiness(); }
    asio::awaitable<std::vector<api::Family>> metrics() override { co_return std::vector<api::Family>(); }
};

// Lets everybody in, as if nobody else had come between an upgrade's check and its answer.
class Lax final : public api::Live {
public:
    explicit Lax(Streams& streams) : streams_(streams) {}
    Verdict may_connect(const net::HttpRequest&) override { return {}; }
    asio::awaitable<void> websocket(net::HttpRequest request, std::unique_ptr<net::WsConnection> c) override {
        return streams_.websocket(std::move(request), std::move(c));
    }
    asio::awaitable<void> events(
        net::HttpRequest request, net::HttpStreamResponse& response, std::string request_id, Streamed& done) override {
        return streams_.events(std::move(request), response, std::move(request_id), done);
    }
    std::vector<api::Family> families() const override { return streams_.families(); }

private:
    Streams& streams_;
};

class StreamsTest : public testing::Test, public net::WsHandler {
protected:
    void begin(StreamsOptions options = {}, std::string token = {}, std::string second = {}) {
        streams = std::make_unique<Streams>(loop.get_executor(), tap, host, options);
        api::ApiOptions o;
        o.port = 0;
        o.source_deadline = 50ms;
        if (!token.empty())
            o.token = Secret(std::move(token));
        if (!second.empty())
            o.access.tokens.push_back({"second", api::Scope::read, Secret(std::move(second))});
        api = std::make_unique<api::Api>(loop.get_executor(), std::move(o), source);
        lax = std::make_unique<Lax>(*streams);
        if (let_in)
            api->attach(*lax);
        else
            api->attach(*streams);
        ASSERT_FALSE(api->listen());
        const auto ended = [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            --running;
        };
        running = 2;
        asio::co_spawn(loop, api->run(), ended);
        asio::co_spawn(loop, streams->run(), ended);
        streams->publishing(true, "");
    }
    void TearDown() override {
        if (!api)
            return;
        for (auto* connection : {client.get(), other.get()})
            if (connection != nullptr)
                connection->stop();
        streams->stop();
        api->stop();
        EXPECT_TRUE(run_until([&] { return running == 0; }));
    }
    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = 20s) {
        const auto until = mono_now() + limit;
        while (!done()) {
            if (mono_now() > until)
                return false;
            loop.restart();
            loop.run_for(1ms);
            answer_snapshots();
        }
        return true;
    }
    // What the hot loop would do.
    void answer_snapshots() {
        while (!host.asked.empty()) {
            auto& snapshot = *host.asked.front();
            snapshot.session = "S1";
            snapshot.session_number = 1;
            for (auto& c : snapshot.channels)
                c.seq = published;
            redis::TapRecord marker;
            marker.type = redis::TapRecord::Type::marker;
            marker.seq = snapshot.id;
            tap.put(marker);
            tap.flush();
            host.asked.pop_front();
        }
    }
    void publish(Kind kind = Kind::trade) {
        redis::TapRecord record;
        record.kind = kind;
        record.session = 1;
        record.seq = ++published;
        const std::string payload = R"({"v":1,"type":"trade","seq":)" + std::to_string(published) + "}";
        record.payload = payload;
        tap.put(record);
        tap.flush();
    }

    // A client of ours; `status` of a refused upgrade.
    bool connect(const std::string& path, std::vector<std::pair<std::string, std::string>> headers = {}) {
        bool done = false;
        auto connecting = [&]() -> asio::awaitable<void> {
            net::WsConnectOptions how;
            how.headers = headers;
            const std::string url = "ws://127.0.0.1:" + std::to_string(api->port()) + path;
            auto result = co_await net::ws_connect(url, how, status, detail);
            if (result)
                client = std::move(*result);
            done = true;
        };
        asio::co_spawn(loop, connecting(), asio::detached);
        EXPECT_TRUE(run_until([&] { return done; }));
        if (!client)
            return false;
        asio::co_spawn(loop, client->run(*this, 0ms), [this](const std::exception_ptr& e, net::WsEnd how) {
            EXPECT_FALSE(e);
            end = how;
        });
        return true;
    }
    void on_message(std::string_view payload, Moment) override { got.emplace_back(payload); }
    bool wait_for(std::string_view part) {
        return run_until([&] {
            return std::any_of(
                got.begin(), got.end(), [&](const auto& m) { return m.find(part) != std::string::npos; });
        });
    }

    asio::awaitable<std::string> asking(std::string request, std::string until) {
        std::string text;
        tcp::socket socket(loop);
        const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), api->port());
        co_await socket.async_connect(endpoint, asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        std::array<char, 4096> room;
        while (until.empty() || text.find(until) == std::string::npos) {
            const auto token = asio::as_tuple(asio::use_awaitable);
            auto [ec, n] = co_await socket.async_read_some(asio::buffer(room), token);
            text.append(room.data(), n);
            if (ec)
                break;
        }
        co_return text;
    }
    // One raw request; what came until the peer closed, or `until` was seen.
    std::string ask(const std::string& request, const std::string& until = {}) {
        std::string text;
        bool done = false;
        asio::co_spawn(loop, asking(request, until), [&](const std::exception_ptr&, std::string all) {
            text = std::move(all);
            done = true;
        });
        EXPECT_TRUE(run_until([&] { return done; }));
        return text;
    }
    static std::string get(const std::string& target, const std::string& headers = {}) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }

    asio::io_context loop{1};
    redis::Tap tap;
    FakeHost host;
    NoSource source;
    std::unique_ptr<Streams> streams;
    std::unique_ptr<Lax> lax;
    bool let_in = false;
    std::unique_ptr<api::Api> api;
    int running = 0;
    std::uint64_t published = 0;
    std::unique_ptr<net::WsConnection> client, other;
    int status = 0;
    std::string detail;
    std::vector<std::string> got;
    std::optional<net::WsEnd> end;
};

TEST_F(StreamsTest, SubscribesAcknowledgesAndBringsWhatIsPublished) {
    begin();
    ASSERT_TRUE(connect("/ws/desk-1"));
    client->send_text(R"({"action":"subscribe","symbols":["crypto:BTC-USDT","nonsense:X"],"channels":["T"],"id":1})");
    ASSERT_TRUE(wait_for("subscribed"));
    EXPECT_EQ(got[0],
        R"({"type":"subscribed","id":1,"symbols":["crypto:BTC-USDT"],"channels":["trade"],"format":"native","publishing":true,)"
        R"("errors":[{"symbol":"nonsense:X","code":"malformed_symbol","detail":"class:symbol is needed, as crypto:BTC-USDT"}]})");
    ASSERT_TRUE(run_until([&] { return streams->stats().subscriptions == 1 && host.asked.empty(); }));
    loop.run_for(5ms); // the marker is seen
    publish();
    publish();
    ASSERT_TRUE(wait_for(R"("seq":2)"));
    EXPECT_THAT(got[1], HasSubstr(R"("seq":1)"));
    client->send_text(R"({"action":"ping"})");
    ASSERT_TRUE(wait_for("pong"));
    client->send_text(R"({"action":"unsubscribe","symbols":["crypto:BTC-USDT"]})");
    ASSERT_TRUE(wait_for("unsubscribed"));
    EXPECT_TRUE(host.wanted.empty());
    client->send_text("nonsense");
    ASSERT_TRUE(wait_for("malformed_json"));
    client->close(1000, "");
    ASSERT_TRUE(run_until([&] { return end && streams->stats().clients[0] == 0; }));
    EXPECT_EQ(streams->stats().ends.at("disconnected"), 1u);
}

TEST_F(StreamsTest, BareSymbolsAreTakenIfTheyAreUnique) {
    host.resolvable = {name_of("crypto:BTC-USDT"), name_of("fx:EUR-USD"), name_of("cfd:EUR-USD")};
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    client->send_text(R"({"action":"subscribe","symbols":["BTC-USDT","EUR-USD","NOSUCH"],"channels":["Q"]})");
    ASSERT_TRUE(wait_for("subscribed"));
    EXPECT_THAT(got[0], HasSubstr(R"("symbols":["crypto:BTC-USDT"])"));
    EXPECT_THAT(got[0],
        HasSubstr(
            R"("symbol":"EUR-USD","code":"ambiguous_symbol","detail":"it is in several classes, write one of: fx:EUR-USD, cfd:EUR-USD")"));
    EXPECT_THAT(got[0], HasSubstr(R"("symbol":"NOSUCH","code":"unknown_symbol")"));
}

TEST_F(StreamsTest, BareSymbolsAreLookedUpTogether) {
    for (int i = 0; i < 300; i += 2)
        host.resolvable.push_back(name_of("crypto:S" + std::to_string(i)));
    host.lookup_fault = errc::timed_out; // of a provider that fails while another one answers
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    std::string symbols;
    for (int i = 0; i < 300; ++i)
        symbols += (i == 0 ? "\"S" : ",\"S") + std::to_string(i) + "\"";
    client->send_text(R"({"action":"subscribe","channels":["Q"],"symbols":[)" + symbols + "]}");
    ASSERT_TRUE(wait_for("subscribed"));
    EXPECT_LE(host.lookups.size(), 4u); // not 300
    EXPECT_EQ(streams->stats().subscriptions, 150u);
    EXPECT_THAT(got[0], HasSubstr(R"("symbols":["crypto:S0","crypto:S2","crypto:S4")")); // in their order
    EXPECT_THAT(got[0], HasSubstr(R"({"symbol":"S1","code":"unavailable")"));
    EXPECT_THAT(got[0], Not(HasSubstr("unknown_symbol")));
}

// More than one look-up takes, with the same name in both.
TEST_F(StreamsTest, ABareSymbolThatIsNamedTwiceIsOneOfAClass) {
    host.resolvable.push_back(name_of("crypto:TWICE"));
    begin();
    std::string symbols = "TWICE";
    for (int i = 0; i < 250; ++i)
        symbols += ",S" + std::to_string(i);
    const auto answer = ask(get("/api/v1/stream?channels=Q&symbols=" + symbols + ",TWICE"), "unknown_symbol");
    EXPECT_THAT(answer, HasSubstr("crypto:TWICE"));
    EXPECT_THAT(answer, Not(HasSubstr("ambiguous_symbol")));
}

TEST_F(StreamsTest, WhoComesWhileNamesAreLookedUpCountsToo) {
    StreamsOptions options;
    options.hub.clients = 1;
    begin(options);
    host.resolvable = {name_of(btc)};
    asio::steady_timer gate(loop, MonoTime::max());
    host.gate = &gate;
    std::vector<std::string> answers;
    const auto follow = [&] {
        asio::co_spawn(loop, asking(get("/api/v1/stream?symbols=BTC-USDT&channels=T"), "subscribed"),
            [&](const std::exception_ptr&, std::string text) { answers.push_back(std::move(text)); });
    };
    follow();
    follow();
    ASSERT_TRUE(run_until([&] { return host.lookups.size() == 2; }));
    gate.cancel();
    ASSERT_TRUE(run_until([&] { return answers.size() == 2; }));
    std::sort(answers.begin(), answers.end());
    EXPECT_THAT(answers[0], StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answers[1], StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(streams->stats().accepted, 1u);
}

TEST_F(StreamsTest, WhoComesWhileAnUpgradeIsAnsweredCountsToo) {
    StreamsOptions options;
    options.hub.clients = 1;
    let_in = true;
    begin(options, "open-sesame", "another-door");
    const std::pair<std::string, std::string> token{"Authorization", "Bearer open-sesame"};
    ASSERT_TRUE(connect("/ws/a", {token}));
    other = std::move(client);
    ASSERT_TRUE(connect("/ws/b", {token}));
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1013);
    end.reset();
    ASSERT_TRUE(connect("/ws/a", {{"Authorization", "Bearer another-door"}}));
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1008);
    EXPECT_THAT(end->reason, HasSubstr("another token"));
    EXPECT_EQ(streams->stats().accepted, 1u);
    end.reset();
    other->stop();
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
}

TEST_F(StreamsTest, AClientIdBelongsToTheTokenThatHasIt) {
    begin({}, "open-sesame", "another-door");
    ASSERT_TRUE(connect("/ws/a", {{"Authorization", "Bearer open-sesame"}}));
    other = std::move(client);
    ASSERT_FALSE(connect("/ws/a", {{"Authorization", "Bearer another-door"}}));
    EXPECT_EQ(status, 409);
    EXPECT_THAT(detail, HasSubstr("another token"));
    other->send_text(R"({"action":"ping"})");
    EXPECT_TRUE(wait_for("pong"));
    EXPECT_TRUE(connect("/ws/b", {{"Authorization", "Bearer another-door"}}));
    client->stop();
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    client.reset();
    end.reset();
    EXPECT_TRUE(connect("/ws/a", {{"Authorization", "Bearer open-sesame"}})); // takes its own place
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1008);
}

TEST_F(StreamsTest, RefusesWhatIsNoClientAndWhatHasNoToken) {
    begin({}, "open-sesame");
    EXPECT_FALSE(connect("/ws/a"));
    EXPECT_EQ(status, 401);
    EXPECT_FALSE(connect("/ws/a", {{"Authorization", "Bearer wrong"}}));
    EXPECT_EQ(status, 401);
    const std::pair<std::string, std::string> token{"Authorization", "Bearer open-sesame"};
    EXPECT_FALSE(connect("/ws/a%2Fb", {token}));
    EXPECT_EQ(status, 400);
    EXPECT_FALSE(connect("/ws/", {token}));
    EXPECT_EQ(status, 404);
    EXPECT_FALSE(connect("/healthz", {token}));
    EXPECT_EQ(status, 404);
    EXPECT_FALSE(connect("/ws/a", {token, {"Origin", "https://elsewhere.example"}}));
    EXPECT_EQ(status, 403);
    EXPECT_TRUE(connect("/ws/a", {{"Sec-WebSocket-Protocol", "bearer, open-sesame"}}));
    EXPECT_THAT(
        ask(get("/ws/a", "Connection: close\r\nAuthorization: Bearer open-sesame\r\n")), StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(
        ask(get("/api/v1/stream?symbols=crypto:BTC-USDT", "Connection: close\r\n")), StartsWith("HTTP/1.1 401 "));
}

TEST_F(StreamsTest, ClosesWhoSendsTooMuch) {
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    client->send_text(R"({"action":"ping","id":")" + std::string(70000, 'x') + "\"}");
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1009);
    end.reset();
    ASSERT_TRUE(connect("/ws/a"));
    for (int i = 0; i < 200; ++i)
        client->send_text(R"({"action":"ping"})");
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1008);
    EXPECT_EQ(streams->stats().ends.at("flooding"), 1u);
    EXPECT_EQ(streams->stats().ends.at("too_large"), 1u);
}

TEST_F(StreamsTest, ANewerConnectionReplacesAnOlderOne) {
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    auto older = std::move(client);
    ASSERT_TRUE(connect("/ws/a"));
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1008);
    EXPECT_THAT(end->reason, HasSubstr("replaced"));
    end.reset();
    client->send_text(R"({"action":"ping"})");
    ASSERT_TRUE(wait_for("pong"));
}

TEST_F(StreamsTest, TellsItsClientsWhenItStops) {
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    client->send_text(R"({"action":"ping"})");
    ASSERT_TRUE(wait_for("pong"));
    streams->stop();
    ASSERT_TRUE(run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->code, 1001);
    client.reset();
    EXPECT_FALSE(connect("/ws/b"));
    EXPECT_EQ(status, 503);
}

TEST_F(StreamsTest, EventStreamSendsTheSame) {
    StreamsOptions options;
    options.heartbeat = 20ms;
    begin(options);
    std::string text;
    const auto early = ask(get("/api/v1/stream?symbols=crypto:BTC-USDT&channels=T"), ": heartbeat");
    EXPECT_THAT(early, HasSubstr("HTTP/1.1 200 OK"));
    EXPECT_THAT(early, HasSubstr("Content-Type: text/event-stream"));
    EXPECT_THAT(early, HasSubstr("retry: 2000\n\n"));
    EXPECT_THAT(early, HasSubstr("data: {\"type\":\"subscribed\""));
    ASSERT_TRUE(run_until([&] { return streams->stats().clients[1] == 0; }));
    EXPECT_TRUE(host.wanted.empty());
    const auto several =
        ask(get("/api/v1/stream?symbols=crypto:BTC-USDT,option:AAPL240119C00190000&channels=T,Q"), "errors");
    EXPECT_THAT(several,
        HasSubstr(R"("symbols":["crypto:BTC-USDT","option:AAPL240119C00190000"],"channels":["trade","quote"])"));
    published = 7;
    const auto again = ask(get("/api/v1/stream?symbols=crypto:BTC-USDT&channels=T", "Last-Event-ID: S1-4\r\n"), "lost");
    EXPECT_THAT(
        again, HasSubstr(R"("skipped":3,"lost":[{"channel":"trade:crypto:BTC-USDT","from_seq":5,"to_seq":7}])"));
}

TEST_F(StreamsTest, EventStreamRefusesFaultyQueries) {
    begin();
    for (const auto* target : {"/api/v1/stream", "/api/v1/stream?symbols=crypto:BTC-USDT&channels=X",
             "/api/v1/stream?symbols=crypto:BTC-USDT&format=xml", "/api/v1/stream?symbols=NOSUCH"}) {
        const auto answer = ask(get(target));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << target;
        EXPECT_THAT(answer, HasSubstr("application/problem+json")) << target;
    }
    EXPECT_THAT(
        ask("POST /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        StartsWith("HTTP/1.1 405 "));
}

// The hot loop is another thread: everything it writes arrives, in order, once.
TEST_F(StreamsTest, FromAnotherThread) {
    begin();
    ASSERT_TRUE(connect("/ws/a"));
    client->send_text(R"({"action":"subscribe","symbols":["crypto:BTC-USDT"],"channels":["T"]})");
    ASSERT_TRUE(wait_for("subscribed"));
    ASSERT_TRUE(run_until([&] { return streams->stats().subscriptions == 1 && host.asked.empty(); }));
    loop.run_for(5ms);
    got.clear();
    tap.want(InstrumentId{0}, host.taps[0]); // as the real host does
    constexpr std::uint64_t count = 2000;
    std::thread hot([&] {
        for (std::uint64_t i = 1; i <= count; ++i) {
            const std::string payload = R"({"seq":)" + std::to_string(i) + "}";
            redis::TapRecord record;
            record.kind = Kind::trade;
            record.session = 1;
            record.seq = i;
            record.payload = payload;
            while (!tap.wants(InstrumentId{0}, Kind::trade) || !tap.put(record))
                std::this_thread::yield();
            if (i % 3 == 0 || i == count)
                tap.flush();
        }
    });
    EXPECT_TRUE(run_until([&] { return got.size() >= count; }));
    hot.join();
    ASSERT_EQ(got.size(), count);
    for (std::uint64_t i = 0; i < count; ++i)
        ASSERT_EQ(got[i], R"({"seq":)" + std::to_string(i + 1) + "}");
}

} // namespace
} // namespace tickgate::stream
