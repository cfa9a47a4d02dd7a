#include "binance/history.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tickgate::binance {
namespace {

TEST(BinanceKlines, TheDailyRowsOfTheFixtureAreExact) {
    std::ifstream file(TICKGATE_FIXTURES "/binance/spot_klines_BTCUSDT_1d_2021-01-01.json");
    std::stringstream text;
    text << file.rdbuf();
    const auto bars = parse_klines(text.str(), Timeframe::d1, from_millis(1700000000000));
    ASSERT_TRUE(bars.has_value());
    ASSERT_EQ(bars->size(), 2u);
    EXPECT_EQ((*bars)[0].open.to_string(), "28923.63000000");
    EXPECT_EQ((*bars)[0].open_time, from_millis(1609459200000));
    EXPECT_EQ((*bars)[0].close_time, (*bars)[1].open_time);
    EXPECT_TRUE((*bars)[0].final);
    const char* const cells[2][6] = {
        {"28923.63000000", "29600.00000000", "28624.57000000", "29331.69000000", "54182.92501100", "1314910"},
        {"29331.70000000", "33300.00000000", "28946.53000000", "32178.33000000", "129993.87336200", "2245922"}};
    const char* const turnover[] = {"1582526989.16187265", "4073842163.67154117"};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& bar = (*bars)[i];
        const std::string texts[] = {bar.open.to_string(), bar.high.to_string(), bar.low.to_string(),
            bar.close.to_string(), bar.volume->to_string(), std::to_string(*bar.trades)};
        for (std::size_t n = 0; n < 6; ++n)
            EXPECT_EQ(texts[n], cells[i][n]) << i << ' ' << n;
        EXPECT_EQ(*bar.vwap, *Decimal::divide(*Decimal::parse(turnover[i]), *bar.volume));
        EXPECT_TRUE(*bar.vwap > bar.low && *bar.vwap < bar.high);
        EXPECT_EQ(bar.volume_unit, VolumeUnit::base);
        EXPECT_EQ(bar.price_type, PriceType::trade);
        EXPECT_EQ(bar.align, Alignment::utc);
    }
}

TEST(BinanceKlines, TheRunningBarIsNotFinal) {
    const std::string body =
        R"([[60000,"1","2","0.5","1.5","10",119999,"12",3,"1","1","0"],[120000,"1","2","0.5","1.5","10",179999,"12",3,"1","1","0"]])";
    const auto bars = parse_klines(body, Timeframe::m1, from_millis(150000));
    ASSERT_TRUE(bars.has_value());
    EXPECT_TRUE((*bars)[0].final);
    EXPECT_FALSE((*bars)[1].final);
    EXPECT_EQ((*bars)[1].vwap->to_string(), "1.2");
}

TEST(BinanceKlines, WhatIsNotDocumentedIsAnError) {
    const auto now = from_millis(150000);
    for (const char* body : {"", "{}", "[[]]", "[1]", R"([["60000","1","2","0.5","1.5","10",119999,"12",3]])",
             R"([[60000,1,"2","0.5","1.5","10",119999,"12",3]])", R"([[60000,"x","2","0.5","1.5","10",119999,"12",3]])",
             R"([[120000,"1","1","1","1","1",1,"1",1],[60000,"1","1","1","1","1",1,"1",1]])"})
        EXPECT_FALSE(parse_klines(body, Timeframe::m1, now).has_value()) << body;
    EXPECT_EQ(parse_klines(R"([[60000,"1234567890123456789","2","0.5","1.5","10",119999,"12",3]])", Timeframe::m1, now)
                  .error(),
        errc::number_overflow);
}

TEST(BinanceBookTickers, OneOrManyWithTheSnapshotFlag) {
    std::vector<std::string> names;
    const auto sink = [&](std::string_view native, const Quote& q) {
        names.emplace_back(native);
        EXPECT_TRUE(q.flags.has(Flag::snapshot));
    };
    EXPECT_FALSE(
        parse_book_tickers(R"({"symbol":"A","bidPrice":"1","bidQty":"2","askPrice":"3","askQty":"4"})", {}, sink));
    EXPECT_FALSE(parse_book_tickers(
        R"([{"symbol":"B","bidPrice":"0.0","bidQty":"0","askPrice":"3","askQty":"4"},{"symbol":"C","bidPrice":"1","bidQty":"2","askPrice":"3","askQty":"4"}])",
        {}, sink));
    EXPECT_EQ(names, (std::vector<std::string>{"A", "B", "C"}));
    EXPECT_EQ(parse_book_tickers(R"([{"symbol":"B"}])", {}, sink), errc::malformed_payload);
    EXPECT_EQ(parse_book_tickers("null", {}, sink), errc::malformed_payload);
}

} // namespace
} // namespace tickgate::binance
