#include "quality/price_scale.hpp"
#include "quality_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

const auto noon = at(year{2026} / 11 / 18, 12);

class NeighboursTest : public ::testing::Test {
protected:
    static void shift(Bar& b, int percent) {
        for (auto* p : {&b.open, &b.high, &b.low, &b.close})
            *p = Decimal::multiply(*p, Decimal::from_parts(100 + percent, -2)).value();
    }
    static void scale(std::vector<Bar>& bars, std::size_t from, std::size_t to, std::string_view factor) {
        for (std::size_t i = from; i < to; ++i)
            for (auto* p : {&bars[i].open, &bars[i].high, &bars[i].low, &bars[i].close})
                *p = Decimal::multiply(*p, dec(factor)).value();
    }
    std::vector<Bar> walk(const Subject& s, int n) {
        std::vector<Bar> out;
        Walk w(s);
        auto span = calendar::bar_at(s.timeframe, s.variant.align, noon);
        while (static_cast<int>(out.size()) < n) {
            if (calendar::trades_within(hours, calendar::market_of(s.instrument), span))
                out.push_back(w.next(span));
            span = calendar::next_bar(s.timeframe, s.variant.align, span);
        }
        return out;
    }
    std::string found(const Subject& s, const std::vector<Bar>& bars) { return text(check(s, bars, hours)); }
    calendar::MarketHours hours;
};

TEST(PriceScale, IsTheMedianWhateverTheWildOnes) {
    PriceScale scale;
    for (int i = 0; i < 23; ++i)
        scale.add(0.001);
    EXPECT_FALSE(scale.is_known());
    for (int i = 0; i < 100; ++i)
        scale.add(i % 12 == 0 ? 0.5 : -0.001);
    EXPECT_TRUE(scale.is_known());
    EXPECT_DOUBLE_EQ(scale.value(), 0.001);
    for (int i = 0; i < 300; ++i)
        scale.add(0);
    EXPECT_DOUBLE_EQ(scale.value(), 0.00002) << "never nothing";
    for (int i = 0; i < 300; ++i)
        scale.add(i % 5 == 0 ? 0.09 : 0);
    EXPECT_DOUBLE_EQ(scale.value(), 0.03) << "a thin market jumps";
}

TEST(PriceScale, Approximations) {
    EXPECT_DOUBLE_EQ(approximate(dec("1.0855")), 1.0855);
    EXPECT_DOUBLE_EQ(approximate(dec("-37.63")), -37.63);
    EXPECT_DOUBLE_EQ(approximate(dec("1e40")), 1e40);
    EXPECT_DOUBLE_EQ(approximate(dec("1e-40")), 1e-40);
    EXPECT_DOUBLE_EQ(approximate(dec("0")), 0);
}

TEST_F(NeighboursTest, ABarFarFromBothSidesIsAnOutlier) {
    for (const auto* who : {"crypto:BTC-USDT", "fx:EUR-USD", "equity:AAPL", "index:SPX", "cfd:SPX500-USD"}) {
        const auto s = subject(who);
        auto bars = walk(s, 300);
        EXPECT_EQ(found(s, bars), "excellent") << who;
        shift(bars[200], 15);
        EXPECT_EQ(found(s, bars), "good: outlier warning 1") << who;
        bars = walk(s, 300);
        shift(bars[200], -15);
        EXPECT_EQ(found(s, bars), "good: outlier warning 1") << who;
        const auto r = check(s, bars, hours);
        EXPECT_EQ(r.issues[0].from, bars[200].open_time);
    }
}

TEST_F(NeighboursTest, AWickIsOneToo) {
    const auto s = subject("crypto:BTC-USDT");
    auto bars = walk(s, 300);
    bars[200].high = dec("140");
    EXPECT_EQ(found(s, bars), "good: outlier warning 1");
    bars[200].high = dec("1000000");
    EXPECT_EQ(found(s, bars), "fair: outlier error 1") << "a point in the wrong place";
    bars = walk(s, 10);
    bars[5].low = dec("0.001");
    EXPECT_EQ(found(s, bars).find("poor: outlier error 1"), 0u) << "even before the usual moves are known";
}

TEST_F(NeighboursTest, AMoveThatStaysIsNone) {
    const auto s = subject("crypto:BTC-USDT");
    auto bars = walk(s, 300);
    scale(bars, 200, 300, "0.7"); // 30 % within a minute, and there to stay
    EXPECT_EQ(found(s, bars), "excellent: outlier note 1");
}

TEST_F(NeighboursTest, AnOpeningJumpOfAnEquityIsNone) {
    const auto s = subject("equity:AAPL");
    auto bars = Walk(s).all(ny(year{2026} / 11 / 18, 0), ny(year{2026} / 11 / 20, 0), hours);
    ASSERT_EQ(bars.size(), 780u);
    scale(bars, 390, 780, "0.8");
    EXPECT_EQ(found(s, bars), "excellent");
}

TEST_F(NeighboursTest, OptionsDoubleAndHalve) {
    const auto s = subject("option:AAPL270119C00190000");
    auto bars = walk(s, 300);
    scale(bars, 200, 201, "4");
    EXPECT_EQ(found(s, bars), "excellent");
}

TEST_F(NeighboursTest, AStepOfASplitsSize) {
    auto s = subject("equity:AAPL", d1);
    auto bars = walk(s, 200);
    scale(bars, 120, 200, "0.25");
    EXPECT_EQ(found(s, bars), "excellent: mixed_variant note 1") << "a split in a series that is not adjusted";
    s.variant.adjusted = true;
    for (auto& b : bars)
        b.adjusted = true;
    EXPECT_EQ(found(s, bars), "good: mixed_variant warning 1");
    bars = walk(s, 200);
    for (auto& b : bars)
        b.adjusted = true;
    scale(bars, 100, 140, "4");
    EXPECT_EQ(found(s, bars), "fair: mixed_variant error 1; mixed_variant warning 1") << "there and back";
    bars = walk(s, 200);
    for (auto& b : bars)
        b.adjusted = true;
    scale(bars, 100, 200, "0.1");
    EXPECT_EQ(found(s, bars), "good: mixed_variant warning 1");
    EXPECT_EQ(found(subject("crypto:BTC-USDT"), walk(subject("crypto:BTC-USDT"), 50)), "excellent");
}

// Heavy-tailed walks of every class and timeframe: the checks keep quiet.
TEST_F(NeighboursTest, CleanSeriesHaveNoIssue) {
    for (const auto* who : {"crypto:BTC-USDT", "fx:EUR-USD", "fx:XAU-USD", "equity:AAPL", "index:SPX", "cfd:UK100-GBP",
             "option:AAPL270119C00190000", "future:BTC-USDT-PERP"})
        for (const auto tf : {m1, m15, h1, h4, d1})
            for (unsigned seed = 1; seed <= 3; ++seed) {
                const auto s = subject(who, tf);
                const auto from = at(year{2025} / 11 / 15);
                const auto bars = Walk(s, seed).all(from, from + (tf < h1 ? days(12) : days(400)), hours);
                const auto r = check(s, bars, hours);
                EXPECT_EQ(text(r), "excellent") << who << ' ' << to_string(tf) << ' ' << seed;
            }
}

} // namespace
} // namespace tickgate::quality
