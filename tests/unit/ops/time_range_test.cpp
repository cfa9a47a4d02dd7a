#include "ops/time_range.hpp"

#include "ops/time_text.hpp"

#include <gtest/gtest.h>

namespace tickgate::ops {

namespace {

using namespace std::chrono_literals;

UnixNanos at(const std::string& text) {
    const auto p = parse_time("t", text);
    EXPECT_FALSE(p.error) << text;
    return p.value.instant.value_or(UnixNanos());
}
std::string wrong(const std::string& text) {
    const auto p = parse_time("start", text);
    return p.error ? p.error->message : "";
}

const UnixNanos now = at("2026-11-20T12:00:00Z");

std::string range(const std::string& start, const std::string& end, AssetClass c = AssetClass::crypto) {
    const auto r = read_range(start, end, c, now);
    return r.error ? r.error->message : time_text(r.from) + " " + time_text(r.to);
}

} // namespace

TEST(TimeText, WritesSecondsAndAsManyDigitsAsNeeded) {
    EXPECT_EQ(time_text(from_micros(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(time_text(from_micros(1795176000000000)), "2026-11-20T12:00:00Z");
    EXPECT_EQ(time_text(from_micros(1795176000250000)), "2026-11-20T12:00:00.25Z");
    EXPECT_EQ(time_text(from_micros(1795176000000001)), "2026-11-20T12:00:00.000001Z");
    EXPECT_EQ(time_text(from_micros(-1000000)), "1969-12-31T23:59:59Z");
    TimeWriter writer;
    std::string out;
    for (const auto us : {1795219199000000, 1795219200000000, 1795176000000000}) // across midnight and back
        writer.append(out, from_micros(us));
    EXPECT_EQ(out, "2026-11-20T23:59:59Z2026-11-21T00:00:00Z2026-11-20T12:00:00Z");
}

TEST(TimeRange, ReadsInstants) {
    EXPECT_EQ(to_micros(at("2026-11-20T12:00:00Z")), 1795176000000000);
    EXPECT_EQ(to_micros(at("2026-11-20 12:00:00z")), 1795176000000000);
    EXPECT_EQ(to_micros(at("2026-11-20T07:00:00-05:00")), 1795176000000000);
    EXPECT_EQ(to_micros(at("2026-11-20T14:30:00.5+02:30")), 1795176000500000);
    EXPECT_EQ(to_micros(at("2026-11-20T14:00:00 02:00")), 1795176000000000); // as a query string delivers `+`
    EXPECT_EQ(to_micros(at("1795176000000000")), 1795176000000000);
    EXPECT_EQ(at("2024-02-29T00:00:00Z"), at("2024-02-28T23:59:60Z"));
}

TEST(TimeRange, TellsWhatIsWrongWithATime) {
    EXPECT_EQ(wrong("2026-02-30"), "field start is \"2026-02-30\": that month has 28 days");
    EXPECT_EQ(wrong("2024-02-30"), "field start is \"2024-02-30\": that month has 29 days");
    EXPECT_EQ(wrong("2026-13-01"), "field start is \"2026-13-01\": there is no month 13");
    EXPECT_NE(wrong("2026-11-20T12:00:00").find("add Z"), std::string::npos);
    EXPECT_NE(wrong("1795176000").find("microseconds"), std::string::npos); // seconds
    EXPECT_NE(wrong("1795176000000").find("microseconds"), std::string::npos);
    EXPECT_NE(wrong("99999999999999999999"), "");
    EXPECT_NE(wrong("1890-01-01"), "");
    for (const auto* text : {"", "yesterday", "2026-1-1", "2026-11-20T25:00:00Z", "2026-11-20T12:00Z", "-30d",
             "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00+2", "2026-11-20T12:00:00Zx", "20261120"})
        EXPECT_NE(wrong(text), "") << text;
}

TEST(TimeRange, DatesMeanTheTradingDayAndTheEndDateIsIncluded) {
    EXPECT_EQ(range("2026-11-18", "2026-11-18"), "2026-11-18T00:00:00Z 2026-11-19T00:00:00Z");
    EXPECT_EQ(range("2026-11-18", "2026-11-18", AssetClass::fx), "2026-11-17T22:00:00Z 2026-11-18T22:00:00Z");
    EXPECT_EQ(range("2026-11-18", "2026-11-18", AssetClass::equity), "2026-11-18T05:00:00Z 2026-11-19T05:00:00Z");
    // The day on which New York's clocks go back is an hour longer.
    EXPECT_EQ(range("2026-11-01", "2026-11-01", AssetClass::equity), "2026-11-01T04:00:00Z 2026-11-02T05:00:00Z");
    EXPECT_EQ(range("2026-11-18T00:00:00Z", "2026-11-18T00:05:00Z"), "2026-11-18T00:00:00Z 2026-11-18T00:05:00Z");
}

TEST(TimeRange, EndsNowAtTheLatest) {
    EXPECT_EQ(range("2026-11-20", ""), "2026-11-20T00:00:00Z 2026-11-20T12:00:00Z");
    EXPECT_EQ(range("2026-11-20", "2026-11-20"), "2026-11-20T00:00:00Z 2026-11-20T12:00:00Z");
    EXPECT_EQ(range("2026-11-20", "2027-05-01"), "2026-11-20T00:00:00Z 2026-11-20T12:00:00Z");
    const auto odd = read_range("2026-11-20", "", AssetClass::crypto, now + std::chrono::nanoseconds(1234567));
    EXPECT_EQ(time_text(odd.to), "2026-11-20T12:00:00.001234Z") << "microseconds";
}

TEST(TimeRange, RefusesReversedFutureAndEndlessRanges) {
    EXPECT_NE(range("2026-11-19", "2026-11-18").find("reversed"), std::string::npos);
    EXPECT_EQ(
        range("2026-11-19", "2026-11-18"), "the range is reversed: it begins with 2026-11-19 and ends with 2026-11-18");
    EXPECT_NE(
        range("2026-11-19T01:00:00Z", "2026-11-19T00:00:00Z").find("ends at 2026-11-19T00:00:00Z"), std::string::npos);
    EXPECT_NE(range("2026-11-19T00:00:00Z", "2026-11-19T00:00:00Z").find("empty"), std::string::npos);
    EXPECT_NE(range("2026-11-21", "").find("future"), std::string::npos);
    EXPECT_NE(range("2026-11-21", "2026-11-22").find("future"), std::string::npos);
    EXPECT_EQ(range("1976-11-20", "2026-11-19"), "the range is 50 years long");
    EXPECT_EQ(range("1996-12-20", "2026-11-19").find("the range"), std::string::npos);
}

} // namespace tickgate::ops
