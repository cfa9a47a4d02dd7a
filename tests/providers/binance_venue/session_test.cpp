#include "providers/binance_venue/fake_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::binance_venue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string answer(VenueFixture& venue, VenueSession& session, FakePort& port, std::string_view request) {
    port.texts.clear();
    venue.step(1100ms);
    session.on_text(request, venue.now);
    return port.texts.empty() ? std::string() : port.texts.front();
}

TEST(VenueSessionTest, AnswersTheFiveMethods) {
    VenueFixture venue;
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    const auto ask = [&](std::string_view text) { return answer(venue, session, port, text); };
    EXPECT_EQ(ask(R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker","nosuch@trade"],"id":1})"),
        R"({"result":null,"id":1})");
    EXPECT_EQ(ask(R"({"method":"LIST_SUBSCRIPTIONS","id":"abc-1"})"),
        R"({"result":["btcusdt@bookTicker","nosuch@trade"],"id":"abc-1"})");
    EXPECT_EQ(ask(R"({"method":"UNSUBSCRIBE","params":["nosuch@trade"],"id":-3})"), R"({"result":null,"id":-3})");
    EXPECT_EQ(ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":2})"), R"({"result":true,"id":2})");
    EXPECT_EQ(
        ask(R"({"method":"SET_PROPERTY","params":["combined",false],"id":null})"), R"({"result":null,"id":null})");
    EXPECT_FALSE(session.combined());
    EXPECT_THAT(session.streams(), ElementsAre("btcusdt@bookTicker"));
    venue.engine.ended(session);
}

TEST(VenueSessionTest, RefusesWhatIsMalformed) {
    for (const auto shape : {ErrorShape::documented, ErrorShape::wrapped}) {
        VenueOptions options;
        options.error_shape = shape;
        VenueFixture venue(options);
        FakePort port;
        auto& session = venue.connect(port, "/ws");
        const auto expect = [&](std::string_view request, std::string_view code) {
            const auto text = answer(venue, session, port, request);
            const auto head = shape == ErrorShape::documented ? R"({"code":)" : R"({"error":{"code":)";
            EXPECT_THAT(text, testing::StartsWith(std::string(head) + std::string(code) + ",\"msg\":\"")) << request;
        };
        expect("{", "3");
        expect(R"({"id":1})", "2");
        expect(R"({"method":"SUBSCRIBE","params":["BTCUSDT"],"id":1})", "2");
        expect(R"({"method":"SUBSCRIBE","params":[],"id":1})", "2");
        expect(R"({"method":"SUBSCRIBE","params":["a@trade"],"id":1.5})", "2");
        expect(R"({"method":"DANCE","id":1})", "2");
        expect(R"({"method":"GET_PROPERTY","params":["other"],"id":1})", "0");
        expect(R"({"method":"SET_PROPERTY","params":["combined","yes"],"id":1})", "1");
        venue.engine.ended(session);
    }
}

TEST(VenueSessionTest, ClosesAtTheSixthMessageWithinASecond) {
    VenueFixture venue;
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    for (int i = 0; i < 3; ++i)
        session.on_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})", venue.now);
    session.on_ping(venue.now);
    session.on_pong("", venue.now);
    EXPECT_EQ(port.close_code, 0);
    venue.step(999ms);
    session.on_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})", venue.now);
    EXPECT_EQ(port.close_code, 1008);
    EXPECT_EQ(port.close_reason, "Too many requests");
    EXPECT_EQ(port.texts.size(), 3u);
    venue.engine.ended(session);
    EXPECT_EQ(venue.engine.counters().too_many_requests, 1u);
}

TEST(VenueSessionTest, FiveMessagesASecondAreAllowedForever) {
    VenueFixture venue;
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    for (int i = 0; i < 500; ++i) {
        venue.step(200ms);
        session.on_pong("", venue.now);
    }
    EXPECT_EQ(port.close_code, 0);
    venue.engine.ended(session);
}

TEST(VenueSessionTest, RefusesMoreStreamsThanAllowed) {
    VenueOptions options;
    options.limits.streams = 3;
    VenueFixture venue(options);
    FakePort port;
    auto& session = venue.connect(port, "/stream", "streams=a@trade/b@trade");
    EXPECT_THAT(answer(venue, session, port, R"({"method":"SUBSCRIBE","params":["c@trade","d@trade"],"id":9})"),
        HasSubstr(R"("code":4)"));
    EXPECT_EQ(session.streams().size(), 2u);
    EXPECT_EQ(answer(venue, session, port, R"({"method":"SUBSCRIBE","params":["c@trade","a@trade"],"id":9})"),
        R"({"result":null,"id":9})");
    venue.engine.ended(session);
    EXPECT_EQ(
        venue.engine.admit("/stream", "streams=a@trade/b@trade/c@trade/d@trade", "1.1.1.1", venue.now).status, 400);
}

TEST(VenueSessionTest, NeverAnswersAgainAfterAFrameThatIsTooLong) {
    VenueFixture venue;
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    std::string request = R"({"method":"SUBSCRIBE","params":["btcusdt@trade")";
    while (request.size() < 4080)
        request += ' ';
    request += R"(],"id":1})";
    ASSERT_GT(request.size() + 8, 4096u);
    EXPECT_EQ(answer(venue, session, port, request), "");
    EXPECT_EQ(answer(venue, session, port, R"({"method":"LIST_SUBSCRIPTIONS","id":1})"), "");
    EXPECT_THAT(session.streams(), IsEmpty());
    EXPECT_EQ(venue.engine.messages().size(), 2u);
    venue.engine.ended(session);
}

TEST(VenueSessionTest, PingsAndDropsWhoDoesNotAnswer) {
    VenueFixture venue;
    FakePort good, bad;
    auto& answering = venue.connect(good, "/stream");
    auto& silent = venue.connect(bad, "/stream");
    for (int i = 0; i < 790; ++i) {
        venue.step(100ms);
        if (i % 10 == 0)
            silent.on_pong("not what you sent", venue.now);
        if (!good.pings.empty()) {
            answering.on_pong(good.pings.back(), venue.now);
            good.pings.clear();
        }
    }
    EXPECT_EQ(bad.pings.size(), 3u);
    EXPECT_EQ(bad.dropped, "");
    venue.pass(1100ms, 100ms); // the first ping is 60 s old
    EXPECT_EQ(bad.dropped, "drop");
    EXPECT_EQ(good.dropped, "");
    venue.engine.ended(answering);
    venue.engine.ended(silent);
}

TEST(VenueSessionTest, EndsAfter24Hours) {
    VenueOptions options;
    options.rate = 0;
    options.pong_timeout = 48h;
    VenueFixture venue(options);
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    venue.step(24h - 1s);
    EXPECT_EQ(port.close_code, 0);
    venue.step(1s);
    EXPECT_EQ(port.close_code, 1001);
    venue.engine.ended(session);
}

TEST(VenueConnectTest, KnowsItsPaths) {
    VenueFixture venue;
    const auto status = [&](std::string_view path, std::string_view query = {}) {
        return venue.engine.admit(path, query, "9.9.9.9", venue.now).status;
    };
    for (const auto path : {"/stream", "/ws", "/ws/btcusdt@trade", "/public/stream", "/public/ws", "/market/stream",
             "/market/ws/a@aggTrade"})
        EXPECT_EQ(status(path), 101) << path;
    for (const auto path : {"/", "/streams", "/private/ws", "/wsx", "/publicstream", "/api/v3/ping"})
        EXPECT_EQ(status(path), 404) << path;
    EXPECT_EQ(status("/stream", "timeUnit=MICROSECOND"), 101);
    EXPECT_EQ(status("/stream", "timeUnit=HOUR"), 400);
    EXPECT_EQ(status("/ws/btcusdt"), 400);
}

TEST(VenueConnectTest, LimitsAttemptsOfAnAddress) {
    VenueOptions options;
    options.limits.connections_per_5min = 3;
    VenueFixture venue(options);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(venue.engine.admit("/stream", "", "10.0.0.1", venue.now).status, 101);
    const auto refused = venue.engine.admit("/stream", "", "10.0.0.1", venue.now);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.retry_after_s, 300);
    EXPECT_EQ(venue.engine.admit("/stream", "", "10.0.0.2", venue.now).status, 101);
    venue.step(5min);
    EXPECT_EQ(venue.engine.admit("/stream", "", "10.0.0.1", venue.now).status, 101);
}

} // namespace
} // namespace tickgate::binance_venue
