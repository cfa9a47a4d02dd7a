#include "backfill/absences.hpp"

#include "fake_provider.hpp"

namespace tickgate::backfill {
namespace {

using store::Cause;

Asked asked(store::Span span, InstrumentName instrument = btc) {
    Asked a;
    a.instrument = std::move(instrument);
    a.span = span;
    a.known_at = monday + 30 * 24h;
    return a;
}
Bar minute(int m) { return bar_at_open(at(std::chrono::minutes(m)), Timeframe::m1, BarVariant()); }
std::string told(const Examined& page) {
    std::string out;
    for (const auto& piece : page.coverage)
        out += std::to_string((piece.span.from - monday) / 1min) + "-" +
               std::to_string((piece.span.to - monday) / 1min) + " " + std::string(store::to_string(piece.cause)) +
               "; ";
    return out;
}

class AbsencesTest : public testing::Test {
protected:
    calendar::MarketHours hours;
};

TEST_F(AbsencesTest, MissingBarsOfAnOpenMarketHadNoTrades) {
    const auto page = examine({minute(1), minute(2), minute(5)}, asked(minutes(0, 8)), hours);
    EXPECT_EQ(told(page), "0-1 no_trades; 1-3 none; 3-5 no_trades; 5-6 none; 6-8 no_trades; ");
}

TEST_F(AbsencesTest, OfAContinuousProviderTheyAreHoles) {
    auto what = asked(minutes(0, 4));
    what.continuous = true;
    const auto page = examine({minute(0), minute(3)}, what, hours);
    EXPECT_EQ(told(page), "0-1 none; 1-3 provider_hole; 3-4 none; ");
}

TEST_F(AbsencesTest, AClosedMarketIsTheCause) {
    // Monday 2025-11-17: the pre-market opens at 4:00 New York, 09:00 UTC.
    const auto page = examine({minute(9 * 60)}, asked(minutes(8 * 60, 9 * 60 + 2), spy), hours);
    EXPECT_EQ(told(page), "480-540 session_closed; 540-541 none; 541-542 no_trades; ");
}

TEST_F(AbsencesTest, DaysOfAWeekendAreClosedAndHolidaysToo) {
    auto what = asked({}, spy);
    what.timeframe = Timeframe::d1;
    what.variant.align = Alignment::exchange;
    const Grid day{Timeframe::d1, Alignment::exchange};
    const auto friday = floor_open(day, monday + 4 * 24h + 12h);
    const auto next_monday = floor_open(day, monday + 7 * 24h + 12h);
    what.span = {friday, next_monday};
    auto bar = bar_at_open(friday, Timeframe::d1, what.variant);
    bar.close_time = ceil_open(day, friday + 1h);
    const auto page = examine(std::vector<Bar>(1, bar), what, hours);
    ASSERT_EQ(page.coverage.size(), 2u);
    EXPECT_EQ(page.coverage[0].cause, Cause::none);
    EXPECT_EQ(page.coverage[1].cause, Cause::session_closed);
    EXPECT_EQ(page.coverage[1].span.to, next_monday);
}

TEST_F(AbsencesTest, DisorderDuplicatesAndStraysAreCountedAndTakenOut) {
    auto twice = minute(2);
    twice.close = number("102");
    const auto page =
        examine({minute(3), minute(2), twice, minute(1), minute(77), minute(0)}, asked(minutes(0, 4)), hours);
    EXPECT_EQ(told(page), "0-4 none; ");
    ASSERT_EQ(page.bars.size(), 4u);
    EXPECT_EQ(page.bars[2].close.to_string(), "102");
    EXPECT_EQ(page.strays, 1u);
    EXPECT_EQ(page.duplicates, 1u);
    EXPECT_GT(page.disorder, 0u);
}

TEST_F(AbsencesTest, ABarThatFailsTheChecksIsRejected) {
    auto wrong = minute(1);
    wrong.high = number("1");
    const auto page = examine({minute(0), wrong, minute(2)}, asked(minutes(0, 3)), hours);
    EXPECT_EQ(told(page), "0-1 none; 1-2 rejected; 2-3 none; ");
    EXPECT_EQ(page.bars.size(), 2u);
    EXPECT_EQ(page.rejected, 1u);
}

TEST_F(AbsencesTest, NothingIsSaidFromTheFormingBarOn) {
    auto forming = minute(2);
    forming.final = false;
    const auto page = examine({minute(0), minute(1), forming}, asked(minutes(0, 5)), hours);
    EXPECT_EQ(told(page), "0-2 none; ");
    EXPECT_EQ(page.complete_to, at(2min));
}

TEST_F(AbsencesTest, BarsOfAnotherKindAreStrays) {
    auto other = minute(1);
    other.adjusted = true;
    auto mid = minute(2);
    mid.price_type = PriceType::mid;
    const auto page = examine({minute(0), other, mid}, asked(minutes(0, 3)), hours);
    EXPECT_EQ(page.strays, 2u);
    EXPECT_EQ(told(page), "0-1 none; 1-3 no_trades; ");
}

} // namespace
} // namespace tickgate::backfill
