#include "feed/shard_fsm.hpp"

#include <gtest/gtest.h>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using Act = ShardFsm::Act;

class ShardFsmTest : public ::testing::Test {
protected:
    ShardFsmTest() : fsm(timings(), 42) {}
    static ShardFsm::Timings timings() {
        ShardFsm::Timings t;
        t.back_off = {250ms, 30s, 60s};
        return t;
    }
    // Lets time pass until the machine wants something; none after an hour.
    ShardFsm::Step step() {
        for (int i = 0; i < 3600 * 10; ++i) {
            if (const auto s = fsm.next(now); s.act != Act::none)
                return s;
            now += 100ms;
        }
        return {};
    }
    Act act_now() { return fsm.next(now).act; }
    void bring_up(int place, std::chrono::milliseconds life = 0ms) {
        fsm.link_up(place, life, now);
        fsm.link_ready(place, now);
    }
    ShardFsm fsm;
    MonoTime now{};
};

TEST_F(ShardFsmTest, ConnectsAtOnceAndBacksOffAfterAFailure) {
    fsm.start(now);
    EXPECT_EQ(act_now(), Act::start);
    EXPECT_EQ(act_now(), Act::none);
    fsm.link_ended(0, make_error_code(errc::timed_out), now);
    EXPECT_TRUE(fsm.retry_in(now).has_value());
    EXPECT_LE(*fsm.retry_in(now), 250ms);
    EXPECT_EQ(step().act, Act::start);
}

TEST_F(ShardFsmTest, NeverGivesUpOnFaultsThatMayPass) {
    fsm.start(now);
    for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(step().act, Act::start) << i;
        fsm.link_ended(0, make_error_code(i % 3 ? errc::venue_error : errc::silent), now);
    }
    EXPECT_FALSE(fsm.gave_up());
}

TEST_F(ShardFsmTest, RefusedCredentialsStopItLoudlyAndForGood) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    fsm.link_ended(0, make_error_code(errc::unauthorized), now);
    EXPECT_EQ(act_now(), Act::give_up);
    EXPECT_EQ(step().act, Act::none);
    EXPECT_TRUE(fsm.gave_up());
}

TEST_F(ShardFsmTest, ARateLimitIsWaitedOut) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    fsm.link_ended(0, make_error_code(errc::rate_limited), now);
    EXPECT_GE(*fsm.retry_in(now), 60s);
}

TEST_F(ShardFsmTest, AStableConnectionForgetsOldFailures) {
    fsm.start(now);
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(step().act, Act::start);
        fsm.link_ended(0, make_error_code(errc::timed_out), now);
    }
    ASSERT_EQ(step().act, Act::start);
    bring_up(0);
    now += 11s;
    fsm.link_ended(0, make_error_code(errc::closed_by_venue), now);
    EXPECT_LE(*fsm.retry_in(now), 250ms);
}

TEST_F(ShardFsmTest, RotatesBeforeTheVenueCutsAndClosesTheOldOneOnlyWhenTheNewOneIsLevel) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0, 24h);
    const auto up = now;
    now += 22h;
    EXPECT_EQ(act_now(), Act::none);
    auto s = step();
    EXPECT_EQ(s.act, Act::start);
    EXPECT_EQ(s.place, 1);
    EXPECT_GE(now - up, 22h + 33min);
    EXPECT_LE(now - up, 23h + 17min);
    bring_up(1, 24h);
    now += 6s;
    EXPECT_EQ(act_now(), Act::none) << "not level so far";
    fsm.handed_over(now);
    s = fsm.next(now);
    EXPECT_EQ(s.act, Act::promoted);
    EXPECT_EQ(s.place, 1);
    s = fsm.next(now);
    EXPECT_EQ(s.act, Act::close);
    EXPECT_EQ(s.place, 0);
    fsm.link_ended(0, make_error_code(errc::stopped), now);
    EXPECT_EQ(act_now(), Act::none);
    EXPECT_EQ(fsm.active(), 1);
    EXPECT_FALSE(fsm.rotating());
}

TEST_F(ShardFsmTest, QuietChannelsDoNotHoldARotationUpForever) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0, 24h);
    fsm.replace(now);
    ASSERT_EQ(act_now(), Act::start);
    bring_up(1);
    const auto both = now;
    EXPECT_EQ(step().act, Act::promoted);
    EXPECT_GE(now - both, 30s);
}

TEST_F(ShardFsmTest, AnAnnouncedShutdownIsReplacedAtOnceAndItsEndIsNoFault) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0, 24h);
    fsm.replace(now);
    EXPECT_EQ(act_now(), Act::start);
    bring_up(1);
    fsm.link_ended(0, make_error_code(errc::closed_by_venue), now);
    EXPECT_EQ(act_now(), Act::promoted);
    EXPECT_EQ(fsm.active(), 1);
    EXPECT_EQ(step().act, Act::none);
}

TEST_F(ShardFsmTest, AFailedReplacementIsTriedAgainWhileTheOldOneServes) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0, 24h);
    fsm.replace(now);
    ASSERT_EQ(act_now(), Act::start);
    fsm.link_ended(1, make_error_code(errc::timed_out), now);
    const auto s = step();
    EXPECT_EQ(s.act, Act::start);
    EXPECT_EQ(s.place, 1);
    EXPECT_EQ(fsm.active(), 0);
}

TEST_F(ShardFsmTest, AReplacementUnderWayBecomesTheConnectionWhenTheOldOneDies) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0, 24h);
    fsm.replace(now);
    ASSERT_EQ(act_now(), Act::start);
    fsm.link_ended(0, make_error_code(errc::silent), now);
    EXPECT_EQ(fsm.active(), 1);
    bring_up(1);
    EXPECT_EQ(step().act, Act::none);
}

TEST_F(ShardFsmTest, AVenuesPauseIsTheLeastWait) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0);
    fsm.link_ended(0, make_error_code(errc::planned_shutdown), now, 300s);
    const auto ended = now;
    EXPECT_EQ(*fsm.retry_in(now), 300s);
    EXPECT_EQ(step().act, Act::start);
    EXPECT_GE(now - ended, 300s);
    fsm.link_ended(0, make_error_code(errc::rate_limited), now, 1ms); // the longer one counts
    EXPECT_GE(*fsm.retry_in(now), 60s);
}

TEST_F(ShardFsmTest, APauseHoldsForAReplacementToo) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    bring_up(0);
    fsm.replace(0, now + 60s);
    auto asked = now;
    EXPECT_EQ(step().act, Act::start);
    EXPECT_GE(now - asked, 60s);
    fsm.link_ended(1, make_error_code(errc::venue_error), now, 90s);
    asked = now;
    fsm.link_ended(0, make_error_code(errc::silent), now, 120s); // the waiting replacement becomes the connection
    EXPECT_EQ(fsm.active(), 1);
    EXPECT_EQ(step().act, Act::start);
    EXPECT_GE(now - asked, 120s);
}

TEST_F(ShardFsmTest, AfterStopNothingIsStarted) {
    fsm.start(now);
    ASSERT_EQ(step().act, Act::start);
    fsm.stop();
    fsm.link_ended(0, make_error_code(errc::timed_out), now);
    EXPECT_EQ(step().act, Act::none);
}

TEST_F(ShardFsmTest, OneThatGaveUpBeginsAnewWhenToldTo) {
    fsm.start(now);
    ASSERT_EQ(act_now(), Act::start);
    fsm.link_ended(0, errc::unauthorized, now);
    ASSERT_EQ(act_now(), Act::give_up);
    ASSERT_EQ(step().act, Act::none);
    fsm.begin_anew(now);
    EXPECT_FALSE(fsm.gave_up());
    EXPECT_EQ(act_now(), Act::start);
    fsm.link_ended(0, errc::unauthorized, now);
    EXPECT_EQ(act_now(), Act::give_up) << "and gives up again, as loudly";
}

TEST_F(ShardFsmTest, AReplacementThatWasRefusedIsTriedAtOnceWithOtherCredentials) {
    fsm.start(now);
    ASSERT_EQ(act_now(), Act::start);
    bring_up(0);
    fsm.replace(now);
    ASSERT_EQ(act_now(), Act::start);
    fsm.link_ended(1, errc::unauthorized, now);
    EXPECT_EQ(act_now(), Act::none);
    EXPECT_FALSE(fsm.gave_up()) << "the first connection serves on";
    fsm.begin_anew(now);
    EXPECT_EQ(act_now(), Act::start);
}

TEST_F(ShardFsmTest, BeginningAnewDoesNotCutAPauseShort) {
    fsm.start(now);
    ASSERT_EQ(act_now(), Act::start);
    fsm.link_ended(0, errc::banned, now, 60s);
    fsm.begin_anew(now);
    EXPECT_EQ(act_now(), Act::none) << "the venue asked for it";
}

} // namespace
} // namespace tickgate::feed
