#include "app/demand.hpp"

#include "core/clock.hpp"
#include "subscriptions_fixture.hpp"

namespace tickgate::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A gateway that has numbers for two instruments.
class DemandTest : public SubscriptionsTest {
protected:
    DemandTest() {
        config.publish.kinds = {Kind::quote};
        subscriptions = std::make_unique<Subscriptions>(
            loop.get_executor(), config, providers, few, [](const std::vector<RouteOrder>&) {});
        demand = std::make_unique<Demand>(loop.get_executor(), config, few, *subscriptions,
            [this](const ops::Refusal& refusal) { told.push_back(refusal); });
    }
    std::string lease(const std::string& channel) {
        const std::string why(demand->lease("me", *ops::DataName::parse(channel), mono_now() + 60s));
        demand->apply();
        return why;
    }

    InstrumentTable few{2};
    std::unique_ptr<Demand> demand;
    std::vector<ops::Refusal> told;
};

TEST_F(DemandTest, NoMoreInstrumentsAreFollowedThanHaveNumbers) {
    demand->set_subscribed({"quote:equity:AAPL", "quote:equity:MSFT", "quote:equity:SPY", "trade:equity:QQQ"});
    EXPECT_EQ(few.size(), 2u);
    EXPECT_EQ(demand->wanted().size(), 2u);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].name.to_string(), "quote:equity:SPY");
    EXPECT_EQ(told[0].count, 2u);
    EXPECT_THAT(std::string(told[0].reason), HasSubstr("too many different symbols"));

    EXPECT_THAT(lease("quote:equity:SPY"), HasSubstr("too many different symbols"));
    EXPECT_EQ(told.size(), 2u);
    EXPECT_EQ(demand->counts().leases, 0u);
    EXPECT_EQ(demand->counts().refused, 3u);
    EXPECT_THAT(lease("trade:equity:AAPL"), IsEmpty()) << "known ones can always be had";
}

TEST_F(DemandTest, WhatTheConfigurationNamesIsFollowedBeyondTheBound) {
    demand->set_subscribed({"quote:equity:AAPL", "quote:equity:MSFT"});
    demand->set_configured({*InstrumentName::parse("equity:SPY")});
    EXPECT_EQ(few.size(), 3u);
    EXPECT_EQ(demand->wanted().size(), 3u);
    EXPECT_THAT(lease("trade:equity:SPY"), IsEmpty()) << "a channel that is not configured, of what has a number";
    EXPECT_THAT(lease("quote:equity:QQQ"), HasSubstr("too many different symbols"));
    EXPECT_EQ(few.size(), 3u);
}

} // namespace
} // namespace tickgate::app
