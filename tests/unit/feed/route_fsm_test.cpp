#include "feed/route_fsm.hpp"

#include <gtest/gtest.h>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using enum InstrumentState;
using What = RouteFsm::Decision::What;

class RouteFsmTest : public ::testing::Test {
protected:
    void make(std::size_t sources, RouteFsm::Rules rules = {}) {
        fsm.emplace(rules, sources, now);
        prices.assign(sources, {});
    }
    void pass(std::chrono::milliseconds span) {
        now.mono += span;
        now.wall += span;
    }
    RouteFsm::Decision set(std::size_t source, InstrumentState state) {
        fsm->set_state(source, state, now);
        return decide();
    }
    RouteFsm::Decision decide() { return fsm->decide(now, prices); }
    void price(std::size_t source, std::string_view text) { prices[source] = {Decimal::parse(text).value(), now.wall}; }
    Moment now{MonoTime(1h), UnixNanos(std::chrono::sys_days(std::chrono::year{2026} / 11 / 18))};
    std::optional<RouteFsm> fsm;
    std::vector<RouteFsm::Price> prices;
};

TEST_F(RouteFsmTest, TheFirstSourceIsActiveAndStaysWhileItIsLive) {
    make(2);
    EXPECT_EQ(fsm->active(), 0u);
    EXPECT_EQ(fsm->overall(), pending);
    EXPECT_EQ(set(1, live).what, What::stay) << "the first may still come";
    EXPECT_EQ(set(0, live).what, What::stay);
    EXPECT_EQ(fsm->overall(), live);
    EXPECT_TRUE(fsm->settled());
}

TEST_F(RouteFsmTest, ASourceThatDoesNotComeIsNotWaitedForLong) {
    make(2);
    set(1, live);
    pass(4999ms);
    EXPECT_EQ(decide().what, What::stay);
    pass(1ms);
    const auto d = decide();
    EXPECT_EQ(d.what, What::switched);
    EXPECT_EQ(d.cause, "pending");
    EXPECT_EQ(fsm->active(), 1u);
}

TEST_F(RouteFsmTest, EveryFailureIsLeftAtOnceIfAnotherIsLive) {
    for (const auto failure : {down, stale, refused, unknown_symbol}) {
        make(3);
        set(0, live);
        EXPECT_EQ(set(0, failure).what, What::stay) << "nobody else is live";
        set(0, live);
        set(2, live);
        const auto d = set(0, failure);
        EXPECT_EQ(d.what, What::switched);
        EXPECT_EQ(d.from, 0u);
        EXPECT_EQ(d.to, 2u);
        EXPECT_EQ(d.cause, to_string(failure));
        EXPECT_EQ(fsm->overall(), live);
    }
}

TEST_F(RouteFsmTest, ALateStandbyIsTakenWhenItBecomesLive) {
    make(2);
    set(0, live);
    set(0, down);
    pass(10s);
    EXPECT_EQ(set(1, live).what, What::switched);
}

TEST_F(RouteFsmTest, ABetterOneThatHasNotFailedIsTakenAsSoonAsItIsLive) {
    make(2);
    set(1, live);
    pass(5s);
    ASSERT_EQ(decide().to, 1u);
    const auto d = set(0, live);
    EXPECT_EQ(d.what, What::switched);
    EXPECT_EQ(d.cause, "preferred");
    EXPECT_EQ(fsm->active(), 0u);
}

TEST_F(RouteFsmTest, ItReturnsAfterAHealthyWhileWithoutABreak) {
    make(2);
    set(0, live);
    set(1, live);
    set(0, down);
    pass(1s);
    EXPECT_EQ(set(0, live).what, What::stay);
    pass(20s);
    EXPECT_EQ(set(0, stale).what, What::stay);
    EXPECT_EQ(set(0, live).what, What::stay);
    pass(29999ms);
    EXPECT_EQ(decide().what, What::stay);
    pass(1ms);
    const auto d = decide();
    EXPECT_EQ(d.what, What::switched);
    EXPECT_EQ(d.cause, "return");
    EXPECT_EQ(d.to, 0u);
    EXPECT_TRUE(fsm->settled());
}

TEST_F(RouteFsmTest, TheBetterOneNeedsNoHealthyWhileWhenTheActiveOneFails) {
    make(2);
    set(0, live);
    set(1, live);
    set(0, down);
    set(0, live);
    EXPECT_EQ(set(1, down).to, 0u);
    EXPECT_EQ(fsm->active(), 0u);
}

TEST_F(RouteFsmTest, AClosedMarketIsNotLeft) {
    make(2);
    set(0, live);
    set(1, live);
    EXPECT_EQ(set(0, closed).what, What::stay);
    EXPECT_EQ(fsm->overall(), closed);
    pass(1h);
    EXPECT_EQ(decide().what, What::stay);
    // Closed on the second: the first, open again and healthy, is returned to.
    set(0, down);
    EXPECT_EQ(fsm->active(), 1u);
    set(1, closed);
    set(0, live);
    EXPECT_EQ(fsm->active(), 1u);
    pass(30s);
    EXPECT_EQ(decide().to, 0u);
}

TEST_F(RouteFsmTest, AClosedStandbyIsNotTaken) {
    make(2);
    set(0, live);
    set(1, closed);
    EXPECT_EQ(set(0, down).what, What::stay);
    EXPECT_EQ(fsm->overall(), closed);
}

TEST_F(RouteFsmTest, APriceJumpIsRefusedOnceUntilPricesConverge) {
    make(2);
    set(0, live);
    set(1, live);
    price(0, "100");
    price(1, "102.0001");
    auto d = set(0, stale);
    EXPECT_EQ(d.what, What::guarded);
    EXPECT_EQ(d.from, 0u);
    EXPECT_EQ(d.to, 1u);
    EXPECT_EQ(fsm->overall(), stale);
    pass(1s);
    EXPECT_EQ(decide().what, What::stay) << "told once";
    EXPECT_FALSE(fsm->settled());
    price(1, "102");
    d = decide();
    EXPECT_EQ(d.what, What::switched);
    EXPECT_EQ(d.cause, "stale");
    EXPECT_EQ(fsm->overall(), live);
}

TEST_F(RouteFsmTest, APriceOfLongAgoGuardsNothing) {
    make(2);
    set(0, live);
    set(1, live);
    price(0, "100");
    price(1, "150");
    EXPECT_EQ(set(0, down).what, What::guarded);
    EXPECT_EQ(fsm->overall(), stale) << "although the source is down: another one is live and distrusted";
    pass(120s);
    EXPECT_EQ(decide().what, What::stay);
    pass(1ms);
    EXPECT_EQ(decide().what, What::switched);
}

TEST_F(RouteFsmTest, TheGuardLetsAnotherLiveSourcePass) {
    make(3);
    set(0, live);
    set(1, live);
    set(2, live);
    price(0, "100");
    price(1, "50");
    price(2, "101");
    EXPECT_EQ(set(0, down).to, 2u);
}

TEST_F(RouteFsmTest, TheGuardHoldsForTheWayBackToo) {
    make(2);
    set(0, live);
    set(1, live);
    set(0, down);
    set(0, live);
    pass(30s);
    price(0, "90");
    price(1, "100");
    EXPECT_EQ(decide().what, What::guarded);
    EXPECT_EQ(fsm->overall(), live) << "the active source is well";
    EXPECT_EQ(decide().what, What::stay);
    price(0, "99");
    EXPECT_EQ(decide().what, What::switched);
}

TEST_F(RouteFsmTest, AGuardOfZeroIsOffAndUnknownPricesGuardNothing) {
    RouteFsm::Rules rules;
    rules.jump_guard = Decimal();
    make(2, rules);
    set(0, live);
    set(1, live);
    price(0, "100");
    price(1, "1");
    EXPECT_EQ(set(0, down).what, What::switched);
    make(2);
    set(0, live);
    set(1, live);
    price(0, "100");
    EXPECT_EQ(set(0, down).what, What::switched);
}

TEST_F(RouteFsmTest, PricesBelowZeroAreGuardedToo) {
    make(2);
    set(0, live);
    set(1, live);
    price(0, "-37.60");
    price(1, "-37.65");
    EXPECT_EQ(set(0, down).what, What::switched);
    make(2);
    set(0, live);
    set(1, live);
    price(0, "-37.60");
    price(1, "37.60");
    EXPECT_EQ(set(0, down).what, What::guarded);
}

TEST_F(RouteFsmTest, StatesOfAllWhenNobodyIsLive) {
    make(2);
    set(0, down);
    EXPECT_EQ(fsm->overall(), pending) << "one is still on its way";
    set(1, down);
    EXPECT_EQ(fsm->overall(), down);
    set(0, refused);
    EXPECT_EQ(fsm->overall(), down);
    set(1, refused);
    EXPECT_EQ(fsm->overall(), refused);
    set(0, unknown_symbol);
    EXPECT_EQ(fsm->overall(), refused);
    set(1, unknown_symbol);
    EXPECT_EQ(fsm->overall(), unknown_symbol);
    set(1, stale);
    EXPECT_EQ(fsm->overall(), stale);
}

TEST_F(RouteFsmTest, AColdStandbyIsWantedOnlyWhenNeeded) {
    RouteFsm::Rules rules;
    rules.warm = false;
    make(3, rules);
    set(0, live);
    EXPECT_TRUE(fsm->wanted(0));
    EXPECT_FALSE(fsm->wanted(1));
    set(0, down);
    EXPECT_TRUE(fsm->wanted(1));
    EXPECT_FALSE(fsm->wanted(2)) << "the second gets its chance first";
    EXPECT_EQ(fsm->overall(), pending);
    pass(1s);
    EXPECT_EQ(set(1, live).what, What::switched);
    EXPECT_FALSE(fsm->wanted(2));
    EXPECT_TRUE(fsm->wanted(0)) << "to return to it";
    set(0, live);
    pass(30s);
    EXPECT_EQ(decide().to, 0u);
    EXPECT_TRUE(fsm->wanted(1)) << "for a while";
    EXPECT_FALSE(fsm->settled());
    pass(30s);
    decide();
    EXPECT_FALSE(fsm->wanted(1));
    EXPECT_TRUE(fsm->settled());
}

TEST_F(RouteFsmTest, AColdStandbyThatFailsCallsTheNext) {
    RouteFsm::Rules rules;
    rules.warm = false;
    make(3, rules);
    set(0, live);
    set(0, refused);
    set(1, refused);
    EXPECT_TRUE(fsm->wanted(2));
    make(3, rules);
    set(0, live);
    set(0, down);
    pass(5s);
    decide();
    EXPECT_TRUE(fsm->wanted(2)) << "the second does not come";
    EXPECT_EQ(set(2, live).what, What::switched);
    EXPECT_EQ(fsm->active(), 2u);
}

TEST_F(RouteFsmTest, WarmStandbysAreAlwaysWanted) {
    make(2);
    set(0, live);
    EXPECT_TRUE(fsm->wanted(1));
    EXPECT_TRUE(fsm->settled());
}

} // namespace
} // namespace tickgate::feed
