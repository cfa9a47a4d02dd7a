#include "router_test_support.hpp"

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;
using namespace test;
using enum InstrumentState;

class RouterBars : public RouterTest {
protected:
    std::vector<std::string> finals() {
        std::vector<std::string> lines;
        for (auto& line : out.take())
            if (line.find(" final") != std::string::npos)
                lines.push_back(line);
        return lines;
    }
};

TEST_F(RouterBars, OfFxAreMadeOfMids) {
    make();
    const auto id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda"}, {sub(id, Kind::bar)}); // quotes are consumed, not published
    const auto q = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    router->publish(q, quote("1.10", "1.12"));
    pass(30s);
    router->publish(q, quote("1.20", "1.22"));
    pass(30400ms);
    auto lines = out.take();
    EXPECT_EQ(lines, (Lines{"bar:1m oanda/EUR_USD 1.11 1.11 1.11 1.11 forming",
                         "bar:1m oanda/EUR_USD 1.11 1.21 1.11 1.21 forming"}));
    pass(100ms);
    EXPECT_EQ(out.take(), Lines{"bar:1m oanda/EUR_USD 1.11 1.21 1.11 1.21 final"});
    pass(300s);
    EXPECT_TRUE(out.take().empty()) << "no empty bars";
    EXPECT_EQ(router->stats().built_bars, 3u);
}

TEST_F(RouterBars, OfTheProvidersStreamWhereItHasThatTimeframe) {
    make();
    const auto id = instrument("crypto:BTC-USDT");
    router->set_route(
        id, {"binance"}, {sub(id, Kind::bar, Timeframe::m1), sub(id, Kind::bar, Timeframe::s5), sub(id, Kind::trade)});
    const auto t = router->open_channel(sub(id, Kind::trade), "binance", "BTCUSDT");
    const auto k = router->open_channel(sub(id, Kind::bar, Timeframe::m1), "binance", "BTCUSDT");
    router->publish(t, trade("10"));
    router->publish(k, bar("11"));
    pass(90s);
    EXPECT_EQ(
        finals(), (Lines{"bar:1m binance/BTCUSDT 11 11 11 11 final", "bar:5s binance/BTCUSDT 10 10 10 10 final"}));
}

TEST_F(RouterBars, OfAnIndexAreMadeOfItsValues) {
    make();
    const auto id = instrument("index:SPX");
    router->set_route(id, {"massive"}, {sub(id, Kind::quote), sub(id, Kind::bar)});
    const auto q = router->open_channel(sub(id, Kind::quote), "massive", "I:SPX");
    Quote value;
    value.last = dec("5000");
    value.received_time = now.wall;
    router->publish(q, value);
    pass(61s);
    EXPECT_EQ(finals(), Lines{"bar:1m massive/I:SPX 5000 5000 5000 5000 final"});
}

TEST_F(RouterBars, TradesAreBetterThanQuotes) {
    make();
    const auto id = instrument("equity:SPY");
    router->set_route(id, {"tradier"}, {sub(id, Kind::bar)});
    const auto q = router->open_channel(sub(id, Kind::quote), "tradier", "SPY");
    const auto t = router->open_channel(sub(id, Kind::trade), "tradier", "SPY");
    router->publish(q, quote("1", "3"));
    router->publish(t, trade("500"));
    auto odd = trade("9");
    odd.updates_last = false;
    router->publish(t, odd);
    pass(61s);
    EXPECT_EQ(finals(), Lines{"bar:1m tradier/SPY 500 500 500 500 final"});
    router->close_channel(t);
    router->publish(q, quote("1", "3"));
    pass(61s);
    EXPECT_EQ(finals(), Lines{"bar:1m tradier/SPY 2 2 2 2 final"});
    router->close_channel(q);
    EXPECT_EQ(out.take(), Lines{"close bar:1m"});
}

TEST_F(RouterBars, TheMinuteOfASwitchIsMixedAndTheNextIsNot) {
    make();
    const auto id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda", "massive"}, {sub(id, Kind::bar)});
    const auto a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    const auto b = router->open_channel(sub(id, Kind::quote), "massive", "EUR/USD");
    state(id, "oanda", live);
    state(id, "massive", live);
    router->publish(a, quote("1.10", "1.12"));
    router->publish(b, quote("1.11", "1.13"));
    pass(20s);
    state(id, "oanda", down);
    router->publish(b, quote("1.13", "1.15"));
    pass(41s);
    EXPECT_EQ(finals(), Lines{"bar:1m massive/EUR/USD 1.11 1.14 1.11 1.14 final mixed"});
    router->publish(b, quote("1.13", "1.15"));
    pass(60s);
    EXPECT_EQ(finals(), Lines{"bar:1m massive/EUR/USD 1.14 1.14 1.14 1.14 final"});
}

TEST_F(RouterBars, FromTicksToAStreamAndBack) {
    make();
    const auto id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda", "massive"}, {sub(id, Kind::bar)});
    const auto a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    router->open_channel(sub(id, Kind::quote), "massive", "EUR/USD");
    const auto k = router->open_channel(sub(id, Kind::bar), "massive", "EUR/USD");
    state(id, "oanda", live);
    state(id, "massive", live);
    router->publish(a, quote("1.10", "1.12"));
    router->publish(k, bar("5"));
    pass(60200ms);
    EXPECT_TRUE(finals().empty()) << "the standby's bars do not leak, and the grace is not over";
    router->publish(a, quote("1.20", "1.22"));
    state(id, "oanda", down);
    router->publish(k, bar("1.15"));
    pass(10s);
    // The minute that ended before the switch is still told, the one of the switch comes from the stream.
    EXPECT_EQ(finals(), (Lines{"bar:1m oanda/EUR_USD 1.11 1.11 1.11 1.11 final",
                            "bar:1m massive/EUR/USD 1.15 1.15 1.15 1.15 final mixed"}));
    pass(60s);
    router->publish(k, bar("1.16"));
    EXPECT_EQ(finals(), Lines{"bar:1m massive/EUR/USD 1.16 1.16 1.16 1.16 final"});
    // And back: the first minute made of ticks again is mixed.
    state(id, "oanda", live);
    pass(30s);
    EXPECT_EQ(router->active(id), "oanda");
    out.take();
    router->publish(a, quote("1.20", "1.22"));
    router->publish(k, bar("9"));
    pass(61s);
    EXPECT_EQ(finals(), Lines{"bar:1m oanda/EUR_USD 1.21 1.21 1.21 1.21 final mixed"});
}

TEST_F(RouterBars, ABarThatEndedIsToldBeforeTicksOfAnotherKindTakeOver) {
    make();
    const auto id = instrument("equity:SPY");
    router->set_route(id, {"one", "two"}, {sub(id, Kind::bar)});
    const auto t = router->open_channel(sub(id, Kind::trade), "one", "SPY");
    const auto q = router->open_channel(sub(id, Kind::quote), "two", "SPY");
    state(id, "one", live);
    state(id, "two", live);
    router->publish(t, trade("500"));
    pass(60200ms);
    router->publish(t, trade("505"));
    out.take();
    state(id, "one", down);
    router->publish(q, quote("1", "3"));
    pass(61s);
    EXPECT_EQ(finals(), (Lines{"bar:1m one/SPY 500 500 500 500 final", "bar:1m two/SPY 2 2 2 2 final mixed"}));
}

TEST_F(RouterBars, NoTickIsLostWhenTicksComeBetweenTwoPulses) {
    make();
    const auto id = instrument("fx:EUR-USD");
    router->set_route(id, {"oanda"}, {sub(id, Kind::bar, Timeframe::s1)});
    const auto a = router->open_channel(sub(id, Kind::quote), "oanda", "EUR_USD");
    for (int i = 0; i < 20; ++i) { // the loop stood still
        now.wall += 1s;
        now.mono += 1s;
        router->publish(a, quote("1", "3"));
    }
    pass(10s);
    EXPECT_EQ(finals().size(), 20u);
    EXPECT_EQ(router->stats().late_ticks, 0u);
}

} // namespace
} // namespace tickgate::feed
