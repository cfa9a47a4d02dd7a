#include "quality_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

const auto s = subject("crypto:BTC-USDT", m1, true);
const auto noon = at(year{2026} / 11 / 18, 12);

class LiveCheckerTest : public ::testing::Test {
protected:
    std::vector<Bar> walk(int n) { return Walk(s).all(noon, noon + minutes(n), hours); }
    calendar::MarketHours hours;
    LiveChecker live{s};
};

TEST_F(LiveCheckerTest, CleanBarsAreSilent) {
    for (const auto& b : walk(3000))
        EXPECT_EQ(text(live.add(b)), "");
}

TEST_F(LiveCheckerTest, FormingBarsAndLateRevisionsAreNoFault) {
    auto bars = walk(100);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        auto forming = bars[i];
        forming.final = false;
        EXPECT_EQ(text(live.add(forming)), "");
        EXPECT_EQ(text(live.add(bars[i])), "");
        if (i > 0) {
            EXPECT_EQ(text(live.add(bars[i - 1])), "") << "revised";
        }
    }
    auto forming = bars[50];
    forming.final = false;
    EXPECT_EQ(text(live.add(forming)), "disorder error 1");
    forming.flags.set(Flag::backfill);
    EXPECT_EQ(text(live.add(forming)), "");
}

TEST_F(LiveCheckerTest, EachCheckSpeaksOnceABar) {
    auto bars = walk(60);
    for (const auto& b : bars)
        (void)live.add(b);
    auto far = bar(s, noon + 60min, "100", "170", "100", "170");
    far.vwap = dec("300");
    EXPECT_EQ(text(live.add(far)), "vwap warning 1; outlier warning 1");
    EXPECT_EQ(text(live.add(far)), "");
    auto broken = far;
    broken.high = dec("1");
    EXPECT_EQ(text(live.add(broken)), "ohlc error 1");
    EXPECT_EQ(text(live.add(broken)), "");
    auto next = bar(s, noon + 61min, "100", "101", "100", "100", "-5");
    EXPECT_EQ(text(live.add(next)), "volume error 1");
}

TEST_F(LiveCheckerTest, ABrokenBarIsNoMeasureForTheNext) {
    for (const auto& b : walk(60))
        (void)live.add(b);
    auto absurd = bar(s, noon + 60min, "1", "0.5", "100000", "100000");
    EXPECT_EQ(text(live.add(absurd)), "ohlc error 1");
    auto bars = walk(62);
    EXPECT_EQ(text(live.add(bars[61])), "");
}

TEST_F(LiveCheckerTest, ARepeatIsSeenWhenTheNextBarBegins) {
    for (const auto& b : walk(10))
        (void)live.add(b);
    std::string all;
    for (int i = 10; i < 16; ++i)
        all += text(live.add(bar(s, noon + minutes(i), "100", "101", "99", "100", "17.5"))) + '|';
    EXPECT_EQ(all, "||||stale_repeat warning 1|stale_repeat warning 1|") << "of the fourth and of the fifth";
}

TEST_F(LiveCheckerTest, WhereNoBarLies) {
    auto b = bar(s, noon, "1", "1", "1", "1");
    b.open_time += 1s;
    EXPECT_EQ(text(live.add(b)), "misaligned error 1");
}

} // namespace
} // namespace tickgate::quality
