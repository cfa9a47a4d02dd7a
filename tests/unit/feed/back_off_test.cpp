#include "feed/back_off.hpp"

#include <gtest/gtest.h>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;

TEST(BackOff, WaitsAreSpreadOverAGrowingRangeWithACap) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        std::chrono::milliseconds most{0}, least{1h};
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            BackOff back_off({250ms, 30s, 60s}, seed);
            for (int i = 0; i < attempt; ++i)
                back_off.next(Recovery::retry);
            const auto wait = back_off.next(Recovery::retry);
            most = std::max(most, wait);
            least = std::min(least, wait);
        }
        const auto reach = std::min<std::chrono::milliseconds>(30s, 250ms * (1 << std::min(attempt, 16)));
        EXPECT_LE(most, reach) << attempt;
        EXPECT_GT(most, reach * 9 / 10) << attempt;
        EXPECT_LT(least, reach / 10) << "full jitter reaches down to nothing";
    }
}

TEST(BackOff, NeverEndsAndStartsAnewAfterSuccess) {
    BackOff back_off({250ms, 30s, 60s}, 1);
    for (int i = 0; i < 10000; ++i)
        ASSERT_LE(back_off.next(Recovery::retry), 30s);
    back_off.reset();
    EXPECT_LE(back_off.next(Recovery::retry), 250ms);
}

TEST(BackOff, AVenueThatAskedForAPauseGetsIt) {
    BackOff back_off({250ms, 30s, 60s}, 1);
    EXPECT_GE(back_off.next(Recovery::retry_later), 60s);
}

} // namespace
} // namespace tickgate::feed
