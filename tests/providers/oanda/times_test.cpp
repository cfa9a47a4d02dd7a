#include "oanda/times.hpp"

#include <gtest/gtest.h>

namespace tickgate::oanda {
namespace {

UnixNanos at(std::string_view text) { return parse_time(text).value_or(UnixNanos()); }

TEST(OandaTimes, NanosecondsAreReadExactly) {
    EXPECT_EQ(at("2017-02-23T20:57:26.808326703Z").time_since_epoch().count(), 1487883446808326703);
    EXPECT_EQ(at("1487883446.808326703").time_since_epoch().count(), 1487883446808326703);
    EXPECT_EQ(at("2017-01-01T00:00:00Z").time_since_epoch().count(), 1483228800000000000);
    EXPECT_EQ(at("2017-01-01T00:00:00.5Z").time_since_epoch().count(), 1483228800500000000);
    EXPECT_EQ(at("1607556000").time_since_epoch().count(), 1607556000000000000);
    EXPECT_EQ(at("0").time_since_epoch().count(), 0);
    EXPECT_EQ(format_time(at("2017-02-23T20:57:26.808326703Z")), "2017-02-23T20:57:26.808326703Z");
    EXPECT_EQ(format_time(at("1607556000")), "2020-12-09T23:20:00.000000000Z");
}

TEST(OandaTimes, WhatIsNoTimeIsEmpty) {
    for (const char* text : {"", "Z", "2017-02-23", "2017-02-30T00:00:00Z", "2017-02-23T24:00:00Z",
             "2017-02-23T20:57:26.8083267031Z", "2017-02-23T20:57:26.Z", "2017-02-23T20:57:26+01:00",
             "2017-02-23 20:57:26Z.", "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z", "14878834468.1", "1e9", "-1",
             "1487883446.", "1487883446.1234567890", "2017-02-23T20:57:2x.808326703Z"})
        EXPECT_FALSE(parse_time(text).has_value()) << text;
}

TEST(OandaTimes, NewYorkKeepsItsRules) {
    EXPECT_EQ(behind_utc_in_new_york(at("2022-03-13T06:59:59Z")), std::chrono::hours(5));
    EXPECT_EQ(behind_utc_in_new_york(at("2022-03-13T07:00:00Z")), std::chrono::hours(4));
    EXPECT_EQ(behind_utc_in_new_york(at("2022-11-06T05:59:59Z")), std::chrono::hours(4));
    EXPECT_EQ(behind_utc_in_new_york(at("2022-11-06T06:00:00Z")), std::chrono::hours(5));
    EXPECT_EQ(behind_utc_in_new_york(at("2006-03-20T12:00:00Z")), std::chrono::hours(5)) << "the rule before 2007";
    EXPECT_EQ(behind_utc_in_new_york(at("2006-10-28T12:00:00Z")), std::chrono::hours(4));
    EXPECT_EQ(from_new_york(at("2022-07-01T17:00:00Z")), at("2022-07-01T21:00:00Z"));
    EXPECT_EQ(from_new_york(at("2022-03-13T02:30:00Z")), at("2022-03-13T07:30:00Z")) << "left out: an hour later";
    EXPECT_EQ(from_new_york(at("2022-11-06T01:30:00Z")), at("2022-11-06T05:30:00Z")) << "twice: the first";
}

TEST(OandaTimes, CandlesEndByTheirAlignment) {
    EXPECT_EQ(candle_end(at("2023-10-06T20:56:00Z"), Timeframe::m1), at("2023-10-06T20:57:00Z"));
    EXPECT_EQ(candle_end(at("2022-05-11T21:00:00Z"), Timeframe::d1), at("2022-05-12T21:00:00Z"));
    EXPECT_EQ(candle_end(at("2022-03-12T22:00:00Z"), Timeframe::d1), at("2022-03-13T21:00:00Z")) << "23 hours";
    EXPECT_EQ(candle_end(at("2022-11-05T21:00:00Z"), Timeframe::d1), at("2022-11-06T22:00:00Z")) << "25 hours";
    EXPECT_EQ(candle_end(at("2022-11-06T05:00:00Z"), Timeframe::h4), at("2022-11-06T10:00:00Z")) << "01 to 05 local";
    EXPECT_EQ(candle_end(at("2022-07-01T21:00:00Z"), Timeframe::h4), at("2022-07-02T01:00:00Z"));
    EXPECT_EQ(candle_end(at("2022-07-01T21:00:00Z"), Timeframe::w1), at("2022-07-08T21:00:00Z"));
    EXPECT_EQ(candle_end(at("2022-10-31T21:00:00Z"), Timeframe::mo1), at("2022-11-30T22:00:00Z"));
    EXPECT_EQ(candle_end(at("2022-12-31T22:00:00Z"), Timeframe::mo1), at("2023-01-31T22:00:00Z"));
}

} // namespace
} // namespace tickgate::oanda
