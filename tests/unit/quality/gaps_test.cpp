#include "quality_test_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

class GapsTest : public ::testing::Test {
protected:
    // All bars of the span but those that open within `without`.
    std::string found(const Subject& s, UnixNanos from, UnixNanos to, calendar::Span without = {},
        calendar::Span explained = {}, bool asked = true) {
        auto bars = Walk(s).all(from, to, hours);
        std::erase_if(bars, [&](const Bar& b) { return b.open_time >= without.from && b.open_time < without.to; });
        auto ranged = s;
        if (asked)
            ranged.from = from, ranged.to = to;
        Checker checker(ranged, hours);
        checker.explained(explained.from, explained.to);
        for (const auto& b : bars)
            checker.add(b);
        report = checker.finish();
        return text(report);
    }
    calendar::MarketHours hours;
    Report report;
};

constexpr auto day = [](unsigned m, unsigned d, int y = 2026) { return year(y) / month(m) / std::chrono::day(d); };

TEST_F(GapsTest, AMissingMinuteOfAContinuousSeries) {
    const auto s = subject("crypto:BTC-USDT", m1, true);
    const auto from = at(day(11, 18)), to = at(day(11, 20));
    EXPECT_EQ(found(s, from, to), "excellent");
    EXPECT_EQ(report.expected, 2880u);
    const auto hole = from + 100min;
    EXPECT_EQ(found(s, from, to, {hole, hole + 1min}), "good: gap warning 1");
    EXPECT_EQ(report.expected, 2880u);
    EXPECT_EQ(report.checked, 2879u);
    EXPECT_EQ(report.issues[0].from, hole);
    EXPECT_EQ(report.issues[0].to, hole + 1min);
    EXPECT_EQ(report.issues[0].text,
        "1 bar of 1m missing from 2026-11-18T01:40:00Z to 2026-11-18T01:41:00Z while the market was open");
    EXPECT_EQ(report.counts[static_cast<std::size_t>(Check::gap)], 1u);
    EXPECT_EQ(found(s, from, to, {hole, hole + 29min}), "fair: gap warning 29");
    EXPECT_EQ(found(s, from, to, {hole, hole + 1440min}), "poor: gap warning 1440");
}

TEST_F(GapsTest, WhatWasAskedForBeforeTheFirstAndAfterTheLastBar) {
    const auto s = subject("crypto:BTC-USDT", m1, true);
    const auto from = at(day(11, 18)), to = at(day(11, 19));
    EXPECT_EQ(found(s, from, to, {from, from + 5min}), "good: gap warning 5");
    EXPECT_EQ(found(s, from, to, {to - 5min, to}), "good: gap warning 5");
    EXPECT_EQ(found(s, from, to, {from, from + 5min}, {}, false), "excellent") << "no range was told";
    EXPECT_EQ(found(s, from, to, {from, to}), "poor: gap warning 1440") << "no bar at all";
    EXPECT_EQ(report.checked, 0u);
    EXPECT_EQ(report.expected, 1440u);
    auto edge = s;
    edge.from = from + 30s, edge.to = from + 90s;
    EXPECT_EQ(text(check(edge, {}, hours)), "excellent") << "no whole bar lies in it";
}

TEST_F(GapsTest, WhatIsExplainedIsNoGap) {
    const auto s = subject("crypto:BTC-USDT", m1, true);
    const auto from = at(day(11, 18)), to = at(day(11, 19)), hole = from + 2h;
    EXPECT_EQ(found(s, from, to, {hole, hole + 30min}, {hole, hole + 30min}), "excellent");
    EXPECT_EQ(report.expected, 1410u);
    EXPECT_EQ(
        found(s, from, to, {hole, hole + 10min}, {hole + 2min, hole + 9min}), "good: gap warning 2; gap warning 1");
    EXPECT_EQ(found(s, from, to, {hole, hole + 10min}, {from, to}), "excellent");
    EXPECT_EQ(found(s, from, to, {hole, hole + 10min}, {hole + 30s, hole + 9min}), "good: gap warning 1");
}

TEST_F(GapsTest, ExplanationsMayTouchAndOverlap) {
    auto s = subject("crypto:BTC-USDT", m1, true);
    s.from = at(day(11, 18)), s.to = s.from + 60min;
    Checker checker(s, hours);
    checker.explained(s.from + 10min, s.from + 20min);
    checker.explained(s.from + 20min, s.from + 30min);
    checker.explained(s.from + 5min, s.from + 12min);
    checker.explained(s.from + 50min, s.from + 40min); // reversed: nothing
    checker.explained(s.from + 55min, s.from + 2h);
    EXPECT_EQ(text(checker.finish()), "poor: gap warning 5; gap warning 25");
}

TEST_F(GapsTest, WithoutTradesThereIsNoBarWhereTheProviderSaysSo) {
    const auto s = subject("crypto:DOGE-USD", m1);
    const auto from = at(day(11, 16)), to = at(day(11, 20)), hole = from + 5h;
    EXPECT_EQ(found(s, from, to, {hole, hole + 30min}), "excellent");
    EXPECT_EQ(found(s, from, to, {hole, hole + 90min}), "excellent: gap note 90") << "long for so dense a series";
    EXPECT_EQ(found(s, from, to, {hole, hole + 25h}), "poor: gap warning 1500");
}

TEST_F(GapsTest, EquityMinutesKnowNightsHolidaysAndHalfDays) {
    const auto s = subject("equity:AAPL");
    // Thanksgiving is closed and the day after ends at 13:00; a weekend on both sides.
    const auto from = ny(day(11, 20), 0), to = ny(day(12, 1), 0);
    EXPECT_EQ(found(s, from, to), "excellent");
    EXPECT_EQ(report.checked, 5u * 390 + 210);
    EXPECT_EQ(found(s, from, to, {ny(day(11, 24), 9, 30), ny(day(11, 24), 16)}), "poor: gap warning 390");
    EXPECT_EQ(found(s, from, to, {ny(day(11, 27), 9, 30), ny(day(11, 27), 13)}), "fair: gap warning 210");
    EXPECT_EQ(found(s, from, to, {ny(day(11, 24), 9, 30), ny(day(11, 24), 10)}), "excellent") << "part of a session";
    EXPECT_EQ(found(s, from, to, {ny(day(11, 24), 0), ny(day(11, 24), 24)}, {ny(day(11, 24), 0), ny(day(11, 25), 0)}),
        "excellent");
}

TEST_F(GapsTest, EquityDaysAcrossHolidaysAndChangesOfTheClock) {
    const auto s = subject("equity:AAPL", d1);
    EXPECT_EQ(found(s, ny(day(1, 1), 0), ny(day(12, 31), 24)), "excellent");
    EXPECT_EQ(report.expected, 251u);
    EXPECT_EQ(
        found(s, ny(day(1, 1), 0), ny(day(12, 31), 24), {ny(day(3, 9), 0), ny(day(3, 10), 0)}), "good: gap warning 1")
        << "the Monday after the change";
    EXPECT_EQ(found(s, ny(day(1, 1), 0), ny(day(12, 31), 24), {ny(day(7, 6), 0), ny(day(7, 14), 0)}),
        "fair: gap warning 5; gap warning 1");
    EXPECT_EQ(found(s, ny(day(10, 22, 2012), 0), ny(day(11, 9, 2012), 24),
                  {ny(day(10, 29, 2012), 0), ny(day(10, 31, 2012), 0)}),
        "excellent")
        << "a storm closed the exchanges";
}

TEST_F(GapsTest, WeeksMonthsAndHoursOfEquities) {
    for (const auto tf : {m5, m30, h1, h4, w1, mo1}) {
        const auto s = subject("equity:SPY", tf);
        EXPECT_EQ(found(s, ny(day(10, 5), 0), ny(day(11, 30), 0)), "excellent") << to_string(tf);
    }
    const auto weeks = subject("equity:SPY", w1);
    EXPECT_EQ(found(weeks, ny(day(1, 5), 0), ny(day(11, 30), 0), {ny(day(3, 9), 0), ny(day(3, 16), 0)}),
        "fair: gap warning 1");
}

TEST_F(GapsTest, FxKnowsWeekendsAndBothChangesOfTheClock) {
    for (const auto tf : {m5, h1, h4, d1, w1}) {
        const auto s = subject("fx:EUR-USD", tf);
        EXPECT_EQ(found(s, ny(day(2, 27), 17), ny(day(3, 20), 17)), "excellent") << to_string(tf);
        EXPECT_EQ(found(s, ny(day(10, 23), 17), ny(day(11, 13), 17)), "excellent") << to_string(tf);
        EXPECT_GT(report.checked, 2u);
    }
    const auto days_of = subject("fx:EUR-USD", d1);
    EXPECT_EQ(found(days_of, ny(day(1, 30), 17), ny(day(11, 13), 17), {ny(day(3, 8), 17), ny(day(3, 9), 17)}),
        "good: gap warning 1");
    auto utc = subject("fx:EUR-USD", d1);
    utc.variant.align = Alignment::utc;
    EXPECT_EQ(found(utc, at(day(3, 2)), at(day(3, 21))), "excellent") << "with a short Sunday";
    EXPECT_EQ(report.checked, 17u); // no Saturdays
}

TEST_F(GapsTest, FxIsThinAtChristmasAndNewYear) {
    const auto s = subject("fx:EUR-USD", h1);
    const auto from = ny(day(12, 21, 2025), 17), to = ny(day(1, 9), 17);
    EXPECT_EQ(found(s, from, to, {ny(day(12, 24, 2025), 17), ny(day(12, 25, 2025), 18)}), "excellent");
    EXPECT_EQ(found(s, from, to, {ny(day(12, 29, 2025), 17), ny(day(12, 30, 2025), 18)}), "fair: gap warning 25");
    const auto d = subject("fx:EUR-USD", d1);
    EXPECT_EQ(found(d, from, to, {ny(day(12, 31, 2025), 17), ny(day(1, 1), 17)}), "excellent");
}

TEST_F(GapsTest, MetalsRestAnHourEachDay) {
    EXPECT_EQ(found(subject("fx:XAU-USD", m1), ny(day(11, 15), 18), ny(day(11, 20), 17)), "excellent");
    EXPECT_EQ(report.checked, 5u * 23 * 60);
}

TEST_F(GapsTest, AnOptionWithoutTradesForDaysIsANote) {
    const auto s = subject("option:AAPL270119C00190000", m1);
    EXPECT_EQ(found(s, ny(day(11, 16), 0), ny(day(11, 20), 0), {ny(day(11, 17), 0), ny(day(11, 18), 0)}),
        "excellent: gap note 390");
    EXPECT_EQ(report.expected, report.checked);
}

TEST_F(GapsTest, WhatProvidersToldOfClosuresCounts) {
    const auto s = subject("equity:AAPL", d1);
    const auto mourning = day(11, 18);
    const auto from = ny(day(11, 16), 0), to = ny(day(11, 21), 0);
    const calendar::Span closed{ny(mourning, 0), ny(mourning, 24)};
    EXPECT_EQ(found(s, from, to, closed), "poor: gap warning 1");
    MarketDay told;
    told.date = mourning;
    told.closed = true;
    hours.learn({&told, 1});
    EXPECT_EQ(found(s, from, to, closed), "excellent");
}

TEST_F(GapsTest, FiftyYearsOfAbsenceAreAnsweredAtOnce) {
    auto s = subject("crypto:BTC-USDT", m1, true);
    s.from = at(day(1, 1, 1976)), s.to = at(day(1, 1));
    report = check(s, {}, hours);
    EXPECT_EQ(text(report), "poor: gap warning 26298720");
    EXPECT_EQ(report.expected, 26298720u);
    auto fx = subject("fx:EUR-USD", h2);
    fx.from = at(day(1, 1, 1996)), fx.to = at(day(1, 1));
    EXPECT_EQ(check(fx, {}, hours).grade, Grade::poor);
}

} // namespace
} // namespace tickgate::quality
