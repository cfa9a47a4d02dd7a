#include "app/missed.hpp"

#include <gtest/gtest.h>

namespace tickgate::app {

namespace {

using namespace std::chrono_literals;
constexpr UnixNanos now{1'795'262'400s};

feed::FeedStats feed_in(FeedState state, std::uint64_t open, std::chrono::seconds ago = 1h) {
    feed::FeedStats stats;
    stats.status.state = state;
    stats.status.since = now - ago;
    stats.open_instruments = open;
    return stats;
}

} // namespace

TEST(Missed, NotWhileItServesOrAllItsMarketsAreClosed) {
    EXPECT_FALSE(is_missed(feed_in(FeedState::live, 3), now));
    EXPECT_FALSE(is_missed(feed_in(FeedState::closed, 0), now));
    EXPECT_FALSE(is_missed(feed_in(FeedState::down, 0), now)) << "a venue that is away on a weekend";
    EXPECT_TRUE(is_missed(feed_in(FeedState::down, 1), now));
}

TEST(Missed, WhoBeginsIsWaitedForEvenInAClosedMarket) {
    EXPECT_TRUE(is_missed(feed_in(FeedState::connecting, 0, 29s), now));
    EXPECT_FALSE(is_missed(feed_in(FeedState::connecting, 0, 30s), now));
    EXPECT_TRUE(is_missed(feed_in(FeedState::connecting, 1, 30s), now));
}

TEST(Missed, RefusedCredentialsWaitForNoMarket) { EXPECT_TRUE(is_missed(feed_in(FeedState::refused, 0), now)); }

} // namespace tickgate::app
