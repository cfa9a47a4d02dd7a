#include "cli/message.hpp"

#include <gtest/gtest.h>

namespace tickgate::cli {

TEST(PayloadParser, KeepsTheDigitsOfAQuote) {
    PayloadParser parser;
    Message m;
    ASSERT_TRUE(parser.parse(
        R"({"v":1,"type":"quote","class":"crypto","symbol":"BTC-USDT","provider":"binance","native":"BTCUSDT","bid":61234.10000000,)"
        R"("bid_size":0.50000000,"ask":12345678901234.00000000 ,"ask_size":1e-8,"last":null,"exchange":null,"ts_event_us":null,)"
        R"("session":"01JD3K5Q8M","seq":48211,"src_seq":400900217,"flags":["crossed"]})",
        m));
    EXPECT_EQ(m.type, "quote");
    EXPECT_EQ(m.asset_class, "crypto");
    EXPECT_EQ(m.symbol, "BTC-USDT");
    EXPECT_EQ(m.bid, "61234.10000000");
    EXPECT_EQ(m.bid_size, "0.50000000");
    EXPECT_EQ(m.ask, "12345678901234.00000000");
    EXPECT_EQ(m.ask_size, "1e-8");
    EXPECT_EQ(m.last, "");
    EXPECT_EQ(m.session, "01JD3K5Q8M");
    EXPECT_EQ(m.seq, 48211u);
}

TEST(PayloadParser, ReadsBarsTradesAndEventsInAnyOrderOfKeys) {
    PayloadParser parser;
    Message m;
    ASSERT_TRUE(parser.parse(R"({"seq":7,"final":true,"close":1.50,"timeframe":"1m","type":"bar","volume":10})", m));
    EXPECT_EQ(m.timeframe, "1m");
    EXPECT_EQ(m.close, "1.50");
    EXPECT_EQ(m.final, "true");
    ASSERT_TRUE(parser.parse(
        R"({"type":"trade","price":1.10,"size":3,"side":"sell","conditions":["a",{"b":[1]}],"seq":8})", m));
    EXPECT_EQ(m.price, "1.10");
    EXPECT_EQ(m.side, "sell");
    EXPECT_EQ(m.seq, 8u);
    EXPECT_EQ(m.close, ""); // nothing is left of the message before
    ASSERT_TRUE(parser.parse(R"({"type":"event","event":"gap_opened","from_seq":3,"text":"say \"hi\""})", m));
    EXPECT_EQ(m.from_seq, "3");
    EXPECT_EQ(m.text, "say \"hi\"");
    EXPECT_EQ(m.seq, 0u);
}

TEST(PayloadParser, RefusesWhatIsNoObject) {
    PayloadParser parser;
    Message m;
    for (const char* text :
        {"", " ", "null", "17", "[]", "{", "{\"type\":\"quote\"", "{\"type\":}", "hello", "{} {}", "{\"a\" 1}"})
        EXPECT_FALSE(parser.parse(text, m)) << text;
    EXPECT_TRUE(parser.parse("{}", m));
    EXPECT_TRUE(parser.parse(" {\"seq\":-4} \n", m));
    EXPECT_EQ(m.seq, 0u);
    EXPECT_TRUE(parser.parse("{\"seq\":99999999999999999999}", m));
    EXPECT_EQ(m.seq, 0u);
}

} // namespace tickgate::cli
