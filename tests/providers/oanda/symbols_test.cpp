#include "oanda/symbols.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tickgate::oanda {
namespace {

std::map<std::string, InstrumentInfo> list(const std::string& body, std::size_t& refused) {
    std::map<std::string, InstrumentInfo> all;
    EXPECT_FALSE(parse_instruments(
        body, [&](const InstrumentInfo& info) { all.emplace(info.native, info); }, refused));
    return all;
}

TEST(OandaSymbols, PrecisionComesFromTheListAlone) {
    std::size_t refused = 0;
    const auto all = list(test::fixture("instruments_fx_2023-12_subset.json"), refused);
    EXPECT_EQ(all.size(), 34u);
    EXPECT_EQ(refused, 0u);
    EXPECT_EQ(all.at("HKD_JPY").price_step->to_string(), "0.00001");
    EXPECT_EQ(all.at("EUR_HUF").price_step->to_string(), "0.001");
    EXPECT_EQ(all.at("USD_THB").price_step->to_string(), "0.001");
    const auto& eur = all.at("HKD_JPY");
    EXPECT_EQ(eur.name.to_string(), "fx:HKD-JPY");
    EXPECT_EQ(eur.description, "HKD/JPY");
    EXPECT_EQ(eur.size_step->to_string(), "1");
    EXPECT_EQ(eur.feed, "pricing");
    EXPECT_TRUE(eur.tradeable);
    for (const auto& [native, info] : all)
        EXPECT_EQ(native_of(info.name), native);
}

TEST(OandaSymbols, TheTypeDecidesTheClass) {
    std::size_t refused = 0;
    const auto all = list(test::fixture("instruments_cfd_2016.json"), refused);
    ASSERT_EQ(all.size(), 6u);
    EXPECT_EQ(all.at("EU50_EUR").name.to_string(), "cfd:EU50-EUR");
    EXPECT_EQ(all.at("EU50_EUR").price_step->to_string(), "0.1");
    EXPECT_EQ(all.at("EUR_USD").name.to_string(), "fx:EUR-USD");
    const auto metal = list(
        R"({"instruments":[{"name":"XAU_USD","type":"METAL","displayName":"Gold","displayPrecision":3},{"name":"SPX500_USD","type":"CFD","displayPrecision":1},{"name":"X","type":"BOND","displayPrecision":1},{"name":"A/B","type":"CFD","displayPrecision":1},{"name":"A-B","type":"CFD","displayPrecision":1},{"name":"A_B","type":"CFD"},7]})",
        refused);
    EXPECT_EQ(metal.size(), 2u);
    EXPECT_EQ(refused, 5u);
    EXPECT_EQ(metal.at("XAU_USD").name.to_string(), "fx:XAU-USD");
    EXPECT_EQ(metal.at("SPX500_USD").name.to_string(), "cfd:SPX500-USD");
}

TEST(OandaSymbols, SearchLooksAtNamesAndDescriptions) {
    InstrumentInfo info;
    info.name = {AssetClass::cfd, "US30-USD"};
    info.native = "US30_USD";
    info.description = "US Wall St 30";
    EXPECT_EQ(match_quality(info, "us30-usd"), 4);
    EXPECT_EQ(match_quality(info, "US30"), 3);
    EXPECT_EQ(match_quality(info, "us wall"), 2);
    EXPECT_EQ(match_quality(info, "wall st"), 1);
    EXPECT_EQ(match_quality(info, "dax"), 0);
    EXPECT_EQ(match_quality(info, ""), 0);
}

TEST(OandaSymbols, AccountsAreListedWithoutLegacyOnes) {
    const auto ids = parse_accounts(
        R"({"accounts":[{"id":"1234567","tags":[]},{"id":"101-004-1234567-001","tags":[]},{"id":"101-004-1234567-002"}]})");
    ASSERT_TRUE(ids.has_value());
    EXPECT_EQ(*ids, (std::vector<std::string>{"101-004-1234567-001", "101-004-1234567-002"}));
    EXPECT_FALSE(parse_accounts("{}").has_value());
    std::size_t refused = 0;
    for (const char* body : {"", "[]", R"({"instruments":7})"})
        EXPECT_EQ(parse_instruments(
                      body, [](const InstrumentInfo&) {}, refused),
            errc::malformed_payload);
}

} // namespace
} // namespace tickgate::oanda
