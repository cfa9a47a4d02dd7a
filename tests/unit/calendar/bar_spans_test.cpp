#include "calendar/bar_spans.hpp"

#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace tickgate::calendar {
namespace {

using namespace std::chrono;
using enum Timeframe;
constexpr auto utc = Alignment::utc, ny17 = Alignment::ny17, exchange = Alignment::exchange;

UnixNanos at(year_month_day date, int hour, int minute = 0) {
    return UnixNanos(sys_days(date)) + hours(hour) + minutes(minute);
}
UnixNanos ny(year_month_day date, int hour, int minute = 0) {
    return new_york_time(sys_days(date), hours(hour) + minutes(minute));
}
std::string text(UnixNanos t) {
    const auto day = floor<days>(t);
    const year_month_day d{day};
    const auto m = duration_cast<minutes>(t - day).count();
    const auto two = [](auto n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return std::to_string(static_cast<int>(d.year())) + '-' + two(static_cast<unsigned>(d.month())) + '-' +
           two(static_cast<unsigned>(d.day())) + ' ' + two(m / 60) + ':' + two(m % 60);
}
std::string text(const Span& s) { return text(s.from) + " .. " + text(s.to); }

std::string bar(Timeframe tf, Alignment align, UnixNanos t) { return text(bar_at(tf, align, t)); }

// `time` of each candle or `t` of each aggregate of a recorded answer.
std::vector<std::string> values_of(const std::string& file, const std::string& key, char end) {
    std::ifstream in(std::string(TICKGATE_FIXTURES) + '/' + file);
    EXPECT_TRUE(in.good()) << file;
    const std::string body{std::istreambuf_iterator<char>(in), {}};
    std::vector<std::string> out;
    for (auto p = body.find(key); p != std::string::npos; p = body.find(key, p + 1))
        out.push_back(body.substr(p + key.size(), body.find(end, p + key.size()) - p - key.size()));
    return out;
}
UnixNanos time_of(const std::string& s) {
    const auto n = [&](std::size_t from, std::size_t size) { return std::stoi(s.substr(from, size)); };
    return at(year{n(0, 4)} / n(5, 2) / n(8, 2), n(11, 2), n(14, 2));
}

TEST(BarSpans, ShortBarsAreTheSameOnEveryClock) {
    const auto t = at(year{2026} / 11 / 18, 14, 37) + 12s;
    for (const auto tf : all_timeframes) {
        if (tf > h1)
            break;
        for (const auto align : {utc, ny17, exchange})
            EXPECT_EQ(text(bar_at(tf, align, t)), text({bar_open(t, tf), bar_end(bar_open(t, tf), tf)}));
    }
    EXPECT_EQ(bar(m3, ny17, t), "2026-11-18 14:36 .. 2026-11-18 14:39");
}

TEST(BarSpans, UtcIsTheContract) {
    const auto t = at(year{2024} / 2 / 29, 23, 59);
    EXPECT_EQ(bar(h4, utc, t), "2024-02-29 20:00 .. 2024-03-01 00:00");
    EXPECT_EQ(bar(d1, utc, t), "2024-02-29 00:00 .. 2024-03-01 00:00");
    EXPECT_EQ(bar(w1, utc, t), "2024-02-26 00:00 .. 2024-03-04 00:00");
    EXPECT_EQ(bar(mo1, utc, t), "2024-02-01 00:00 .. 2024-03-01 00:00");
    EXPECT_EQ(bar(mo1, utc, at(year{2026} / 12 / 31, 23)), "2026-12-01 00:00 .. 2027-01-01 00:00");
    EXPECT_EQ(bar(d3, utc, at(year{1970} / 1 / 5, 1)), "1970-01-04 00:00 .. 1970-01-07 00:00");
}

TEST(BarSpans, TheFxDayRunsFromFiveToFiveInNewYork) {
    EXPECT_EQ(bar(d1, ny17, ny(year{2026} / 11 / 18, 12)), "2026-11-17 22:00 .. 2026-11-18 22:00");
    EXPECT_EQ(bar(d1, ny17, ny(year{2026} / 7 / 15, 12)), "2026-07-14 21:00 .. 2026-07-15 21:00");
    EXPECT_EQ(bar(d1, ny17, ny(year{2026} / 11 / 18, 17)), "2026-11-18 22:00 .. 2026-11-19 22:00");
    EXPECT_EQ(bar(d1, ny17, ny(year{2026} / 11 / 18, 17) - 1ns), "2026-11-17 22:00 .. 2026-11-18 22:00");
}

TEST(BarSpans, TheFxDayOfAChangeOfTheClockHas23Or25Hours) {
    // Sunday, 8 March 2026 and Sunday, 1 November 2026 at 2:00.
    EXPECT_EQ(bar(d1, ny17, at(year{2026} / 3 / 8, 8)), "2026-03-07 22:00 .. 2026-03-08 21:00");
    EXPECT_EQ(bar(d1, ny17, at(year{2026} / 11 / 1, 8)), "2026-10-31 21:00 .. 2026-11-01 22:00");
    EXPECT_EQ(bar(w1, ny17, at(year{2026} / 3 / 10, 8)), "2026-03-06 22:00 .. 2026-03-13 21:00");
}

TEST(BarSpans, FxWeeksBeginOnFridayAndMonthsTheEveningBefore) {
    EXPECT_EQ(bar(w1, ny17, at(year{2026} / 11 / 18, 12)), "2026-11-13 22:00 .. 2026-11-20 22:00");
    EXPECT_EQ(bar(w1, ny17, ny(year{2026} / 11 / 20, 17)), "2026-11-20 22:00 .. 2026-11-27 22:00");
    EXPECT_EQ(bar(w1, ny17, ny(year{2026} / 11 / 20, 16, 59)), "2026-11-13 22:00 .. 2026-11-20 22:00");
    EXPECT_EQ(bar(mo1, ny17, at(year{2026} / 11 / 18, 12)), "2026-10-31 21:00 .. 2026-11-30 22:00");
    EXPECT_EQ(bar(mo1, ny17, at(year{2024} / 2 / 29, 23)), "2024-02-29 22:00 .. 2024-03-31 21:00");
    EXPECT_EQ(bar(mo1, ny17, ny(year{2026} / 12 / 31, 17)), "2026-12-31 22:00 .. 2027-01-31 22:00");
}

TEST(BarSpans, FxBarsOfSomeHoursCountFromFive) {
    EXPECT_EQ(bar(h4, ny17, at(year{2026} / 7 / 15, 0)), "2026-07-14 21:00 .. 2026-07-15 01:00");
    EXPECT_EQ(bar(h4, ny17, at(year{2026} / 11 / 18, 0)), "2026-11-17 22:00 .. 2026-11-18 02:00");
    EXPECT_EQ(bar(h12, ny17, at(year{2026} / 11 / 18, 12)), "2026-11-18 10:00 .. 2026-11-18 22:00");
    // The bar with the change of the clock: 1:00 to 5:00, three hours in spring, five in autumn; all others four.
    EXPECT_EQ(bar(h4, ny17, at(year{2026} / 3 / 8, 7)), "2026-03-08 06:00 .. 2026-03-08 09:00");
    EXPECT_EQ(bar(h4, ny17, at(year{2026} / 11 / 1, 6, 30)), "2026-11-01 05:00 .. 2026-11-01 10:00");
    EXPECT_EQ(bar(h4, ny17, at(year{2026} / 3 / 8, 9)), "2026-03-08 09:00 .. 2026-03-08 13:00");
    EXPECT_EQ(bar(h2, ny17, at(year{2026} / 3 / 8, 6)), "2026-03-08 06:00 .. 2026-03-08 07:00");
}

TEST(BarSpans, ExchangeDaysWeeksAndMonths) {
    EXPECT_EQ(bar(d1, exchange, ny(year{2026} / 11 / 18, 12)), "2026-11-18 05:00 .. 2026-11-19 05:00");
    EXPECT_EQ(bar(d1, exchange, ny(year{2026} / 3 / 8, 12)), "2026-03-08 05:00 .. 2026-03-09 04:00");
    EXPECT_EQ(bar(w1, exchange, ny(year{2026} / 11 / 18, 12)), "2026-11-16 05:00 .. 2026-11-23 05:00");
    EXPECT_EQ(bar(w1, exchange, ny(year{2026} / 3 / 6, 12)), "2026-03-02 05:00 .. 2026-03-09 04:00");
    EXPECT_EQ(bar(mo1, exchange, ny(year{2026} / 11 / 1, 0)), "2026-11-01 04:00 .. 2026-12-01 05:00");
    EXPECT_EQ(bar(mo1, exchange, ny(year{2024} / 2 / 29, 23)), "2024-02-01 05:00 .. 2024-03-01 05:00");
    EXPECT_EQ(bar(h4, exchange, ny(year{2026} / 11 / 18, 9, 30)), "2026-11-18 13:00 .. 2026-11-18 17:00");
}

TEST(BarSpans, AProvidersWeekFromSundayIsAWeekTooAndKeepsItsDay) {
    const Span sunday{ny(year{2026} / 11 / 15, 0), ny(year{2026} / 11 / 22, 0)};
    EXPECT_TRUE(is_bar(w1, exchange, sunday));
    EXPECT_EQ(text(next_bar(w1, exchange, sunday)), "2026-11-22 05:00 .. 2026-11-29 05:00");
    EXPECT_FALSE(is_bar(w1, exchange, {ny(year{2026} / 11 / 17, 0), ny(year{2026} / 11 / 24, 0)}));
    EXPECT_FALSE(is_bar(w1, ny17, sunday));
    EXPECT_TRUE(is_bar(d1, exchange, {at(year{2023} / 3 / 9, 6), at(year{2023} / 3 / 10, 6)})) << "Chicago";
    EXPECT_FALSE(is_bar(d1, exchange, {at(year{2023} / 3 / 9, 8), at(year{2023} / 3 / 10, 8)}));
    EXPECT_FALSE(is_bar(h1, utc, {at(year{2023} / 3 / 9, 8, 30), at(year{2023} / 3 / 9, 9, 30)}));
}

TEST(BarSpans, RecordedDaysAreBars) {
    const auto candles = values_of("oanda/candles_EUR_USD_D_mid_2022-05-12.json", "\"time\": \"", '"');
    ASSERT_EQ(candles.size(), 2u);
    for (const auto& c : candles)
        EXPECT_EQ(bar_at(d1, ny17, time_of(c)).from, time_of(c)) << c;
    EXPECT_EQ(bar_at(d1, ny17, time_of(candles[0])).to, time_of(candles[1]));

    // Friday under standard time, Monday under daylight time.
    const auto days_of = values_of("massive/rest/aggs_AAPL_1day_2005-04-01_2005-04-04.json", "\"t\": ", ',');
    ASSERT_EQ(days_of.size(), 2u);
    const UnixNanos friday = from_millis(std::stoll(days_of[0])), monday = from_millis(std::stoll(days_of[1]));
    EXPECT_EQ(text(friday), "2005-04-01 05:00");
    EXPECT_EQ(text(monday), "2005-04-04 04:00");
    EXPECT_EQ(bar_at(d1, exchange, friday).from, friday);
    EXPECT_EQ(bar_at(d1, exchange, monday).from, monday);
    auto next = bar_at(d1, exchange, friday);
    for (int i = 0; i < 3; ++i)
        next = next_bar(d1, exchange, next);
    EXPECT_EQ(next.from, monday);
}

TEST(BarSpans, BarsTileTheTime) {
    std::mt19937_64 random(7);
    const auto begin = at(year{1995} / 1 / 1, 0), end = at(year{2040} / 1 / 1, 0);
    std::uniform_int_distribution<std::int64_t> any(begin.time_since_epoch().count(), end.time_since_epoch().count());
    for (const auto tf : all_timeframes)
        for (const auto align : {utc, ny17, exchange})
            for (int i = 0; i < 200; ++i) {
                const UnixNanos t{nanoseconds(any(random))};
                const auto b = bar_at(tf, align, t);
                ASSERT_LE(b.from, t);
                ASSERT_LT(t, b.to);
                ASSERT_EQ(bar_at(tf, align, b.from).to, b.to) << to_string(tf) << ' ' << text(b);
                ASSERT_EQ(bar_at(tf, align, b.to - 1ns).from, b.from) << to_string(tf) << ' ' << text(b);
                const auto n = next_bar(tf, align, b);
                ASSERT_EQ(n.from, b.to) << to_string(tf) << ' ' << text(b);
                ASSERT_TRUE(is_bar(tf, align, n));
                if (tf < d1 && tf > h1 && align != utc) { // at most an hour off
                    ASSERT_LE(abs((b.to - b.from) - *length_of(tf)), 1h);
                }
            }
}

TEST(BarSpans, EveryHourOfAYearsChangesOfTheClockIsInOneBar) {
    for (const auto date : {year{2026} / 3 / 7, year{2026} / 10 / 31, year{2006} / 4 / 1, year{2006} / 10 / 28})
        for (const auto tf : {h2, h4, h6, h8, h12, d1, d3, w1, mo1})
            for (const auto align : {ny17, exchange}) {
                auto b = bar_at(tf, align, at(date, 0));
                for (auto t = b.from; t < at(date, 0) + hours(72); t += 30min) {
                    if (t == b.to)
                        b = next_bar(tf, align, b);
                    const auto found = bar_at(tf, align, t);
                    ASSERT_EQ(text(found), text(b)) << to_string(tf) << " at " << text(t);
                }
            }
}

TEST(BarSpans, TradesWithin) {
    MarketHours hours;
    EXPECT_FALSE(trades_within(hours, Market::fx, bar_at(d1, ny17, ny(year{2026} / 11 / 21, 12)))) << "Saturday";
    EXPECT_TRUE(trades_within(hours, Market::fx, bar_at(d1, utc, at(year{2026} / 11 / 22, 12)))) << "Sunday in UTC";
    EXPECT_FALSE(trades_within(hours, Market::us_equity, bar_at(d1, exchange, ny(year{2026} / 11 / 26, 12))));
    EXPECT_TRUE(trades_within(hours, Market::us_equity, bar_at(d1, exchange, ny(year{2026} / 11 / 27, 12))));
    EXPECT_TRUE(trades_within(hours, Market::always, bar_at(m1, utc, at(year{2026} / 11 / 22, 3))));
    EXPECT_FALSE(trades_within(hours, Market::always, {at(year{2026} / 11 / 22, 3), at(year{2026} / 11 / 22, 3)}));
}

TEST(BarSpans, UsualAlignments) {
    EXPECT_EQ(usual_alignment(AssetClass::fx, d1), ny17);
    EXPECT_EQ(usual_alignment(AssetClass::cfd, h4), ny17);
    EXPECT_EQ(usual_alignment(AssetClass::equity, w1), exchange);
    EXPECT_EQ(usual_alignment(AssetClass::option, d1), exchange);
    EXPECT_EQ(usual_alignment(AssetClass::index, d1), exchange);
    EXPECT_EQ(usual_alignment(AssetClass::crypto, d1), utc);
    EXPECT_EQ(usual_alignment(AssetClass::fx, h1), utc);
}

} // namespace
} // namespace tickgate::calendar
