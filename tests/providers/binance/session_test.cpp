#include "binance/session.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tickgate::binance {
namespace {

using namespace std::chrono_literals;
using test::Padded;

class Session : public ::testing::Test {
protected:
    Session() : session(options()) {}
    static SessionOptions options() {
        SessionOptions o;
        o.base = "wss://stream.example:9443";
        return o;
    }
    static Wanted wanted(std::uint32_t i, std::string native, Kind kind = Kind::quote) {
        Subscription s;
        s.instrument = static_cast<InstrumentId>(i);
        s.kind = kind;
        return {s, std::move(native)};
    }
    void want(std::vector<Wanted> add, std::vector<Subscription> remove = {}) {
        SubscriptionDelta delta;
        delta.add = std::move(add);
        delta.remove = std::move(remove);
        session.want(delta, now, seen, seen);
    }
    void receive(std::string_view text) {
        const Padded bytes(text);
        session.received(bytes.view(), now, seen, seen);
    }
    void advance(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 50ms) {
            now.mono += 50ms;
            now.wall += 50ms;
            session.tick(now, seen, seen);
        }
    }
    void quote(std::uint64_t u) {
        receive(R"({"stream":"btcusdt@bookTicker","data":{"u":)" + std::to_string(u) +
                R"(,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}})");
    }
    void trade(std::uint64_t t) {
        receive(R"({"stream":"btcusdt@trade","data":{"e":"trade","T":1672515782136,"t":)" + std::to_string(t) +
                R"(,"p":"1","q":"1","m":false}})");
    }

    Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    BinanceSession session;
    test::Recorder seen;
};

TEST_F(Session, AsksForMicrosecondsOnSpotOnlyAndForTheRightUsdmPath) {
    EXPECT_EQ(session.plan().url, "wss://stream.example:9443/stream?timeUnit=MICROSECOND");
    auto o = options();
    o.market = Market::usdm;
    o.path = "/market";
    EXPECT_EQ(BinanceSession(o).plan().url, "wss://stream.example:9443/market/stream");
}

TEST_F(Session, SubscribesAfterOpeningAndMatchesTheAcknowledgement) {
    want({wanted(1, "BTCUSDT"), wanted(1, "BTCUSDT", Kind::trade), wanted(1, "BTCUSDT", Kind::bar)});
    EXPECT_TRUE(seen.sent.empty()) << "nothing before the connection is up";
    session.opened(now, seen);
    ASSERT_EQ(seen.sent.size(), 1u);
    EXPECT_EQ(seen.sent[0],
        R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade","btcusdt@kline_1m"],"id":1})");
    EXPECT_TRUE(seen.acked.empty());
    quote(5);
    EXPECT_EQ(seen.quotes.size(), 1u) << "data may come before the acknowledgement";
    receive(R"({"result":null,"id":1})");
    EXPECT_EQ(seen.acked.size(), 3u);
}

TEST_F(Session, ControlMessagesKeepToTheRollingWindowWithPongsCounted) {
    std::vector<Wanted> many;
    for (std::uint32_t i = 0; i < 1000; ++i)
        many.push_back(wanted(i, "SYM" + std::to_string(i) + "USDT"));
    want(many);
    session.opened(now, seen);
    std::vector<MonoTime> messages(seen.sent.size(), now.mono);
    std::set<std::string> names;
    for (int step = 0; step < 200; ++step) {
        if (step % 7 == 0) {
            session.ponged(now);
            messages.push_back(now.mono);
        }
        advance(50ms);
        while (messages.size() < seen.sent.size() + static_cast<std::size_t>(step / 7 + 1))
            messages.push_back(now.mono);
    }
    EXPECT_EQ(seen.sent.size(), 10u);
    for (const auto& text : seen.sent)
        EXPECT_LT(text.size(), 4000u);
    for (std::size_t i = 5; i < messages.size(); ++i)
        EXPECT_GT(messages[i] - messages[i - 5], 1s - 1ms) << i;
}

TEST_F(Session, ARefusedBatchIsHalvedUntilTheCulpritStandsAlone) {
    want({wanted(1, "AAA"), wanted(2, "BBB"), wanted(3, "CCC"), wanted(4, "DDD")});
    session.opened(now, seen);
    std::size_t answered = 0;
    for (int i = 0; i < 40; ++i) {
        advance(50ms);
        while (answered < seen.sent.size()) {
            const auto text = seen.sent[answered++];
            const auto id = text.substr(text.find("\"id\":") + 5);
            if (text.find("ccc") != std::string::npos)
                receive(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":)" +
                        id.substr(0, id.size() - 1) + "}");
            else
                receive(R"({"result":null,"id":)" + id);
        }
        advance(300ms);
    }
    ASSERT_EQ(seen.rejected.size(), 1u);
    EXPECT_EQ(seen.rejected[0].instrument, static_cast<InstrumentId>(3));
    EXPECT_EQ(seen.reject_reason, errc::bad_request);
    EXPECT_EQ(seen.acked.size(), 3u);
    EXPECT_FALSE(session.ended().has_value());
}

TEST_F(Session, AnUnansweredControlMessageEndsTheSession) {
    want({wanted(1, "BTCUSDT")});
    session.opened(now, seen);
    advance(9900ms);
    EXPECT_FALSE(session.ended().has_value());
    advance(200ms);
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_EQ(session.ended()->reason, errc::timed_out);
}

TEST_F(Session, SilenceAfterTheAcknowledgementIsTold) {
    want({wanted(1, "BTCUSDT"), wanted(2, "ETHUSDT")});
    session.opened(now, seen);
    receive(R"({"result":null,"id":1})");
    quote(1);
    advance(61s);
    ASSERT_EQ(seen.silent.size(), 1u);
    EXPECT_EQ(seen.silent[0].instrument, static_cast<InstrumentId>(2));
}

TEST_F(Session, RepeatsAreDroppedAndHolesInTradeIdsAnnounced) {
    want({wanted(1, "BTCUSDT"), wanted(1, "BTCUSDT", Kind::trade)});
    session.opened(now, seen);
    quote(10), quote(10), quote(9), quote(15);
    EXPECT_EQ(seen.quotes.size(), 2u);
    trade(100), trade(101), trade(101), trade(105);
    EXPECT_EQ(seen.trade_ids, (std::vector<std::string>{"100", "101", "105"}));
    EXPECT_EQ(seen.gaps, (std::vector<std::uint64_t>{3})) << "quotes' ids jump by nature";
    EXPECT_EQ(seen.skips(Skip::repeated), 3u);
}

TEST_F(Session, UnsubscribingStopsDeliveryAtOnceAndIsConfirmed) {
    want({wanted(1, "BTCUSDT")});
    session.opened(now, seen);
    receive(R"({"result":null,"id":1})");
    quote(1);
    want({}, {wanted(1, "BTCUSDT").what});
    quote(2);
    EXPECT_EQ(seen.quotes.size(), 1u);
    advance(300ms);
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(seen.sent[1], R"({"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":2})");
    receive(R"({"result":null,"id":2})");
    EXPECT_EQ(seen.gone.size(), 1u);
    quote(3);
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 1u);
    want({wanted(1, "BTCUSDT")});
    advance(300ms);
    quote(1);
    EXPECT_EQ(seen.quotes.size(), 2u) << "asked again, it starts anew";
}

TEST_F(Session, WhatWasNeverSentIsTakenBackWithoutAWord) {
    want({wanted(1, "BTCUSDT")});
    want({}, {wanted(1, "BTCUSDT").what});
    session.opened(now, seen);
    EXPECT_TRUE(seen.sent.empty());
    EXPECT_EQ(seen.gone.size(), 1u);
}

TEST_F(Session, WantedAgainBeforeTheUnsubscribeWasSentItGoesOn) {
    const auto one = wanted(1, "BTCUSDT", Kind::trade);
    want({one});
    session.opened(now, seen);
    receive(R"({"result":null,"id":1})");
    trade(100);
    want({}, {one.what}); // the spacing of control messages holds it back
    want({one});
    EXPECT_EQ(seen.acked.size(), 2u) << "confirmed at once";
    trade(101);
    advance(1s);
    EXPECT_EQ(seen.sent.size(), 1u) << "nothing to say";
    EXPECT_EQ(seen.trade_ids, (std::vector<std::string>{"100", "101"}));

    // What passed while nobody wanted it is nobody's loss.
    want({wanted(2, "ETHUSDT")});
    want({}, {one.what});
    trade(102), trade(103);
    want({one});
    trade(104);
    EXPECT_EQ(seen.trade_ids, (std::vector<std::string>{"100", "101", "104"}));
    EXPECT_TRUE(seen.gaps.empty());
    advance(1s);
    EXPECT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(seen.sent[1], R"({"method":"SUBSCRIBE","params":["ethusdt@bookTicker"],"id":2})");
}

TEST_F(Session, WantedAgainBeforeItsSubscribeWasAnsweredItWaitsForThatAnswer) {
    const auto one = wanted(1, "BTCUSDT");
    want({one});
    session.opened(now, seen);
    want({}, {one.what});
    want({one});
    EXPECT_TRUE(seen.acked.empty());
    receive(R"({"result":null,"id":1})");
    EXPECT_EQ(seen.acked.size(), 1u);
    advance(1s);
    EXPECT_EQ(seen.sent.size(), 1u);
    // Answered while it was on its way out, it is still watched for its first frame.
    const auto two = wanted(2, "ETHUSDT");
    want({two});
    want({}, {two.what});
    receive(R"({"result":null,"id":2})");
    EXPECT_EQ(seen.acked.size(), 1u);
    want({two});
    EXPECT_EQ(seen.acked.size(), 2u);
    advance(61s);
    EXPECT_EQ(seen.silent.size(), 2u);
}

TEST_F(Session, HalvesOfARefusedBatchThatNobodyWantsAnyMoreAreNotAskedFor) {
    const auto one = wanted(1, "AAA"), two = wanted(2, "BBB"), three = wanted(3, "CCC");
    want({one, two, three});
    session.opened(now, seen);
    want({}, {one.what}); // before the refusal: its UNSUBSCRIBE is dropped
    receive(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1})");
    EXPECT_EQ(seen.gone.size(), 1u);
    want({}, {two.what}); // after it: its SUBSCRIBE is dropped
    EXPECT_EQ(seen.gone.size(), 2u);
    advance(1s);
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(seen.sent[1], R"({"method":"SUBSCRIBE","params":["ccc@bookTicker"],"id":2})");
    receive(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2})");
    ASSERT_EQ(seen.rejected.size(), 1u);
    EXPECT_EQ(seen.rejected[0].instrument, static_cast<InstrumentId>(3));
}

TEST_F(Session, ServerShutdownAsksForAReplacementFirst) {
    session.opened(now, seen);
    receive(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})");
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_TRUE(session.ended()->make_before_break);
    EXPECT_EQ(session.ended()->reason, errc::planned_shutdown);
}

TEST_F(Session, CloseCodesSayWhatToDoNext) {
    EXPECT_EQ(recovery_of(session.closed(1008, "Too many requests").reason), Recovery::retry_later);
    EXPECT_EQ(session.closed(1006, "").reason, errc::closed_by_venue);
    EXPECT_EQ(session.closed(1009, "").reason, errc::message_too_large);
}

TEST_F(Session, GarbageIsCountedAndTheSessionLives) {
    want({wanted(1, "BTCUSDT")});
    session.opened(now, seen);
    for (const char* text : {"", "{", "nonsense", "[]", R"({"stream":"btcusdt@bookTicker","data":{"u":1}})"})
        receive(text);
    quote(1);
    EXPECT_EQ(seen.skips(Skip::malformed), 5u);
    EXPECT_EQ(seen.quotes.size(), 1u);
    EXPECT_FALSE(session.ended().has_value());
}

TEST_F(Session, TheSpotCaptureArrivesCompleteAndInOrder) {
    std::vector<Wanted> all;
    std::uint32_t i = 0;
    for (const char* native : {"NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"})
        for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
            all.push_back(wanted(i++, native, kind));
    auto o = options();
    o.aggregate_trades = true;
    BinanceSession aggregate(o);
    SubscriptionDelta delta;
    delta.add = all;
    aggregate.want(delta, now, seen, seen);
    aggregate.opened(now, seen);
    for (const auto& line : test::lines_of(TICKGATE_FIXTURES "/binance/spot_combined_2021-10-12.jsonl"))
        aggregate.received(Padded(line).view(), now, seen, seen);
    EXPECT_EQ(seen.quotes.size(), 84u);
    EXPECT_EQ(seen.trades.size(), 2u);
    EXPECT_EQ(seen.bars.size(), 2u);
    EXPECT_EQ(seen.skips(Skip::unknown_type), 177u) << "depth frames are skipped and counted";
    EXPECT_TRUE(seen.gaps.empty());
}

} // namespace
} // namespace tickgate::binance
