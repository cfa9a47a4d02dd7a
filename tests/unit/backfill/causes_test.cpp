// One example of each cause, as docs/quality.md tells them.
#include "backfill/reconcile_recorder.hpp"
#include "fake_provider.hpp"

namespace tickgate::backfill {
namespace {

using store::Cause;

class CausesTest : public HistoryTest {
protected:
    Ensured ensure_hours(const InstrumentName& name, int from, int to) {
        return ensure(request({at(std::chrono::hours(from)), at(std::chrono::hours(to))}, name, Timeframe::h1));
    }
};

TEST_F(CausesTest, SessionClosedIsTheWeekendOfFx) {
    first.can.timeframes = {Timeframe::h1};
    // The fake's monday is 2025-11-17: closed from Friday 22:00 to Sunday 22:00 UTC.
    first.has = [](UnixNanos open) { return open < at(-50h) || open >= at(-2h); };
    const auto answer = ensure_hours({AssetClass::fx, "EUR-USD"}, -52, 0);
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(causes(answer), "-3120--3000 none; -3000--120 session_closed; -120-0 none; ");
    EXPECT_EQ(bars_of(answer).size(), 4u);
}

// The clocks of New York went back on 2025-11-02: FX closed at 21:00 UTC on Friday and opened at 22:00 on Sunday.
TEST_F(CausesTest, SessionClosedFollowsTheClockOfNewYork) {
    first.can.timeframes = {Timeframe::h1};
    const int monday_after = -14 * 24; // hours
    first.has = [](UnixNanos open) { return open < at(-14 * 24h - 51h) || open >= at(-14 * 24h - 2h); };
    const auto answer = ensure_hours({AssetClass::fx, "EUR-USD"}, monday_after - 52, monday_after);
    ASSERT_EQ(answer.coverage.size(), 3u) << causes(answer);
    EXPECT_EQ(answer.coverage[1].cause, Cause::session_closed);
    EXPECT_EQ(answer.coverage[1].span.from, at(-14 * 24h - 51h));
    EXPECT_EQ(answer.coverage[1].span.to, at(-14 * 24h - 2h));
}

TEST_F(CausesTest, NoTradesIsAThinStock) {
    first.has = [](UnixNanos open) { return open == at(15h) || open == at(15h + 4min); };
    const auto answer = ensure(request(minutes(900, 905), spy));
    EXPECT_EQ(causes(answer), "900-901 none; 901-904 no_trades; 904-905 none; ");
}

TEST_F(CausesTest, ProviderHoleIsAVenueThatWasDown) {
    first.history.continuous = true;
    first.has = [](UnixNanos open) { return open < at(150min) || open >= at(162min); };
    const auto answer = ensure(minutes(120, 180));
    EXPECT_EQ(causes(answer), "120-150 none; 150-162 provider_hole; 162-180 none; ");
    EXPECT_EQ(bars_of(answer).size(), 48u);
}

TEST_F(CausesTest, ProviderHoleIsHistoryThatEnds) {
    first.history.depth = 24h * 30;
    now = at(24h * 30 + 60min);
    const auto answer = ensure(minutes(0, 120));
    EXPECT_EQ(causes(answer), "0-60 provider_hole; 60-120 none; ");
    EXPECT_NE(answer.detail.find("30 days"), std::string::npos) << answer.detail;
}

TEST_F(CausesTest, NotEntitledIsAPlanThatDoesNotReachSoFar) {
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::not_entitled); };
    const auto answer = ensure(minutes(0, 50));
    EXPECT_EQ(answer.error, errc::not_entitled);
    EXPECT_EQ(causes(answer), "0-50 not_entitled; ");
    now += 61min; // the plan was changed
    first.fault_of = nullptr;
    EXPECT_EQ(causes(ensure(minutes(0, 50))), "0-50 none; ");
}

TEST_F(CausesTest, NotFetchedIsAFailureAndWhatCameIsKept) {
    first.fault_of = [](const BarRequest& r) {
        return r.from < at(100min) ? make_error_code(errc::timed_out) : error_code();
    };
    const auto answer = ensure(minutes(0, 200));
    EXPECT_EQ(answer.error, errc::timed_out);
    EXPECT_EQ(causes(answer), "0-100 not_fetched; 100-200 none; ");
    const auto known = run(history->coverage(spy, Timeframe::m1, minutes(0, 10)));
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->empty()); // nobody ever asked
}

TEST_F(CausesTest, GatewayOutageIsOurOwnBarsWhenWeWereAway) {
    auto write = [this](store::Batch batch) { return db->write(std::move(batch)); };
    LiveRecorderOptions how;
    how.clock = [this] { return now; };
    LiveRecorder recorder(io->get_executor(), std::move(write), hours, std::move(how));
    bool ended = false;
    asio::co_spawn(*io, recorder.run(), [&](const std::exception_ptr&) { ended = true; });
    const InstrumentName name{AssetClass::fx, "EUR-USD"};
    for (int m = 540; m < 600; m += 3) {
        if (m == 561)
            recorder.outage("oanda", name, Timeframe::m3, minutes(561, 573));
        if (m < 561 || m >= 573)
            recorder.bar("oanda", name, bar_at_open(at(std::chrono::minutes(m)), Timeframe::m3, BarVariant()));
    }
    recorder.stop();
    run_until([&] { return ended; });
    const auto known = run(history->coverage(name, Timeframe::m3, minutes(540, 600)));
    ASSERT_TRUE(known);
    ASSERT_EQ(known->size(), 1u);
    EXPECT_EQ(known->front().bars, 16u);
    Ensured told;
    told.coverage = known->front().spans;
    EXPECT_EQ(causes(told), "540-561 none; 561-573 gateway_outage; 573-600 none; ");
}

TEST_F(CausesTest, RejectedIsABarThatCannotBeTrue) {
    first.answer = [&](const BarRequest& r) {
        auto page = first.truth(r);
        for (auto& bar : page.bars)
            if (bar.open_time == at(15h + 1min))
                std::swap(bar.high, bar.low);
        return page;
    };
    const auto answer = ensure(request(minutes(900, 903), spy));
    EXPECT_EQ(causes(answer), "900-901 none; 901-902 rejected; 902-903 none; ");
    EXPECT_EQ(bars_of(answer).size(), 2u);
}

// A plan that delivers a quarter of an hour late says nothing about that time: no bar there is not `no_trades`.
TEST_F(CausesTest, WhatADelayedPlanCannotTellYetHasNoCause) {
    FeedSpec late;
    late.classes = {AssetClass::crypto};
    late.delay = 15min;
    first.can.feeds.push_back(late);
    now = at(60min + 5s);
    first.has = [](UnixNanos open) { return open < at(45min); };
    EXPECT_EQ(causes(ensure(minutes(0, 60))), "0-45 none; ");
    for (const auto& asked : first.asked)
        EXPECT_LE(asked.to, at(45min));
    EXPECT_EQ(causes(ensure(minutes(50, 60))), "");
    route = {&first, &second};
    const auto both = ensure(minutes(0, 60));
    EXPECT_EQ(causes(both), "0-60 none; ");
    ASSERT_EQ(both.parts.size(), 2u);
    EXPECT_EQ(both.parts[1].series.provider, "second");
}

} // namespace
} // namespace tickgate::backfill
