#include "tradier/bar_query.hpp"
#include "tradier/history.hpp"
#include "tradier/new_york.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using namespace std::chrono;
using tradier_test::fixture;

const UnixNanos later{seconds(1700000000)};

UnixNanos eastern(const char* text) { return from_new_york(*parse_local(text)); }

TEST(TradierHistory, TheDocumentedDays) {
    const auto parsed = parse_history(fixture("rest/doc_history_daily_2019.json"), Timeframe::d1, later);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->bars.size(), 3u);
    const auto& bar = parsed->bars[2];
    EXPECT_EQ(bar.high.to_string(), "148.5499");
    EXPECT_EQ(parsed->bars[1].low.to_string(), "142.0");
    EXPECT_EQ(bar.volume->to_string(), "58607070");
    EXPECT_EQ(bar.open_time, UnixNanos(seconds(1546578000))) << "midnight of New York";
    EXPECT_EQ(bar.close_time, UnixNanos(seconds(1546578000 + 86400)));
    EXPECT_EQ(bar.align, Alignment::exchange);
    EXPECT_TRUE(bar.final && bar.adjusted);
}

TEST(TradierHistory, AYearOfDays) {
    const auto parsed = parse_history(fixture("rest/history.json"), Timeframe::d1, later);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->bars.size(), 260u);
    EXPECT_EQ(parsed->dropped, 0u);
    EXPECT_EQ(parsed->bars.front().open_time, eastern("2012-05-25"));
    EXPECT_EQ(parsed->bars.front().high.to_string(), "565.85000000000002");
    EXPECT_EQ(parsed->bars.back().open_time, eastern("2013-06-10"));
    EXPECT_EQ(parsed->bars.back().volume->to_string(), "16084149");
    std::int64_t volume = 0;
    for (const auto& bar : parsed->bars)
        volume += std::stoll(bar.volume->to_string());
    EXPECT_EQ(volume, 4552612159);
}

TEST(TradierHistory, TheDocumentedMinutes) {
    const auto parsed = parse_timesales(fixture("rest/doc_timesales_1min_2019.json"), Timeframe::m1, later);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->bars.size(), 3u);
    const auto& bar = parsed->bars[0];
    EXPECT_EQ(bar.open_time, UnixNanos(seconds(1557408600)));
    EXPECT_EQ(bar.close_time, UnixNanos(seconds(1557408660)));
    EXPECT_EQ(bar.close.to_string(), "200.1154");
    EXPECT_EQ(bar.vwap->to_string(), "199.77806");
    EXPECT_EQ(bar.volume->to_string(), "1273841");
}

TEST(TradierHistory, TicksWithoutTimestampAreEastern) {
    const auto ticks = parse_ticks(fixture("rest/timesales.json"));
    ASSERT_TRUE(ticks.has_value());
    ASSERT_EQ(ticks->size(), 590u);
    EXPECT_EQ(ticks->front().time, UnixNanos(seconds(1370894341))) << "2013-06-10 15:59:01 EDT";
    EXPECT_EQ(ticks->front().price.to_string(), "438.71499999999997");
    EXPECT_EQ(ticks->back().volume.to_string(), "386500");
    std::int64_t volume = 0;
    for (const auto& tick : *ticks)
        volume += std::stoll(tick.volume.to_string());
    EXPECT_EQ(volume, 501513);
    EXPECT_EQ(parse_ticks(
                  R"({"series":{"data":{"time":"2024-01-19T14:30:00","timestamp":1705674600,"price":1.5,"volume":3}}})")
                  ->front()
                  .time,
        UnixNanos(seconds(1705674600)))
        << "`timestamp` is trusted, not `time`";
}

TEST(TradierHistory, NothingIsNoError) {
    for (const char* body : {R"({"history":null})", R"({"history":"null"})", "{}"})
        EXPECT_TRUE(parse_history(body, Timeframe::d1, later)->bars.empty()) << body;
    EXPECT_TRUE(parse_timesales(R"({"series":null})", Timeframe::m1, later)->bars.empty());
    EXPECT_EQ(parse_timesales(R"({"type":"quote","symbol":[]})", Timeframe::m1, later).error(), errc::malformed_payload)
        << "something else is not nothing";
}

TEST(TradierHistory, DaysWithoutPricesAreDroppedAndCounted) {
    const auto parsed = parse_history(
        R"({"history":{"day":[{"date":"2024-01-18","open":"NaN","high":"NaN","low":"NaN","close":"NaN","volume":0},{"date":"2024-01-19","open":1,"high":2,"low":0.5,"close":1.5,"volume":"NaN"},{"date":"2024-01-17","open":null,"high":2,"low":1,"close":1}]}})",
        Timeframe::d1, later);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->dropped, 2u);
    ASSERT_EQ(parsed->bars.size(), 1u);
    EXPECT_FALSE(parsed->bars[0].volume.has_value());
    EXPECT_FALSE(parse_history(R"({"history":{"day":{"open":1}}})", Timeframe::d1, later).has_value());
}

TEST(TradierHistory, BarsAreInOrderAndNoneIsTwice) {
    const auto parsed = parse_timesales(
        R"({"series":{"data":[{"timestamp":1705674660,"open":1,"high":1,"low":1,"close":1,"volume":1},{"timestamp":1705674600,"open":1,"high":1,"low":1,"close":1,"volume":1},{"timestamp":1705674660,"open":1,"high":1,"low":1,"close":2,"volume":2}]}})",
        Timeframe::m1, UnixNanos(seconds(1705674690)));
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->bars.size(), 2u);
    EXPECT_EQ(parsed->bars[1].close.to_string(), "2");
    EXPECT_TRUE(parsed->bars[0].final);
    EXPECT_FALSE(parsed->bars[1].final) << "the running minute";
}

TEST(TradierHistory, WeeksBeginOnMondayAndMonthsOnTheFirst) {
    EXPECT_EQ(calendar_open(eastern("2024-01-19 12:00"), Timeframe::w1), eastern("2024-01-15"));
    EXPECT_EQ(calendar_open(eastern("2024-01-21 23:59"), Timeframe::w1), eastern("2024-01-15"));
    EXPECT_EQ(calendar_end(eastern("2024-01-15"), Timeframe::w1), eastern("2024-01-22"));
    EXPECT_EQ(calendar_open(eastern("2024-12-31 12:00"), Timeframe::mo1), eastern("2024-12-01"));
    EXPECT_EQ(calendar_end(eastern("2024-12-01"), Timeframe::mo1), eastern("2025-01-01"));
    EXPECT_EQ(calendar_end(eastern("2024-03-10"), Timeframe::d1) - eastern("2024-03-10"), hours(23));
    // After a holiday on Monday the venue may name Tuesday.
    const auto parsed =
        parse_history(R"({"history":{"day":{"date":"2024-01-16","open":1,"high":1,"low":1,"close":1,"volume":1}}})",
            Timeframe::w1, later);
    EXPECT_EQ(parsed->bars[0].open_time, eastern("2024-01-15"));
}

BarRequest ask(Timeframe timeframe, UnixNanos from, UnixNanos to) {
    BarRequest r;
    r.instrument = {AssetClass::equity, "BRK.B"};
    r.timeframe = timeframe;
    r.from = from;
    r.to = to;
    return r;
}

TEST(TradierBarQuery, EndsAreInclusiveAtTheVenue) {
    const auto now = eastern("2024-01-20");
    auto q = query_of(ask(Timeframe::d1, eastern("2024-01-02"), eastern("2024-01-05")), now);
    ASSERT_TRUE(q.has_value());
    EXPECT_EQ(q->target, "/v1/markets/history?symbol=BRK%2FB&interval=daily&start=2024-01-02&end=2024-01-04");
    EXPECT_FALSE(q->next.has_value());
    q = query_of(ask(Timeframe::m5, eastern("2024-01-18 09:30"), eastern("2024-01-18 16:00")), now);
    EXPECT_EQ(q->target, "/v1/markets/timesales?symbol=BRK%2FB&interval=5min&start=2024-01-18%2009%3A30"
                         "&end=2024-01-18%2015%3A59&session_filter=all");
    q = query_of(ask(Timeframe::w1, eastern("2024-01-17"), eastern("2024-01-30")), now);
    EXPECT_NE(q->target.find("weekly&start=2024-01-15&end=2024-01-29"), std::string::npos) << q->target;
}

TEST(TradierBarQuery, PagesOfMinutesStayWithinTheReach) {
    const auto now = eastern("2024-01-20 12:00");
    auto q = query_of(ask(Timeframe::m1, eastern("2023-01-01"), now), now);
    ASSERT_TRUE(q.has_value());
    EXPECT_EQ(q->from, now - days(10));
    EXPECT_EQ(q->next, now - days(5));
    q = query_of(ask(Timeframe::m1, eastern("2023-01-01"), eastern("2023-02-01")), now);
    ASSERT_FALSE(q.has_value()) << "no data and out of reach are not the same";
    EXPECT_EQ(q.error(), errc::not_supported);
    EXPECT_EQ(query_of(ask(Timeframe::m15, now - days(30), now - days(18)), now).error(), errc::not_supported);
    EXPECT_TRUE(query_of(ask(Timeframe::m15, now - days(30), now - days(18) + minutes(15)), now).has_value());
    q = query_of(ask(Timeframe::m1, eastern("2023-02-01"), eastern("2023-02-01")), now);
    ASSERT_TRUE(q.has_value());
    EXPECT_TRUE(q->target.empty()) << "nothing was asked for";
    EXPECT_EQ(query_of(ask(Timeframe::h1, now - days(1), now), now).error(), errc::not_supported);
    auto fx = ask(Timeframe::d1, now - days(1), now);
    fx.instrument.asset_class = AssetClass::fx;
    EXPECT_EQ(query_of(fx, now).error(), errc::not_supported);
}

TEST(TradierBarQuery, WhatWasNotAskedForIsLeftOut) {
    auto parsed = *parse_history(fixture("rest/doc_history_daily_2019.json"), Timeframe::d1, later);
    auto request = ask(Timeframe::d1, eastern("2019-01-03"), eastern("2019-01-08"));
    const auto query = query_of(request, later);
    BarPage page;
    trim(parsed, request, *query, page);
    EXPECT_EQ(page.bars.size(), 2u);
    EXPECT_FALSE(page.next.has_value());
    request.limit = 1;
    page = BarPage();
    trim(parsed, request, *query, page);
    EXPECT_EQ(page.bars.size(), 1u);
    EXPECT_EQ(page.next, eastern("2019-01-04"));
}

} // namespace
} // namespace tickgate::tradier
