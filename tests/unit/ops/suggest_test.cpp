#include "ops/suggest.hpp"

#include <gtest/gtest.h>

namespace tickgate::ops {

TEST(Suggest, CountsEditsWithoutCaseAndSeparators) {
    EXPECT_EQ(symbol_distance("BTC-USDT", "btcusdt"), 0u);
    EXPECT_EQ(symbol_distance("BTCUSD", "BTC-USDT"), 1u);
    EXPECT_EQ(symbol_distance("BCTUSDT", "BTC-USDT"), 1u); // two neighbours exchanged
    EXPECT_EQ(symbol_distance("", "SPY"), 3u);
    EXPECT_EQ(symbol_distance("ABC", "XYZ"), 3u);
}

TEST(Suggest, NamesTheNearestFirstAndNothingFarAway) {
    const std::vector<std::string> choices{"crypto:BTC-USDT", "crypto:BTC-USDC", "crypto:ETH-USDT", "equity:SPY"};
    EXPECT_EQ(nearest_symbols("BTCUSTD", choices).front(), "crypto:BTC-USDT");
    EXPECT_EQ(nearest_symbols("BTC", choices), (std::vector<std::string>{"crypto:BTC-USDC", "crypto:BTC-USDT"}));
    EXPECT_EQ(nearest_symbols("SPI", choices), std::vector<std::string>{"equity:SPY"});
    EXPECT_TRUE(nearest_symbols("QQQQQ", choices).empty());
    EXPECT_EQ(nearest_symbols("BTC", choices, 1).size(), 1u);
}

} // namespace tickgate::ops
