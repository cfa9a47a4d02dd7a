// The envelope, and the reader of our own payloads under it.
#include "stream/market_data.hpp"

#include "stream/payload_fields.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace tickgate::stream {
namespace {

const std::string trade =
    R"({"v":1,"type":"trade","class":"equity","symbol":"BRK.B","provider":"massive","native":"BRK.B","trade_id":"52983525029461",)"
    R"("price":412.1500,"size":100,"side":"unknown","exchange":"4","conditions":["14","41"],"action":"new","ref_trade_id":null,)"
    R"("ts_event_us":1763682000123456,"ts_recv_us":1763682000171203,"ts_pub_us":1763682000171999,"session":"S1","seq":7,)"
    R"("src_seq":3,"flags":[]})";

TEST(MarketData, ATradeKeepsItsDigitsAndLeavesOutWhatSaysNothing) {
    EXPECT_EQ(market_data_envelope(Kind::trade, trade),
        R"({"type":"market_data","data":{"event_type":"T","symbol":"equity:BRK.B","timestamp":1763682000123,)"
        R"("price":412.1500,"size":100,"conditions":["14","41"],"exchange":"4","trade_id":"52983525029461"},)"
        R"("timestamp":1763682000171})");
}

TEST(MarketData, ACancelledTradeIsNotTakenForOne) {
    auto text = trade;
    text.replace(text.find(R"("action":"new","ref_trade_id":null)"), 34, R"("action":"cancel","ref_trade_id":"5")");
    text.replace(text.find(R"("flags":[])"), 10, R"("flags":["backfill","delayed"])");
    text.replace(text.find(R"("side":"unknown")"), 16, R"("side":"buy")");
    const auto out = market_data_envelope(Kind::trade, text);
    const auto data = boost::json::parse(out).as_object().at("data").as_object();
    EXPECT_EQ(data.at("action"), "cancel");
    EXPECT_EQ(data.at("ref_trade_id"), "5");
    EXPECT_EQ(data.at("side"), "buy");
    EXPECT_EQ(data.at("flags").as_array().size(), 2u);
}

TEST(MarketData, AQuoteWithoutVenueTimeHasTheReceiveTime) {
    const std::string index =
        R"({"v":1,"type":"quote","class":"index","symbol":"SPX","provider":"massive","native":"I:SPX","bid":null,"bid_size":null,)"
        R"("ask":null,"ask_size":null,"last":6101.2400,"exchange":null,"ts_event_us":null,"ts_recv_us":1763682000171203,)"
        R"("ts_pub_us":1763682000171999,"session":"S1","seq":7,"src_seq":null,"flags":["indicative"]})";
    EXPECT_EQ(market_data_envelope(Kind::quote, index),
        R"({"type":"market_data","data":{"event_type":"Q","symbol":"index:SPX","timestamp":1763682000171,"bid_price":null,)"
        R"("bid_size":null,"ask_price":null,"ask_size":null,"last_price":6101.2400,"flags":["indicative"]},)"
        R"("timestamp":1763682000171})");
}

TEST(MarketData, ABarHasItsSpanInMilliseconds) {
    const std::string bar =
        R"({"v":1,"type":"bar","class":"crypto","symbol":"BTC-USDT","provider":"binance","native":"BTCUSDT","timeframe":"1m",)"
        R"("ts_open_us":1763682000000000,"ts_close_us":1763682060000000,"open":1.10,"high":1.20,"low":1.00,"close":1.15,)"
        R"("volume":12.50,"volume_unit":"base","vwap":null,"trades":3,"price_type":"trade","align":"utc","adjusted":false,)"
        R"("source":"provider","final":false,"rev":1500,"ts_event_us":null,"ts_recv_us":1763682001500000,)"
        R"("ts_pub_us":1763682001500100,"session":"S1","seq":7,"src_seq":null,"flags":[]})";
    EXPECT_EQ(market_data_envelope(Kind::bar, bar),
        R"({"type":"market_data","data":{"event_type":"A","symbol":"crypto:BTC-USDT","timeframe":"1m","timestamp":1763682000000,)"
        R"("end_timestamp":1763682060000,"open":1.10,"high":1.20,"low":1.00,"close":1.15,"volume":12.50,"vwap":null,"trades":3,)"
        R"("final":false,"rev":1500},"timestamp":1763682001500})");
}

TEST(MarketData, WhatIsNoPayloadGivesNothing) {
    for (const auto* text : {"", "{", "{}", "[]", R"({"class":"fx"})", R"({"class":"fx","symbol":"A)",
             R"({"class":"fx","symbol":"EUR-USD"})", R"({"class":"fx","symbol":"EUR-USD","bid":)"})
        EXPECT_EQ(market_data_envelope(Kind::quote, text), "") << text;
}

TEST(PayloadFields, ReadsMembersInTheirOrder) {
    PayloadFields f(R"({"a":1,"b":"x\"y,}","c":[1,"]",{"d":2}],"e":{"f":1},"g":null,"h":-1.50e3})");
    EXPECT_EQ(f.raw("a"), "1");
    EXPECT_EQ(f.text("b"), R"(x\"y,})");
    EXPECT_EQ(f.raw("nothing"), "");
    EXPECT_EQ(f.raw("c"), R"([1,"]",{"d":2}])");
    EXPECT_EQ(f.raw("a"), ""); // behind us
    EXPECT_EQ(f.raw("f"), ""); // not of this object
    EXPECT_EQ(f.text("g"), "");
    EXPECT_EQ(f.raw("h"), "-1.50e3");
}

} // namespace
} // namespace tickgate::stream
