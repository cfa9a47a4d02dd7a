#include "subscriptions_fixture.hpp"

namespace tickgate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Another provider object of the same name takes the place of the one in the set.
class ReconfigureTest : public SubscriptionsTest {
protected:
    TableProvider* replace(std::size_t place, FeedSpec feed) {
        auto* made = add(providers[place]->name, std::move(feed));
        made->has = static_cast<TableProvider*>(providers[place]->provider.get())->has;
        providers[place] = providers.back();
        providers.pop_back();
        return made;
    }
    FeedSpec spec_of(std::size_t place) const { return providers[place]->provider->capabilities().feeds[0]; }
    void run(std::size_t place) {
        asio::co_spawn(loop, subscriptions->run(providers[place]), [](std::exception_ptr e) {
            if (e)
                std::rethrow_exception(e);
        });
    }
    void reconfigure() {
        subscriptions->reconfigure();
        settle();
    }
};

TEST_F(ReconfigureTest, NothingChangedChangesNothing) {
    start();
    want("equity:AAPL", {Kind::quote, Kind::trade}, true);
    orders.clear();
    const auto lookups = first->lookups;
    reconfigure();
    EXPECT_THAT(orders, IsEmpty());
    EXPECT_EQ(first->lookups, lookups);
}

TEST_F(ReconfigureTest, AnotherOrderIsARouteOrderAndNoSubscription) {
    start();
    want("equity:AAPL");
    orders.clear();
    config.routes.by_class[AssetClass::equity] = {"tradier", "massive"};
    reconfigure();
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier", "massive"));
    EXPECT_THAT(orders[0].sources, IsEmpty());
}

TEST_F(ReconfigureTest, AnOverrideConcernsItsInstrumentAlone) {
    start();
    want("equity:AAPL");
    want("equity:SPY");
    orders.clear();
    config.routes.overrides[*InstrumentName::parse("equity:SPY")] = {"tradier"};
    reconfigure();
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_THAT(route("equity:SPY"), ElementsAre("tradier"));
    EXPECT_EQ(orders[0].sources.at(0).provider, "massive");
    EXPECT_EQ(orders[0].sources[0].remove.size(), 1u);
}

TEST_F(ReconfigureTest, WhoLeavesTheRouteServesUntilTheNewOneWasLookedUp) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    orders.clear();
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    subscriptions->reconfigure();
    for (const auto& order : orders)
        EXPECT_THAT(order.route, ElementsAre("massive"));
    settle();
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    EXPECT_EQ(last_order("equity:AAPL").sources.size(), 2u) << "in one order: the one released, the other subscribed";
    EXPECT_EQ(state("equity:AAPL"), std::nullopt) << "its feeds tell";
}

TEST_F(ReconfigureTest, WhoLeavesTheRouteGoesThoughTheNewOneDoesNotKnowTheSymbol) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    second->has.clear();
    start();
    want("equity:AAPL");
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    reconfigure();
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_EQ(state("equity:AAPL"), InstrumentState::unknown_symbol);
}

TEST_F(ReconfigureTest, AProviderThatIsTurnedOffIsLeftAtOnceAndComesBack) {
    start();
    want("equity:AAPL");
    const auto off = providers[0];
    providers.erase(providers.begin());
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    reconfigure();
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    providers.insert(providers.begin(), off);
    config.routes.by_class[AssetClass::equity] = {"massive", "tradier"};
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(ReconfigureTest, AReplacedProviderKeepsWhatIsSubscribedAndIsAskedWhatItHas) {
    start();
    want("equity:AAPL");
    orders.clear();
    const std::weak_ptr<ProviderEntry> before = providers[0];
    auto* now = replace(0, spec_of(0));
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(orders, IsEmpty());
    EXPECT_EQ(now->lookups, 1) << "its own list of symbols has to be filled";
    EXPECT_TRUE(before.expired()) << "nobody holds on to the old one";
    want("equity:MSFT");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT"));
}

// `remove stocks quote`, `add stocks quote plan/AAPL`: what each order says of the provider's feeds.
std::vector<std::string> spoken(const std::vector<RouteOrder>& orders) {
    std::vector<std::string> out;
    for (const auto& order : orders)
        for (const auto& source : order.sources) {
            for (const auto& s : source.remove)
                out.push_back("remove " + source.part + " " + std::string(to_string(s.kind)));
            for (const auto& w : source.add)
                out.push_back("add " + source.part + " " + std::string(to_string(w.what.kind)) + " " + w.native);
        }
    return out;
}

TEST_F(ReconfigureTest, ASymbolThatIsCalledOtherwiseNowIsSubscribedByItsNewName) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    orders.clear();
    replace(0, spec_of(0))->natives = "plan";
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(spoken(orders), ElementsAre("remove stocks quote", "add stocks quote plan/AAPL"));
    ASSERT_EQ(orders.size(), 1u) << "in one order: nobody hears that it is gone";
    EXPECT_THAT(orders[0].route, ElementsAre("massive"));
    EXPECT_EQ(subscriptions->known("massive", *InstrumentName::parse("equity:AAPL"))->native, "plan/AAPL");
}

TEST_F(ReconfigureTest, ASymbolThatMovedToAnotherFeedIsSubscribedThere) {
    config.routes.standby = config::Standby::cold;
    start();
    want("equity:AAPL");
    subscriptions->want_standby(id("equity:AAPL"), "tradier", true);
    auto* now = replace(1, spec_of(1));
    auto night = spec_of(1);
    night.part = "night";
    const_cast<Capabilities&>(now->capabilities()).feeds.push_back(night);
    now->part = "night";
    orders.clear();
    subscriptions->reconfigure();
    run(1);
    settle();
    EXPECT_THAT(spoken(orders), ElementsAre("remove market quote", "add night quote tradier/AAPL"))
        << "the standby that is needed stays one";
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(ReconfigureTest, OtherCredentialsGiveARefusedProviderAnotherChance) {
    first->fault = errc::unauthorized;
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    ASSERT_EQ(state("equity:AAPL"), InstrumentState::refused);
    replace(0, spec_of(0));
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    EXPECT_FALSE(subscriptions->nothing_left({}));
}

TEST_F(ReconfigureTest, WiderLimitsMakeRoomForWhoWasRefused) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 1);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    ASSERT_EQ(state("equity:MSFT"), InstrumentState::refused);
    auto wider = spec_of(0);
    wider.streams_per_connection = 2;
    replace(0, wider);
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT"));
}

TEST_F(ReconfigureTest, StandbysBecomeColdWhenTheRouterSaysSoAndWarmAtOnce) {
    start();
    want("equity:AAPL");
    config.routes.standby = config::Standby::cold;
    reconfigure();
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "it may be the one that serves";
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
    config.routes.standby = config::Standby::warm;
    reconfigure();
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
}

} // namespace
} // namespace tickgate::app
