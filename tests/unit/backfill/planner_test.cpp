#include "backfill/planner.hpp"

#include <gtest/gtest.h>

namespace tickgate::backfill {
namespace {

using namespace std::chrono_literals;
using store::Cause;
using store::Span;

constexpr UnixNanos monday{std::chrono::seconds(1'763'337'600)};
constexpr Grid minute{Timeframe::m1, Alignment::utc};

Span minutes(int from, int to) { return {monday + from * 1min, monday + to * 1min}; }

TEST(Planner, OnlyWholeBarsAreAskedFor) {
    const auto bars = whole_bars(minute, {monday + 30s, monday + 150s});
    EXPECT_EQ(bars, minutes(1, 3));
    const auto none = whole_bars(minute, {monday + 10s, monday + 20s});
    EXPECT_EQ(none.from, none.to);
    EXPECT_EQ(whole_bars(minute, minutes(0, 5)), minutes(0, 5));
}

TEST(Planner, PagesHoldAtMostWhatAProviderGives) {
    const std::vector<Span> wanted(1, minutes(0, 25));
    const auto pages = pages_of(wanted, minute, 10);
    ASSERT_EQ(pages.size(), 3u);
    EXPECT_EQ(pages[0], minutes(0, 10));
    EXPECT_EQ(pages[1], minutes(10, 20));
    EXPECT_EQ(pages[2], minutes(20, 25));
}

TEST(Planner, OnePageTakesSeveralShortGaps) {
    const std::vector<Span> wanted{minutes(0, 2), minutes(5, 6), minutes(9, 12)};
    const auto pages = pages_of(wanted, minute, 10);
    ASSERT_EQ(pages.size(), 2u);
    EXPECT_EQ(pages[0], minutes(0, 10));
    EXPECT_EQ(pages[1], minutes(10, 12));
}

TEST(Planner, PagesOfLongBarsAdvanceOverTheChangeOfTheClock) {
    const Grid day{Timeframe::d1, Alignment::ny17};
    const auto whole = whole_bars(day, {monday, monday + 365 * 24h});
    const std::vector<Span> wanted(1, whole);
    auto at = whole.from;
    for (const auto& page : pages_of(wanted, day, 1)) {
        EXPECT_EQ(page.from, at);
        EXPECT_GT(page.to, page.from);
        EXPECT_EQ(floor_open(day, page.to), page.to);
        at = page.to;
    }
    EXPECT_EQ(at, whole.to);
}

TEST(Planner, WindowsGoBackAndCoverAll) {
    const auto span = minutes(0, 1050);
    auto end = span.to;
    int windows = 0;
    while (const auto window = window_before(span, end, minute, 100)) {
        EXPECT_EQ(window->to, end);
        EXPECT_LT(window->from, window->to);
        end = window->from;
        ++windows;
    }
    EXPECT_EQ(end, span.from);
    EXPECT_EQ(windows, 11);
}

TEST(Planner, WithoutTakesOutWhatIsThere) {
    const std::vector<Span> all{minutes(0, 10), minutes(20, 30)}, taken{minutes(2, 4), minutes(8, 22), minutes(29, 40)};
    const auto left = without(all, taken);
    ASSERT_EQ(left.size(), 3u);
    EXPECT_EQ(left[0], minutes(0, 2));
    EXPECT_EQ(left[1], minutes(4, 8));
    EXPECT_EQ(left[2], minutes(22, 29));
}

TEST(Planner, WhatWasJustLearnedIsNotAskedAgainAlthoughItIsYoung) {
    View view;
    view.now = view.started = monday + 60min;
    view.settle = 5min;
    const std::vector<store::CoverageSpan> known{{minutes(0, 60), Cause::none, view.now}};
    EXPECT_TRUE(missing(known, minutes(0, 60), minute, view).empty());
    view.now = view.started = monday + 61min;
    const auto later = missing(known, minutes(0, 60), minute, view);
    ASSERT_EQ(later.size(), 1u);
    EXPECT_EQ(later[0], minutes(55, 60));
}

TEST(Planner, WholeBarsAreMissing) {
    View view;
    view.now = view.started = monday + 30min;
    const std::vector<store::CoverageSpan> known{{minutes(0, 20), Cause::none, monday + 15min + 30s}};
    const auto todo = missing(known, minutes(0, 20), minute, view);
    ASSERT_EQ(todo.size(), 1u);
    EXPECT_EQ(todo[0], minutes(10, 20)); // unsettled from the middle of this bar on
}

TEST(Planner, WithoutCacheOnlyWhatIsFreshCounts) {
    View view;
    view.now = view.started = monday + 48h;
    view.use_cache = false;
    const std::vector<store::CoverageSpan> known{
        {minutes(0, 30), Cause::none, monday + 40h}, {minutes(30, 60), Cause::none, view.now}};
    const auto todo = missing(known, minutes(0, 60), minute, view);
    ASSERT_EQ(todo.size(), 1u);
    EXPECT_EQ(todo[0], minutes(0, 30));
}

} // namespace
} // namespace tickgate::backfill
