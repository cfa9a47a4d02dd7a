#include "quality_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

const auto s = subject("crypto:BTC-USDT", m1, true);
const auto noon = at(year{2026} / 11 / 18, 12);

class CheckerTest : public ::testing::Test {
protected:
    std::vector<Bar> walk(int n) { return Walk(s).all(noon, noon + minutes(n), hours); }
    std::string found(const std::vector<Bar>& bars) { return text(check(s, bars, hours)); }
    calendar::MarketHours hours;
};

TEST_F(CheckerTest, NothingIsWrongWithNothing) {
    EXPECT_EQ(found({}), "excellent");
    EXPECT_EQ(found(walk(1)), "excellent");
}

TEST_F(CheckerTest, ABarTwice) {
    auto bars = walk(100);
    bars.insert(bars.begin() + 50, bars[49]);
    EXPECT_EQ(found(bars), "good: duplicate warning 1");
    bars[50].close = bars[50].low;
    bars[50].volume = dec("1.5");
    EXPECT_EQ(found(bars), "fair: duplicate error 1");
    EXPECT_EQ(
        check(s, bars, hours).issues[0].text, "the bar at 2026-11-18T12:49:00Z comes twice with different values");
}

TEST_F(CheckerTest, OutOfOrder) {
    auto bars = walk(200);
    std::swap(bars[80], bars[81]);
    EXPECT_EQ(found(bars), "fair: disorder error 1; gap warning 1") << "it was missing when it was due";
}

TEST_F(CheckerTest, ABadBarIsSeenOnceAndSpoilsNoNeighbour) {
    auto bars = walk(300);
    bars[100].high = bars[100].low;
    bars[100].low = dec("9999");
    EXPECT_EQ(found(bars), "fair: ohlc error 1");
    bars = walk(300);
    bars[100].low = dec("0");
    EXPECT_EQ(found(bars), "fair: not_positive error 1");
}

TEST_F(CheckerTest, TheSameBarAgainAndAgain) {
    auto bars = walk(1000);
    const auto repeat = [&](std::size_t from, std::size_t n) {
        for (std::size_t i = from + 1; i < from + n; ++i) {
            const auto open = bars[i].open_time, close = bars[i].close_time;
            bars[i] = bars[from];
            bars[i].open_time = open, bars[i].close_time = close;
        }
    };
    bars[500] = bar(s, bars[500].open_time, "100", "101", "99", "100", "17.5");
    repeat(500, 3);
    EXPECT_EQ(found(bars).find("stale"), std::string::npos) << "chance";
    repeat(500, 8);
    const auto r = check(s, bars, hours);
    EXPECT_EQ(r.counts[static_cast<std::size_t>(Check::stale_repeat)], 5u);
    ASSERT_FALSE(r.issues.empty());
    EXPECT_NE(text(r).find("stale_repeat warning 5"), std::string::npos) << text(r);
}

TEST_F(CheckerTest, APeggedPriceMayStandStill) {
    auto bars = walk(700);
    std::mt19937 random(3);
    for (auto& b : bars) {
        b.open = b.high = b.low = b.close = dec("1.0000");
        b.volume = Decimal::from_integer(std::uniform_int_distribution<int>(1, 900000)(random));
    }
    EXPECT_EQ(found(bars), "excellent: stale_repeat note 1");
    for (auto& b : bars)
        b.volume = dec("77");
    EXPECT_EQ(check(s, bars, hours).grade, Grade::fair) << "the very same volume";
    for (auto& b : bars)
        b.volume = dec("0");
    EXPECT_EQ(found(bars), "excellent") << "nothing was traded";
}

TEST_F(CheckerTest, TheSameBarsGiveTheSameReport) {
    auto bars = walk(5000);
    bars[700].high = dec("900");
    bars.erase(bars.begin() + 900, bars.begin() + 950);
    const auto a = check(s, bars, hours), b = check(s, bars, hours);
    EXPECT_EQ(text(a), text(b));
    EXPECT_EQ(a.counts, b.counts);
    for (std::size_t i = 0; i < a.issues.size(); ++i)
        EXPECT_EQ(a.issues[i].text, b.issues[i].text);
}

TEST_F(CheckerTest, MovesWithItsState) {
    auto bars = walk(10);
    Checker first(s, hours);
    first.add(bars[0]);
    Checker second(std::move(first));
    second.add(bars[5]);
    EXPECT_EQ(text(second.finish()), "poor: gap warning 4");
}

} // namespace
} // namespace tickgate::quality
