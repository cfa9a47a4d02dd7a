#include "subscriptions_fixture.hpp"

namespace tickgate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SubscriptionsTest, AWarmStandbyIsSubscribedBesideTheFirst) {
    start();
    want("equity:AAPL", {Kind::quote, Kind::trade}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade AAPL"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL", "trade AAPL"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(SubscriptionsTest, AColdStandbyIsOfTheRouteAndSubscribedWhenNeeded) {
    config.routes.standby = config::Standby::cold;
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
    subscriptions->want_standby(id("equity:AAPL"), "tradier", true);
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
}

TEST_F(SubscriptionsTest, ABarThatAFeedDoesNotStreamIsAskedForAsItsTicks) {
    start();
    want("equity:AAPL", {Kind::bar});
    EXPECT_THAT(subscribed("massive"), ElementsAre("bar AAPL"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("trade AAPL"));
    ASSERT_EQ(last_order("equity:AAPL").published.size(), 1u);
    EXPECT_EQ(last_order("equity:AAPL").published[0].kind, Kind::bar);
}

TEST_F(SubscriptionsTest, WhatOneProviderDoesNotHaveTheOtherServes) {
    first->has.erase("equity:AAPL");
    start();
    want("equity:AAPL");
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    want("equity:NOSUCH");
    EXPECT_EQ(state("equity:NOSUCH"), InstrumentState::unknown_symbol);
    EXPECT_TRUE(last_order("equity:NOSUCH").announce);
}

TEST_F(SubscriptionsTest, AClassWithoutARouteIsRefusedAtOnce) {
    start();
    want("crypto:BTC-USDT");
    EXPECT_EQ(state("crypto:BTC-USDT"), InstrumentState::refused);
    EXPECT_THAT(last_order("crypto:BTC-USDT").reason, HasSubstr("no provider of its route"));
}

TEST_F(SubscriptionsTest, ChangedChannelsChangeOnlyWhatDiffers) {
    start();
    want("equity:AAPL", {Kind::quote});
    orders.clear();
    want("equity:AAPL", {Kind::quote, Kind::trade});
    ASSERT_EQ(orders.size(), 1u);
    ASSERT_EQ(orders[0].sources.size(), 2u);
    EXPECT_EQ(orders[0].sources[0].add.size(), 1u);
    EXPECT_TRUE(orders[0].sources[0].remove.empty());
    orders.clear();
    want("equity:AAPL", {Kind::quote, Kind::trade});
    EXPECT_THAT(orders, IsEmpty());
    want("equity:AAPL", {Kind::trade});
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_EQ(orders[0].sources[0].remove.at(0).kind, Kind::quote);
}

TEST_F(SubscriptionsTest, AReleasedInstrumentIsUnsubscribedAndGone) {
    start();
    want("equity:AAPL");
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_TRUE(last_order("equity:AAPL").gone);
    EXPECT_EQ(subscriptions->stats().instruments, 0u);
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
}

TEST_F(SubscriptionsTest, AtALimitTheNewestIsRefusedAndComesWhenThereIsRoom) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    want("equity:SPY");
    want("equity:QQQ");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT"));
    EXPECT_EQ(state("equity:SPY"), InstrumentState::refused);
    EXPECT_THAT(last_order("equity:SPY").reason, HasSubstr("limit of massive.stocks"));
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT", "quote SPY")) << "the oldest one refused";
    EXPECT_EQ(subscriptions->stats().refused, 1u);
}

TEST_F(SubscriptionsTest, AConfiguredSymbolTakesTheNewestDemandsPlace) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    want("equity:SPY", {Kind::quote}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote SPY"));
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
    EXPECT_EQ(subscriptions->stats().evictions, 1u);
}

TEST_F(SubscriptionsTest, WhatAnInstrumentHasItKeepsWhenMoreOfItDoesNotFit) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 1);
    first->light_trades = true;
    start();
    want("equity:AAPL");
    want("equity:MSFT", {Kind::trade});
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade MSFT"));
    want("equity:MSFT", {Kind::trade, Kind::quote});
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade MSFT"));
    EXPECT_NE(state("equity:MSFT"), InstrumentState::refused);
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT", "trade MSFT")) << "room has appeared";
}

TEST_F(SubscriptionsTest, NobodyGivesWayInVain) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL", {Kind::quote}, true);
    want("equity:MSFT");
    want("equity:SPY", {Kind::quote, Kind::trade}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT")) << "one place would not do";
    EXPECT_EQ(subscriptions->stats().evictions, 0u);
}

TEST_F(SubscriptionsTest, AStandbyThatServesInAFailoverIsNotTakenForIdle) {
    limit(second, 1);
    first->has.erase("equity:MSFT");
    start();
    want("equity:AAPL");
    subscriptions->served_by(id("equity:AAPL"), "tradier");
    want("equity:MSFT");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
}

TEST_F(SubscriptionsTest, AColdStandbyThatServesGoesOnWhenABetterOneIsFound) {
    config.routes.standby = config::Standby::cold;
    first->fault = errc::venue_error;
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    first->fault = {};
    ASSERT_TRUE([&] { // its next look-up comes after a back-off
        for (int i = 0; i < 100 && subscribed("massive").empty(); ++i) {
            loop.restart();
            loop.run_one_for(100ms);
        }
        return !subscribed("massive").empty();
    }());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "until the router lets it go";
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
}

TEST_F(SubscriptionsTest, NothingIsLeftOnlyWhenEveryProviderOfWhatIsConfiguredRefused) {
    first->fault = errc::unauthorized;
    start();
    EXPECT_FALSE(subscriptions->nothing_left({})) << "nothing is configured";
    want("equity:AAPL");
    EXPECT_FALSE(subscriptions->nothing_left({"tradier"})) << "demand alone ends nothing";
    want("equity:AAPL", {Kind::quote}, true);
    EXPECT_FALSE(subscriptions->nothing_left({}));
    EXPECT_TRUE(subscriptions->nothing_left({"tradier"})) << "one at its look-up, one at its stream";
}

TEST_F(SubscriptionsTest, AStandbyGivesWayToWhoWouldBeServed) {
    limit(second, 1);
    first->has.erase("equity:MSFT");
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "as a standby";
    want("equity:MSFT");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote MSFT"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive"));
    want("equity:SPY");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote SPY"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote MSFT")) << "no room for a standby";
    EXPECT_NE(state("equity:SPY"), InstrumentState::refused);
}

TEST_F(SubscriptionsTest, ALookUpThatFailsIsPendingAndTheOtherProviderServesMeanwhile) {
    first->fault = errc::venue_error;
    start();
    want("equity:AAPL");
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    EXPECT_EQ(subscriptions->stats().lookup_failures, 1u);
    config.routes.by_class[AssetClass::equity] = {"massive"};
    want("equity:MSFT");
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::pending);
}

TEST_F(SubscriptionsTest, RefusedCredentialsAreToldAndNotTriedAgain) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    first->fault = errc::unauthorized;
    start();
    want("equity:AAPL");
    EXPECT_THAT(refused, ElementsAre("massive"));
    EXPECT_EQ(state("equity:AAPL"), InstrumentState::refused);
    want("equity:MSFT");
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
    EXPECT_EQ(first->lookups, 1);
    EXPECT_THAT(lines, ::testing::Contains(HasSubstr("check the credentials of providers.massive")));
}

TEST_F(SubscriptionsTest, AnInstanceThatDoesNotPublishAsksNobodyForData) {
    start();
    subscriptions->set_active(false);
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_EQ(first->lookups, 1) << "it knows its symbols, to be quick when its turn comes";
    subscriptions->set_active(true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    subscriptions->set_active(false);
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), IsEmpty());
}

TEST_F(SubscriptionsTest, AHaltedSymbolIsSubscribedAndSaidToBeClosed) {
    first->halted.insert("equity:AAPL");
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    std::optional<bool> trading;
    for (const auto& order : orders)
        for (const auto& source : order.sources)
            if (source.trading)
                trading = source.trading;
    EXPECT_EQ(trading, false);
}

} // namespace
} // namespace tickgate::app
