#include "feed/feed_health.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;

class Health : public ::testing::Test {
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
    FeedHealth health;
    MonoTime now{};
    std::vector<FeedHealth::Change> changes;
};

TEST_F(Health, ABusyInstrumentThatFallsSilentGoesStaleAndComesBack) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    health.watch(InstrumentId{1}, std::nullopt, now);
    run(60, {0, 1});
    EXPECT_TRUE(changes.empty());
    run(29, {1});
    EXPECT_TRUE(changes.empty()) << "half a minute is never stale by itself";
    run(10, {1});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_TRUE(changes[0].stale);
    EXPECT_EQ(changes[0].instrument, InstrumentId{0});
    EXPECT_FALSE(health.all_stale());
    run(1, {0, 1});
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_FALSE(changes[1].stale);
}

TEST_F(Health, AQuietInstrumentIsNotADeadOne) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    for (int i = 0; i < 20; ++i) {
        run(1, {0});
        run(59, {}); // one message a minute
    }
    EXPECT_TRUE(changes.empty());
    run(901, {});
    EXPECT_EQ(changes.size(), 1u) << "a quarter of an hour is the most that is ever waited";
}

TEST_F(Health, WhoNeverSentAnythingIsNotCalledStale) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    run(5000, {});
    EXPECT_TRUE(changes.empty());
    EXPECT_FALSE(health.all_stale());
}

TEST_F(Health, AConfiguredLimitReplacesTheLearnedOne) {
    health.watch(InstrumentId{0}, 5s, now);
    run(10, {0});
    run(6, {});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_TRUE(changes[0].stale);
}

TEST_F(Health, AllStaleNeedsEveryKnownCadenceToBeBroken) {
    health.watch(InstrumentId{0}, std::nullopt, now);
    health.watch(InstrumentId{1}, std::nullopt, now);
    run(30, {0, 1});
    run(40, {});
    EXPECT_TRUE(health.all_stale());
    health.watch(InstrumentId{0}, std::nullopt, now);
    run(1, {0});
    EXPECT_FALSE(health.all_stale());
}

} // namespace
} // namespace tickgate::feed
