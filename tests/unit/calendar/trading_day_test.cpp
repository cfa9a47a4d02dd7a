#include "calendar/trading_day.hpp"

#include <gtest/gtest.h>

namespace tickgate::calendar {
namespace {

using namespace std::chrono;

UnixNanos utc(year_month_day date, int hour) { return UnixNanos(sys_days(date) + hours(hour)); }

TEST(TradingDay, OfEachClass) {
    const auto date = year{2026} / 7 / 15;
    const auto before = year{2026} / 7 / 14, after = year{2026} / 7 / 16;
    EXPECT_EQ(trading_day(AssetClass::crypto, date).from, utc(date, 0));
    EXPECT_EQ(trading_day(AssetClass::future, date).to, utc(after, 0));
    for (const auto c : {AssetClass::fx, AssetClass::cfd}) {
        EXPECT_EQ(trading_day(c, date).from, utc(before, 21));
        EXPECT_EQ(trading_day(c, date).to, utc(date, 21));
    }
    for (const auto c : {AssetClass::equity, AssetClass::option, AssetClass::index}) {
        EXPECT_EQ(trading_day(c, date).from, utc(date, 4));
        EXPECT_EQ(trading_day(c, date).to, utc(after, 4));
    }
}

TEST(TradingDay, FollowsTheClockOfNewYork) {
    const auto shorter = trading_day(AssetClass::equity, year{2026} / 3 / 8);
    EXPECT_EQ(shorter.to - shorter.from, hours(23));
    const auto longer = trading_day(AssetClass::equity, year{2026} / 11 / 1);
    EXPECT_EQ(longer.to - longer.from, hours(25));
    const auto fx = trading_day(AssetClass::fx, year{2026} / 3 / 9); // Monday after the change
    EXPECT_EQ(fx.from, utc(year{2026} / 3 / 8, 21));
    EXPECT_EQ(fx.to - fx.from, hours(24));
}

TEST(TradingDay, DaysFollowOneAnotherWithoutHoleAndTheDateOfATimeIsItsDay) {
    for (int c = 0; c < asset_class_count; ++c)
        for (sys_days d = year{2026} / 1 / 1; d < sys_days(year{2027} / 1 / 1); d += days(1)) {
            const auto asset_class = static_cast<AssetClass>(c);
            const auto day = trading_day(asset_class, d), next = trading_day(asset_class, d + days(1));
            ASSERT_EQ(day.to, next.from);
            ASSERT_EQ(trading_date(asset_class, day.from), year_month_day(d));
            ASSERT_EQ(trading_date(asset_class, day.to - nanoseconds(1)), year_month_day(d));
            ASSERT_EQ(trading_date(asset_class, day.to), year_month_day(d + days(1)));
        }
}

} // namespace
} // namespace tickgate::calendar
