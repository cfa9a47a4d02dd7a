#include "massive/session.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickgate::massive {
namespace {

using namespace std::chrono_literals;
using test::Padded;

Wanted wanted(std::uint32_t i, std::string native, Kind kind = Kind::quote, Timeframe tf = Timeframe::m1) {
    Subscription s;
    s.instrument = static_cast<InstrumentId>(i);
    s.kind = kind;
    s.timeframe = tf;
    return {s, std::move(native)};
}

class Session : public ::testing::Test {
protected:
    void make(Cluster cluster, std::function<void(SessionOptions&)> change = {}) {
        SessionOptions options;
        options.cluster = cluster;
        options.url = "wss://socket.example/" + std::string(part_of(cluster));
        options.key = Secret("massive-test-key-1");
        if (change)
            change(options);
        session = std::make_unique<MassiveSession>(options);
    }
    void want(std::vector<Wanted> add, std::vector<Subscription> remove = {}) {
        SubscriptionDelta delta;
        delta.add = std::move(add);
        delta.remove = std::move(remove);
        session->want(delta, now, seen, seen);
    }
    void receive(std::string_view text) {
        const Padded bytes(text);
        session->received(bytes.view(), now, seen, seen);
    }
    void status(std::string_view status, std::string_view message) {
        receive(
            R"([{"ev":"status","status":")" + std::string(status) + R"(","message":")" + std::string(message) + "\"}]");
    }
    void ack(std::string_view pair) { status("success", "subscribed to: " + std::string(pair)); }
    void log_in() {
        session->opened(now, seen);
        status("connected", "Connected Successfully");
        status("auth_success", "authenticated");
    }
    void advance(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 100ms) {
            now.mono += 100ms;
            now.wall += 100ms;
            session->tick(now, seen, seen);
        }
    }
    std::string last_sent() const { return seen.sent.empty() ? "" : seen.sent.back(); }

    std::unique_ptr<MassiveSession> session;
    test::Recorder seen;
    Moment now{MonoTime(1h), from_micros(1763682000000000)};
};

TEST_F(Session, AuthComesFirstAndSubscribesOnlyAfterSuccess) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade), wanted(1, "AAPL", Kind::bar), wanted(2, "BRK.B", Kind::bar, Timeframe::s1)});
    EXPECT_EQ(session->plan().url, "wss://socket.example/stocks");
    EXPECT_EQ(session->plan().max_message, 4u << 20);
    EXPECT_EQ(session->plan().ping_interval, 20s);
    EXPECT_EQ(session->plan().silence_limit, 30s);
    session->opened(now, seen);
    EXPECT_TRUE(seen.sent.empty());
    status("connected", "Connected Successfully");
    ASSERT_EQ(seen.sent.size(), 1u);
    EXPECT_EQ(last_sent(), R"({"action":"auth","params":"massive-test-key-1"})");
    status("auth_success", "authenticated");
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"T.AAPL,AM.AAPL,A.BRK.B"})");
    receive(
        R"([{"ev":"status","status":"success","message":"subscribed to: T.AAPL"},{"ev":"status","status":"success","message":"subscribed to: AM.AAPL"}])");
    ack("A.BRK.B");
    ASSERT_EQ(seen.acked.size(), 3u);
    EXPECT_EQ(seen.acked[2].timeframe, Timeframe::s1);
    EXPECT_FALSE(session->ended());
}

TEST_F(Session, RequestsHoldTwoHundredPairsAtMost) {
    make(Cluster::stocks);
    std::vector<Wanted> many;
    for (std::uint32_t i = 0; i < 450; ++i)
        many.push_back(wanted(i, "S" + std::to_string(i), Kind::trade));
    want(std::move(many));
    log_in();
    ASSERT_EQ(seen.sent.size(), 4u);
    EXPECT_EQ(std::count(seen.sent[1].begin(), seen.sent[1].end(), '.'), 200);
    EXPECT_EQ(std::count(seen.sent[3].begin(), seen.sent[3].end(), '.'), 50);
}

TEST_F(Session, MoreRequestsWaitForAnswers) {
    make(Cluster::stocks);
    std::vector<Wanted> many;
    for (std::uint32_t i = 0; i < 2000; ++i)
        many.push_back(wanted(i, "S" + std::to_string(i), Kind::trade));
    want(std::move(many));
    log_in();
    EXPECT_EQ(seen.sent.size(), 9u);
    for (std::uint32_t i = 0; i < 200; ++i)
        ack("T.S" + std::to_string(i));
    EXPECT_EQ(seen.sent.size(), 10u);
}

TEST_F(Session, DataMixedWithStatusObjectsAreDelivered) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    receive(
        R"([{"ev":"status","status":"success","message":"subscribed to: T.AAPL"},{"ev":"T","sym":"AAPL","i":"5096","x":10,"p":161.87,"s":300,"c":[14,41],"t":1651684192462,"q":4009402,"z":3},{"ev":"new","z":1}])");
    ASSERT_EQ(seen.trades.size(), 1u);
    EXPECT_EQ(seen.trades[0].instrument, InstrumentId{1});
    EXPECT_EQ(seen.conditions[0], (std::vector<std::string>{"14", "41"}));
    EXPECT_EQ(seen.skips(Skip::unknown_type), 1u);
    EXPECT_TRUE(seen.trades[0].flags.empty());
}

TEST_F(Session, DataAreAsGoodAsAnAcknowledgement) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    receive(R"([{"ev":"T","sym":"AAPL","p":161.87,"s":300,"t":1651684192462,"q":4009402}])");
    EXPECT_EQ(seen.trades.size(), 1u);
    ASSERT_EQ(seen.acked.size(), 1u);
    ack("T.AAPL");
    EXPECT_EQ(seen.acked.size(), 1u);
    advance(6s);
    EXPECT_TRUE(seen.rejected.empty());
}

TEST_F(Session, APairWithoutAnswerIsRefusedAfterFiveSeconds) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade), wanted(1, "AAPL", Kind::bar), wanted(2, "X", Kind::bar)});
    log_in();
    status("error", "not authorized"); // may come before the acks of the accepted pairs, and names none
    ack("AM.AAPL");
    advance(4800ms);
    EXPECT_TRUE(seen.rejected.empty());
    advance(300ms);
    ASSERT_EQ(seen.rejected.size(), 2u);
    EXPECT_EQ(seen.reject_reason, errc::not_entitled);
    EXPECT_EQ(seen.reject_text, "not authorized");
    EXPECT_FALSE(session->ended());
}

TEST_F(Session, OneOpenPairIsRefusedAtOnce) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    status("error", "not authorized");
    ASSERT_EQ(seen.rejected.size(), 1u);
    EXPECT_EQ(seen.reject_reason, errc::not_entitled);
    ack("T.AAPL"); // another pair was meant
    EXPECT_EQ(seen.acked.size(), 1u);
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"T.AAPL"})");
}

TEST_F(Session, AnOldRefusalIsNotGivenAsTheReasonOfALaterOne) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    status("error", "not authorized");
    EXPECT_EQ(seen.reject_text, "not authorized");
    status("error", "not authorized"); // once more, when nothing is open
    want({wanted(2, "SPY", Kind::trade)});
    advance(5100ms);
    ASSERT_EQ(seen.rejected.size(), 2u);
    EXPECT_EQ(seen.reject_text, "not confirmed within 5 s");
    EXPECT_FALSE(session->ended()) << "it has answered before";
}

TEST_F(Session, AConfirmationThatNobodyWaitsForIsTakenBack) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    status("error", "not authorized");
    want({}, {wanted(1, "AAPL", Kind::trade).what});
    ack("T.AAPL");
    advance(100ms);
    EXPECT_TRUE(seen.acked.empty());
    EXPECT_EQ(last_sent(), R"({"action":"unsubscribe","params":"T.AAPL"})");
}

TEST_F(Session, AServerThatAnswersNothingIsLeft) {
    make(Cluster::stocks);
    want({wanted(1, "AAPL", Kind::trade)});
    log_in();
    advance(5100ms);
    ASSERT_TRUE(session->ended());
    EXPECT_EQ(session->ended()->reason, errc::timed_out);
    EXPECT_TRUE(seen.rejected.empty());
}

TEST_F(Session, NoGreetingAndNoAuthAnswerTimeOut) {
    make(Cluster::stocks);
    session->opened(now, seen);
    advance(10100ms);
    ASSERT_TRUE(session->ended());
    EXPECT_EQ(session->ended()->reason, errc::timed_out);
    make(Cluster::stocks);
    session->opened(now, seen);
    status("connected", "Connected Successfully");
    advance(10100ms);
    ASSERT_TRUE(session->ended());
    EXPECT_EQ(session->ended()->reason, errc::timed_out);
}

TEST_F(Session, RefusalsOfTheConnectionEndItEachInItsWay) {
    const auto end = [&](std::string_view state, std::string_view message) {
        make(Cluster::stocks);
        session->opened(now, seen);
        status(state, message);
        EXPECT_TRUE(session->ended().has_value()) << state;
        return session->closed(1006, "");
    };
    auto e = end("auth_failed", "authentication failed");
    EXPECT_EQ(e.reason, errc::unauthorized);
    EXPECT_EQ(recovery_of(e.reason), Recovery::give_up);
    e = end("auth_failed", "Your plan doesn't include websocket access.");
    EXPECT_EQ(e.reason, errc::not_entitled);
    EXPECT_GE(e.pause, 1h);
    e = end("auth_timeout", "No authentication request received.");
    EXPECT_EQ(recovery_of(e.reason), Recovery::retry);
    e = end("max_connections", "Maximum number of websocket connections exceeded.");
    EXPECT_EQ(e.reason, errc::too_many_connections);
    EXPECT_GE(e.pause, 60s);
    make(Cluster::stocks);
    EXPECT_EQ(session->closed(1008, "").reason, errc::too_many_connections);
    EXPECT_GE(session->closed(1008, "").pause, 60s);
    EXPECT_EQ(session->closed(1006, "").reason, errc::closed_by_venue);
    EXPECT_EQ(session->closed(1009, "").reason, errc::message_too_large);
}

TEST_F(Session, UnsubscribesAndTellsWhenConfirmed) {
    make(Cluster::stocks);
    const auto aapl = wanted(1, "AAPL", Kind::trade);
    want({aapl, wanted(2, "MSFT", Kind::trade)});
    log_in();
    ack("T.AAPL");
    ack("T.MSFT");
    want({}, {aapl.what});
    EXPECT_EQ(last_sent(), R"({"action":"unsubscribe","params":"T.AAPL"})");
    receive(R"([{"ev":"T","sym":"AAPL","p":1,"s":1,"q":1}])");
    EXPECT_TRUE(seen.trades.empty()) << "not wanted any more";
    EXPECT_TRUE(seen.gone.empty());
    status("success", "unsubscribed to: T.AAPL");
    ASSERT_EQ(seen.gone.size(), 1u);
    EXPECT_EQ(seen.gone[0], aapl.what);
    want({aapl});
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"T.AAPL"})");
    const auto msft = wanted(2, "MSFT", Kind::trade);
    want({}, {msft.what});
    advance(5100ms);
    EXPECT_EQ(seen.gone.size(), 2u) << "an unsubscription without answer is done";
}

TEST_F(Session, APairStillHeldIsNotAskedTwice) {
    make(Cluster::stocks);
    const auto aapl = wanted(1, "AAPL", Kind::trade);
    want({aapl});
    want({}, {aapl.what}); // before it was sent
    EXPECT_EQ(seen.gone.size(), 1u);
    want({aapl});
    log_in();
    EXPECT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"T.AAPL"})");
    ack("T.AAPL");
    want({aapl});
    EXPECT_EQ(seen.sent.size(), 2u);
    EXPECT_EQ(seen.acked.size(), 2u);
    // Eight requests under way: the ninth waits, and is taken back before it is sent.
    for (std::uint32_t i = 10; i < 18; ++i)
        want({wanted(i, "S" + std::to_string(i), Kind::trade)});
    const auto sent = seen.sent.size();
    want({}, {aapl.what});
    want({aapl});
    EXPECT_EQ(seen.acked.size(), 3u);
    for (std::uint32_t i = 10; i < 18; ++i)
        ack("T.S" + std::to_string(i));
    EXPECT_EQ(seen.sent.size(), sent);
}

TEST_F(Session, ContractsOverTheLimitAreRefusedWhole) {
    make(Cluster::options);
    std::vector<Wanted> many;
    for (std::uint32_t i = 0; i < 3; ++i)
        many.push_back(wanted(i, "O:A" + std::to_string(i)));
    many.push_back(wanted(7, "O:T", Kind::trade));
    want(std::move(many));
    log_in();
    ASSERT_EQ(seen.sent.size(), 3u);
    EXPECT_EQ(seen.sent[1], R"({"action":"subscribe","params":"Q.O:A0,Q.O:A1,Q.O:A2"})");
    EXPECT_EQ(seen.sent[2], R"({"action":"subscribe","params":"T.O:T"})") << "others are not refused along with them";
    for (int i = 0; i < 3; ++i)
        status("error", "Subscription limit reached for feed. Please remove some subscriptions and try again.");
    ack("T.O:T");
    EXPECT_EQ(seen.rejected.size(), 3u);
    EXPECT_EQ(seen.reject_reason, errc::too_many_subscriptions);
    EXPECT_EQ(seen.acked.size(), 1u);
    EXPECT_EQ(seen.all_skips(), 0u);
    advance(6s);
    EXPECT_EQ(seen.rejected.size(), 3u);
    EXPECT_FALSE(session->ended());
}

TEST_F(Session, BandsAndFairValuesGoAlongWithQuotes) {
    make(Cluster::stocks, [](SessionOptions& o) { o.luld = o.fmv = true; });
    const auto aapl = wanted(1, "AAPL");
    want({aapl});
    log_in();
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"Q.AAPL,LULD.AAPL,FMV.AAPL"})");
    ack("Q.AAPL");
    ack("LULD.AAPL");
    ack("FMV.AAPL");
    EXPECT_EQ(seen.acked.size(), 1u);
    receive(
        R"([{"ev":"LULD","T":"AAPL","h":218.11,"l":197.35,"i":[3],"z":3,"t":1601318039223013600,"q":4},{"ev":"FMV","fmv":189.22,"sym":"AAPL","t":1678220098130}])");
    ASSERT_EQ(seen.notices.size(), 1u);
    EXPECT_EQ(seen.notices[0].what, MarketNotice::What::luld);
    EXPECT_EQ(seen.notices[0].upper->to_string(), "218.11");
    EXPECT_EQ(seen.notices[0].instrument, InstrumentId{1});
    ASSERT_EQ(seen.values.size(), 1u);
    EXPECT_EQ(seen.values[0].last->to_string(), "189.22");
    EXPECT_TRUE(seen.quotes.empty());
    want({}, {aapl.what});
    EXPECT_EQ(last_sent(), R"({"action":"unsubscribe","params":"Q.AAPL,LULD.AAPL,FMV.AAPL"})");
    status("success", "unsubscribed to: LULD.AAPL");
    status("success", "unsubscribed to: Q.AAPL");
    EXPECT_EQ(seen.gone.size(), 1u);
}

TEST_F(Session, WhatTheClusterDoesNotStreamIsRefused) {
    make(Cluster::forex);
    want({wanted(1, "EUR/USD", Kind::trade), wanted(1, "EUR/USD", Kind::bar, Timeframe::m5)});
    EXPECT_EQ(seen.rejected.size(), 2u);
    EXPECT_EQ(seen.reject_reason, errc::not_supported);
}

TEST_F(Session, ForexNamesComeBackInAnyForm) {
    make(Cluster::forex, [](SessionOptions& o) { o.fmv = true; });
    want({wanted(1, "EUR/USD"), wanted(1, "EUR/USD", Kind::bar, Timeframe::s1)});
    log_in();
    EXPECT_EQ(last_sent(), R"({"action":"subscribe","params":"C.EUR/USD,FMV.EUR/USD,CAS.EUR/USD"})");
    ack("C.EUR/USD");
    ack("FMV.EUR/USD");
    for (const char* name : {"EUR/USD", "EUR-USD", "C:EURUSD", "EURUSD", "C:EUR-USD"})
        receive(R"([{"ev":"C","p":")" + std::string(name) + R"(","x":48,"a":1.08561,"b":1.08550,"t":1763682000123}])");
    EXPECT_EQ(seen.quotes.size(), 5u);
    EXPECT_EQ(seen.quotes[0].bid->to_string(), "1.08550");
    EXPECT_FALSE(seen.quotes[0].bid_size.has_value());
    receive(R"([{"ev":"FMV","fmv":1.0631,"sym":"C:EURUSD","t":1678220098130}])");
    EXPECT_EQ(seen.values.size(), 1u);
    receive(R"([{"ev":"C","p":"XYZ","x":48,"a":1,"b":1,"t":1}])");
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 1u);
}

TEST_F(Session, OneExchangeStandsForACryptoPair) {
    make(Cluster::crypto, [](SessionOptions& o) { o.crypto_exchange = "2"; });
    want({wanted(1, "BTC-USD")});
    log_in();
    ack("XQ.BTC-USD");
    receive(R"([{"ev":"XQ","pair":"BTC-USD","bp":1,"bs":2,"ap":3,"as":4,"t":1610462411115,"x":1},)"
            R"({"ev":"XQ","pair":"BTC-USD","bp":1.5,"bs":2,"ap":3,"as":4,"t":1610462411115,"x":2}])");
    ASSERT_EQ(seen.quotes.size(), 1u);
    EXPECT_EQ(seen.quotes[0].exchange, "2");
    EXPECT_EQ(seen.quotes[0].bid->to_string(), "1.5");
}

TEST_F(Session, TheDelayedHostMarksEverything) {
    make(Cluster::stocks, [](SessionOptions& o) { o.delayed = o.fmv = true; });
    want({wanted(1, "A"), wanted(1, "A", Kind::trade), wanted(1, "A", Kind::bar)});
    log_in();
    receive(R"([{"ev":"Q","sym":"A","bp":1,"bs":1,"q":1},{"ev":"T","sym":"A","p":1,"s":1,"q":1},)"
            R"({"ev":"AM","sym":"A","o":1,"h":1,"l":1,"c":1,"v":1,"s":1610144640000},{"ev":"FMV","sym":"A","fmv":1}])");
    ASSERT_TRUE(seen.quotes.size() == 1 && seen.trades.size() == 1 && seen.bars.size() == 1 && seen.values.size() == 1);
    EXPECT_TRUE(seen.quotes[0].flags.has(Flag::delayed));
    EXPECT_TRUE(seen.trades[0].flags.has(Flag::delayed));
    EXPECT_TRUE(seen.bars[0].flags.has(Flag::delayed));
    EXPECT_TRUE(seen.values[0].flags.has(Flag::delayed));
}

TEST_F(Session, RoundLotsBecomeShares) {
    make(Cluster::stocks, [](SessionOptions& o) { o.lot_size = 100; });
    want({wanted(1, "A")});
    log_in();
    receive(R"([{"ev":"Q","sym":"A","bp":1,"bs":2,"ap":0,"as":0,"q":1}])");
    ASSERT_EQ(seen.quotes.size(), 1u);
    EXPECT_EQ(seen.quotes[0].bid_size->to_string(), "200");
    EXPECT_FALSE(seen.quotes[0].ask_size.has_value());
}

TEST_F(Session, ASizeThatDoesNotFitAsSharesIsAbsent) {
    make(Cluster::stocks, [](SessionOptions& o) { o.lot_size = 7; });
    want({wanted(1, "A")});
    log_in();
    receive(R"([{"ev":"Q","sym":"A","bp":1,"bs":999999999999999999,"ap":2,"as":3,"q":1}])");
    ASSERT_EQ(seen.quotes.size(), 1u);
    EXPECT_EQ(seen.quotes[0].bid->to_string(), "1");
    EXPECT_FALSE(seen.quotes[0].bid_size.has_value());
    EXPECT_EQ(seen.quotes[0].ask_size->to_string(), "21");
    EXPECT_EQ(seen.skips(Skip::field_overflow), 1u);
}

TEST_F(Session, AQuoteThatIsConfirmedAndNeverComesIsTold) {
    make(Cluster::stocks);
    want({wanted(1, "A"), wanted(2, "B")});
    log_in();
    ack("Q.A");
    ack("Q.B");
    receive(R"([{"ev":"Q","sym":"A","bp":1,"bs":1,"q":1}])");
    advance(61s);
    ASSERT_EQ(seen.silent.size(), 1u);
    EXPECT_EQ(seen.silent[0].instrument, InstrumentId{2});
}

TEST_F(Session, GarbageIsCountedAndNeverMore) {
    make(Cluster::stocks);
    want({wanted(1, "A")});
    log_in();
    for (const char* text : {"", "x", "{}", "[[]]", "[{\"ev\":\"status\"}]",
             "[{\"ev\":\"status\",\"status\":\"success\",\"message\":\"subscribed to: \"}]",
             "[{\"ev\":\"status\",\"status\":\"success\",\"message\":\"subscribed to: .\"}]",
             "[{\"ev\":\"status\",\"status\":\"success\",\"message\":\"unsubscribed to: Q.A\"}]",
             "[{\"ev\":\"status\",\"status\":\"error\",\"message\":\"something new\"}]"})
        receive(text);
    EXPECT_EQ(seen.skips(Skip::malformed), 4u);
    EXPECT_FALSE(session->ended());
    EXPECT_TRUE(seen.rejected.empty());
}

} // namespace
} // namespace tickgate::massive
