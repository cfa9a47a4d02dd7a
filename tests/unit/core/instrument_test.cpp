#include "core/instrument_table.hpp"

#include <gtest/gtest.h>

namespace tickgate {
namespace {

TEST(InstrumentName, ParsesClassAndSymbolAndPrintsBack) {
    for (const char* text : {"crypto:BTC-USDT", "fx:EUR-USD", "equity:BRK.B", "option:AAPL240119C00190000",
             "future:BTC-USDT-PERP", "index:SPX", "cfd:SPX500-USD", "equity:BRKpA"}) {
        const auto name = InstrumentName::parse(text);
        ASSERT_TRUE(name.has_value()) << text;
        EXPECT_EQ(name->to_string(), text);
    }
}

TEST(InstrumentName, RefusesWhatIsNoName) {
    for (const char* text : {"", "BTC-USDT", "crypto:", ":BTC", "bond:X", "crypto:BTC USDT", "crypto:BTC/USDT",
             "Crypto:BTC", "crypto:a:b", "crypto:\xc3\xa9", "crypto:*"})
        EXPECT_EQ(InstrumentName::parse(text).error(), make_error_code(errc::malformed_symbol)) << text;
    EXPECT_FALSE(InstrumentName::parse("crypto:" + std::string(65, 'A')).has_value());
}

TEST(InstrumentTable, InternsOnceAndFindsBack) {
    InstrumentTable table;
    const auto a = table.intern({AssetClass::crypto, "BTC-USDT"});
    const auto b = table.intern({AssetClass::future, "BTC-USDT"});
    EXPECT_NE(a, b);
    EXPECT_EQ(table.intern({AssetClass::crypto, "BTC-USDT"}), a);
    EXPECT_EQ(table.find({AssetClass::future, "BTC-USDT"}), b);
    EXPECT_FALSE(table.find({AssetClass::crypto, "btc-usdt"}).has_value());
    EXPECT_EQ(table.name_of(b).to_string(), "future:BTC-USDT");
    EXPECT_EQ(table.size(), 2u);
}

TEST(InstrumentTable, IsFilledToItsMostButTakesWhatTheConfigurationNames) {
    InstrumentTable table(1);
    EXPECT_TRUE(table.try_intern({AssetClass::crypto, "A"}));
    EXPECT_FALSE(table.try_intern({AssetClass::crypto, "B"}));
    EXPECT_TRUE(table.try_intern({AssetClass::crypto, "A"}));
    EXPECT_EQ(table.size(), 1u);
    table.intern({AssetClass::crypto, "B"});
    EXPECT_TRUE(table.try_intern({AssetClass::crypto, "B"}));
}

} // namespace
} // namespace tickgate
