// A handover that ends early: whichever connection dies, ids are told once, in order, and what is missing is known.
#include "feed/handover.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tickgate::feed {
namespace {

using From = Handover::From;

class BrokenHandover : public ::testing::TestWithParam<bool> {};

TEST_P(BrokenHandover, TellsEachIdOnceAndKnowsWhatIsMissing) {
    const bool contiguous = GetParam();
    const Subscription channel;
    std::mt19937 random(5);
    for (int round = 0; round < 5000; ++round) {
        std::vector<std::uint64_t> ids;
        for (std::uint64_t id = 100; ids.size() < 60; id += contiguous ? 1 : 1 + random() % 4)
            ids.push_back(id);
        // Both connections walk through the same ids, the new one from somewhere near on.
        const std::size_t before = 1 + random() % 10;
        std::size_t at[2] = {before, before + random() % 4};
        Handover handover;
        handover.begin(channel, ids[before - 1]);
        std::vector<std::uint64_t> told(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(before));
        for (auto steps = random() % 40; steps > 0; --steps) {
            const auto from = random() % 2 == 0 ? From::old_link : From::new_link;
            const auto id = ids[at[static_cast<std::size_t>(from)]++];
            if (handover.accept(channel, from, id, contiguous))
                told.push_back(id);
        }
        const auto survivor = random() % 2 == 0 ? From::old_link : From::new_link;
        const auto standing = handover.standing(channel, survivor);
        const auto joint = told.size();
        for (auto i = at[static_cast<std::size_t>(survivor)]; i < ids.size(); ++i)
            if (ids[i] > standing.told)
                told.push_back(ids[i]);
        ASSERT_TRUE(std::is_sorted(told.begin(), told.end(), std::less_equal<>())) << "round " << round;
        const auto first_seen = std::find(ids.begin(), ids.end(), told[joint]) - ids.begin();
        const auto last_told = std::find(ids.begin(), ids.end(), told[joint - 1]) - ids.begin();
        const auto missing = static_cast<std::uint64_t>(first_seen - last_told - 1);
        if (standing.unseen) { // its first message tells
            ASSERT_FALSE(standing.lost);
            ASSERT_EQ(standing.told, ids[static_cast<std::size_t>(last_told)]);
            continue;
        }
        ASSERT_EQ(standing.lost, missing > 0) << "round " << round;
        if (standing.lost && contiguous) {
            ASSERT_EQ(standing.count, missing);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Ids, BrokenHandover, ::testing::Bool(), [](const auto& one) { return one.param ? "Contiguous" : "Growing"; });

TEST(HandoverEnd, WithoutNumbersTheOldConnectionServesToItsEnd) {
    Handover handover;
    const Subscription channel;
    handover.begin(channel, 0);
    EXPECT_TRUE(handover.accept(channel, From::old_link, 0, false));
    EXPECT_FALSE(handover.accept(channel, From::new_link, 0, false));
    EXPECT_EQ(handover.standing(channel, From::new_link).told, 0u);
    EXPECT_FALSE(handover.standing(channel, From::new_link).lost);
}

TEST(HandoverEnd, AChannelOfTheNewConnectionIsReadThere) {
    Handover handover;
    const Subscription channel;
    handover.begin_on_new(channel);
    EXPECT_EQ(handover.open(), 0u);
    EXPECT_FALSE(handover.accept(channel, From::old_link, 5, true));
    EXPECT_TRUE(handover.accept(channel, From::new_link, 5, true));
    EXPECT_EQ(handover.source(channel), From::new_link);
    handover.forget(channel);
    EXPECT_EQ(handover.open(), 0u);
}

} // namespace
} // namespace tickgate::feed
