// The memory of a check does not grow with the number of bars.
#include "quality_test_support.hpp"
#include "support/allocations.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;

TEST(Allocation, NoneACleanBarAndABoundedNumberOfBadOnes) {
    const auto s = subject("crypto:BTC-USDT", Timeframe::m1, true);
    const auto from = at(year{2026} / 1 / 1);
    const calendar::MarketHours hours;
    const auto bars = Walk(s).all(from, from + days(7), hours);
    Checker checker(s, hours);
    LiveChecker live(s);
    checker.add(bars[0]);
    (void)live.add(bars[0]);
    auto before = tickgate::test::allocations();
    for (std::size_t i = 1; i < bars.size(); ++i) {
        checker.add(bars[i]);
        EXPECT_TRUE(live.add(bars[i]).empty());
    }
    EXPECT_EQ(tickgate::test::allocations(), before);

    for (std::size_t i = 0; i < 5000; ++i) { // broken, apart from each other, out of order
        auto b = bars[i * 2];
        b.high = dec("0.5");
        checker.add(b);
    }
    EXPECT_LE(checker.finish().issues.size(), 100u);
}

} // namespace
} // namespace tickgate::quality
