#include "app/live_quality.hpp"

#include <gtest/gtest.h>

namespace tickgate::app {
namespace {

class LiveQualityTest : public ::testing::Test {
protected:
    void open(std::uint32_t channel, Kind kind, std::string_view provider) {
        Subscription what;
        what.instrument = instruments.intern(*InstrumentName::parse("crypto:BTC-USDT"));
        what.kind = kind;
        quality.opened(feed::Channel{channel}, what, provider);
    }
    void quote(std::uint32_t channel, std::string_view bid, std::string_view ask) {
        Quote q;
        if (!bid.empty())
            q.bid = *Decimal::parse(bid);
        if (!ask.empty())
            q.ask = *Decimal::parse(ask);
        quality.add(feed::Channel{channel}, q);
    }
    // `binance 2/1`: crossed and locked.
    std::string counted() const {
        std::string out;
        for (const auto& q : quality.stats().quotes)
            out += q.provider + " " + std::to_string(q.crossed) + "/" + std::to_string(q.locked) + ";";
        return out;
    }

    InstrumentTable instruments;
    LiveQuality quality{instruments};
};

TEST_F(LiveQualityTest, CrossedAndLockedQuotesAreCountedByWhoServesThem) {
    open(0, Kind::quote, "binance");
    open(5, Kind::quote, "oanda");
    open(6, Kind::quote, "binance");
    EXPECT_EQ(counted(), "binance 0/0;oanda 0/0;") << "told before the first of them";
    quote(0, "100.5", "100.4");
    quote(0, "100.50", "100.5"); // the same value of another text
    quote(0, "100.4", "100.5");
    quote(0, "9.9", "10");
    quote(0, "10", "9.9");
    quote(0, "100", "");
    quote(0, "", "100");
    quote(5, "0", "0");
    quote(6, "7", "7");
    EXPECT_EQ(counted(), "binance 2/2;oanda 0/1;");
    open(0, Kind::quote, "oanda"); // the route has another provider now
    quote(0, "2", "1");
    EXPECT_EQ(counted(), "binance 2/2;oanda 1/1;");
}

TEST_F(LiveQualityTest, ChannelsOfOneProviderAloneAndClosedOnesAreNotCounted) {
    open(3, Kind::quote, "binance");
    quote(1, "2", "1"); // beside those that were opened: a provider's own
    quote(9, "2", "1");
    quality.closed(feed::Channel{3});
    quality.closed(feed::Channel{9});
    quote(3, "2", "1");
    EXPECT_EQ(counted(), "binance 0/0;");
}

TEST_F(LiveQualityTest, BarsAreCheckedOnOpenChannelsOnly) {
    open(2, Kind::bar, "binance");
    Bar bar;
    bar.final = true;
    bar.open_time = UnixNanos(std::chrono::hours(480000));
    bar.close_time = bar.open_time + std::chrono::minutes(1);
    bar.open = bar.low = bar.close = *Decimal::parse("10");
    bar.high = *Decimal::parse("9");
    quality.add(feed::Channel{1}, bar); // a provider's own
    EXPECT_EQ(quality.stats().checked, 0u);
    quality.add(feed::Channel{2}, bar);
    EXPECT_EQ(quality.stats().checked, 1u);
    EXPECT_GT(quality.stats().issues[static_cast<std::size_t>(quality::Check::ohlc)][2], 0u);
    quality.closed(feed::Channel{2});
    quality.add(feed::Channel{2}, bar);
    EXPECT_EQ(quality.stats().checked, 1u);
}

} // namespace
} // namespace tickgate::app
