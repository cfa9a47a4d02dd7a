#include "calendar/market_hours.hpp"

#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tickgate::calendar {
namespace {

using namespace std::chrono;

UnixNanos ny(year_month_day date, int hour, int minute = 0) {
    return new_york_time(sys_days(date), hours(hour) + minutes(minute));
}
InstrumentName name(std::string_view text) { return InstrumentName::parse(text).value(); }

class MarketHoursTest : public ::testing::Test {
protected:
    Phase phase(Market m, UnixNanos t) const { return hours.at(m, t).phase; }
    void expect(Market m, UnixNanos t, Phase p, UnixNanos since, UnixNanos until) const {
        const auto s = hours.at(m, t);
        EXPECT_EQ(to_string(s.phase), to_string(p));
        EXPECT_EQ(s.since, since) << (s.since - since).count() / 1000000000;
        EXPECT_EQ(s.until, until) << (s.until - until).count() / 1000000000;
    }
    MarketHours hours;
};

TEST_F(MarketHoursTest, MarketsOfInstruments) {
    EXPECT_EQ(market_of(name("crypto:BTC-USDT")), Market::always);
    EXPECT_EQ(market_of(name("fx:EUR-USD")), Market::fx);
    EXPECT_EQ(market_of(name("fx:XAU-USD")), Market::metal);
    EXPECT_EQ(market_of(name("cfd:SPX500-USD")), Market::fx);
    EXPECT_EQ(market_of(name("equity:BRK.B")), Market::us_equity);
    EXPECT_EQ(market_of(name("option:AAPL240119C00190000")), Market::us_option);
    EXPECT_EQ(market_of(name("option:SPY240119C00190000")), Market::us_option_late);
    EXPECT_EQ(market_of(name("option:SPXW240119P04500000")), Market::us_option_late);
    EXPECT_EQ(market_of(name("option:X")), Market::us_option);
    EXPECT_EQ(market_of(name("index:SPX")), Market::us_index);
    EXPECT_EQ(market_of(name("future:BTC-USDT-PERP")), Market::always);
    EXPECT_EQ(market_of(name("future:BTC-USDT-20261225")), Market::always);
    EXPECT_EQ(market_of(name("future:ESZ6")), Market::unknown);
}

TEST_F(MarketHoursTest, CryptoAndTheUnknownAreAlwaysOpen) {
    for (const auto m : {Market::always, Market::unknown}) {
        const auto s = hours.at(m, ny(year{2026} / 12 / 25, 3));
        EXPECT_EQ(s.phase, Phase::open);
        EXPECT_EQ(s.until, UnixNanos::max());
    }
}

TEST_F(MarketHoursTest, TheFxWeek) {
    const auto opens = ny(year{2026} / 11 / 15, 17), closes = ny(year{2026} / 11 / 20, 17);
    expect(Market::fx, opens, Phase::open, opens, closes);
    expect(Market::fx, ny(year{2026} / 11 / 18, 3), Phase::open, opens, closes);
    expect(Market::fx, closes - nanoseconds(1), Phase::open, opens, closes);
    expect(Market::fx, closes, Phase::closed, closes, ny(year{2026} / 11 / 22, 17));
    expect(Market::fx, opens - nanoseconds(1), Phase::closed, ny(year{2026} / 11 / 13, 17), opens);
    EXPECT_TRUE(hours.is_open(Market::fx, ny(year{2026} / 11 / 26, 12))) << "Thanksgiving is thin but open";
}

TEST_F(MarketHoursTest, TheFxWeekFollowsTheClockOfNewYork) {
    // Opens at 22:00 UTC in winter, at 21:00 UTC in summer; the clock changed on Sunday, 8 March.
    EXPECT_EQ(hours.at(Market::fx, sys_days(year{2026} / 3 / 3)).since, UnixNanos(sys_days(year{2026} / 3 / 1) + 22h));
    EXPECT_EQ(hours.at(Market::fx, sys_days(year{2026} / 3 / 10)).since, UnixNanos(sys_days(year{2026} / 3 / 8) + 21h));
    EXPECT_EQ(
        hours.at(Market::fx, sys_days(year{2026} / 11 / 3)).since, UnixNanos(sys_days(year{2026} / 11 / 1) + 22h));
}

TEST_F(MarketHoursTest, MetalsRestAnHourEachDay) {
    expect(Market::metal, ny(year{2026} / 11 / 18, 17, 30), Phase::closed, ny(year{2026} / 11 / 18, 17),
        ny(year{2026} / 11 / 18, 18));
    expect(Market::metal, ny(year{2026} / 11 / 18, 12), Phase::open, ny(year{2026} / 11 / 17, 18),
        ny(year{2026} / 11 / 18, 17));
    EXPECT_EQ(phase(Market::metal, ny(year{2026} / 11 / 15, 17, 30)), Phase::closed);
    EXPECT_EQ(phase(Market::metal, ny(year{2026} / 11 / 15, 18)), Phase::open);
}

TEST_F(MarketHoursTest, AnEquityDay) {
    const auto d = year{2026} / 11 / 18;
    expect(Market::us_equity, ny(d, 3), Phase::closed, ny(year{2026} / 11 / 17, 20), ny(d, 4));
    expect(Market::us_equity, ny(d, 4), Phase::pre_market, ny(d, 4), ny(d, 9, 30));
    expect(Market::us_equity, ny(d, 9, 30), Phase::open, ny(d, 9, 30), ny(d, 16));
    expect(Market::us_equity, ny(d, 16), Phase::post_market, ny(d, 16), ny(d, 20));
    expect(Market::us_equity, ny(d, 20), Phase::closed, ny(d, 20), ny(year{2026} / 11 / 19, 4));
    const auto weekend = ny(year{2026} / 11 / 21, 12);
    expect(Market::us_equity, weekend, Phase::closed, ny(year{2026} / 11 / 20, 20), ny(year{2026} / 11 / 23, 4));
}

TEST_F(MarketHoursTest, HolidaysAndEarlyCloses) {
    const auto thanksgiving = year{2026} / 11 / 26, after = year{2026} / 11 / 27;
    expect(Market::us_equity, ny(thanksgiving, 12), Phase::closed, ny(year{2026} / 11 / 25, 20), ny(after, 4));
    expect(Market::us_equity, ny(after, 12), Phase::open, ny(after, 9, 30), ny(after, 13));
    expect(Market::us_equity, ny(after, 14), Phase::post_market, ny(after, 13), ny(after, 17));
    EXPECT_EQ(phase(Market::us_equity, ny(after, 17)), Phase::closed);
    EXPECT_EQ(phase(Market::us_option, ny(after, 13)), Phase::closed);
    EXPECT_EQ(phase(Market::us_option_late, ny(after, 13, 14)), Phase::open);
    EXPECT_EQ(phase(Market::us_index, ny(after, 13, 15)), Phase::closed);
}

TEST_F(MarketHoursTest, OptionsAndIndices) {
    const auto d = year{2026} / 7 / 15;
    expect(Market::us_option, ny(d, 12), Phase::open, ny(d, 9, 30), ny(d, 16));
    expect(Market::us_option_late, ny(d, 16, 10), Phase::open, ny(d, 9, 30), ny(d, 16, 15));
    expect(Market::us_index, ny(d, 16, 10), Phase::open, ny(d, 9, 30), ny(d, 16, 15));
    EXPECT_EQ(phase(Market::us_option, ny(d, 9, 29)), Phase::closed);
}

TEST_F(MarketHoursTest, WhatProvidersToldGoesBeforeTheRules) {
    const auto mourning = year{2025} / 1 / 9;
    EXPECT_EQ(phase(Market::us_equity, ny(mourning, 12)), Phase::open);
    std::vector<MarketDay> days(2);
    days[0].date = mourning;
    days[0].closed = true;
    days[1].date = year{2025} / 1 / 10;
    days[1].open = ny(year{2025} / 1 / 10, 10, 30);
    days[1].close = ny(year{2025} / 1 / 10, 13);
    hours.learn(days);
    for (const auto m : {Market::us_equity, Market::us_option, Market::us_index})
        EXPECT_EQ(phase(m, ny(mourning, 12)), Phase::closed);
    EXPECT_EQ(phase(Market::us_equity, ny(year{2025} / 1 / 10, 10)), Phase::pre_market);
    EXPECT_EQ(phase(Market::us_equity, ny(year{2025} / 1 / 10, 13)), Phase::post_market);
    EXPECT_EQ(phase(Market::us_equity, ny(year{2025} / 1 / 10, 17)), Phase::closed);
    EXPECT_EQ(phase(Market::us_option, ny(year{2025} / 1 / 10, 13)), Phase::closed);
    // Of options themselves: that day they trade.
    days.resize(1);
    days[0].asset_class = AssetClass::option;
    days[0].closed = false;
    hours.learn(days);
    EXPECT_EQ(phase(Market::us_option, ny(mourning, 12)), Phase::open);
    EXPECT_EQ(phase(Market::us_equity, ny(mourning, 12)), Phase::closed);
    // A later word replaces the earlier one.
    days[0].asset_class = AssetClass::equity;
    hours.learn(days);
    EXPECT_EQ(phase(Market::us_equity, ny(mourning, 12)), Phase::open);
}

TEST_F(MarketHoursTest, ALearnedOpenDayLiftsAHoliday) {
    std::vector<MarketDay> days(1);
    days[0].date = year{2026} / 6 / 19;
    hours.learn(days);
    EXPECT_EQ(phase(Market::us_equity, ny(days[0].date, 12)), Phase::open);
}

TEST_F(MarketHoursTest, FxClosuresAreOnlyLearned) {
    std::vector<MarketDay> days(1);
    days[0].asset_class = AssetClass::fx;
    days[0].date = year{2026} / 12 / 25;
    EXPECT_EQ(phase(Market::fx, ny(days[0].date, 12)), Phase::open);
    days[0].closed = true;
    hours.learn(days);
    expect(Market::fx, ny(days[0].date, 12), Phase::closed, ny(year{2026} / 12 / 24, 17), ny(year{2026} / 12 / 27, 17));
}

TEST_F(MarketHoursTest, DaysThatContradictThemselvesAreIgnored) {
    std::vector<MarketDay> days(3);
    const auto d = year{2026} / 7 / 15;
    days[0].date = year{2026} / 13 / 45;
    days[0].closed = true;
    days[1].date = d;
    days[1].open = ny(d, 13);
    days[1].close = ny(d, 9, 30);
    days[2].date = d;
    days[2].close = ny(year{2026} / 7 / 20, 9);
    hours.learn(days);
    expect(Market::us_equity, ny(d, 12), Phase::open, ny(d, 9, 30), ny(d, 16));
}

TEST_F(MarketHoursTest, ThePhasesOfAYearFollowOneAnother) {
    for (const auto m :
        {Market::fx, Market::metal, Market::us_equity, Market::us_option, Market::us_option_late, Market::us_index}) {
        auto s = hours.at(m, ny(year{2026} / 1 / 5, 12));
        while (s.until < ny(year{2027} / 1 / 5, 12)) {
            const auto next = hours.at(m, s.until);
            ASSERT_EQ(next.since, s.until);
            ASSERT_NE(next.phase, s.phase);
            const auto middle = hours.at(m, next.since + (next.until - next.since) / 2);
            ASSERT_EQ(middle.since, next.since);
            ASSERT_EQ(middle.until, next.until);
            s = next;
        }
    }
}

TEST_F(MarketHoursTest, LearningWhileOthersAsk) {
    std::vector<MarketDay> days(1);
    days[0].date = year{2026} / 7 / 15;
    days[0].closed = true;
    std::thread other([&] {
        for (int i = 0; i < 200; ++i)
            hours.learn(days);
    });
    for (int i = 0; i < 200; ++i)
        (void)hours.at(Market::us_equity, ny(days[0].date, 12));
    other.join();
    EXPECT_EQ(phase(Market::us_equity, ny(days[0].date, 12)), Phase::closed);
}

} // namespace
} // namespace tickgate::calendar
