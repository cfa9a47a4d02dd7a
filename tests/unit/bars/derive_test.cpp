#include "bars/derive.hpp"

#include "bars_test_support.hpp"
#include "calendar/bar_spans.hpp"
#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tickgate::bars {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;
constexpr auto utc = Alignment::utc, ny17 = Alignment::ny17, exchange = Alignment::exchange;

Bar part(Timeframe tf, UnixNanos open, std::string_view o, std::string_view h, std::string_view l, std::string_view c,
    std::string_view volume = "1") {
    Bar b;
    b.timeframe = tf;
    b.open_time = open;
    b.close_time = bar_end(open, tf);
    b.open = dec(o);
    b.high = dec(h);
    b.low = dec(l);
    b.close = dec(c);
    b.volume = dec(volume);
    b.volume_unit = VolumeUnit::base;
    b.final = true;
    b.received_time = b.close_time;
    return b;
}

std::vector<Bar> derive(Timeframe target, Alignment align, const std::vector<Bar>& parts) {
    Deriver deriver(target, align);
    std::vector<Bar> out;
    for (const auto& p : parts)
        if (auto b = deriver.add(p))
            out.push_back(*b);
    if (auto b = deriver.finish())
        out.push_back(*b);
    return out;
}

TEST(BaseOf, IsTheCoarsestThatFits) {
    EXPECT_EQ(base_of(h1, utc, {m1, m5, m15}), m15) << "Tradier";
    EXPECT_EQ(base_of(m3, utc, {s5, m1, m5}), m1) << "OANDA has no 3 minutes";
    EXPECT_EQ(base_of(s30, utc, {s1, s5, m1}), s5);
    EXPECT_EQ(base_of(m5, utc, {m3, m1}), m1) << "3 does not divide 5";
    EXPECT_EQ(base_of(h4, ny17, {m1, h1, h2}), h1) << "longer than an hour is no part of a day";
    EXPECT_EQ(base_of(d1, exchange, {m1, h1, h4, w1}), h1);
    EXPECT_EQ(base_of(d1, ny17, {m1}), m1);
    EXPECT_EQ(base_of(w1, exchange, {m1, d1}), d1);
    EXPECT_EQ(base_of(mo1, utc, {h1, d1, d3, w1}), d1) << "weeks cross months";
    EXPECT_EQ(base_of(w1, utc, {d3, h1}), h1);
    EXPECT_EQ(base_of(d3, utc, {h12, m30}), m30);
    EXPECT_EQ(base_of(m1, utc, {m1, h1}), std::nullopt) << "itself is no base";
    EXPECT_EQ(base_of(s1, utc, {s1, m1}), std::nullopt);
    EXPECT_EQ(base_of(h1, utc, {}), std::nullopt);
}

TEST(Deriver, AnHourOfMinutes) {
    auto a = part(m1, at(0), "10.50", "11", "10.1", "10.9", "3");
    auto b = part(m1, at(60), "10.9", "12.0", "10.8", "11.5", "1");
    auto c = part(m1, at(3599 - 59), "11.5", "11.6", "9.95", "10.00", "3.5");
    a.vwap = dec("10.5"), b.vwap = dec("11"), c.vwap = dec("10");
    a.trades = 7, b.trades = 2, c.trades = 1;
    b.flags.set(Flag::mixed);
    c.event_time = at(3600);
    Deriver deriver(h1, utc);
    EXPECT_FALSE(deriver.add(a));
    EXPECT_FALSE(deriver.add(b));
    EXPECT_FALSE(deriver.add(c));
    const auto done = deriver.add(part(m1, at(3600), "1", "1", "1", "1"));
    ASSERT_TRUE(done);
    EXPECT_EQ(text(*done), "10.50 12.0 9.95 10.00 7.5 final");
    EXPECT_EQ(done->open.to_string(), "10.50") << "digits are kept";
    EXPECT_EQ(done->vwap->to_string(), "10.3333333333333333");
    EXPECT_EQ(done->trades, 10);
    EXPECT_EQ(done->timeframe, h1);
    EXPECT_EQ(done->open_time, at(0));
    EXPECT_EQ(done->close_time, at(3600));
    EXPECT_EQ(done->source, BarSource::derived);
    EXPECT_TRUE(done->flags.has(Flag::derived));
    EXPECT_TRUE(done->flags.has(Flag::mixed));
    EXPECT_EQ(done->event_time, at(3600));
    EXPECT_EQ(done->volume_unit, VolumeUnit::base);
    const auto rest = deriver.finish();
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->open_time, at(3600));
    EXPECT_FALSE(deriver.finish()) << "nothing twice";
}

TEST(Deriver, WhatAPartDoesNotKnowTheBarDoesNot) {
    auto a = part(m1, at(0), "1", "2", "1", "2", "3"), b = part(m1, at(60), "1", "2", "1", "2", "3");
    a.vwap = dec("1.5"), a.trades = 3;
    auto bars = derive(m5, utc, {a, b});
    ASSERT_EQ(bars.size(), 1u);
    EXPECT_EQ(bars[0].volume->to_string(), "6");
    EXPECT_FALSE(bars[0].vwap);
    EXPECT_FALSE(bars[0].trades);
    b.volume.reset();
    bars = derive(m5, utc, {a, b});
    EXPECT_FALSE(bars[0].volume);
    EXPECT_FALSE(bars[0].vwap);
    EXPECT_EQ(bars[0].volume_unit, VolumeUnit::none);
    b.volume = dec("0");
    EXPECT_EQ(derive(m5, utc, {a, b})[0].vwap->to_string(), "1.5") << "no volume, no weight";
    a.volume = dec("0");
    EXPECT_FALSE(derive(m5, utc, {a, b})[0].vwap);
    b.final = false;
    EXPECT_FALSE(derive(m5, utc, {a, b})[0].final);
}

TEST(Deriver, AVenuesOwnEmptyMinuteBringsNoPrice) {
    auto empty = part(m1, at(0), "9", "9", "9", "9", "0"), traded = part(m1, at(60), "10", "12", "9.5", "11", "5"),
         after = part(m1, at(120), "13", "13", "13", "13", "0");
    empty.trades = after.trades = 0;
    traded.trades = 4;
    EXPECT_EQ(text(derive(m5, utc, {empty, traded, after})[0]), "10 12 9.5 11 5 final");
    EXPECT_EQ(text(derive(m5, utc, {empty})[0]), "9 9 9 9 0 final");
    EXPECT_EQ(text(derive(m5, utc, {traded, after})[0]), "10 12 9.5 11 5 final");
}

TEST(Deriver, WhatComesAgainOrTooLateIsIgnored) {
    Deriver deriver(m5, utc);
    const auto a = part(m1, at(300), "1", "2", "1", "2");
    EXPECT_FALSE(deriver.add(a));
    EXPECT_FALSE(deriver.add(a));
    EXPECT_FALSE(deriver.add(part(m1, at(0), "5", "5", "5", "5")));
    EXPECT_EQ(text(*deriver.finish()), "1 2 1 2 1 final");
    EXPECT_FALSE(deriver.add(a)) << "its bar was told";
    EXPECT_FALSE(deriver.finish());
}

TEST(Deriver, AGapLeavesNoBar) {
    const auto bars = derive(m5, utc, {part(m1, at(0), "1", "1", "1", "1"), part(m1, at(1200), "2", "2", "2", "2")});
    ASSERT_EQ(bars.size(), 2u);
    EXPECT_EQ(bars[0].open_time, at(0));
    EXPECT_EQ(bars[1].open_time, at(1200));
}

TEST(Deriver, TheFxDayOfAChangeOfTheClock) {
    // 17:00 New York of Saturday, 31 October 2026 to that of Sunday: 25 hours.
    const UnixNanos from = calendar::new_york_time(sys_days(year{2026} / 10 / 31), hours(17));
    std::vector<Bar> parts;
    for (int h = 0; h < 26; ++h)
        parts.push_back(part(h1, from + hours(h), "1", "1", "1", "1"));
    const auto bars = derive(d1, ny17, parts);
    ASSERT_EQ(bars.size(), 2u);
    EXPECT_EQ(bars[0].volume->to_string(), "25");
    EXPECT_EQ(bars[0].close_time - bars[0].open_time, hours(25));
    EXPECT_EQ(bars[0].align, ny17);
    EXPECT_EQ(derive(h1, ny17, {part(m1, at(0), "1", "1", "1", "1")})[0].align, utc) << "up to 1h the word is utc";
}

TEST(Deriver, ADayOfAnEquityHoldsEveryMinuteTheProviderTells) {
    const sys_days day = year{2026} / 11 / 18;
    const auto minute = [&](int hour, int m, std::string_view price) {
        return part(m1, calendar::new_york_time(day, hours(hour) + minutes(m)), price, price, price, price, "100");
    };
    const auto bars =
        derive(d1, exchange, {minute(4, 0, "99"), minute(9, 30, "100"), minute(15, 59, "101"), minute(19, 59, "103")});
    ASSERT_EQ(bars.size(), 1u);
    EXPECT_EQ(text(bars[0]), "99 103 99 103 400 final");
    EXPECT_EQ(bars[0].open_time, calendar::new_york_time(day, hours(0)));
    EXPECT_EQ(bars[0].close_time, calendar::new_york_time(day + days(1), hours(0)));
}

// A naive model: sorts the parts into bars with plain integers (cents and lots), then folds each.
struct Cents {
    std::int64_t open, high, low, close, volume, notional, trades;
};

class DeriverProperty : public ::testing::TestWithParam<std::tuple<Timeframe, Timeframe, Alignment>> {};

TEST_P(DeriverProperty, MatchesANaiveModel) {
    const auto [base, target, align] = GetParam();
    std::mt19937_64 random(static_cast<unsigned>(base) * 100 + static_cast<unsigned>(target));
    const auto any = [&](std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    };
    for (const auto begin : {year{2026} / 3 / 6, year{2026} / 10 / 30, year{2024} / 2 / 27, year{2025} / 12 / 29}) {
        std::vector<Bar> parts;
        std::map<UnixNanos, Cents> model;
        std::map<UnixNanos, UnixNanos> ends;
        auto span = calendar::bar_at(base, align, UnixNanos(sys_days(begin)));
        for (int i = 0; i < 600; ++i, span = calendar::next_bar(base, align, span)) {
            if (any(0, 9) == 0)
                continue;
            const auto o = any(900, 1100), c = any(900, 1100), h = std::max(o, c) + any(0, 20),
                       l = std::min(o, c) - any(0, 20), v = any(1, 1000), vwap = any(l, h);
            Bar b = part(base, span.from, "1", "1", "1", "1");
            b.close_time = span.to;
            b.open = Decimal::from_parts(o, -2), b.high = Decimal::from_parts(h, -2);
            b.low = Decimal::from_parts(l, -2), b.close = Decimal::from_parts(c, -2);
            b.volume = Decimal::from_parts(v, -1), b.vwap = Decimal::from_parts(vwap, -2), b.trades = v % 7;
            parts.push_back(b);
            const auto bar = calendar::bar_at(target, align, span.from);
            ends[bar.from] = bar.to;
            const auto [it, is_new] = model.try_emplace(bar.from, Cents{o, h, l, c, v, v * vwap, v % 7});
            auto& m = it->second;
            if (!is_new)
                m = {m.open, std::max(m.high, h), std::min(m.low, l), c, m.volume + v, m.notional + v * vwap,
                    m.trades + v % 7};
        }
        const auto bars = derive(target, align, parts);
        ASSERT_EQ(bars.size(), model.size());
        auto expected = model.begin();
        for (const auto& b : bars) {
            const auto& m = expected->second;
            EXPECT_EQ(b.open_time, expected->first);
            EXPECT_EQ(b.close_time, ends[expected->first]);
            EXPECT_EQ(b.open, Decimal::from_parts(m.open, -2));
            EXPECT_EQ(b.high, Decimal::from_parts(m.high, -2));
            EXPECT_EQ(b.low, Decimal::from_parts(m.low, -2));
            EXPECT_EQ(b.close, Decimal::from_parts(m.close, -2));
            EXPECT_EQ(*b.volume, Decimal::from_parts(m.volume, -1));
            EXPECT_EQ(b.trades, m.trades);
            const auto vwap =
                Decimal::divide(Decimal::from_parts(m.notional, -3), Decimal::from_parts(m.volume, -1)).value();
            EXPECT_EQ(*b.vwap, vwap);
            ++expected;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Steps, DeriverProperty,
    ::testing::Values(std::tuple(m1, h1, utc), std::tuple(m1, m3, utc), std::tuple(m15, d1, exchange),
        std::tuple(m30, d1, ny17), std::tuple(h1, h4, ny17), std::tuple(h1, d1, utc), std::tuple(h1, h12, exchange),
        std::tuple(d1, w1, exchange), std::tuple(d1, w1, ny17), std::tuple(d1, mo1, ny17), std::tuple(d1, mo1, utc),
        std::tuple(d1, d3, utc), std::tuple(s5, m1, utc)));

} // namespace
} // namespace tickgate::bars
