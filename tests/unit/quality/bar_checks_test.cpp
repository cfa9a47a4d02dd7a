#include "quality_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

const auto crypto = subject("crypto:BTC-USDT");
const auto noon = at(year{2026} / 11 / 18, 12);

std::string refused(const Bar& b, AssetClass c = AssetClass::crypto) {
    const auto issue = refuse(b, c);
    return issue ? std::string(to_string(issue->check)) + ' ' + std::string(to_string(issue->severity)) : "";
}
std::string checked(const Subject& s, const Bar& b) { return text(check(s, {b}, calendar::MarketHours())); }

TEST(Refuse, PricesThatContradictEachOther) {
    EXPECT_EQ(refused(bar(crypto, noon, "10", "12", "9", "11")), "");
    EXPECT_EQ(refused(bar(crypto, noon, "10", "10.0", "10.00", "10")), "");
    EXPECT_EQ(refused(bar(crypto, noon, "10", "9", "12", "11")), "ohlc error");
    EXPECT_EQ(refused(bar(crypto, noon, "12.0001", "12", "9", "11")), "ohlc error");
    EXPECT_EQ(refused(bar(crypto, noon, "8.9999", "12", "9", "11")), "ohlc error");
    EXPECT_EQ(refused(bar(crypto, noon, "10", "12", "9", "12.1")), "ohlc error");
    EXPECT_EQ(refused(bar(crypto, noon, "10", "12", "9", "8")), "ohlc error");
    const auto issue = refuse(bar(crypto, noon, "10", "12", "9", "8"), AssetClass::crypto);
    EXPECT_EQ(issue->text, "open 10, high 12, low 9, close 8 contradict each other at 2026-11-18T12:00:00Z");
    EXPECT_EQ(issue->from, noon);
    EXPECT_EQ(issue->to, noon + 1min);
}

TEST(Refuse, PricesThatAreNotPositiveWhereTheClassForbidsThem) {
    const auto zero = bar(crypto, noon, "1", "2", "0", "1"), below = bar(crypto, noon, "1", "2", "-3", "-1");
    for (const auto c : {AssetClass::fx, AssetClass::crypto, AssetClass::equity}) {
        EXPECT_EQ(refused(zero, c), "not_positive error");
        EXPECT_EQ(refused(below, c), "not_positive error");
    }
    EXPECT_EQ(refused(zero, AssetClass::option), "");
    EXPECT_EQ(refused(below, AssetClass::option), "not_positive error");
    for (const auto c : {AssetClass::future, AssetClass::index, AssetClass::cfd})
        EXPECT_EQ(refused(below, c), "") << "oil traded below zero";
}

TEST(Refuse, NegativeVolumeAndEmptySpans) {
    EXPECT_EQ(refused(bar(crypto, noon, "1", "2", "1", "1", "-1")), "volume error");
    EXPECT_EQ(refused(bar(crypto, noon, "1", "2", "1", "1", "-0.0")), "");
    auto b = bar(crypto, noon, "1", "2", "1", "1");
    b.trades = -1;
    EXPECT_EQ(refused(b), "volume error");
    b.trades.reset();
    b.volume.reset();
    EXPECT_EQ(refused(b), "");
    b.close_time = b.open_time;
    EXPECT_EQ(refused(b), "misaligned error");
}

TEST(BarChecks, VolumeAgainstTradesAndPrices) {
    auto b = bar(crypto, noon, "1", "1", "1", "1", "0");
    b.trades = 0;
    EXPECT_EQ(checked(crypto, b), "excellent") << "a venue's own empty bar";
    b.trades = 3;
    EXPECT_EQ(checked(crypto, b), "excellent: volume note 1");
    b.volume = dec("5");
    b.trades = 0;
    EXPECT_EQ(checked(crypto, b), "fair: volume warning 1");
    EXPECT_EQ(checked(crypto, bar(crypto, noon, "1", "2", "1", "1", "0")), "fair: volume warning 1");
    EXPECT_EQ(checked(crypto, bar(crypto, noon, "1", "2", "1", "1", "-4")), "poor: volume error 1");
}

TEST(BarChecks, TheVwapLiesBetweenLowAndHigh) {
    auto b = bar(crypto, noon, "100", "102", "99", "101");
    for (const auto* inside : {"100", "99", "102", "98.9999", "102.0001"}) { // rounded by the venue
        b.vwap = dec(inside);
        EXPECT_EQ(checked(crypto, b), "excellent") << inside;
    }
    for (const auto* outside : {"98.5", "103", "-1", "10100"}) {
        b.vwap = dec(outside);
        EXPECT_EQ(checked(crypto, b), "fair: vwap warning 1") << outside;
    }
    const auto equity = subject("equity:AAPL");
    b.vwap = dec("103");
    EXPECT_EQ(checked(equity, b), "excellent: vwap note 1") << "trades that set neither high nor low";
    b.vwap = dec("110");
    EXPECT_EQ(checked(equity, b), "fair: vwap warning 1");
}

TEST(BarChecks, WhereNoBarLies) {
    auto b = bar(crypto, noon, "1", "1", "1", "1");
    b.open_time += 1s;
    EXPECT_EQ(checked(crypto, b), "poor: misaligned error 1");
    b = bar(crypto, noon, "1", "1", "1", "1");
    b.close_time += 1min;
    EXPECT_EQ(checked(crypto, b), "poor: misaligned error 1");

    auto fx = subject("fx:EUR-USD", d1);
    b = bar(fx, noon, "1", "1", "1", "1");
    EXPECT_EQ(checked(fx, b), "excellent");
    b.open_time = at(year{2026} / 11 / 18), b.close_time = at(year{2026} / 11 / 19);
    EXPECT_EQ(checked(fx, b), "poor: misaligned error 1") << "a UTC day is none from five to five";

    auto week = subject("equity:AAPL", w1);
    b = bar(week, noon, "1", "1", "1", "1");
    EXPECT_EQ(checked(week, b), "excellent");
    b.open_time = ny(year{2026} / 11 / 15, 0), b.close_time = ny(year{2026} / 11 / 22, 0);
    EXPECT_EQ(checked(week, b), "excellent") << "from Sunday";
    b.open_time = ny(year{2026} / 11 / 17, 0);
    EXPECT_EQ(checked(week, b), "fair: misaligned warning 1");
}

TEST(BarChecks, ABarOfAnotherKind) {
    auto s = subject("equity:AAPL", d1);
    s.variant.adjusted = true;
    auto b = bar(s, noon, "1", "1", "1", "1");
    EXPECT_EQ(checked(s, b), "excellent");
    b.adjusted = false;
    EXPECT_EQ(checked(s, b), "poor: mixed_variant error 1");
    b.adjusted = true;
    b.price_type = PriceType::mid;
    EXPECT_EQ(checked(s, b), "poor: mixed_variant error 1");
    b.price_type = PriceType::trade;
    b.align = Alignment::utc;
    EXPECT_EQ(checked(s, b), "poor: mixed_variant error 1");
    auto minute = subject("fx:EUR-USD", m1);
    minute.variant.align = Alignment::ny17;
    b = bar(minute, noon, "1", "1", "1", "1");
    b.align = Alignment::utc;
    EXPECT_EQ(checked(minute, b), "excellent") << "up to 1h all clocks are one";
}

TEST(CheckQuote, CrossedAndLocked) {
    Quote q;
    EXPECT_FALSE(check_quote(q));
    q.bid = dec("1.10");
    q.received_time = noon;
    EXPECT_FALSE(check_quote(q)) << "one side";
    q.ask = dec("1.11");
    EXPECT_FALSE(check_quote(q));
    q.ask = dec("1.1");
    auto issue = check_quote(q);
    ASSERT_TRUE(issue);
    EXPECT_EQ(text({*issue}), "locked note 1");
    q.ask = dec("1.09");
    q.event_time = noon - 1s;
    issue = check_quote(q);
    ASSERT_TRUE(issue);
    EXPECT_EQ(text({*issue}), "crossed warning 1");
    EXPECT_EQ(issue->text, "bid 1.10 is above ask 1.09");
    EXPECT_EQ(issue->from, noon - 1s);
}

} // namespace
} // namespace tickgate::quality
