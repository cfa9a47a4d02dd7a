// The settings `history` and `collect`.
#include "config_test_support.hpp"

namespace tickgate::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HistoryConfigTest : public Fixture {};

TEST_F(HistoryConfigTest, DefaultsRepairAndReconcileAndCollectNothing) {
    const auto config = good("");
    EXPECT_TRUE(config.history.repair);
    EXPECT_TRUE(config.history.reconcile);
    EXPECT_FALSE(config.history.shared_budget);
    EXPECT_EQ(config.history.parallel, 4);
    EXPECT_THAT(config.collect, IsEmpty());
}

TEST_F(HistoryConfigTest, ReadsACollector) {
    const auto config = good("collect:\n  b: {symbols: ['crypto:ETH-USDT']}\n"
                             "  a: {symbols: ['crypto:BTC-USDT'], timeframes: [1m, 1d], provider: binance, every: 30s,"
                             " outside: 10m, look_back: 48h}\n");
    ASSERT_EQ(config.collect.size(), 2u);
    const auto& a = config.collect[0];
    EXPECT_EQ(a.name, "a");
    EXPECT_THAT(a.symbols, ElementsAre(InstrumentName{AssetClass::crypto, "BTC-USDT"}));
    EXPECT_THAT(a.timeframes, ElementsAre(Timeframe::m1, Timeframe::d1));
    EXPECT_EQ(a.provider, "binance");
    EXPECT_EQ(a.every, 30s);
    EXPECT_EQ(a.outside, 10min);
    EXPECT_EQ(a.look_back, 48h);
    EXPECT_EQ(config.collect[1].name, "b");
    EXPECT_EQ(config.collect[1].every, 60s);
}

TEST_F(HistoryConfigTest, TellsEveryFaultOfACollector) {
    const auto text = lines(load("collect:\n  a: {timeframes: [1m]}\n  b: {symbols: [BTC-USDT], every: 1ms, evry: 1}\n"
                                 "  c: {symbols: ['crypto:BTC-USDT'], provider: oanda}\n"
                                 "  d: {symbols: ['equity:SPY']}\n  'e e': {symbols: ['crypto:BTC-USDT']}\n"));
    EXPECT_THAT(text, testing::Contains(HasSubstr("collect.a: names no symbols")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("collect.b.symbols[0]: expected an instrument")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("collect.b.every: expected a duration")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("did you mean every?")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("collect.c.provider: this provider does not run")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("collect.d.symbols: nobody serves this instrument")));
    EXPECT_THAT(text, testing::Contains(HasSubstr("expected the name of a collector")));
}

} // namespace
} // namespace tickgate::config
