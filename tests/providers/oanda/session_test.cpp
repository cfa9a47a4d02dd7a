#include "oanda/session.hpp"

#include "oanda/times.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tickgate::oanda {
namespace {

using namespace std::chrono_literals;
using test::Padded;

class OandaStream : public ::testing::Test {
protected:
    OandaStream() : session(options()) {}
    static SessionOptions options() { return known({}); }
    static SessionOptions known(std::shared_ptr<const InstrumentNames> names) {
        return {"https://stream.example", "101-004-1-001", "secret-token", std::move(names)};
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
    void open(std::vector<Wanted> all) {
        want(std::move(all));
        session.opened(now, seen);
        session.tick(now, seen, seen);
    }
    void receive(std::string_view text) {
        const Padded bytes(text);
        session.received(bytes.view(), now, seen, seen);
    }
    void line(std::string_view text) { receive(std::string(text) + "\n"); }
    void price(const std::string& native, int second, bool tradeable = true, const std::string& bid = "1.10000") {
        char time[40];
        std::snprintf(time, sizeof time, "2020-10-23T21:%02d:%02d.5Z", second / 60, second % 60);
        line(R"({"type":"PRICE","time":")" + std::string(time) + R"(","bids":[{"price":")" + bid +
             R"(","liquidity":1000000}],"asks":[{"price":"1.10010","liquidity":1000000}],"status":")" +
             (tradeable ? "tradeable" : "non-tradeable") + R"(","tradeable":)" + (tradeable ? "true" : "false") +
             R"(,"instrument":")" + native + "\"}");
    }
    void heartbeat() { line(R"({"type":"HEARTBEAT","time":"2017-02-23T20:57:26.808326703Z"})"); }
    void advance(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 50ms) {
            now.mono += 50ms;
            now.wall += 50ms;
            session.tick(now, seen, seen);
        }
    }

    Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    OandaSession session;
    test::Recorder seen;
};

TEST_F(OandaStream, TheAddressNamesWhatIsWanted) {
    want({wanted(1, "USD_JPY"), wanted(2, "EUR_USD")});
    const auto& plan = session.plan();
    EXPECT_EQ(plan.transport, ConnectionPlan::Transport::http_stream);
    EXPECT_EQ(plan.url, "https://stream.example/v3/accounts/101-004-1-001/pricing/"
                        "stream?snapshot=true&instruments=EUR_USD%2CUSD_JPY");
    EXPECT_EQ(plan.headers[0].second, "Bearer secret-token");
    EXPECT_TRUE(plan.form.empty());
    EXPECT_EQ(plan.silence_limit, 11s);
}

TEST_F(OandaStream, TheHeadConfirmsAll) {
    want({wanted(1, "USD_JPY"), wanted(2, "EUR_USD"), wanted(2, "EUR_USD", Kind::trade)});
    EXPECT_EQ(seen.rejected.size(), 1u) << "there are no trades";
    EXPECT_TRUE(seen.acked.empty());
    session.opened(now, seen);
    session.tick(now, seen, seen);
    EXPECT_EQ(seen.acked.size(), 2u);
    session.tick(now, seen, seen);
    heartbeat();
    EXPECT_EQ(seen.acked.size(), 2u) << "once";
    EXPECT_TRUE(seen.sent.empty());
}

TEST_F(OandaStream, WhatTheAccountDoesNotHaveStaysOutOfTheAddress) {
    const auto names = std::make_shared<InstrumentNames>(InstrumentNames{"EUR_USD", "USD_JPY"});
    OandaSession fresh(known(names));
    SubscriptionDelta delta;
    delta.add = {wanted(1, "EUR_USD"), wanted(2, "GONE_USD")};
    fresh.want(delta, now, seen, seen);
    ASSERT_EQ(seen.rejected.size(), 1u);
    EXPECT_EQ(index_of(seen.rejected[0].instrument), 2u);
    EXPECT_EQ(seen.reject_reason, errc::unknown_symbol);
    EXPECT_TRUE(fresh.plan().url.ends_with("&instruments=EUR_USD")) << fresh.plan().url;
    fresh.opened(now, seen);
    fresh.tick(now, seen, seen);
    EXPECT_EQ(seen.acked.size(), 1u);
    EXPECT_FALSE(fresh.ended().has_value());
    // What the account got since then is the successor's to judge.
    delta.add = {wanted(3, "NEW_USD")};
    fresh.want(delta, now, seen, seen);
    EXPECT_EQ(seen.rejected.size(), 1u);
}

TEST_F(OandaStream, AStreamOfWhatTheAccountHasNotIsNotAskedFor) {
    OandaSession fresh(known(std::make_shared<InstrumentNames>(InstrumentNames{"EUR_USD"})));
    SubscriptionDelta delta;
    delta.add = {wanted(2, "GONE_USD")};
    fresh.want(delta, now, seen, seen);
    EXPECT_EQ(seen.rejected.size(), 1u);
    ASSERT_TRUE(fresh.ended().has_value());
    EXPECT_EQ(fresh.ended()->reason, errc::unknown_symbol);
    EXPECT_EQ(recovery_of(fresh.ended()->reason), Recovery::retry);
    EXPECT_EQ(fresh.ended()->pause, 5s);
}

TEST_F(OandaStream, TheRecordingArrivesWholeHoweverItIsCut) {
    const auto text = test::fixture("stream_EUR_USD_2017-02-23.jsonl");
    std::mt19937 random(7);
    for (int round = 0; round < 40; ++round) {
        OandaSession fresh(options());
        test::Recorder heard;
        SubscriptionDelta delta;
        delta.add.push_back(wanted(1, "EUR_USD"));
        fresh.want(delta, now, heard, heard);
        fresh.opened(now, heard);
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t n = round == 0   ? text.size()
                                  : round == 1 ? 1
                                               : 1 + random() % (round % 2 == 0 ? 40 : 2000);
            const Padded bytes(std::string_view(text).substr(i, n));
            fresh.received(bytes.view(), now, heard, heard);
            i += n;
        }
        ASSERT_EQ(heard.quotes.size(), 17u) << round;
        EXPECT_EQ(heard.all_skips(), 0u);
        EXPECT_EQ(heard.quotes.front().bid->to_string(), "1.05794");
        EXPECT_EQ(heard.quotes.back().event_time, parse_time("2017-02-23T20:58:59.711800988Z"));
        for (std::size_t i = 1; i < heard.quotes.size(); ++i)
            EXPECT_GT(*heard.quotes[i].event_time, *heard.quotes[i - 1].event_time);
    }
}

TEST_F(OandaStream, TimesGrowWithinAnInstrumentOnly) {
    open({wanted(1, "EUR_USD"), wanted(2, "EUR_JPY")});
    for (const auto& text : test::lines_of("stream_two_instruments_2017-03-09.jsonl"))
        line(text);
    ASSERT_EQ(seen.quotes.size(), 4u);
    EXPECT_EQ(index_of(seen.quotes[1].instrument), 2u);
    EXPECT_LT(*seen.quotes[1].event_time, *seen.quotes[0].event_time);
    EXPECT_EQ(seen.all_skips(), 0u);
}

TEST_F(OandaStream, RepeatsAndStepsBackAreDropped) {
    open({wanted(1, "EUR_USD")});
    price("EUR_USD", 10), price("EUR_USD", 10), price("EUR_USD", 9), price("EUR_USD", 11);
    EXPECT_EQ(seen.quotes.size(), 2u);
    EXPECT_EQ(seen.skips(Skip::repeated), 2u);
}

TEST_F(OandaStream, AClosedMarketIsAStateAndNoQuote) {
    open({wanted(1, "EUR_USD")});
    price("EUR_USD", 1);
    line(test::lines_of("stream_edge_cases.jsonl")[1]);
    EXPECT_EQ(seen.quotes.size(), 1u) << "21:02:02 is not tradeable";
    ASSERT_EQ(seen.notices.size(), 2u);
    EXPECT_EQ(seen.notices[0].what, MarketNotice::What::opened) << "what an earlier session told is not known";
    EXPECT_EQ(seen.notices[1].what, MarketNotice::What::closed);
    EXPECT_EQ(seen.notice_texts[1], "non-tradeable");
    EXPECT_EQ(seen.notices[1].event_time, parse_time("2020-10-23T21:02:02.692522548Z"));
    price("EUR_USD", 130, false);
    EXPECT_EQ(seen.notices.size(), 2u) << "told once";
    price("EUR_USD", 140);
    ASSERT_EQ(seen.notices.size(), 3u);
    EXPECT_EQ(seen.notices[2].what, MarketNotice::What::opened);
    EXPECT_EQ(seen.quotes.size(), 2u);
}

TEST_F(OandaStream, HeartbeatsAreLifeAndTheirAbsenceIsNot) {
    open({wanted(1, "EUR_USD")});
    for (int i = 0; i < 20; ++i) {
        advance(5s);
        heartbeat();
    }
    EXPECT_FALSE(session.ended().has_value());
    advance(10900ms);
    EXPECT_FALSE(session.ended().has_value());
    receive("bytes without a line");
    advance(200ms);
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_EQ(session.ended()->reason, errc::silent);
    EXPECT_FALSE(session.ended()->make_before_break);
}

TEST_F(OandaStream, AnInstrumentWithoutItsSnapshotIsTold) {
    open({wanted(1, "EUR_USD"), wanted(2, "USD_JPY")});
    price("EUR_USD", 1);
    for (int i = 0; i < 4; ++i) {
        advance(5s);
        heartbeat();
    }
    ASSERT_EQ(seen.silent.size(), 1u);
    EXPECT_EQ(index_of(seen.silent[0].instrument), 2u);
}

TEST_F(OandaStream, ABurstOfAdditionsMakesOneNewStream) {
    open({wanted(1, "EUR_USD")});
    for (std::uint32_t i = 2; i < 8; ++i) {
        want({wanted(i, "SYM" + std::to_string(i) + "_USD")});
        advance(100ms);
        EXPECT_FALSE(session.ended().has_value());
    }
    advance(150ms);
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_TRUE(session.ended()->make_before_break);
    EXPECT_EQ(session.ended()->reason, errc::planned_shutdown);
    EXPECT_EQ(seen.acked.size(), 1u) << "the new stream will confirm the others";
    price("EUR_USD", 5);
    EXPECT_EQ(seen.quotes.size(), 1u) << "the old one goes on meanwhile";
}

TEST_F(OandaStream, SteadyAdditionsDoNotPutItOffForever) {
    open({wanted(1, "EUR_USD")});
    for (std::uint32_t i = 2; !session.ended() && i < 100; ++i) {
        want({wanted(i, "SYM" + std::to_string(i) + "_USD")});
        advance(100ms);
    }
    EXPECT_LE(now.mono - MonoTime(1h), 1100ms);
}

TEST_F(OandaStream, RemovalStopsDeliveryAtOnceAndTheStreamLater) {
    open({wanted(1, "EUR_USD"), wanted(2, "USD_JPY")});
    want({}, {wanted(2, "USD_JPY").what});
    EXPECT_EQ(seen.gone.size(), 1u);
    price("USD_JPY", 1);
    EXPECT_TRUE(seen.quotes.empty());
    for (int i = 0; i < 5; ++i) {
        advance(5s);
        heartbeat();
    }
    EXPECT_FALSE(session.ended().has_value());
    advance(5100ms);
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_TRUE(session.ended()->make_before_break);
}

TEST_F(OandaStream, WhatLeavesAndComesBackCostsNoStream) {
    open({wanted(1, "EUR_USD"), wanted(2, "USD_JPY")});
    want({}, {wanted(2, "USD_JPY").what});
    advance(500ms);
    want({wanted(2, "USD_JPY")});
    EXPECT_EQ(seen.acked.size(), 3u) << "the stream carries it: confirmed at once";
    want({wanted(3, "GBP_USD")});
    want({}, {wanted(3, "GBP_USD").what});
    for (int i = 0; i < 10; ++i) {
        advance(5s);
        heartbeat();
    }
    EXPECT_FALSE(session.ended().has_value());
    price("USD_JPY", 1);
    EXPECT_EQ(seen.quotes.size(), 1u);
}

TEST_F(OandaStream, AStreamOfNothingIsNotAskedFor) {
    open({wanted(1, "EUR_USD")});
    want({}, {wanted(1, "EUR_USD").what});
    for (int i = 0; i < 10; ++i) {
        advance(5s);
        heartbeat();
    }
    EXPECT_FALSE(session.ended().has_value());
}

TEST_F(OandaStream, WhatCameWhileItConnectedNeedsAnotherStream) {
    want({wanted(1, "EUR_USD")});
    const auto address = session.plan().url;
    want({wanted(2, "USD_JPY")});
    EXPECT_EQ(session.plan().url, address) << "already asked for";
    session.opened(now, seen);
    session.tick(now, seen, seen);
    EXPECT_EQ(seen.acked.size(), 1u);
    advance(300ms);
    ASSERT_TRUE(session.ended().has_value());
    EXPECT_TRUE(session.ended()->make_before_break);
}

TEST_F(OandaStream, GarbageIsCountedAndTheSessionLives) {
    open({wanted(1, "EUR_USD")});
    line("nonsense"), line("{"), line("[]"), line(R"({"type":"PRICE"})");
    EXPECT_EQ(seen.skips(Skip::malformed), 4u);
    line(R"({"type":"NEWS"})");
    EXPECT_EQ(seen.skips(Skip::unknown_type), 1u);
    price("XAU_USD", 1);
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 1u);
    price("EUR_USD", 2, true, "1.234567890123456789");
    EXPECT_EQ(seen.skips(Skip::overflow), 1u);
    receive(std::string(300000, 'x'));
    receive(std::string(300000, 'x') + "\n");
    EXPECT_EQ(seen.skips(Skip::malformed), 5u) << "a line without end counts once";
    price("EUR_USD", 3);
    EXPECT_EQ(seen.quotes.size(), 1u);
    EXPECT_FALSE(session.ended().has_value());
    EXPECT_EQ(session.closed(1006, "").reason, errc::closed_by_venue);
}

} // namespace
} // namespace tickgate::oanda
