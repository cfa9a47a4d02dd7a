#include "feed/feed_health.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using calendar::Market;
using calendar::Phase;
using What = FeedHealth::Change::What;

class FeedHealthTest : public ::testing::Test {
protected:
    // One scan a second; `busy` instruments had data before each.
    void run(int seconds, std::vector<std::uint32_t> busy) {
        for (int i = 0; i < seconds; ++i) {
            for (const auto id : busy)
                health.touch(static_cast<InstrumentId>(id));
            now += 1s;
            health.scan(now, [&](const FeedHealth::Change& c) { changes.push_back(c); });
        }
    }
    void phase(Market market, Phase p) {
        phases[static_cast<std::size_t>(market)] = p;
        health.set_phases(phases);
    }
    std::vector<What> what() {
        std::vector<What> out;
        for (const auto& c : changes)
            out.push_back(c.what);
        changes.clear();
        return out;
    }
    FeedHealth health;
    FeedHealth::Phases phases = [] {
        FeedHealth::Phases p{};
        p.fill(Phase::open);
        return p;
    }();
    MonoTime now{};
    std::vector<FeedHealth::Change> changes;
};

TEST_F(FeedHealthTest, ABusyInstrumentThatFallsSilentGoesStaleAndComesBack) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    health.watch(InstrumentId{1}, std::nullopt, now);
    run(60, {0, 1});
    EXPECT_TRUE(changes.empty());
    run(29, {1});
    EXPECT_TRUE(changes.empty()) << "half a minute is never stale by itself";
    run(10, {1});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].what, What::stale);
    EXPECT_EQ(changes[0].instrument, InstrumentId{0});
    run(1, {0, 1});
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[1].what, What::fresh);
}

TEST_F(FeedHealthTest, AQuietInstrumentIsNotADeadOne) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    for (int i = 0; i < 20; ++i) {
        run(1, {0});
        run(59, {}); // one message a minute
    }
    EXPECT_TRUE(changes.empty());
    run(901, {});
    EXPECT_EQ(changes.size(), 1u) << "a quarter of an hour is the most that is ever waited";
}

TEST_F(FeedHealthTest, WhoNeverSentAnythingIsNotCalledStale) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    run(5000, {});
    EXPECT_TRUE(changes.empty());
}

TEST_F(FeedHealthTest, AConfiguredLimitReplacesTheLearnedOne) {
    health.watch(InstrumentId{0}, 5s, now);
    run(10, {0});
    run(6, {});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].what, What::stale);
}

TEST_F(FeedHealthTest, TheStandingOfAnInstrument) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    EXPECT_FALSE(health.standing(InstrumentId{0}, now).known);
    EXPECT_TRUE(health.standing(InstrumentId{0}, now).flowing) << "a new connection is a sign of life";
    run(30, {0});
    EXPECT_TRUE(health.standing(InstrumentId{0}, now).known);
    EXPECT_TRUE(health.standing(InstrumentId{0}, now).flowing);
    run(40, {});
    EXPECT_TRUE(health.standing(InstrumentId{0}, now).stale);
    EXPECT_FALSE(health.standing(InstrumentId{0}, now).flowing);
    health.pause(InstrumentId{0});
    EXPECT_FALSE(health.standing(InstrumentId{0}, now).known);
    EXPECT_FALSE(health.standing(InstrumentId{7}, now).known);
}

TEST_F(FeedHealthTest, AClosedMarketIsClosedAndNeverStale) {
    health.watch(InstrumentId{0}, std::nullopt, now, Market::fx);
    health.watch(InstrumentId{1}, 5s, now, Market::fx);
    health.watch(InstrumentId{2}, std::nullopt, now, Market::always);
    run(60, {0, 1, 2});
    phase(Market::fx, Phase::closed);
    run(1, {2});
    EXPECT_EQ(what(), (std::vector{What::closed, What::closed}));
    EXPECT_TRUE(health.is_closed(InstrumentId{0}));
    run(100000, {2});
    EXPECT_TRUE(changes.empty());
    phase(Market::fx, Phase::open);
    run(1, {2});
    EXPECT_EQ(what(), (std::vector{What::opened, What::opened}));
    run(4, {0, 2});
    EXPECT_TRUE(changes.empty()) << "the pause is counted from the opening";
    run(2, {0, 2});
    EXPECT_EQ(what(), std::vector{What::stale});
}

TEST_F(FeedHealthTest, WatchingBeginsClosedWhereTheMarketIs) {
    phase(Market::us_equity, Phase::closed);
    health.watch(InstrumentId{0}, std::nullopt, now, Market::us_equity);
    EXPECT_TRUE(health.is_closed(InstrumentId{0}));
    run(5, {});
    EXPECT_TRUE(changes.empty());
}

TEST_F(FeedHealthTest, DataThatFlowsShowsThatTheCalendarIsWrong) {
    phase(Market::fx, Phase::closed);
    health.watch(InstrumentId{0}, 10s, now, Market::fx);
    run(2, {0}); // a snapshot or two
    run(60, {});
    EXPECT_TRUE(changes.empty());
    run(3, {0});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_TRUE(changes[0].by_data);
    EXPECT_EQ(what(), std::vector{What::opened});
    EXPECT_FALSE(health.is_closed(InstrumentId{0}));
    run(59, {});
    EXPECT_TRUE(changes.empty()) << "not stale: nothing was promised";
    health.watch(InstrumentId{0}, 10s, now, Market::fx); // a new connection
    EXPECT_FALSE(health.is_closed(InstrumentId{0}));
    run(61, {});
    EXPECT_EQ(what(), std::vector{What::closed});
}

TEST_F(FeedHealthTest, PostMarketIsQuieter) {
    health.watch(InstrumentId{0}, std::nullopt, now, Market::us_equity);
    run(60, {0});
    phase(Market::us_equity, Phase::post_market);
    run(300, {});
    EXPECT_TRUE(changes.empty()) << "ten times the half minute of the session";
    run(1, {});
    EXPECT_EQ(what(), std::vector{What::stale});
    for (int i = 0; i < 20; ++i) {
        run(100, {});
        run(1, {0});
    }
    what();
    phase(Market::us_equity, Phase::open);
    run(1, {0});
    run(31, {});
    EXPECT_EQ(what(), std::vector{What::stale}) << "nothing was learned from the quiet hours";
}

TEST_F(FeedHealthTest, AStaleInstrumentWhoseMarketClosesIsClosed) {
    health.watch(InstrumentId{0}, 5s, now, Market::fx);
    run(10, {0});
    run(6, {});
    EXPECT_EQ(what(), std::vector{What::stale});
    phase(Market::fx, Phase::closed);
    run(1, {});
    EXPECT_EQ(what(), std::vector{What::closed});
    EXPECT_FALSE(health.is_stale(InstrumentId{0}));
    EXPECT_FALSE(health.standing(InstrumentId{0}, now).known) << "nothing is expected of it";
}

} // namespace
} // namespace tickgate::feed
