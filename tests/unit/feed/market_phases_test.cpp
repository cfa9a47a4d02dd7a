#include "feed/market_phases.hpp"

#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tickgate::feed {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using calendar::Market;
using calendar::Phase;

constexpr sys_days wednesday = year{2026} / 11 / 18;
UnixNanos ny(int hour, int minute = 0) { return calendar::new_york_time(wednesday, hours(hour) + minutes(minute)); }
Phase of(const MarketPhases& p, Market m) { return p.phases()[static_cast<std::size_t>(m)]; }

TEST(MarketPhases, FollowTheCalendar) {
    const calendar::MarketHours calendar;
    MarketPhases phases(&calendar);
    for (const auto& [at, expected] : std::vector<std::pair<UnixNanos, Phase>>{{ny(3, 59), Phase::closed},
             {ny(4), Phase::pre_market}, {ny(9, 30), Phase::open}, {ny(16), Phase::post_market},
             {ny(20), Phase::closed}, {ny(12), Phase::open}}) { // and a clock set back
        phases.refresh(at);
        EXPECT_EQ(of(phases, Market::us_equity), expected);
        EXPECT_EQ(of(phases, Market::always), Phase::open);
    }
}

TEST(MarketPhases, ADelayedFeedIsBehind) {
    const calendar::MarketHours calendar;
    MarketPhases phases(&calendar, 15min);
    phases.refresh(ny(9, 44));
    EXPECT_EQ(of(phases, Market::us_option), Phase::closed);
    phases.refresh(ny(9, 45));
    EXPECT_EQ(of(phases, Market::us_option), Phase::open);
}

TEST(MarketPhases, WhatTheCalendarLearnsIsSeenWithinAMinute) {
    calendar::MarketHours calendar;
    MarketPhases phases(&calendar);
    phases.refresh(ny(12));
    std::vector<MarketDay> days(1);
    days[0].date = wednesday;
    days[0].closed = true;
    calendar.learn(days);
    phases.refresh(ny(12) + 59s);
    EXPECT_EQ(of(phases, Market::us_equity), Phase::open);
    phases.refresh(ny(12) + 60s);
    EXPECT_EQ(of(phases, Market::us_equity), Phase::closed);
}

TEST(MarketPhases, WithoutACalendarAllIsOpen) {
    MarketPhases phases(nullptr);
    phases.refresh(ny(3));
    for (const auto p : phases.phases())
        EXPECT_EQ(p, Phase::open);
}

} // namespace
} // namespace tickgate::feed
