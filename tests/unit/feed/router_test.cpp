#include "router_test_support.hpp"

#include <gmock/gmock.h>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using namespace test;
using enum InstrumentState;

// EUR-USD with two providers, both with quotes.
class Routing : public RouterTest {
protected:
    void two(RouterOptions options = {}) {
        make(std::move(options));
        id = instrument("fx:EUR-USD");
        router->set_route(id, {"oanda", "massive"}, {sub(id, Kind::quote)});
        a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
        b = router->open_channel(sub(id, Kind::quote), "massive", "EUR/USD");
    }
    void both_live() {
        two();
        state(id, "oanda", live, "subscribed");
        state(id, "massive", live, "subscribed");
        router->publish(a, quote("1.1000", "1.1002"));
        router->publish(b, quote("1.1001", "1.1003"));
        out.take();
    }
    InstrumentId id{};
    Channel a{}, b{};
};

TEST_F(Routing, AStandbyIsNeverHeard) {
    two();
    state(id, "oanda", pending, "subscribing");
    state(id, "massive", pending, "subscribing");
    state(id, "oanda", live, "subscribed");
    state(id, "massive", live, "subscribed");
    out.take();
    router->publish(a, quote("1.1000", "1.1002"));
    router->publish(b, quote("1.1001", "1.1003"));
    event(id, "gap_opened", "massive");
    event(id, "stale", "massive");
    state(id, "massive", stale);
    pass(10s);
    EXPECT_EQ(out.take(), Lines{"quote oanda/EUR_USD 1.1000 1.1002"});
    EXPECT_EQ(router->active(id), "oanda");
    event(id, "gap_opened", "oanda");
    EXPECT_EQ(out.take(), Lines{"event gap_opened oanda test"});
}

TEST_F(Routing, ADeadLinkIsLeftWithinTheCallThatTellsIt) {
    both_live();
    state(id, "oanda", down, "connection reset");
    EXPECT_EQ(out.take(), (Lines{"event route oanda > massive down", "quote massive/EUR/USD 1.1001 1.1003 snapshot",
                              "state live massive: oanda: connection reset; massive: subscribed"}));
    EXPECT_EQ(router->active(id), "massive");
    EXPECT_EQ(out.flushes, 1);
    router->publish(b, quote("1.1004", "1.1006"));
    router->publish(a, quote("9", "9"));
    event(id, "gap_opened", "oanda");
    EXPECT_EQ(out.take(), Lines{"quote massive/EUR/USD 1.1004 1.1006"});
}

TEST_F(Routing, ItReturnsAfterAHealthyWhileWithOneEvent) {
    both_live();
    state(id, "oanda", down);
    state(id, "oanda", live, "subscribed");
    router->publish(a, quote("1.1010", "1.1012"));
    out.take();
    pass(29900ms);
    EXPECT_TRUE(out.take().empty());
    pass(100ms);
    EXPECT_EQ(out.take(), (Lines{"event route massive > oanda return", "quote oanda/EUR_USD 1.1010 1.1012 snapshot",
                              "state live oanda: oanda: subscribed"}));
    pass(60s);
    EXPECT_TRUE(out.take().empty());
    EXPECT_EQ(router->stats().switches, 2u);
}

TEST_F(Routing, TextOfAKeptQuoteOutlivesItsMessage) {
    two();
    state(id, "oanda", live);
    state(id, "massive", live);
    {
        std::string exchange = "a venue with a name of many letters";
        auto q = quote("1.1", "1.2");
        q.exchange = exchange;
        router->publish(b, q);
        exchange.assign(exchange.size(), 'x');
    }
    out.take();
    state(id, "oanda", refused);
    EXPECT_EQ(out.take().at(1), "quote massive/EUR/USD 1.1 1.2 @a venue with a name of many letters snapshot");
}

TEST_F(Routing, AQuoteOfBeforeAnOutageIsNotPublishedAsTheCurrentOne) {
    both_live();
    state(id, "massive", down);
    state(id, "massive", live, "subscribed");
    state(id, "oanda", down);
    EXPECT_EQ(
        out.take(), (Lines{"event route oanda > massive down", "state live massive: oanda: why; massive: subscribed"}));
}

TEST_F(Routing, APriceJumpKeepsTheRouteStaleWithOneEvent) {
    both_live();
    router->publish(b, quote("1.2001", "1.2003"));
    state(id, "oanda", stale, "31000 ms without data");
    event(id, "stale", "oanda"); // as the feed tells it
    EXPECT_EQ(out.take(),
        (Lines{"event stale oanda > massive jump_guard",
            "state stale oanda: oanda: 31000 ms without data; the price of the other source is too far away"}));
    pass(20s);
    EXPECT_TRUE(out.take().empty());
    EXPECT_EQ(router->active(id), "oanda");
    router->publish(b, quote("1.1001", "1.1003")); // they converge
    pass(100ms);
    EXPECT_EQ(out.take().at(0), "event route oanda > massive stale");
    EXPECT_EQ(router->stats().guarded, 1u);
}

TEST_F(Routing, AGuardedDeadLinkIsLeftWhenItsPriceIsOld) {
    both_live();
    router->publish(b, quote("1.2001", "1.2003"));
    state(id, "oanda", down, "gone");
    EXPECT_EQ(out.take().at(0), "event stale oanda > massive jump_guard")
        << "the last price counts although it is down";
    for (int i = 0; i < 13; ++i) {
        pass(10s);
        router->publish(b, quote("1.2001", "1.2003"));
    }
    EXPECT_EQ(out.take().at(0), "event route oanda > massive down");
}

TEST_F(Routing, AClosedMarketSaysSoAndStays) {
    both_live();
    state(id, "oanda", closed, "the market is closed");
    EXPECT_EQ(out.take(), Lines{"state closed oanda: oanda: the market is closed; massive: subscribed"});
    event(id, "closed", "oanda");
    EXPECT_EQ(out.take(), Lines{"event closed oanda test"});
    state(id, "massive", closed);
    pass(10s);
    EXPECT_EQ(router->active(id), "oanda");
}

TEST_F(Routing, FailureOfAllIsToldOnlyWhenAllFail) {
    two();
    state(id, "oanda", refused, "no entitlement");
    EXPECT_EQ(out.take(), Lines{"state pending oanda: oanda: no entitlement; massive: not subscribed so far"});
    state(id, "massive", down, "no route to host");
    EXPECT_EQ(out.take(), Lines{"state down oanda: oanda: no entitlement; massive: no route to host"});
    state(id, "massive", refused, "no entitlement");
    EXPECT_EQ(out.take(), Lines{"state refused oanda: oanda: no entitlement; massive: no entitlement"});
    state(id, "massive", live, "subscribed");
    EXPECT_EQ(out.take().at(0), "event route oanda > massive refused");
}

TEST_F(Routing, AGapThatWasToldIsClosedByTheSwitch) {
    two();
    state(id, "oanda", live);
    state(id, "oanda", down);
    event(id, "gap_opened", "oanda"); // nobody else was live
    state(id, "massive", live);
    EXPECT_EQ(router->active(id), "massive");
    auto lines = out.take();
    EXPECT_EQ((Lines{lines.end() - 3, lines.end() - 1}),
        (Lines{"event route oanda > massive down", "event gap_closed oanda test"}));
    event(id, "gap_closed", "oanda");
    EXPECT_TRUE(out.take().empty());
}

TEST_F(Routing, AFailoverTellsTheHoleAndSinceWhen) {
    both_live();
    const auto last = now.wall;
    pass(700ms);
    router->publish(b, quote("1.1001", "1.1003"));
    event(id, "gap_opened", "oanda");
    state(id, "oanda", down, "connection reset");
    EXPECT_EQ(out.take(), (Lines{"event gap_opened oanda test", "event route oanda > massive down",
                              "event gap_closed oanda test", "quote massive/EUR/USD 1.1001 1.1003 snapshot",
                              "state live massive: oanda: connection reset; massive: subscribed"}));
    ASSERT_EQ(out.events.size(), 3u);
    EXPECT_EQ(out.events.at(1).from, last);
    EXPECT_EQ(out.events.at(1).to, now.wall);
    EXPECT_EQ(out.events.at(2).kind, Kind::quote);
}

TEST_F(Routing, AGapOfAKindThatTheNextOneLacksStaysOpen) {
    make();
    id = instrument("equity:SPY");
    router->set_route(id, {"one", "two"}, {sub(id, Kind::quote), sub(id, Kind::trade)});
    router->open_channel(sub(id, Kind::quote), "one", "SPY");
    router->open_channel(sub(id, Kind::trade), "one", "SPY");
    router->open_channel(sub(id, Kind::quote), "two", "SPY");
    state(id, "one", live);
    state(id, "two", live);
    event(id, "gap_opened", "one", Kind::quote);
    event(id, "gap_opened", "one", Kind::trade);
    out.take();
    state(id, "one", down);
    const auto lines = out.take();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "event gap_closed one test"), 1);
    event(id, "gap_closed", "one", Kind::trade);
    EXPECT_EQ(out.take(), Lines{"event gap_closed one test"});
}

TEST_F(Routing, FeedEventsAndStatusPass) {
    two();
    Event e;
    e.event = "link_down";
    e.feed = "massive.forex";
    e.provider = "massive";
    router->event(e);
    router->feed_status("massive.forex", {});
    router->flush(now);
    EXPECT_EQ(out.take(), (Lines{"event link_down massive ", "feed massive.forex"}));
    EXPECT_EQ(out.flushes, 1);
}

TEST_F(Routing, OneProviderPassesEverything) {
    make();
    id = instrument("crypto:BTC-USDT");
    router->set_route(id, {"binance"}, {sub(id, Kind::quote), sub(id, Kind::trade), sub(id, Kind::bar)});
    const auto q = router->open_channel(sub(id, Kind::quote), "binance", "BTCUSDT");
    const auto t = router->open_channel(sub(id, Kind::trade), "binance", "BTCUSDT");
    const auto k = router->open_channel(sub(id, Kind::bar), "binance", "BTCUSDT");
    router->publish(q, quote("1", "2"));
    router->publish(t, trade("1.5"));
    router->publish(k, bar("1.5"));
    state(id, "binance", stale, "quiet");
    event(id, "stale", "binance");
    EXPECT_EQ(out.take(),
        (Lines{"quote binance/BTCUSDT 1 2", "trade binance/BTCUSDT 1.5", "bar:1m binance/BTCUSDT 1.5 1.5 1.5 1.5 final",
            "state stale binance: quiet", "event stale binance test"}));
    router->close_channel(q);
    router->remove_route(id);
    EXPECT_EQ(out.take(), (Lines{"close quote", "close trade", "close bar:1m"}));
    router->publish(t, trade("1.5"));
    EXPECT_TRUE(out.take().empty());
    router->close_channel(t);
    router->close_channel(k);
    router->close_channel(k); // twice does no harm
    EXPECT_EQ(router->active(id), "");
}

TEST_F(Routing, KindsThatAreNotPublishedAreNotOpened) {
    make();
    id = instrument("equity:SPY");
    router->set_route(id, {"tradier"}, {sub(id, Kind::quote)});
    const auto t = router->open_channel(sub(id, Kind::trade), "tradier", "SPY");
    router->publish(t, trade("500"));
    EXPECT_TRUE(out.take().empty());
    router->set_route(id, {"tradier"}, {sub(id, Kind::quote), sub(id, Kind::trade)});
    router->publish(t, trade("501"));
    router->set_route(id, {"tradier"}, {sub(id, Kind::quote)});
    router->publish(t, trade("502"));
    EXPECT_EQ(out.take(), (Lines{"trade tradier/SPY 501", "close trade"}));
}

TEST_F(Routing, AKindThatOnlyTheStandbyHasStartsWithTheSwitch) {
    make();
    id = instrument("equity:SPY");
    router->set_route(id, {"one", "two"}, {sub(id, Kind::quote), sub(id, Kind::trade)});
    router->open_channel(sub(id, Kind::quote), "one", "SPY");
    router->open_channel(sub(id, Kind::quote), "two", "SPY");
    const auto t = router->open_channel(sub(id, Kind::trade), "two", "SPY");
    state(id, "one", live);
    state(id, "two", live);
    router->publish(t, trade("1"));
    state(id, "one", down);
    out.take();
    router->publish(t, trade("2"));
    EXPECT_EQ(out.take(), Lines{"trade two/SPY 2"});
}

TEST_F(Routing, SourcesPublishEachProvidersOwnMessages) {
    RouterOptions options;
    options.sources = true;
    out.sources = true;
    two(options);
    state(id, "oanda", live);
    state(id, "massive", live);
    out.take();
    router->publish(a, quote("1", "2"));
    router->publish(b, quote("3", "4"));
    EXPECT_EQ(
        out.take(), (Lines{"src:quote oanda/EUR_USD 1 2", "quote oanda/EUR_USD 1 2", "src:quote massive/EUR/USD 3 4"}));
    Quote fmv;
    fmv.last = dec("1.5");
    router->publish_source(sub(id, Kind::quote), "massive", "EUR/USD", fmv);
    EXPECT_EQ(out.take(), Lines{"source_quote massive/EUR/USD quote 1.5"});
    router->close_channel(a);
    EXPECT_EQ(out.take().at(0), "close src:quote");
}

TEST_F(Routing, GapsOfEverySourceAreToldForItsOwnChannel) {
    RouterOptions options;
    options.sources = true;
    out.sources = true;
    two(options);
    state(id, "oanda", live);
    state(id, "massive", live);
    out.take();
    event(id, "gap_opened", "oanda");
    EXPECT_EQ(out.take(), (Lines{"event gap_opened oanda test src", "event gap_opened oanda test"}));
    event(id, "gap_opened", "massive");
    event(id, "gap_closed", "massive");
    event(id, "stale", "massive");
    EXPECT_EQ(out.take(), (Lines{"event gap_opened massive test src", "event gap_closed massive test src"}));
}

TEST_F(Routing, WithoutSourcesValuesThatAreNoMarketGoNowhere) {
    two();
    router->publish_source(sub(id, Kind::quote), "massive", "EUR/USD", {});
    EXPECT_TRUE(out.take().empty());
}

TEST_F(Routing, AColdStandbyIsAskedForAndReleased) {
    RouterOptions options;
    options.rules.warm = false;
    make(options);
    id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda", "massive"}, {sub(id, Kind::quote)});
    a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    state(id, "oanda", live);
    pass(1s);
    EXPECT_TRUE(wants.empty());
    state(id, "oanda", down);
    EXPECT_TRUE(wants.empty()) << "asked by the tick, so that a feed is not entered again";
    pass(100ms);
    EXPECT_EQ(std::exchange(wants, {}), Lines{"massive wanted"});
    b = router->open_channel(sub(id, Kind::quote), "massive", "EUR/USD");
    state(id, "massive", live);
    EXPECT_EQ(router->active(id), "massive");
    state(id, "oanda", live);
    pass(30s);
    EXPECT_EQ(router->active(id), "oanda");
    EXPECT_TRUE(wants.empty());
    pass(31s);
    EXPECT_EQ(wants, Lines{"massive released"});
    out.take();
    router->close_channel(b);
    EXPECT_TRUE(out.take().empty()) << "the route's channel stays open";
}

TEST_F(Routing, AChangedOrderIsFollowedByTheNextTick) {
    both_live();
    router->set_route(id, {"massive", "oanda"}, {sub(id, Kind::quote)});
    pass(100ms);
    EXPECT_EQ(router->active(id), "massive") << "it never failed";
    EXPECT_EQ(out.take().at(0), "event route oanda > massive preferred");
}

TEST_F(Routing, AProviderTakenOutOfTheRouteIsLeft) {
    both_live();
    router->set_route(id, {"massive"}, {sub(id, Kind::quote)});
    EXPECT_EQ(router->active(id), "massive");
    router->publish(a, quote("7", "8"));
    router->publish(b, quote("1.1001", "1.1003"));
    const auto lines = out.take();
    EXPECT_EQ(lines.at(0), "event route oanda > massive configuration");
    EXPECT_EQ(lines.back(), "quote massive/EUR/USD 1.1001 1.1003");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "quote oanda/EUR_USD 7 8"), 0);
    router->close_channel(a);
    state(id, "oanda", down);
    EXPECT_TRUE(out.take().empty());
}

TEST_F(Routing, AChannelOfNoRouteIsHeldButLeadsNowhere) {
    make();
    id = instrument("fx:EUR-USD");
    a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    router->publish(a, quote("1", "2"));
    router->close_channel(a);
    EXPECT_TRUE(out.take().empty());
}

TEST_F(Routing, OtherRulesHoldAtOnce) {
    both_live();
    RouteFsm::Rules rules;
    rules.warm = false;
    router->change(rules, RepairOptions(), false);
    pass(60s);
    EXPECT_THAT(wants, ::testing::ElementsAre("massive released")) << "nobody needs a cold standby of what is live";
    rules.warm = true;
    router->change(rules, RepairOptions(), false);
    pass(100ms);
    EXPECT_EQ(wants.back(), "massive wanted");
    EXPECT_EQ(router->active(id), "oanda");
    EXPECT_EQ(router->stats().switches, 0u);
}

TEST_F(Routing, ANarrowerGuardHoldsTheNextSwitch) {
    both_live();
    router->publish(b, quote("1.1100", "1.1102")); // 0.9 % away
    RouteFsm::Rules rules;
    rules.jump_guard = dec("0.5");
    router->change(rules, RepairOptions(), false);
    state(id, "oanda", down, "connection reset");
    EXPECT_EQ(router->active(id), "oanda");
    rules.jump_guard = dec("2");
    router->change(rules, RepairOptions(), false);
    EXPECT_EQ(router->active(id), "massive") << "a wider one lets it pass at once";
}

TEST_F(Routing, SourcesAreTurnedOnAndOffWhileMessagesPass) {
    out.sources = true;
    both_live();
    router->publish(b, quote("1", "2"));
    EXPECT_TRUE(out.take().empty());
    router->change(RouteFsm::Rules(), RepairOptions(), true);
    router->publish(a, quote("1", "2"));
    router->publish(b, quote("1", "2"));
    EXPECT_EQ(
        out.take(), (Lines{"src:quote oanda/EUR_USD 1 2", "quote oanda/EUR_USD 1 2", "src:quote massive/EUR/USD 1 2"}));
    router->change(RouteFsm::Rules(), RepairOptions(), false);
    out.take();
    router->publish(b, quote("1", "2"));
    router->publish(a, quote("1", "2"));
    EXPECT_EQ(out.take(), Lines{"quote oanda/EUR_USD 1 2"});
}

TEST_F(Routing, AnotherOrderOfTheRouteSwitchesOnceWithOneEvent) {
    both_live();
    router->set_route(id, {"massive", "oanda"}, {sub(id, Kind::quote)});
    pass(60s);
    std::size_t routes = 0;
    for (const auto& e : out.events)
        routes += e.event == "route";
    EXPECT_EQ(routes, 1u);
    EXPECT_EQ(router->active(id), "massive");
}

} // namespace
} // namespace tickgate::feed
