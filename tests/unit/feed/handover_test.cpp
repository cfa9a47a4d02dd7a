#include "feed/handover.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tickgate::feed {
namespace {

using From = Handover::From;

Subscription channel(std::uint32_t i = 1) {
    Subscription s;
    s.instrument = static_cast<InstrumentId>(i);
    return s;
}

TEST(Handover, ADuplicateOnTheNewConnectionTakesOver) {
    Handover h;
    h.begin(channel(), 10);
    EXPECT_TRUE(h.accept(channel(), From::old_link, 11, false));
    EXPECT_FALSE(h.accept(channel(), From::new_link, 11, false));
    EXPECT_EQ(h.open(), 0u);
    EXPECT_TRUE(h.accept(channel(), From::new_link, 15, false));
    EXPECT_FALSE(h.accept(channel(), From::old_link, 15, false));
    EXPECT_FALSE(h.accept(channel(), From::old_link, 17, false)) << "the new connection brings it";
}

TEST(Handover, ANewConnectionThatIsAheadWaitsForTheOldOne) {
    Handover h;
    h.begin(channel(), 10);
    EXPECT_FALSE(h.accept(channel(), From::new_link, 14, false));
    EXPECT_TRUE(h.accept(channel(), From::old_link, 12, false));
    EXPECT_TRUE(h.accept(channel(), From::old_link, 14, false)) << "level now";
    EXPECT_EQ(h.open(), 0u);
    EXPECT_TRUE(h.accept(channel(), From::new_link, 16, false));
}

TEST(Handover, TheNextOfAContiguousSequenceTakesOverAtOnce) {
    Handover h;
    h.begin(channel(), 10);
    EXPECT_TRUE(h.accept(channel(), From::new_link, 11, true));
    EXPECT_FALSE(h.accept(channel(), From::old_link, 11, true));
}

TEST(Handover, AnOldConnectionThatDiesEarlyLeavesWordOfWhatIsMissing) {
    Handover h;
    h.begin(channel(1), 10);
    h.begin(channel(2), 10);
    EXPECT_FALSE(h.accept(channel(1), From::new_link, 14, false));
    EXPECT_TRUE(h.lost_touch(channel(1)));
    EXPECT_FALSE(h.lost_touch(channel(2)));
    EXPECT_EQ(h.open(), 2u);
}

// Both connections carry the same sequence, each with its own delay; whatever the interleaving, the published sequence
// is complete, in order and without repeats.
TEST(Handover, NothingIsLostOrRepeatedInAnyInterleaving) {
    std::mt19937 random(99);
    for (int round = 0; round < 2000; ++round) {
        const bool contiguous = round % 2 == 0;
        std::vector<std::uint64_t> ids;
        std::uint64_t id = 1 + random() % 5;
        for (int i = 0; i < 60; ++i, id += contiguous ? 1 : 1 + random() % 4)
            ids.push_back(id);
        Handover h;
        const std::size_t before = random() % 20; // published before the new connection came up
        std::size_t old_at = before, new_at = before;
        new_at += random() % 4; // the new one starts somewhat later
        old_at -= std::min<std::size_t>(old_at, 0);
        h.begin(channel(), before == 0 ? 0 : ids[before - 1]);
        std::vector<std::uint64_t> published(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(before));
        bool old_closed = false;
        while ((!old_closed && old_at < ids.size()) || new_at < ids.size()) {
            const bool pick_old = !old_closed && old_at < ids.size() && (new_at >= ids.size() || random() % 2);
            auto& at = pick_old ? old_at : new_at;
            if (h.accept(channel(), pick_old ? From::old_link : From::new_link, ids[at], contiguous))
                published.push_back(ids[at]);
            ++at;
            if (h.open() == 0 && random() % 8 == 0)
                old_closed = true;
        }
        ASSERT_EQ(published, ids) << "round " << round;
    }
}

} // namespace
} // namespace tickgate::feed
