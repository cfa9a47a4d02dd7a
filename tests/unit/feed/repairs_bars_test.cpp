#include "repairs_test_support.hpp"

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using namespace test;
using enum InstrumentState;

class BarRepairs : public RepairsTest {
protected:
    // A provider that streams one-minute bars.
    void streamed(std::string_view name = "crypto:BTC-USDT") {
        repairing();
        id = instrument(name);
        router->set_route(id, {"binance"}, {sub(id, Kind::bar)});
        a = router->open_channel(sub(id, Kind::bar), "binance", "BTCUSDT");
    }
    // One that streams quotes, of which bars are made.
    void made() {
        repairing();
        id = instrument("fx:EUR-USD");
        router->set_route(id, {"oanda"}, {sub(id, Kind::quote), sub(id, Kind::bar)});
        a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
        state(id, "oanda", live);
        out.take();
    }
    // A quote at each of these seconds from now on.
    void quotes(int count, std::string_view bid = "1.1000", std::string_view ask = "1.1002") {
        for (int i = 0; i < count; ++i) {
            router->publish(a, quote(bid, ask));
            pass(1s);
        }
    }
    RepairOrder next_order() {
        const auto had = repairer.orders.size();
        for (int i = 0; i < 240 && repairer.orders.size() == had; ++i)
            quotes(1);
        EXPECT_GT(repairer.orders.size(), had);
        return repairer.orders.empty() ? RepairOrder() : repairer.orders.back();
    }
    Lines bars() {
        Lines found;
        for (auto& line : out.take())
            if (line.starts_with("bar:1m ") && line.find("forming") == std::string::npos)
                found.push_back(line);
        return found;
    }
    Bar rest(int minute, std::string_view close) const {
        Bar b = bar_at(minute, close);
        b.source = BarSource::provider;
        b.volume.reset();
        b.price_type = PriceType::mid;
        b.volume_unit = VolumeUnit::ticks;
        b.received_time = {};
        return b;
    }
    InstrumentId id{};
    Channel a{};
    std::size_t answered = 0; // orders
};

TEST_F(BarRepairs, FinalBarsThatWereMissedArePublishedInOrder) {
    streamed();
    router->publish(a, bar_at(0, "1", false));
    router->publish(a, bar_at(0, "2"));
    router->publish(a, bar_at(1, "3", false));
    link_lost(id, "binance", Kind::bar);
    link_back(id, "binance", Kind::bar);
    router->publish(a, bar_at(4, "9", false));
    ASSERT_EQ(repairer.orders.size(), 1u);
    const auto order = repairer.orders[0];
    EXPECT_EQ(order.from, day + 1min) << "the bar that was forming";
    EXPECT_EQ(order.to, day + 4min) << "the one that forms now comes by itself";
    EXPECT_TRUE(order.variant.has_value());
    out.take();
    answer(order, {bar_at(1, "4"), bar_at(2, "5"), bar_at(3, "6")});
    complete(order);
    EXPECT_EQ(out.take(),
        (Lines{"bar:1m binance/BTCUSDT 4 4 4 4 final backfill", "bar:1m binance/BTCUSDT 5 5 5 5 final backfill",
            "bar:1m binance/BTCUSDT 6 6 6 6 final backfill", "event gap_closed binance link_down"}));
    EXPECT_EQ(closed(), "link_down null 3");
    EXPECT_TRUE(events("bar_revised").empty());
}

TEST_F(BarRepairs, AHoleWithinOneBarIsClosedAtOnce) {
    streamed();
    router->publish(a, bar_at(1, "3", false));
    link_lost(id, "binance", Kind::bar);
    link_back(id, "binance", Kind::bar);
    router->publish(a, bar_at(1, "3", false));
    EXPECT_TRUE(repairer.orders.empty());
    EXPECT_EQ(closed(), "link_down null 0");
}

TEST_F(BarRepairs, AFinalBarThatWasPublishedIsOnlyRevised) {
    streamed();
    router->publish(a, bar_at(0, "1", false));
    router->publish(a, bar_at(1, "3"));
    link_lost(id, "binance", Kind::bar);
    link_back(id, "binance", Kind::bar);
    router->publish(a, bar_at(3, "9", false));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].from, day + 2min);
    out.take();
    answer(repairer.orders[0], {bar_at(1, "3"), bar_at(2, "5")});
    EXPECT_EQ(out.take(), Lines{"bar:1m binance/BTCUSDT 5 5 5 5 final backfill"});
    answer(repairer.orders[0], {bar_at(1, "4")});
    EXPECT_EQ(out.take(),
        (Lines{"bar:1m binance/BTCUSDT 4 4 4 4 final backfill", "event bar_revised binance reconciliation"}));
    EXPECT_EQ(events("bar_revised").at(0).text, "open 3 became 4, high 3 became 4, low 3 became 4, close 3 became 4");
    EXPECT_EQ(router->repair_stats().revised, 1u);
}

TEST_F(BarRepairs, AStreamThatTellsFormingBarsIsNotQuestioned) {
    streamed();
    for (int minute = 0; minute < 10; ++minute) {
        router->publish(a, bar_at(minute, "1", false));
        router->publish(a, bar_at(minute, "2"));
        pass(60s);
    }
    pass(200s);
    EXPECT_TRUE(repairer.orders.empty());
    Bar mixed = bar_at(10, "3");
    mixed.flags.set(Flag::mixed);
    router->publish(a, mixed);
    now.wall = day + 11min;
    pass(120s);
    ASSERT_EQ(repairer.orders.size(), 1u) << "a minute in which the route switched is";
    EXPECT_EQ(repairer.orders[0].from, day + 10min);
    EXPECT_EQ(repairer.orders[0].why, RepairOrder::Why::reconcile);
}

TEST_F(BarRepairs, ABarWhoseEndNeverCameIsAskedFor) {
    streamed();
    router->publish(a, bar_at(0, "1", false));
    router->publish(a, bar_at(0, "2"));
    router->publish(a, bar_at(1, "3", false));
    router->publish(a, bar_at(2, "5", false)); // the final one of minute 1 was lost, and nothing told it
    router->publish(a, bar_at(2, "5"));
    now.wall = day + 6min;
    pass(120s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    const auto order = repairer.orders[0];
    EXPECT_EQ(order.why, RepairOrder::Why::reconcile);
    EXPECT_EQ(order.from, day + 1min);
    EXPECT_EQ(order.to, day + 2min);
    out.take();
    answer(order, {bar_at(1, "4")});
    complete(order);
    EXPECT_EQ(out.take(), Lines{"bar:1m binance/BTCUSDT 4 4 4 4 final backfill"});
}

TEST_F(BarRepairs, BarsThatNeverCameAreAskedFor) {
    streamed("equity:AAPL");
    router->publish(a, bar_at(0, "1"));
    router->publish(a, bar_at(3, "4"));
    now.wall = day + 6min;
    pass(120s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    const auto order = repairer.orders[0];
    EXPECT_LE(order.from, day + 1min);
    EXPECT_GE(order.to, day + 3min);
    out.take();
    answer(order, {bar_at(2, "3"), bar_at(3, "4")});
    complete(order);
    EXPECT_EQ(out.take(), Lines{"bar:1m binance/BTCUSDT 3 3 3 3 final backfill"}) << "minute 1 had no trades";
}

TEST_F(BarRepairs, AStreamThatTellsABarOnceIsQuestionedWhenItHasSettled) {
    streamed();
    pass(60s);
    router->publish(a, bar_at(0, "1")); // at its end
    pass(60s);
    router->publish(a, bar_at(1, "2"));
    for (int i = 0; i < 12 && repairer.orders.empty(); ++i)
        pass(10s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].from, day);
    EXPECT_LE(now.wall - (day + 1min), 5min);
    out.take();
    auto told = bar_at(0, "1");
    told.volume = dec("2");
    answer(repairer.orders[0], {told});
    complete(repairer.orders[0]);
    EXPECT_EQ(out.take(),
        (Lines{"bar:1m binance/BTCUSDT 1 1 1 1 final backfill", "event bar_revised binance reconciliation"}));
    EXPECT_EQ(events("bar_revised").at(0).text, "volume 1 became 2");
}

// The connection stays up, and no later bar shows that one is absent.
TEST_F(BarRepairs, ABarThatIsLostIsAskedForWhenItIsOverdue) {
    streamed("equity:AAPL");
    for (int minute = 0; minute < 4; ++minute) {
        pass(60s);
        router->publish(a, bar_at(minute, std::to_string(minute + 1)));
    }
    const auto asks_for = [](const RepairOrder& order, UnixNanos open) {
        return order.from <= open && open < order.to;
    };
    for (int i = 0; i < 210; ++i) { // minute 4 is never told
        pass(1s);
        for (; answered < repairer.orders.size(); ++answered) {
            const auto order = repairer.orders[answered];
            EXPECT_LE(order.to, now.wall - 1min) << "nothing that is not over";
            std::vector<Bar> known;
            for (int minute = 0; minute < 5; ++minute)
                if (asks_for(order, day + minute * 1min))
                    known.push_back(bar_at(minute, std::to_string(minute + 1)));
            answer(order, known);
            complete(order);
        }
    }
    const auto told = bars();
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back(), "bar:1m binance/BTCUSDT 5 5 5 5 final");
    EXPECT_EQ(router->repair_stats().ours_missing, 1u);
    const auto asked = repairer.orders.size();
    EXPECT_LE(asked, 4u);
    pass(1200s);
    EXPECT_EQ(repairer.orders.size(), asked) << "a quiet instrument is not asked for again";
}

TEST_F(BarRepairs, ABarAloneIsOneQuestionWithTheNextOne) {
    streamed("equity:AAPL");
    pass(60s);
    router->publish(a, bar_at(0, "1"));
    pass(600s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].from, day);
    EXPECT_GT(repairer.orders[0].to, day + 1min);
    EXPECT_LT(repairer.orders[0].to, day + 2min);
}

// Who asks for history in that minute does not get the bar, and the stream was not heard from its beginning.
TEST_F(BarRepairs, TheBarInWhichAChannelWasOpenedIsAskedAgain) {
    at_open = true;
    streamed();
    router->publish(a, bar_at(0, "1", false));
    router->publish(a, bar_at(0, "2"));
    pass(200s);
    ASSERT_FALSE(repairer.orders.empty());
    const auto order = repairer.orders[0];
    EXPECT_LE(order.from, day - 1min);
    EXPECT_GT(order.to, day - 1min);
    out.take();
    answer(order, {bar_at(-1, "7")});
    complete(order);
    EXPECT_EQ(bars().size(), 1u) << "the one that nobody told";
    EXPECT_EQ(router->repair_stats().ours_missing, 1u);
}

TEST_F(BarRepairs, BarsFromTicksAreComparedWithTheProvidersOwn) {
    made();
    quotes(60);
    quotes(60, "1.2000", "1.2002");
    ASSERT_EQ(repairer.orders.size(), 1u);
    const auto first = repairer.orders[0];
    EXPECT_EQ(first.from, day);
    EXPECT_EQ(first.to, day + 1ns) << "the other one has not settled";
    EXPECT_EQ(first.variant->price_type, PriceType::mid);
    auto equal = rest(0, "1.1001");
    equal.volume = dec("60");
    out.take();
    answer(first, {equal});
    complete(first);
    EXPECT_TRUE(bars().empty());
    EXPECT_EQ(router->repair_stats().equal, 1u);
    const auto second = next_order();
    EXPECT_LE(second.from, day + 1min);
    EXPECT_LE(now.wall - (day + 2min), 4min);
    auto other = rest(1, "1.2001");
    other.volume = dec("60");
    other.high = dec("1.2009");
    out.take();
    answer(second, {other});
    complete(second);
    EXPECT_EQ(bars(), Lines{"bar:1m oanda/EUR_USD 1.2001 1.2009 1.2001 1.2001 final backfill"});
    ASSERT_EQ(events("bar_revised").size(), 1u);
    EXPECT_EQ(events("bar_revised").at(0).text, "high 1.2001 became 1.2009");
    EXPECT_EQ(router->repair_stats().revised, 1u);
    EXPECT_EQ(router->repair_stats().provider_missing, 0u);
}

TEST_F(BarRepairs, BarsThatOneSideLacksAreCounted) {
    made();
    quotes(60);
    pass(60s); // no quote in the second minute
    ASSERT_EQ(repairer.orders.size(), 1u);
    answer(repairer.orders[0], {rest(0, "1.1001")});
    complete(repairer.orders[0]);
    quotes(60);
    const auto second = next_order();
    EXPECT_LE(second.from, day + 1min);
    EXPECT_GT(second.to, day + 1min) << "a minute without a bar of ours is asked too";
    EXPECT_GT(second.to, day + 2min);
    out.take();
    answer(second, {rest(1, "1.3")});
    complete(second); // it tells nothing of the third
    EXPECT_EQ(bars(), Lines{"bar:1m oanda/EUR_USD 1.3 1.3 1.3 1.3 final backfill"});
    EXPECT_EQ(router->repair_stats().ours_missing, 1u);
    EXPECT_EQ(router->repair_stats().provider_missing, 1u);
    EXPECT_TRUE(events("bar_revised").empty());
}

TEST_F(BarRepairs, BarsMissedWhileTicksWereAwayComeByQuestion) {
    made();
    quotes(90);
    link_lost(id, "oanda", Kind::quote);
    pass(180s);
    link_back(id, "oanda", Kind::quote);
    EXPECT_EQ(closed(), "link_down null null") << "quotes are not repaired";
    quotes(90);
    UnixNanos from = UnixNanos::max(), to = UnixNanos::min();
    for (int i = 0; i < 300; ++i) {
        quotes(1);
        for (const auto& o : repairer.orders) {
            from = std::min(from, o.from);
            to = std::max(to, o.to);
            complete(o);
        }
        repairer.orders.clear();
    }
    EXPECT_LE(from, day);
    EXPECT_GT(to, day + 5min) << "and the first whole one after it";
}

TEST_F(BarRepairs, WhatNobodyElseKnowsIsRecorded) {
    repairer.silent = {"oanda"};
    made();
    quotes(61);
    link_lost(id, "oanda", Kind::quote);
    pass(100s);
    link_back(id, "oanda", Kind::quote);
    quotes(60);
    router->close_channel(a);
    router->remove_route(id);
    ASSERT_GE(repairer.recorded.size(), 4u);
    EXPECT_EQ(repairer.recorded.front(), "oanda 1.1001");
    EXPECT_NE(std::find(repairer.recorded.begin(), repairer.recorded.end(), "oanda outage of 100 s"),
        repairer.recorded.end());
    EXPECT_EQ(repairer.recorded.back(), "oanda end");
    EXPECT_TRUE(repairer.orders.empty());
}

TEST_F(BarRepairs, AQuestionThatFailedIsAskedAgain) {
    made();
    quotes(60);
    while (repairer.orders.empty())
        pass(1s);
    fail(repairer.orders[0], errc::rate_limited);
    const auto before = repairer.orders[0].from;
    for (int i = 0; i < 120 && repairer.orders.size() < 2; ++i)
        pass(1s);
    ASSERT_EQ(repairer.orders.size(), 2u);
    EXPECT_EQ(repairer.orders[1].from, before);
    fail(repairer.orders[1], errc::not_supported);
    quotes(300);
    EXPECT_EQ(repairer.orders.size(), 2u) << "this one never tells it";
}

TEST_F(BarRepairs, RefusedQuestionsAreCountedAndAskedLater) {
    made();
    repairer.accept = false;
    quotes(60);
    pass(150s);
    EXPECT_GE(router->repair_stats().skipped, 1u);
    repairer.accept = true;
    pass(120s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].from, day);
}

TEST_F(BarRepairs, AtASwitchEachSourceIsAskedForWhatItMade) {
    repairing();
    id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda", "massive"}, {sub(id, Kind::bar)});
    a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    const auto b = router->open_channel(sub(id, Kind::quote), "massive", "EUR/USD");
    state(id, "oanda", live);
    state(id, "massive", live);
    quotes(90);
    state(id, "oanda", down, "gone");
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].providers, Lines{"oanda"});
    EXPECT_EQ(repairer.orders[0].from, day);
    a = b;
    quotes(120);
    quotes(100);
    ASSERT_GE(repairer.orders.size(), 2u);
    EXPECT_EQ(repairer.orders[1].providers, Lines{"massive"});
    EXPECT_LE(repairer.orders[1].from, day + 1min) << "the minute of the switch";
    out.take();
    answer(repairer.orders[0], {rest(0, "1.5")}, "oanda");
    EXPECT_EQ(bars(), Lines{"bar:1m oanda/EUR_USD 1.5 1.5 1.5 1.5 final backfill"});
}

TEST_F(BarRepairs, TheNewestBarIsNoBackfill) {
    streamed();
    router->publish(a, bar_at(0, "1"));
    pass(200s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    out.take();
    answer(repairer.orders[0], {bar_at(0, "2")});
    EXPECT_EQ(out.take().at(0), "bar:1m binance/BTCUSDT 2 2 2 2 final") << "it is the last value";
}

TEST_F(BarRepairs, ARestartAsksForTheBarsSinceTheLastOne) {
    repairing();
    id = instrument("crypto:BTC-USDT");
    PreviousMark mark;
    mark.provider = "binance";
    mark.at = day - 10min;
    mark.until = day - 9min;
    router->remember(sub(id, Kind::bar), mark);
    router->set_route(id, {"binance"}, {sub(id, Kind::bar)});
    a = router->open_channel(sub(id, Kind::bar), "binance", "BTCUSDT");
    router->publish(a, bar_at(0, "1", false));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].from, day - 10min) << "that one was not final";
    EXPECT_EQ(repairer.orders[0].to, day);
    EXPECT_EQ(events("gap_opened").at(0).cause, "restart");
}

} // namespace
} // namespace tickgate::feed
