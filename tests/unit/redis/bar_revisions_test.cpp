#include "redis/channel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tickgate::redis {
namespace {

using namespace std::chrono_literals;

const UnixNanos open{std::chrono::hours(400000)};

TEST(BarRevisions, AreTheMillisecondsSinceTheBarOpened) {
    BarRevisions revisions;
    EXPECT_EQ(revisions.next(open, open + 1500ms), 1500u);
    EXPECT_EQ(revisions.next(open, open + 60s), 60000u);
    EXPECT_EQ(revisions.next(open + 1min, open + 60s - 20ms), 1u) << "a venue's clock may be ahead of ours";
    EXPECT_EQ(revisions.next(open, open + 90s), 90000u) << "revised";
}

TEST(BarRevisions, GrowWithEveryMessageOfABar) {
    BarRevisions revisions;
    EXPECT_EQ(revisions.next(open, open + 5ms), 5u);
    EXPECT_EQ(revisions.next(open, open + 5ms), 6u);
    EXPECT_EQ(revisions.next(open, open + 5ms + 900us), 7u);
    EXPECT_EQ(revisions.next(open, open - 3s), 8u) << "the wall clock was set back";
}

TEST(BarRevisions, CompareOverSessionsAndForForgottenBars) {
    BarRevisions before, after;
    const auto told = before.next(open, open + 59s);
    for (int minute = 1; minute < 20; ++minute)
        before.next(open + minute * 1min, open + minute * 1min + 1s);
    EXPECT_GT(before.next(open, open + 20min), told);
    EXPECT_GT(after.next(open, open + 61s), told);
}

// Any order of live bars, revisions and repairs while time goes on: no bar's number ever falls or stays.
TEST(BarRevisions, NumbersOfABarOnlyGrow) {
    std::mt19937_64 random(20261121);
    for (int round = 0; round < 200; ++round) {
        BarRevisions revisions;
        std::map<int, std::uint64_t> told;
        UnixNanos now = open;
        for (int i = 0; i < 400; ++i) {
            now += std::chrono::milliseconds(1 + random() % 20000);
            const int live = static_cast<int>((now - open) / 1min);
            const int minute = live - (random() % 3 == 0 ? static_cast<int>(random() % 40) : 0);
            const auto rev = revisions.next(open + minute * 1min, now);
            const auto known = told.find(minute);
            ASSERT_TRUE(known == told.end() || rev > known->second) << "round " << round << " minute " << minute;
            told[minute] = rev;
        }
    }
}

} // namespace
} // namespace tickgate::redis
