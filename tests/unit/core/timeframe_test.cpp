#include <tickgate/timeframe.hpp>

#include <gtest/gtest.h>

namespace tickgate {
namespace {

using namespace std::chrono;

UnixNanos at(year_month_day day, seconds s = 0s) { return UnixNanos(sys_days(day).time_since_epoch()) + s; }

TEST(Timeframe, WireNamesRoundTrip) {
    for (const auto tf : all_timeframes)
        EXPECT_EQ(timeframe_from(to_string(tf)), tf);
}

TEST(Timeframe, UsualSpellingsAreTakenAndCaseTellsMinuteFromMonth) {
    EXPECT_EQ(timeframe_from("5min"), Timeframe::m5);
    EXPECT_EQ(timeframe_from("1Min"), Timeframe::m1);
    EXPECT_EQ(timeframe_from("1day"), Timeframe::d1);
    EXPECT_EQ(timeframe_from("60m"), Timeframe::h1);
    EXPECT_EQ(timeframe_from("1m"), Timeframe::m1);
    EXPECT_EQ(timeframe_from("1M"), Timeframe::mo1);
    EXPECT_EQ(timeframe_from("24h"), Timeframe::d1);
    EXPECT_EQ(timeframe_from("1H"), Timeframe::h1);
    for (const char* bad : {"", "m", "7m", "0m", "1x", "2M", "-1m", "1", "99999999999m", "1minutesandmore"})
        EXPECT_FALSE(timeframe_from(bad).has_value()) << bad;
}

TEST(Timeframe, BarsAlignToUtc) {
    const auto t = at(2026y / 3 / 18, 13h + 47min + 31s); // a Wednesday
    EXPECT_EQ(bar_open(t, Timeframe::m15), at(2026y / 3 / 18, 13h + 45min));
    EXPECT_EQ(bar_open(t, Timeframe::h4), at(2026y / 3 / 18, 12h));
    EXPECT_EQ(bar_open(t, Timeframe::d1), at(2026y / 3 / 18));
    EXPECT_EQ(bar_open(t, Timeframe::w1), at(2026y / 3 / 16));
    EXPECT_EQ(bar_open(t, Timeframe::mo1), at(2026y / 3 / 1));
    EXPECT_EQ(bar_end(at(2026y / 2 / 1), Timeframe::mo1), at(2026y / 3 / 1));
    EXPECT_EQ(bar_end(at(2026y / 12 / 1), Timeframe::mo1), at(2027y / 1 / 1));
    EXPECT_EQ(bar_end(at(2026y / 3 / 18), Timeframe::d3), at(2026y / 3 / 21));
    EXPECT_EQ(bar_open(at(1969y / 12 / 31, 23h + 59min), Timeframe::h1), at(1969y / 12 / 31, 23h));
}

} // namespace
} // namespace tickgate
