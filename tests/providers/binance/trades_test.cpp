#include "binance/trades.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tickgate::binance {
namespace {

TEST(BinanceTrades, TheDocumentedTrade) {
    const auto trades = parse_trades(
        R"([{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","time":1499865549590,"isBuyerMaker":true,"isBestMatch":true}])",
        false);
    ASSERT_TRUE(trades && trades->size() == 1);
    const auto& t = trades->front();
    EXPECT_EQ(t.id, 28457u);
    EXPECT_EQ(t.price.to_string(), "4.00000100");
    EXPECT_EQ(t.size.to_string(), "12.00000000");
    EXPECT_EQ(t.time, from_millis(1499865549590));
    EXPECT_TRUE(t.buyer_is_maker);
}

TEST(BinanceTrades, AnAggregateHasItsOwnNumber) {
    // The recorded aggTrade of the stream; the answer has the same letters.
    const std::string body =
        R"([{"a":15683430,"p":"0.35280000","q":"58.00000000","f":19862790,"l":19862790,"T":1633998523963,"m":false,"M":true}])";
    const auto trades = parse_trades(body, true);
    ASSERT_TRUE(trades && trades->size() == 1);
    EXPECT_EQ(trades->front().id, 15683430u);
    EXPECT_EQ(trades->front().price.to_string(), "0.35280000");
    EXPECT_EQ(trades->front().size.to_string(), "58.00000000");
    EXPECT_FALSE(trades->front().buyer_is_maker);
    const auto first = parse_first_trade(body);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->id, 19862790u);
    EXPECT_EQ((*first)->time, from_millis(1633998523963));
    EXPECT_FALSE(parse_first_trade("[]")->has_value());
    EXPECT_EQ(parse_first_trade(R"([{"T":1}])").error(), errc::malformed_payload);
    EXPECT_EQ(parse_first_trade("{}").error(), errc::malformed_payload);
}

TEST(BinanceTrades, MicrosecondsAreToldByTheirSize) {
    const auto trades =
        parse_trades(R"([{"id":1,"price":"1","qty":"1","time":1499865549590123,"isBuyerMaker":false}])", false);
    ASSERT_TRUE(trades);
    EXPECT_EQ(trades->front().time, from_micros(1499865549590123));
}

TEST(BinanceTrades, WhatIsNotDocumentedIsAnError) {
    for (const char* body :
        {"", "{}", "[1]", "[[]]", R"([{"id":1}])", R"([{"id":"1","price":"1","qty":"1","time":1,"isBuyerMaker":true}])",
            R"([{"id":-1,"price":"1","qty":"1","time":1,"isBuyerMaker":true}])",
            R"([{"id":1,"price":1,"qty":"1","time":1,"isBuyerMaker":true}])",
            R"([{"id":1,"price":"0","qty":"1","time":1,"isBuyerMaker":true}])",
            R"([{"id":1,"price":"1","qty":"-1","time":1,"isBuyerMaker":true}])",
            R"([{"id":1,"price":"1","qty":"1","time":-1,"isBuyerMaker":true}])",
            R"([{"id":1,"price":"1","qty":"1","time":1,"isBuyerMaker":1}])",
            R"([{"id":2,"price":"1","qty":"1","time":1,"isBuyerMaker":true},{"id":2,"price":"1","qty":"1","time":1,"isBuyerMaker":true}])"})
        EXPECT_EQ(parse_trades(body, false).error(), errc::malformed_payload) << body;
    EXPECT_EQ(parse_trades(R"([{"id":1,"price":"1234567890123456789","qty":"1","time":1,"isBuyerMaker":true}])", false)
                  .error(),
        errc::number_overflow);
    EXPECT_TRUE(parse_trades("[]", true)->empty());
}

} // namespace
} // namespace tickgate::binance
