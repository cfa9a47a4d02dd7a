#include "oanda/history.hpp"

#include "oanda/times.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickgate::oanda {
namespace {

using test::fixture;

const UnixNanos received = from_micros(1763682000171203);
UnixNanos at(std::string_view text) { return parse_time(text).value_or(UnixNanos()); }

TEST(OandaCandles, BidAndAskOfTheRecordedMinutes) {
    const auto body = fixture("candles_AUD_JPY_M1_bidask_2023-10-06.json");
    const auto bid = parse_candles(body, PriceType::bid, Timeframe::m1, received);
    ASSERT_TRUE(bid.has_value());
    ASSERT_EQ(bid->bars.size(), 3u);
    const auto& first = bid->bars[0];
    EXPECT_EQ(first.open_time, at("2023-10-06T20:56:00Z"));
    EXPECT_EQ(first.close_time, at("2023-10-06T20:57:00Z"));
    EXPECT_EQ(first.open.to_string(), "95.287");
    EXPECT_EQ(first.high.to_string(), "95.303");
    EXPECT_EQ(first.low.to_string(), "95.204");
    EXPECT_EQ(first.close.to_string(), "95.244");
    EXPECT_EQ(first.volume->to_string(), "91");
    EXPECT_EQ(first.volume_unit, VolumeUnit::ticks);
    EXPECT_EQ(first.price_type, PriceType::bid);
    EXPECT_EQ(first.align, Alignment::utc);
    EXPECT_TRUE(first.final);
    EXPECT_FALSE(first.vwap.has_value());
    EXPECT_EQ(bid->bars[1].close.to_string(), "95.290") << "zeros are kept";
    const auto ask = parse_candles(body, PriceType::ask, Timeframe::m1, received);
    ASSERT_TRUE(ask.has_value());
    EXPECT_EQ(ask->bars[2].open.to_string(), "95.378");
    EXPECT_EQ(parse_candles(body, PriceType::mid, Timeframe::m1, received).error(), errc::malformed_payload)
        << "not asked for, not there";
}

TEST(OandaCandles, IncludeFirstMakesTheDifferenceOfOne) {
    const auto without = parse_candles(fixture("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_false.json"),
        PriceType::mid, Timeframe::h1, received);
    const auto with = parse_candles(fixture("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_true.json"),
        PriceType::mid, Timeframe::h1, received);
    ASSERT_TRUE(without && with);
    ASSERT_EQ(without->bars.size(), 9u);
    ASSERT_EQ(with->bars.size(), 10u);
    EXPECT_EQ(with->bars[0].open_time, at("2017-01-02T23:00:00Z"));
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_EQ(with->bars[i + 1].open_time, without->bars[i].open_time);
        EXPECT_TRUE(with->bars[i + 1].close.same_text(without->bars[i].close));
    }
}

TEST(OandaCandles, DaysKeepNewYork) {
    const auto days =
        parse_candles(fixture("candles_EUR_USD_D_mid_2022-05-12.json"), PriceType::mid, Timeframe::d1, received);
    ASSERT_TRUE(days.has_value());
    ASSERT_EQ(days->bars.size(), 2u);
    EXPECT_EQ(days->bars[0].align, Alignment::ny17);
    EXPECT_EQ(days->bars[0].close_time, days->bars[1].open_time);
    EXPECT_EQ(days->bars[1].close_time, at("2022-05-13T21:00:00Z"));
    EXPECT_EQ(days->bars[0].volume->to_string(), "191082");
    EXPECT_EQ(days->bars[0].close.to_string(), "1.03810");
}

TEST(OandaCandles, AnEmptyListIsNoError) {
    const auto page = parse_candles(
        R"({"candles": [], "instrument": "AU200/AUD", "granularity": "M1"})", PriceType::mid, Timeframe::m1, received);
    ASSERT_TRUE(page.has_value());
    EXPECT_TRUE(page->bars.empty());
    EXPECT_EQ(page->rows, 0u);
}

TEST(OandaCandles, RepeatsAreLeftOutAndDisorderIsAnError) {
    const auto candle = [](const char* time) {
        return std::string(R"({"complete":true,"volume":1,"time":")") + time +
               R"(","mid":{"o":"1","h":"1","l":"1","c":"1"}})";
    };
    const auto a = candle("2020-01-01T00:00:00Z"), b = candle("2020-01-01T00:01:00Z");
    const auto page =
        parse_candles("{\"candles\":[" + a + "," + a + "," + b + "]}", PriceType::mid, Timeframe::m1, received);
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(page->bars.size(), 2u);
    EXPECT_EQ(page->rows, 3u);
    EXPECT_FALSE(
        parse_candles("{\"candles\":[" + b + "," + a + "]}", PriceType::mid, Timeframe::m1, received).has_value());
    for (const char* body : {"", "[]", "{}", R"({"candles":[1]})", R"({"candles":[{}]})",
             R"({"candles":[{"complete":true,"volume":1,"time":"x","mid":{"o":"1","h":"1","l":"1","c":"1"}}]})",
             R"({"candles":[{"complete":true,"volume":1,"time":"0","mid":{"o":1,"h":"1","l":"1","c":"1"}}]})",
             R"({"candles":[{"complete":true,"volume":-1,"time":"0","mid":{"o":"1","h":"1","l":"1","c":"1"}}]})",
             R"({"candles":[{"complete":"true","volume":1,"time":"0","mid":{"o":"1","h":"1","l":"1","c":"1"}}]})"})
        EXPECT_EQ(parse_candles(body, PriceType::mid, Timeframe::m1, received).error(), errc::malformed_payload)
            << body;
}

TEST(OandaCandles, TheLatestOfManyInstruments) {
    const auto all = parse_latest_candles(fixture("candles_latest_2023-12-29.json"), received);
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->size(), 7u);
    const auto& yen = (*all)[0];
    EXPECT_EQ(yen.native, "USD_JPY");
    ASSERT_EQ(yen.bars.size(), 2u);
    EXPECT_EQ(yen.bars[0].price_type, PriceType::ask);
    EXPECT_TRUE(yen.bars[0].final);
    EXPECT_FALSE(yen.bars[1].final);
    EXPECT_EQ(yen.bars[1].open.to_string(), "141.510");
    EXPECT_EQ(yen.bars[1].volume->to_string(), "59");
    const auto& five = (*all)[2];
    ASSERT_EQ(five.bars.size(), 4u);
    EXPECT_EQ(five.bars[0].timeframe, Timeframe::m5);
    EXPECT_EQ(five.bars[0].price_type, PriceType::bid);
    EXPECT_EQ(five.bars[1].price_type, PriceType::ask);
    EXPECT_EQ(five.bars[2].open_time, at("2023-12-29T13:20:00Z"));
    EXPECT_FALSE(parse_latest_candles("{}", received).has_value());
}

TEST(OandaCandles, GranularitiesGoBothWays) {
    EXPECT_EQ(granularity_of(Timeframe::m1), "M1");
    EXPECT_EQ(granularity_of(Timeframe::mo1), "M");
    EXPECT_EQ(granularity_of(Timeframe::d1), "D");
    EXPECT_FALSE(granularity_of(Timeframe::s1).has_value());
    EXPECT_FALSE(granularity_of(Timeframe::m3).has_value());
    EXPECT_FALSE(timeframe_of("M2").has_value());
    for (const auto tf : candle_timeframes())
        EXPECT_EQ(timeframe_of(*granularity_of(tf)), tf);
    EXPECT_EQ(align_of(Timeframe::h1), Alignment::utc);
    EXPECT_EQ(align_of(Timeframe::h2), Alignment::ny17);
}

} // namespace
} // namespace tickgate::oanda
