// Recorded series and the synthetic market have nothing wrong with them.
#include "binance/history.hpp"
#include "massive/history.hpp"
#include "oanda/history.hpp"
#include "quality_test_support.hpp"
#include "tradier/history.hpp"
#include "venue_kit/tape.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;
using enum Timeframe;

const UnixNanos now = at(year{2026} / 11 / 18, 12);

// Readable bytes after the body, as parsers may want them.
std::string fixture(const std::string& file) {
    std::ifstream in(std::string(TICKGATE_FIXTURES) + '/' + file);
    EXPECT_TRUE(in.good()) << file;
    std::string body{std::istreambuf_iterator<char>(in), {}};
    body.reserve(body.size() + 64);
    return body;
}

class SamplesTest : public ::testing::Test {
protected:
    // The kind of bars is that of the first.
    std::string found(std::string_view instrument, const std::vector<Bar>& bars, bool continuous = false) {
        EXPECT_FALSE(bars.empty());
        if (bars.empty())
            return {};
        Subject s;
        s.instrument = name(instrument);
        s.timeframe = bars[0].timeframe;
        s.variant = {bars[0].price_type, bars[0].align, bars[0].adjusted};
        s.continuous = continuous;
        s.from = bars.front().open_time, s.to = bars.back().close_time;
        report = check(s, bars, hours);
        return text(report);
    }
    calendar::MarketHours hours;
    Report report;
};

TEST_F(SamplesTest, Binance) {
    const auto bars = binance::parse_klines(fixture("binance/spot_klines_BTCUSDT_1d_2021-01-01.json"), d1, now);
    ASSERT_TRUE(bars);
    EXPECT_EQ(found("crypto:BTC-USDT", *bars, true), "excellent");
}

TEST_F(SamplesTest, OandaDaysHoursAndMinutes) {
    const auto candles = [](const char* file, PriceType price, Timeframe tf) {
        return oanda::parse_candles(fixture(std::string("oanda/") + file), price, tf, now).value().bars;
    };
    EXPECT_EQ(found("fx:EUR-USD", candles("candles_EUR_USD_D_mid_2022-05-12.json", PriceType::mid, d1)), "excellent");
    EXPECT_EQ(found("fx:EUR-USD",
                  candles("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_true.json", PriceType::mid, h1)),
        "excellent");
    for (const auto price : {PriceType::bid, PriceType::ask})
        EXPECT_EQ(found("fx:AUD-JPY", candles("candles_AUD_JPY_M1_bidask_2023-10-06.json", price, m1)), "excellent");
}

TEST_F(SamplesTest, OandaIsClosedOnTheMondayAfterNewYear) {
    // The request began on Sunday, 1 January 2017; the first candle is Monday's at 18:00 New York.
    const auto bars = oanda::parse_candles(
        fixture("oanda/candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_true.json"), PriceType::mid, h1, now)
                          .value()
                          .bars;
    auto s = subject("fx:EUR-USD", h1);
    s.variant.price_type = PriceType::mid;
    s.from = at(year{2017} / 1 / 1), s.to = bars.back().close_time;
    EXPECT_EQ(text(check(s, bars, hours)), "excellent");
}

TEST_F(SamplesTest, MassiveDaysAcrossTheChangeOfTheClock) {
    using massive::Cluster;
    const auto bars = [](const char* file, Cluster cluster) {
        return massive::parse_aggregates(fixture(std::string("massive/rest/") + file), cluster, d1, now).value().bars;
    };
    EXPECT_EQ(found("equity:AAPL", bars("aggs_AAPL_1day_2005-04-01_2005-04-04.json", Cluster::stocks)), "excellent");
    EXPECT_EQ(found("option:RDFN211119C00025000", bars("spec_aggs_options.json", Cluster::options)), "excellent");
    EXPECT_EQ(found("index:NDX", bars("spec_aggs_indices.json", Cluster::indices)), "excellent");
    EXPECT_EQ(found("crypto:BTC-USD", bars("spec_aggs_crypto.json", Cluster::crypto)), "excellent");
}

TEST_F(SamplesTest, TradierMinutesAndAYearOfDays) {
    const auto minutes_of = tradier::parse_timesales(fixture("tradier/rest/doc_timesales_1min_2019.json"), m1, now);
    ASSERT_TRUE(minutes_of);
    EXPECT_EQ(found("equity:AAPL", minutes_of->bars), "excellent");
    const auto year_of = tradier::parse_history(fixture("tradier/rest/history.json"), d1, now);
    ASSERT_TRUE(year_of);
    EXPECT_GT(year_of->bars.size(), 240u);
    EXPECT_EQ(found("equity:AAPL", year_of->bars), "excellent") << report.issues.front().text;
}

TEST_F(SamplesTest, TheSyntheticMarket) {
    using namespace venue_kit;
    const auto from = at(year{2026} / 10 / 30), to = at(year{2026} / 11 / 2);
    for (const auto& symbol : crypto_symbols(12)) {
        Tape tape(1, symbol, now, TapeLimits());
        std::vector<Bar> bars;
        for (const auto& t : tape.bars(m1, from, to - 1min, 100000, false, now)) {
            auto b = bar(subject("crypto:" + symbol.canonical()), t.open_time, "1", "1", "1", "1");
            b.open = Decimal::from_parts(t.open, -symbol.price_decimals);
            b.high = Decimal::from_parts(t.high, -symbol.price_decimals);
            b.low = Decimal::from_parts(t.low, -symbol.price_decimals);
            b.close = Decimal::from_parts(t.close, -symbol.price_decimals);
            b.volume = Decimal::from_parts(t.volume, -symbol.size_decimals);
            b.trades = t.count;
            bars.push_back(b);
        }
        EXPECT_EQ(bars.size(), 4320u);
        EXPECT_EQ(found("crypto:" + symbol.canonical(), bars, true), "excellent") << symbol.canonical();
    }
}

} // namespace
} // namespace tickgate::quality
