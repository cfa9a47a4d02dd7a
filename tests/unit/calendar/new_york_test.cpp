#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

namespace tickgate::calendar {
namespace {

using namespace std::chrono;

TEST(NewYork, RuleAndZoneDataAgreeWhereTheRuleIsInForce) {
    for (UnixNanos t = sys_days(year{2007} / 1 / 1); t < sys_days(year{2040} / 1 / 1); t += hours(1))
        ASSERT_EQ(new_york_offset(t), new_york_offset_by_rule(t)) << t.time_since_epoch().count();
}

TEST(NewYork, OlderYearsComeFromTheZoneData) {
    // Until 2006 daylight time began on the first Sunday of April.
    EXPECT_EQ(new_york_offset(sys_days(year{2006} / 3 / 20)), hours(-5));
    EXPECT_EQ(new_york_offset(sys_days(year{2006} / 4 / 20)), hours(-4));
}

TEST(NewYork, WallClockBothWays) {
    EXPECT_EQ(new_york_time(year{2026} / 7 / 1, hours(17)), UnixNanos(sys_days(year{2026} / 7 / 1) + hours(21)));
    EXPECT_EQ(new_york_time(year{2026} / 12 / 1, hours(17)), UnixNanos(sys_days(year{2026} / 12 / 1) + hours(22)));
    // The clock went forward at 2:00 on 8 March 2026 and back at 2:00 on 1 November.
    EXPECT_EQ(new_york_time(year{2026} / 3 / 8, hours(0)), UnixNanos(sys_days(year{2026} / 3 / 8) + hours(5)));
    EXPECT_EQ(new_york_time(year{2026} / 3 / 8, hours(17)), UnixNanos(sys_days(year{2026} / 3 / 8) + hours(21)));
    EXPECT_EQ(new_york_time(year{2026} / 11 / 1, hours(0)), UnixNanos(sys_days(year{2026} / 11 / 1) + hours(4)));
    EXPECT_EQ(new_york_time(year{2026} / 11 / 1, hours(17)), UnixNanos(sys_days(year{2026} / 11 / 1) + hours(22)));
    EXPECT_EQ(new_york_date(sys_days(year{2026} / 7 / 2) + hours(3)), sys_days(year{2026} / 7 / 1));
    EXPECT_EQ(new_york_date(sys_days(year{2026} / 7 / 2) + hours(4)), sys_days(year{2026} / 7 / 2));
}

} // namespace
} // namespace tickgate::calendar
