#include "repairs_test_support.hpp"

#include <random>
#include <set>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using namespace test;
using enum InstrumentState;

class TradeRepairs : public RepairsTest {
protected:
    void one() {
        repairing();
        id = instrument("crypto:BTC-USDT");
        subscribe();
    }
    void subscribe() {
        router->set_route(id, {"binance"}, {sub(id, Kind::trade)});
        a = router->open_channel(sub(id, Kind::trade), "binance", "BTCUSDT");
    }
    void two() {
        repairing();
        id = instrument("equity:AAPL");
        router->set_route(id, {"massive", "tradier"}, {sub(id, Kind::trade)});
        a = router->open_channel(sub(id, Kind::trade), "massive", "AAPL");
        b = router->open_channel(sub(id, Kind::trade), "tradier", "AAPL");
        state(id, "massive", live);
        state(id, "tradier", live);
        out.take();
    }
    // The link broke and came back.
    void cut() {
        link_lost(id, "binance", Kind::trade);
        link_back(id, "binance", Kind::trade);
    }
    InstrumentId id{};
    Channel a{}, b{};
};

TEST_F(TradeRepairs, AHoleIsClosedWhenItWasFilled) {
    one();
    router->publish(a, numbered(100));
    cut();
    EXPECT_EQ(closed(), "none");
    EXPECT_TRUE(repairer.orders.empty()) << "where it ends is not known so far";
    router->publish(a, numbered(105));
    ASSERT_EQ(repairer.orders.size(), 1u);
    const auto order = repairer.orders[0];
    EXPECT_EQ(order.first_id, 101u);
    EXPECT_EQ(order.last_id, 104u);
    EXPECT_EQ(order.providers, Lines{"binance"});
    EXPECT_EQ(order.why, RepairOrder::Why::gap);
    router->publish(a, numbered(106));
    out.take();
    EXPECT_TRUE(answer(order, {numbered(101), numbered(102)}));
    EXPECT_EQ(closed(), "none");
    EXPECT_TRUE(answer(order, {numbered(103), numbered(104)}));
    complete(order);
    EXPECT_EQ(out.take(), (Lines{"trade binance/BTCUSDT 101 backfill", "trade binance/BTCUSDT 102 backfill",
                              "trade binance/BTCUSDT 103 backfill", "trade binance/BTCUSDT 104 backfill",
                              "event gap_closed binance link_down"}));
    EXPECT_EQ(closed(), "link_down 0 4");
    EXPECT_EQ(router->repair_stats().repaired, 1u);
    EXPECT_EQ(router->repair_stats().gaps_open, 0u);
    EXPECT_FALSE(answer(order, {numbered(104)})) << "nobody waits any more";
}

TEST_F(TradeRepairs, WhatWasPublishedIsNotPublishedAgain) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(103));
    out.take();
    answer(repairer.orders.at(0),
        {numbered(99), numbered(100), numbered(101), numbered(102), numbered(103), numbered(104)});
    EXPECT_EQ(out.take(), (Lines{"trade binance/BTCUSDT 101 backfill", "trade binance/BTCUSDT 102 backfill"}));
    EXPECT_EQ(router->repair_stats().repeats, 4u);
}

TEST_F(TradeRepairs, NothingLostIsClosedAtOnce) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(101));
    EXPECT_TRUE(repairer.orders.empty());
    EXPECT_EQ(closed(), "link_down 0 0");
}

TEST_F(TradeRepairs, WhatTheProviderDoesNotTellIsLost) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    answer(repairer.orders.at(0), {numbered(101)});
    fail(repairer.orders.at(0), errc::rate_limited);
    EXPECT_EQ(closed(), make_error_code(errc::rate_limited).message() + " 3 1");
    EXPECT_EQ(events("gap_closed").back().text, "the venue's words");
    EXPECT_EQ(router->repair_stats().gave_up, 1u);
}

TEST_F(TradeRepairs, AProviderWithoutHistoryIsClosedAtOnceAsBefore) {
    repairer.silent = {"binance"};
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    EXPECT_EQ(closed(), "no_history 4 0");
    EXPECT_EQ(router->repair_stats().unrepairable, 1u);
}

TEST_F(TradeRepairs, ARefusedOrderClosesTheHole) {
    repairer.accept = false;
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    EXPECT_EQ(closed(), "too_many_repairs 4 0");
    EXPECT_EQ(router->repair_stats().dropped, 1u);
}

TEST_F(TradeRepairs, ASecondHoleWhileTheFirstIsRepaired) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    cut();
    router->publish(a, numbered(110));
    ASSERT_EQ(repairer.orders.size(), 2u);
    EXPECT_EQ(repairer.orders[1].first_id, 106u);
    EXPECT_EQ(repairer.orders[1].last_id, 109u);
    complete(repairer.orders[1]);
    EXPECT_EQ(closed(), "provider_hole 4 0");
    answer(repairer.orders[0], {numbered(101), numbered(102), numbered(103), numbered(104)});
    complete(repairer.orders[0]);
    EXPECT_EQ(closed(), "link_down 0 4");
    EXPECT_EQ(events("gap_opened").size(), 2u);
    EXPECT_EQ(events("gap_closed").size(), 2u);
}

TEST_F(TradeRepairs, ALinkThatBreaksBeforeAnythingCameIsRepairedOnce) {
    one();
    router->publish(a, numbered(100));
    cut();
    pass(5s);
    cut();
    EXPECT_EQ(closed(), "interrupted null 0");
    router->publish(a, numbered(104));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].first_id, 101u);
    complete(repairer.orders[0]);
    EXPECT_EQ(events("gap_opened").size(), 2u);
    EXPECT_EQ(events("gap_closed").size(), 2u);
}

TEST_F(TradeRepairs, AQuietChannelIsRepairedWithoutAnEnd) {
    one();
    router->publish(a, numbered(100));
    link_lost(id, "binance", Kind::trade);
    pass(20s);
    link_back(id, "binance", Kind::trade);
    pass(29s);
    EXPECT_TRUE(repairer.orders.empty());
    pass(2s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].first_id, 101u);
    EXPECT_EQ(repairer.orders[0].last_id, std::nullopt);
    EXPECT_LT(repairer.orders[0].to, now.wall);
    answer(repairer.orders[0], {numbered(101), numbered(102)});
    complete(repairer.orders[0]);
    EXPECT_EQ(closed(), "link_down 0 2");
    cut(); // the next one begins behind what was filled
    router->publish(a, numbered(104));
    EXPECT_EQ(repairer.orders.at(1).first_id, 103u);
}

TEST_F(TradeRepairs, WhatComesLiveMeanwhileEndsIt) {
    one();
    router->publish(a, numbered(100));
    cut();
    pass(31s);
    ASSERT_EQ(repairer.orders.size(), 1u);
    router->publish(a, numbered(103));
    out.take();
    answer(repairer.orders[0], {numbered(101), numbered(102), numbered(103)});
    EXPECT_EQ(out.take(), (Lines{"trade binance/BTCUSDT 101 backfill", "trade binance/BTCUSDT 102 backfill"}));
}

TEST_F(TradeRepairs, ALateRepairIsGivenUp) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    pass(299s);
    EXPECT_EQ(closed(), "none");
    pass(2s);
    EXPECT_EQ(closed(), "deadline 4 0");
    EXPECT_EQ(repairer.cancelled, std::vector<std::uint64_t>{repairer.orders.at(0).number});
    out.take();
    EXPECT_FALSE(answer(repairer.orders[0], {numbered(101)}));
    complete(repairer.orders[0]);
    EXPECT_TRUE(out.take().empty());
}

TEST_F(TradeRepairs, WhatWasFilledUntilTheDeadlineIsNotLost) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    answer(repairer.orders.at(0), {numbered(101), numbered(102), numbered(103)});
    pass(301s);
    EXPECT_EQ(closed(), "deadline 1 3");
}

TEST_F(TradeRepairs, AHoleThatWasClosedByAReleaseIsNotClosedAgain) {
    one();
    router->publish(a, numbered(100));
    link_lost(id, "binance", Kind::trade);
    link_lost(id, "binance", Kind::quote); // a channel that is not repaired
    router->close_channel(a);
    router->remove_route(id);
    EXPECT_EQ(events("gap_closed").size(), 2u);
    link_back(id, "binance", Kind::trade);
    link_back(id, "binance", Kind::quote);
    EXPECT_EQ(events("gap_closed").size(), 2u);
}

TEST_F(TradeRepairs, AReleaseEndsTheRepair) {
    one();
    router->publish(a, numbered(100));
    cut();
    router->publish(a, numbered(105));
    link_lost(id, "binance", Kind::trade);
    router->close_channel(a);
    router->remove_route(id);
    EXPECT_EQ(events("gap_closed").size(), 2u);
    EXPECT_EQ(closed().substr(0, 8), "released");
    EXPECT_EQ(repairer.cancelled.size(), 1u);
    out.take();
    EXPECT_FALSE(answer(repairer.orders.at(0), {numbered(101)}));
    subscribe();
    out.take();
    router->publish(a, numbered(200)); // wanted again: nothing is left of it
    EXPECT_EQ(out.take(), Lines{"trade binance/BTCUSDT 200"});
}

TEST_F(TradeRepairs, ShutdownClosesWhatIsOpenWhateverItWaitsFor) {
    repairing();
    std::vector<InstrumentId> ids;
    std::vector<Channel> channels;
    for (const auto* name : {"crypto:A-USD", "crypto:B-USD", "crypto:C-USD"}) {
        const auto i = instrument(name);
        ids.push_back(i);
        router->set_route(i, {"binance"}, {sub(i, Kind::trade), sub(i, Kind::quote)});
        channels.push_back(router->open_channel(sub(i, Kind::trade), "binance", name));
        router->open_channel(sub(i, Kind::quote), "binance", name);
        router->publish(channels.back(), numbered(100));
        link_lost(i, "binance", Kind::trade);
    }
    link_back(ids[1], "binance", Kind::trade); // waits for a message
    link_back(ids[2], "binance", Kind::trade); // is repaired
    router->publish(channels[2], numbered(105));
    link_lost(ids[0], "binance", Kind::quote);
    router->stop_repairs();
    EXPECT_EQ(events("gap_opened").size(), 4u);
    EXPECT_EQ(events("gap_closed").size(), 4u);
    for (const auto& e : events("gap_closed"))
        EXPECT_EQ(e.cause, "shutdown");
    link_back(ids[0], "binance", Kind::trade); // too late
    EXPECT_EQ(events("gap_closed").size(), 4u);
    EXPECT_EQ(repairer.cancelled.size(), 1u);
}

TEST_F(TradeRepairs, WithoutIdsTheSecondsAtBothEndsAreToldApartByPriceAndSize) {
    repairing();
    id = instrument("equity:AAPL");
    router->set_route(id, {"tradier"}, {sub(id, Kind::trade)});
    a = router->open_channel(sub(id, Kind::trade), "tradier", "AAPL");
    router->publish(a, trade_at("10.00", 9800ms)); // another second
    router->publish(a, trade_at("10.01", 10100ms));
    router->publish(a, trade_at("10.01", 10200ms)); // the same again
    link_lost(id, "tradier", Kind::trade);
    link_back(id, "tradier", Kind::trade);
    router->publish(a, trade_at("10.09", 20500ms));
    router->publish(a, trade_at("10.10", 20900ms));
    router->publish(a, trade_at("10.11", 21000ms));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].first_id, std::nullopt);
    EXPECT_EQ(repairer.orders[0].from, day + 10s);
    EXPECT_EQ(repairer.orders[0].to, day + 21s);
    out.take();
    // Whole seconds, as some venues tell their history.
    answer(repairer.orders[0],
        {trade_at("10.01", 10s), trade_at("10.01", 10s), trade_at("10.01", 10s), trade_at("10.02", 10s),
            trade_at("10.05", 15s), trade_at("10.08", 20s), trade_at("10.09", 20s), trade_at("10.10", 20s)});
    complete(repairer.orders[0]);
    EXPECT_EQ(out.take(), (Lines{"trade tradier/AAPL 10.01 backfill", "trade tradier/AAPL 10.02 backfill",
                              "trade tradier/AAPL 10.05 backfill", "trade tradier/AAPL 10.08 backfill",
                              "event gap_closed tradier link_down"}));
    EXPECT_EQ(closed(), "link_down 0 4");
}

TEST_F(TradeRepairs, ASwitchOfTheRouteIsRepairedUnderTheNameOfWhoToldIt) {
    two();
    router->publish(a, trade_at("10.01", 1s));
    link_lost(id, "massive", Kind::trade);
    state(id, "massive", down, "gone");
    EXPECT_EQ(closed(), "none");
    router->publish(b, trade_at("10.05", 5s));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].providers, (Lines{"tradier", "massive"})) << "the one that serves may answer sooner";
    out.take();
    answer(repairer.orders[0], {trade_at("10.03", 3s)}, "massive");
    router->publish(b, trade_at("10.06", 6s));
    complete(repairer.orders[0]);
    EXPECT_EQ(out.take(),
        (Lines{"trade massive/AAPL 10.03 backfill", "trade tradier/AAPL 10.06", "event gap_closed massive link_down"}));
}

TEST_F(TradeRepairs, ASourceThatWentStaleLeavesAHoleToo) {
    two();
    router->publish(a, trade_at("10.01", 1s));
    state(id, "massive", stale, "quiet");
    EXPECT_EQ(events("gap_opened").size(), 1u);
    EXPECT_EQ(events("gap_opened").at(0).cause, "route");
    router->publish(b, trade_at("10.05", 5s));
    ASSERT_EQ(repairer.orders.size(), 1u);
    EXPECT_EQ(repairer.orders[0].providers, (Lines{"tradier", "massive"}));
    complete(repairer.orders[0]);
    EXPECT_EQ(closed(), "route 0 0");
}

TEST_F(TradeRepairs, ASwitchDuringARepairDoesNotDisturbIt) {
    two();
    router->publish(a, trade_at("10.01", 1s));
    link_lost(id, "massive", Kind::trade);
    link_back(id, "massive", Kind::trade);
    router->publish(a, trade_at("10.05", 5s));
    ASSERT_EQ(repairer.orders.size(), 1u);
    link_lost(id, "massive", Kind::trade);
    state(id, "massive", down, "gone");
    router->publish(b, trade_at("10.09", 9s));
    ASSERT_EQ(repairer.orders.size(), 2u);
    out.take();
    answer(repairer.orders[0], {trade_at("10.03", 3s)}, "massive");
    answer(repairer.orders[1], {trade_at("10.07", 7s)}, "tradier");
    EXPECT_EQ(out.take(), (Lines{"trade massive/AAPL 10.03 backfill", "trade tradier/AAPL 10.07 backfill"}));
    complete(repairer.orders[1]);
    complete(repairer.orders[0]);
    EXPECT_EQ(events("gap_opened").size(), 2u);
    EXPECT_EQ(events("gap_closed").size(), 2u);
}

TEST_F(TradeRepairs, TheTimeSinceTheSessionBeforeIsAHole) {
    repairing();
    id = instrument("crypto:BTC-USDT");
    PreviousMark mark;
    mark.provider = "binance";
    mark.at = now.wall - 1min;
    mark.id = 90;
    router->remember(sub(id, Kind::trade), mark);
    subscribe();
    EXPECT_TRUE(events("gap_opened").empty());
    router->publish(a, numbered(100));
    EXPECT_EQ(out.take(), (Lines{"event gap_opened binance restart", "trade binance/BTCUSDT 100"}));
    EXPECT_EQ(events("gap_opened").at(0).from, mark.at);
    EXPECT_EQ(repairer.orders.at(0).first_id, 91u);
    EXPECT_EQ(repairer.orders.at(0).last_id, 99u);
    complete(repairer.orders[0]);
    EXPECT_EQ(closed(), "provider_hole 9 0");
}

TEST_F(TradeRepairs, TheLastMomentOfAnEarlierSessionIsNotRepeated) {
    repairing();
    id = instrument("equity:AAPL");
    PreviousMark mark;
    mark.provider = "tradier";
    mark.at = day + 10400ms;
    now.wall = day + 30s;
    router->remember(sub(id, Kind::trade), mark);
    router->set_route(id, {"tradier"}, {sub(id, Kind::trade)});
    a = router->open_channel(sub(id, Kind::trade), "tradier", "AAPL");
    router->publish(a, trade_at("10.09", 20500ms));
    out.take();
    answer(repairer.orders.at(0), {trade_at("10.01", 10s), trade_at("10.02", 11s)}); // whole seconds
    complete(repairer.orders[0]);
    EXPECT_EQ(out.take(), (Lines{"trade tradier/AAPL 10.02 backfill", "event gap_closed tradier restart"}));
    EXPECT_EQ(closed(), "restart null 1") << "one of that second may not have been published";
}

TEST_F(TradeRepairs, WhoServedAnEarlierSessionOnlyIsNotAsked) {
    repairing();
    id = instrument("equity:AAPL");
    PreviousMark mark;
    mark.provider = "massive";
    mark.at = now.wall - 1min;
    router->remember(sub(id, Kind::trade), mark);
    router->set_route(id, {"tradier"}, {sub(id, Kind::trade)});
    a = router->open_channel(sub(id, Kind::trade), "tradier", "AAPL");
    router->publish(a, trade_at("10.09", 20500ms));
    EXPECT_EQ(events("gap_opened").at(0).provider, "massive");
    EXPECT_EQ(repairer.orders.at(0).providers, Lines{"tradier"}) << "it would be published under that name";
}

// Such numbers begin anew each day.
TEST_F(TradeRepairs, NumbersOfAnotherDayTellNothing) {
    two();
    const auto with = [&](std::uint64_t number, std::string_view price, std::chrono::milliseconds at) {
        auto t = trade_at(price, at);
        t.src_seq = number;
        return t;
    };
    router->publish(a, with(9000, "10.01", 1500ms));
    link_lost(id, "massive", Kind::trade);
    link_back(id, "massive", Kind::trade);
    router->publish(a, with(30, "10.09", 8h));
    out.take();
    answer(repairer.orders.at(0),
        {with(9000, "10.01", 1500ms), with(9001, "10.02", 1500ms), with(10, "10.03", 7h), with(30, "10.09", 8h)},
        "massive");
    EXPECT_EQ(out.take(), (Lines{"trade massive/AAPL 10.02 backfill", "trade massive/AAPL 10.03 backfill"}));
}

TEST_F(TradeRepairs, AnEarlierSessionOfNobodyIsNoHole) {
    one();
    router->publish(a, numbered(100));
    EXPECT_EQ(out.take(), Lines{"trade binance/BTCUSDT 100"});
    EXPECT_TRUE(repairer.orders.empty());
}

// Whatever happens in whatever order: each gap_opened gets one gap_closed, no trade is published twice, and what was
// not published is told as lost.
TEST_F(TradeRepairs, AnyOrderOfFaults) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        out.lines.clear();
        out.events.clear();
        repairer.orders.clear();
        one();
        std::uint64_t last = 1;
        bool up = true;
        std::size_t answered = 0;
        router->publish(a, numbered(last++));
        for (int i = 0; i < 60; ++i) {
            switch (random() % 7) {
            case 0:
                if (up)
                    link_lost(id, "binance", Kind::trade);
                up = false;
                break;
            case 1:
                if (!up)
                    link_back(id, "binance", Kind::trade);
                up = true;
                break;
            case 2:
            case 3:
                if (up)
                    router->publish(a, numbered(last));
                ++last;
                break;
            case 4:
                pass(std::chrono::seconds(random() % 20));
                break;
            case 5:
            case 6:
                if (answered < repairer.orders.size()) {
                    const auto order = repairer.orders[answered++];
                    std::vector<Trade> trades;
                    for (auto n = order.first_id.value_or(1); n <= order.last_id.value_or(last - 1); ++n)
                        if (random() % 8 != 0)
                            trades.push_back(numbered(n));
                    answer(order, trades);
                    if (random() % 4 == 0)
                        fail(order, errc::timed_out);
                    else
                        complete(order);
                }
                break;
            }
        }
        if (random() % 2 == 0) {
            router->stop_repairs();
        } else {
            router->close_channel(a);
            router->remove_route(id);
        }
        EXPECT_EQ(events("gap_opened").size(), events("gap_closed").size());
        EXPECT_EQ(router->repair_stats().gaps_open, 0u);
        std::set<std::string> seen;
        for (const auto& line : out.lines)
            if (line.starts_with("trade ")) {
                EXPECT_TRUE(seen.insert(line.substr(0, line.find(" backfill"))).second) << line;
            }
        if (HasFailure())
            return;
    }
}

} // namespace
} // namespace tickgate::feed
