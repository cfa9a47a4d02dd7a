#include "api/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace tickgate::api {

using namespace std::chrono_literals;

TEST(RateLimiter, GivesABurstAndThenTheRate) {
    RateLimiter limiter(10, 3);
    EXPECT_EQ(limiter.take("a", MonoTime(1h)), 0ns); // a burst below the rate counts as the rate
    for (int i = 1; i < 10; ++i)
        EXPECT_EQ(limiter.take("a", MonoTime(1h)), 0ns);
    EXPECT_NEAR(double(limiter.take("a", MonoTime(1h)).count()), 1e8, 10);
    EXPECT_NEAR(double(limiter.take("a", MonoTime(1h + 40ms)).count()), 6e7, 10); // asking costs nothing
    EXPECT_EQ(limiter.take("a", MonoTime(1h + 101ms)), 0ns);
    int taken = 0;
    for (int ms = 200; ms < 5200; ++ms)
        taken += limiter.take("a", MonoTime(1h + ms * 1ms)) == 0ns;
    EXPECT_NEAR(taken, 50, 1);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(limiter.take("a", MonoTime(2h)), 0ns); // full again, and no fuller
    EXPECT_GT(limiter.take("a", MonoTime(2h)), 0ns);
}

TEST(RateLimiter, CountsEachClientForItself) {
    RateLimiter limiter(1, 1);
    EXPECT_EQ(limiter.take("a", MonoTime(1h)), 0ns);
    EXPECT_GT(limiter.take("a", MonoTime(1h)), 0ns);
    EXPECT_EQ(limiter.take("b", MonoTime(1h)), 0ns);
}

TEST(RateLimiter, AClockThatStandsGivesNothing) {
    RateLimiter limiter(5, 5);
    for (int i = 0; i < 5; ++i)
        limiter.take("a", MonoTime(1h));
    EXPECT_GT(limiter.take("a", MonoTime(1h)), 0ns);
    EXPECT_GT(limiter.take("a", MonoTime(59min)), 0ns);
}

TEST(RateLimiter, ZeroIsNoLimit) {
    RateLimiter limiter(0, 0);
    for (int i = 0; i < 10000; ++i)
        EXPECT_EQ(limiter.take("a", MonoTime(1h)), 0ns);
    EXPECT_EQ(limiter.clients(), 0u);
}

TEST(RateLimiter, ItsMemoryHasAnEnd) {
    RateLimiter limiter(1, 2);
    for (int i = 0; i < 100000; ++i)
        limiter.take("peer " + std::to_string(i), MonoTime(1h));
    EXPECT_LE(limiter.clients(), RateLimiter::most_clients + 1);
    EXPECT_GT(limiter.take("one more", MonoTime(1h)), 0ns); // those share a bucket, and it is empty
    EXPECT_EQ(limiter.take("one more", MonoTime(2h)), 0ns); // the old ones are at rest and make room
    EXPECT_LE(limiter.clients(), 2u);
}

TEST(RateLimiter, NewLimitsForgetNothing) {
    RateLimiter limiter(1, 10);
    for (int i = 0; i < 10; ++i)
        limiter.take("a", MonoTime(1h));
    limiter.set_limits(100, 100);
    EXPECT_NEAR(double(limiter.take("a", MonoTime(1h)).count()), 1e7, 10);
    EXPECT_EQ(limiter.take("a", MonoTime(1h + 11ms)), 0ns);
}

} // namespace tickgate::api
