#include "tradier/new_york.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using namespace std::chrono;

UnixNanos utc(std::int64_t s) { return UnixNanos(seconds(s)); }

TEST(TradierNewYork, OffsetsChangeAtTheRuledMoments) {
    EXPECT_EQ(new_york_offset(utc(1709794800)), hours(-5)); // 2024-03-07
    EXPECT_EQ(new_york_offset(utc(1710053999)), hours(-5)); // 2024-03-10 01:59:59 EST
    EXPECT_EQ(new_york_offset(utc(1710054000)), hours(-4)); // 03:00 EDT
    EXPECT_EQ(new_york_offset(utc(1730613599)), hours(-4)); // 2024-11-03 01:59:59 EDT
    EXPECT_EQ(new_york_offset(utc(1730613600)), hours(-5)); // 01:00 EST
    EXPECT_EQ(new_york_offset(utc(1143961199)), hours(-5)); // 2006-04-02 01:59:59
    EXPECT_EQ(new_york_offset(utc(1143961200)), hours(-4));
}

TEST(TradierNewYork, TheDocumentedBarTimeFitsItsTimestamp) {
    EXPECT_EQ(from_new_york(*parse_local("2019-05-09T09:30:00")), utc(1557408600));
    EXPECT_EQ(minute_text(to_new_york(utc(1557408600))), "2019-05-09 09:30");
}

TEST(TradierNewYork, EveryHourOfAYearComesBack) {
    std::size_t changed = 0;
    for (std::int64_t t = 1704067200; t < 1704067200 + 366 * 86400; t += 3600)
        changed += from_new_york(to_new_york(utc(t))) != utc(t);
    EXPECT_EQ(changed, 1u) << "of the hour that exists twice the first is taken";
    // 02:30 of the day of the change does not exist: an hour later.
    EXPECT_EQ(from_new_york(*parse_local("2024-03-10 02:30")), utc(1710055800));
}

TEST(TradierNewYork, WhatIsNoTimeIsRefused) {
    for (const char* text : {"", "2019-13-01", "2019-02-29", "2019-05-09T24:00:00", "2019-05-09 9:30", "2019/05/09",
             "1969-01-01", "9999-01-01", "2019-05-09T09:30:60", "2019-05-09x09:30:00"})
        EXPECT_FALSE(parse_local(text)) << text;
    EXPECT_TRUE(parse_local("2020-02-29"));
}

} // namespace
} // namespace tickgate::tradier
