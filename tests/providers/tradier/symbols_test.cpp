#include "tradier/symbols.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

TEST(TradierSymbols, ClassesOfSharesAreWrittenWithASlash) {
    EXPECT_EQ(native_of({AssetClass::equity, "BRK.B"}), "BRK/B");
    EXPECT_EQ(name_of("BRK/B", "stock"), (InstrumentName{AssetClass::equity, "BRK.B"}));
    EXPECT_EQ(native_of({AssetClass::option, "SPY240119C00480000"}), "SPY240119C00480000");
    EXPECT_EQ(native_of({AssetClass::index, "SPX"}), "SPX");
}

TEST(TradierSymbols, TypesBecomeClasses) {
    EXPECT_EQ(name_of("SPY", "etf")->asset_class, AssetClass::equity);
    EXPECT_EQ(name_of("VFINX", "mutual_fund")->asset_class, AssetClass::equity);
    EXPECT_EQ(name_of("SPX", "index")->asset_class, AssetClass::index);
    EXPECT_EQ(name_of("VXX190517P00016000", "option")->asset_class, AssetClass::option);
    EXPECT_EQ(name_of("AAPL7150117P00660000", "")->asset_class, AssetClass::option);
    EXPECT_EQ(name_of("AAPL", "")->asset_class, AssetClass::equity);
    EXPECT_FALSE(name_of("X", "bond"));
    EXPECT_FALSE(name_of("NOTOCC", "option"));
    EXPECT_FALSE(name_of("A B", "stock"));
    EXPECT_FALSE(name_of("", "stock"));
    EXPECT_FALSE(name_of("BRK.B", "stock")) << "would come back as BRK/B";
}

TEST(TradierSymbols, OccNamesAreToldByTheirForm) {
    EXPECT_TRUE(is_option("SPY210331C00300000"));
    EXPECT_TRUE(is_option("F210331P00300000"));
    EXPECT_FALSE(is_option("210331P00300000"));
    EXPECT_FALSE(is_option("SPY210331X00300000"));
    EXPECT_FALSE(is_option("SPY"));
    EXPECT_FALSE(is_option("TOOLONGROOT210331C00300000"));
}

TEST(TradierSymbols, QueriesAreEncoded) { EXPECT_EQ(percent_encode("BRK/B,A 9:30&"), "BRK%2FB,A%209%3A30%26"); }

} // namespace
} // namespace tickgate::tradier
