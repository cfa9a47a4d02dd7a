#include "oanda/history.hpp"
#include "oanda/provider.hpp"
#include "oanda/times.hpp"

#include "core/clock.hpp"
#include "recorder.hpp"
#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace tickgate::oanda {
namespace {

using namespace std::chrono_literals;
using test::fixture;
using tickgate::test::FakeRest;
using tickgate::test::run;

const InstrumentName euro{AssetClass::fx, "EUR-USD"};

class OandaHistory : public ::testing::Test {
protected:
    static Settings settings(PriceType price = PriceType::mid) {
        Settings s;
        s.account = "101-1";
        s.token = Secret("token-of-this-test");
        s.candle_price = price;
        return s;
    }
    static BarRequest bars(Timeframe tf, std::optional<BarVariant> variant = std::nullopt) {
        BarRequest r;
        r.instrument = euro;
        r.timeframe = tf;
        r.from = *parse_time("2022-05-11T00:00:00Z");
        r.to = *parse_time("2022-05-14T00:00:00Z");
        r.variant = variant;
        return r;
    }
    FakeRest rest;
    OandaProvider provider{settings()};
};

BarVariant variant(PriceType price, Alignment align) {
    BarVariant v;
    v.price_type = price;
    v.align = align;
    return v;
}

TEST_F(OandaHistory, MidsOfNewYorksDayUnlessAskedOtherwise) {
    for (const auto tf : candle_timeframes()) {
        const auto usual = provider.bar_history(euro, tf);
        ASSERT_TRUE(usual.has_value());
        EXPECT_EQ(usual->variant, variant(PriceType::mid, align_of(tf)));
        EXPECT_FALSE(usual->continuous);
        EXPECT_FALSE(usual->depth.has_value());
        EXPECT_EQ(usual->page, 5000u);
        const auto bid = provider.bar_history(euro, tf, variant(PriceType::bid, Alignment::utc));
        ASSERT_TRUE(bid.has_value());
        EXPECT_EQ(bid->variant.price_type, PriceType::bid);
        EXPECT_EQ(bid->variant.align, Alignment::utc);
        EXPECT_EQ(
            provider.bar_history(euro, tf, variant(PriceType::ask, Alignment::ny17)).has_value(), tf > Timeframe::h1);
        EXPECT_FALSE(provider.bar_history(euro, tf, BarVariant()).has_value()) << "there are no trades";
        EXPECT_FALSE(provider.bar_history(euro, tf, variant(PriceType::mid, Alignment::exchange)).has_value());
    }
    EXPECT_EQ(provider.bar_history(euro, Timeframe::m3).error(), errc::not_supported);
    EXPECT_EQ(provider.bar_history({AssetClass::crypto, "BTC-USDT"}, Timeframe::m1).error(), errc::not_supported);
    EXPECT_EQ(
        OandaProvider(settings(PriceType::ask)).bar_history(euro, Timeframe::m1)->variant.price_type, PriceType::ask);
    TradeRequest request;
    request.instrument = euro;
    EXPECT_EQ(run(provider.get_trades(
                      request, [](const Trade&) {}, rest))
                  .error(),
        errc::not_supported);
    EXPECT_TRUE(rest.requests.empty());
}

TEST_F(OandaHistory, AVariantChoosesPriceAndClock) {
    rest.give(200,
        R"({"candles":[{"complete":true,"volume":7,"time":"2022-05-12T00:00:00.000000000Z","bid":{"o":"1.05166","h":"1.05294","l":"1.03538","c":"1.03810"}}]})");
    const auto page = run(provider.get_bars(bars(Timeframe::d1, variant(PriceType::bid, Alignment::utc)), rest));
    ASSERT_TRUE(page && page->bars.size() == 1);
    EXPECT_NE(rest.asked(0).find("&price=B&"), std::string::npos) << rest.asked(0);
    EXPECT_NE(rest.asked(0).find("&dailyAlignment=0&alignmentTimezone=UTC&weeklyAlignment=Monday"), std::string::npos);
    EXPECT_EQ(page->bars[0].price_type, PriceType::bid);
    EXPECT_EQ(page->bars[0].align, Alignment::utc);
    EXPECT_EQ(page->bars[0].close_time, *parse_time("2022-05-13T00:00:00Z"));
    rest.give(200, fixture("candles_EUR_USD_D_mid_2022-05-12.json"));
    EXPECT_EQ(
        run(provider.get_bars(bars(Timeframe::d1, variant(PriceType::mid, Alignment::ny17)), rest))->bars.size(), 2u);
    EXPECT_NE(rest.asked(1).find("&dailyAlignment=17&alignmentTimezone=America%2FNew_York"), std::string::npos);
    EXPECT_EQ(run(provider.get_bars(bars(Timeframe::d1, BarVariant()), rest)).error(), errc::not_supported);
    EXPECT_EQ(rest.requests.size(), 2u);
}

TEST_F(OandaHistory, CandlesThatTheAccountMayNotSeeAreNoFaultOfTheToken) {
    rest.give(403, R"({"errorMessage":"The provided request was forbidden."})");
    EXPECT_EQ(run(provider.get_bars(bars(Timeframe::m1), rest)).error(), errc::not_entitled);
    rest.give(401, R"({"errorMessage":"Insufficient authorization to perform request."})");
    EXPECT_EQ(run(provider.get_bars(bars(Timeframe::m1), rest)).error(), errc::unauthorized);
    rest.give(403, R"({"errorMessage":"The provided request was forbidden."})");
    EXPECT_EQ(run(provider.find_instruments({euro}, rest)).error(), errc::unauthorized);
}

// Every digit of every recorded candle.
class Recorded : public ::testing::TestWithParam<std::tuple<const char*, Timeframe, const char*>> {};

TEST_P(Recorded, CandlesAreReadToTheDigit) {
    const auto& [file, timeframe, component] = GetParam();
    const auto body = fixture(file);
    const auto price = component[0] == 'b' ? PriceType::bid : component[0] == 'a' ? PriceType::ask : PriceType::mid;
    const auto page = parse_candles(body, price, timeframe, UnixNanos());
    ASSERT_TRUE(page.has_value());
    std::vector<std::string> times, volumes;
    const auto all = [&](const std::string& pattern, const std::string& text) {
        std::vector<std::string> out;
        const std::regex expression(pattern);
        for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
            out.push_back((*it)[1]);
        return out;
    };
    times = all(R"re("time"\s*:\s*"([^"]+)")re", body);
    volumes = all(R"re("volume"\s*:\s*([0-9]+))re", body);
    const auto prices = all(std::string(R"re(")re") + component + R"re("\s*:\s*(\{[^}]*\}))re", body);
    ASSERT_EQ(page->bars.size(), times.size());
    ASSERT_EQ(page->bars.size(), prices.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto& bar = page->bars[i];
        EXPECT_EQ(bar.open_time, *parse_time(times[i]));
        EXPECT_EQ(bar.volume->to_string(), volumes[i]);
        const std::pair<const char*, Decimal> cells[] = {
            {"o", bar.open}, {"h", bar.high}, {"l", bar.low}, {"c", bar.close}};
        for (const auto& [key, value] : cells)
            EXPECT_EQ(all(std::string(R"re(")re") + key + R"re("\s*:\s*"([0-9.]+)")re", prices[i]),
                std::vector<std::string>{value.to_string()});
    }
}

INSTANTIATE_TEST_SUITE_P(Files, Recorded,
    ::testing::Values(std::tuple("candles_AUD_JPY_M1_bidask_2023-10-06.json", Timeframe::m1, "bid"),
        std::tuple("candles_AUD_JPY_M1_bidask_2023-10-06.json", Timeframe::m1, "ask"),
        std::tuple("candles_EUR_USD_D_mid_2022-05-12.json", Timeframe::d1, "mid"),
        std::tuple("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_false.json", Timeframe::h1, "mid"),
        std::tuple("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_true.json", Timeframe::h1, "mid")));

} // namespace
} // namespace tickgate::oanda
