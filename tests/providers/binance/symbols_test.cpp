#include "binance/json_items.hpp"
#include "binance/symbols.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace tickgate::binance {
namespace {

std::string fixture(const std::string& name) {
    std::ifstream file(TICKGATE_FIXTURES "/binance/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::map<std::string, InstrumentInfo> symbols_in(const std::string& body, Market market, std::size_t piece) {
    std::map<std::string, InstrumentInfo> found;
    JsonItems items([&](std::string_view member, const std::string& element) -> error_code {
        if (member == "symbols")
            if (const auto info = parse_symbol(market, element))
                found[info->name.to_string()] = *info;
        return {};
    });
    for (std::size_t at = 0; at < body.size(); at += piece)
        EXPECT_FALSE(items.feed(std::string_view(body).substr(at, piece)));
    EXPECT_FALSE(items.finish());
    return found;
}

TEST(BinanceSymbols, ExchangeInfoIsReadInPiecesCutAnywhere) {
    const auto body = fixture("spot_exchangeInfo_2021-10-12_subset.json");
    ASSERT_FALSE(body.empty());
    const auto whole = symbols_in(body, Market::spot, body.size());
    EXPECT_EQ(whole.size(), 14u);
    for (const std::size_t piece : {1u, 2u, 7u, 100u})
        EXPECT_EQ(symbols_in(body, Market::spot, piece).size(), whole.size());
    const auto& nkn = whole.at("crypto:NKN-USDT");
    EXPECT_EQ(nkn.native, "NKNUSDT");
    EXPECT_TRUE(nkn.tradeable);
    EXPECT_EQ(nkn.price_step->to_string(), "0.00010000");
    EXPECT_EQ(nkn.feed, "spot");
    std::size_t halted = 0;
    for (const auto& [name, info] : whole)
        halted += !info.tradeable;
    EXPECT_EQ(halted, 4u);
}

TEST(BinanceSymbols, FuturesCarryTheirContract) {
    const auto body = fixture("usdm_exchangeInfo_2021-07-22_subset.json");
    const auto all = symbols_in(body, Market::usdm, 64);
    std::size_t perpetual = 0, dated = 0;
    for (const auto& [name, info] : all) {
        EXPECT_EQ(info.name.asset_class, AssetClass::future);
        if (name.ends_with("-PERP")) {
            ++perpetual;
            EXPECT_EQ(likely_native(info.name), info.native);
        } else {
            ++dated;
            EXPECT_EQ(likely_native(info.name), info.native) << name;
        }
    }
    EXPECT_GT(perpetual, 0u);
    EXPECT_GT(dated, 0u);
    EXPECT_TRUE(all.contains("future:SUSHI-USDT-PERP"));
}

TEST(BinanceSymbols, BrokenListsAreErrors) {
    const auto fails = [](std::string_view body) {
        JsonItems items([](std::string_view, const std::string&) { return error_code(); }, 1000);
        const auto ec = items.feed(body);
        return ec ? ec : items.finish();
    };
    EXPECT_EQ(fails("[1,2]"), errc::malformed_payload);
    EXPECT_EQ(fails("<html>busy</html>"), errc::malformed_payload);
    EXPECT_EQ(fails(R"({"symbols":[{"a":1},)"), errc::malformed_payload);
    EXPECT_EQ(fails(""), errc::malformed_payload);
    EXPECT_EQ(fails(R"({"symbols":[{"a":")" + std::string(2000, 'x') + R"("}]})"), errc::message_too_large);
    EXPECT_FALSE(fails(R"({"symbols":[],"x":{"y":[1]},"rateLimits":["a]b",{"q":"\"]"}]})"));
    EXPECT_EQ(fails(std::string(200, '[')), errc::malformed_payload);
}

TEST(BinanceSymbols, NamesOutsideTheCharsetAreNotOffered) {
    EXPECT_FALSE(parse_symbol(
        Market::spot, R"({"symbol":"币安USDT","status":"TRADING","baseAsset":"币安","quoteAsset":"USDT"})"));
    EXPECT_FALSE(parse_symbol(Market::spot, R"({"symbol":"X"})"));
    EXPECT_FALSE(parse_symbol(Market::spot, "[]"));
    EXPECT_FALSE(parse_symbol(
        Market::usdm, R"({"symbol":"A","status":"TRADING","baseAsset":"A","quoteAsset":"USDT","contractType":""})"));
    const auto halted = parse_symbol(
        Market::spot, R"({"symbol":"ABUSDT","status":"SOMETHING_NEW","baseAsset":"AB","quoteAsset":"USDT"})");
    ASSERT_TRUE(halted);
    EXPECT_FALSE(halted->tradeable);
}

TEST(BinanceSymbols, StreamNamesAreLowerCase) {
    Subscription s;
    EXPECT_EQ(stream_name("BTCUSDT", s, false), "btcusdt@bookTicker");
    s.kind = Kind::trade;
    EXPECT_EQ(stream_name("BTCUSDT", s, true), "btcusdt@aggTrade");
    s.kind = Kind::bar;
    s.timeframe = Timeframe::mo1;
    EXPECT_EQ(stream_name("BTCUSDT", s, false), "btcusdt@kline_1M");
}

TEST(BinanceSymbols, RateLimitsAreRead) {
    EXPECT_EQ(
        parse_weight_limit(R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000})"),
        6000);
    EXPECT_FALSE(parse_weight_limit(R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50})"));
    EXPECT_FALSE(parse_weight_limit("{"));
}

} // namespace
} // namespace tickgate::binance
