#include "ops/data_name.hpp"

#include <gtest/gtest.h>

namespace tickgate::ops {

TEST(DataName, ReadsExactNamesAndWritesThemBack) {
    for (const char* text : {"quote:crypto:BTC-USDT", "trade:equity:BRK.B", "bar:1m:fx:EUR-USD", "bar:1M:index:SPX",
             "quote:option:AAPL240119C00190000", "quote:future:BTC-USDT-PERP", "trade:cfd:SPX500-USD"}) {
        const auto name = DataName::parse(text);
        ASSERT_TRUE(name) << text;
        EXPECT_EQ(name->to_string(), text);
    }
    EXPECT_NE(DataName::parse("bar:1m:fx:EUR-USD"), DataName::parse("bar:1M:fx:EUR-USD"));
}

TEST(DataName, IgnoresEverythingElse) {
    for (const char* text : {"", ":", "quote", "quote:", "quote:crypto", "quote:crypto:", "quote:stock:SPY",
             "quote:crypto:*", "quote:crypto:BTC USDT", "bar:crypto:BTC-USDT", "bar:1min:crypto:BTC-USDT",
             "bar:7m:crypto:BTC-USDT", "bar:60m:crypto:BTC-USDT", "Quote:crypto:BTC-USDT", "book:crypto:BTC-USDT",
             "quote:crypto:BTC:USDT", "last:quote:crypto:BTC-USDT", "event:crypto:BTC-USDT"})
        EXPECT_FALSE(DataName::parse(text)) << text;
    EXPECT_FALSE(DataName::parse("quote:crypto:" + std::string(65, 'A')));
}

} // namespace tickgate::ops
