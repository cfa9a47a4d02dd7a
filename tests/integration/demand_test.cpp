// Who subscribes is served; who asks is answered.
#include "integration/market_system.hpp"

namespace tickgate::test {
namespace {

MarketOptions two_providers() {
    MarketOptions o;
    for (const char* name : {"binance", "tradier"})
        o.venues[name] = small_venue(name);
    o.routes = "crypto: [binance], equity: [tradier]";
    o.symbols = "crypto: [BTC-USDT]";
    o.more = "publish: {linger: 1s}\n";
    return o;
}

TEST(Demand, ASubscriberIsServedWithoutAskingAndReleasedAfterLinger) {
    MarketSystem system(two_providers());
    EXPECT_EQ(system.state_of("equity:MSFT"), "");
    {
        RedisClient subscriber(system.redis.port());
        subscriber.send({"SUBSCRIBE", "md:quote:equity:MSFT", "md:bar:1s:crypto:ETH-USDT"});
        std::vector<std::string> seen;
        ASSERT_TRUE(System::eventually([&] {
            RedisAnswer answer;
            if (subscriber.poll(answer, 50) && answer.elements.size() == 3 && answer.elements[0].text == "message")
                seen.push_back(answer.elements[1].text);
            return std::find(seen.begin(), seen.end(), "md:quote:equity:MSFT") != seen.end() &&
                   std::find(seen.begin(), seen.end(), "md:bar:1s:crypto:ETH-USDT") != seen.end();
        }));
        // On a weekend the calendar says closed until data has shown otherwise for a while.
        EXPECT_TRUE(System::eventually([&] { return system.state_of("equity:MSFT") == "live"; }));
        EXPECT_NE(system.last("quote:equity:MSFT"), "");
    }
    ASSERT_TRUE(System::eventually([&] { return system.state_of("equity:MSFT").empty(); })) << "released";
    ASSERT_TRUE(System::eventually([&] { return system.last("quote:equity:MSFT").empty(); }));
    EXPECT_EQ(system.state_of("crypto:BTC-USDT"), "live") << "what is configured stays";
}

TEST(Demand, PatternsListenAndDoNotAsk) {
    MarketSystem system(two_providers());
    Listener listener(system.redis.port(), "md:quote:equity:*");
    EXPECT_FALSE(listener.until_message("md:quote:equity:MSFT", std::chrono::seconds(3)));
    EXPECT_EQ(system.state_of("equity:MSFT"), "");
}

TEST(Demand, UnknownSymbolsAndClassesWithoutARouteAreSaidSo) {
    MarketSystem system(two_providers());
    Listener listener(system.redis.port(), "md:event:*");
    RedisClient subscriber(system.redis.port());
    subscriber.send({"SUBSCRIBE", "md:quote:crypto:NOSUCH-USDT", "md:quote:fx:EUR-USD", "md:quote:weather:RAIN",
        "md:quote:equity:BAD SYMBOL"});
    EXPECT_TRUE(System::eventually([&] { return system.state_of("crypto:NOSUCH-USDT") == "unknown_symbol"; }));
    EXPECT_TRUE(System::eventually([&] { return system.state_of("fx:EUR-USD") == "refused"; }));
    EXPECT_TRUE(listener.until_event("unknown_symbol", "crypto:NOSUCH-USDT"));
    EXPECT_TRUE(listener.until_event("refused", "fx:EUR-USD"));
    EXPECT_EQ(listener.events("refused", "fx:EUR-USD").size(), 1u);
    EXPECT_EQ(system.state_of("crypto:BTC-USDT"), "live");
}

TEST(Demand, DemandOutlivesARedisThatWasAway) {
    MarketSystem system(two_providers());
    {
        RedisClient subscriber(system.redis.port());
        subscriber.send({"SUBSCRIBE", "md:quote:equity:MSFT"});
        ASSERT_TRUE(System::eventually([&] { return system.state_of("equity:MSFT") == "live"; }));
        system.redis.kill();
    }
    system.redis.start();
    RedisClient again(system.redis.port());
    again.send({"SUBSCRIBE", "md:quote:equity:MSFT"});
    ASSERT_TRUE(System::eventually([&] {
        RedisAnswer answer;
        return again.poll(answer, 50) && answer.elements.size() == 3 && answer.elements[0].text == "message";
    }));
}

TEST(Requests, AQuoteComesFromTheLastValueOrFromTheVenue) {
    MarketSystem system(two_providers());
    ASSERT_TRUE(System::eventually([&] { return !system.last("quote:crypto:BTC-USDT").empty(); }));
    const auto live = system.ask({"op", "quote", "symbol", "crypto:BTC-USDT"});
    EXPECT_NE(live.find(R"("provider":"binance")"), std::string::npos) << live;
    EXPECT_EQ(live.find("snapshot"), std::string::npos) << live;
    const auto asked = system.ask({"op", "quote", "symbols", "equity:AAPL,equity:NOSUCHX"});
    EXPECT_NE(asked.find(R"("provider":"tradier")"), std::string::npos) << asked;
    EXPECT_NE(asked.find("snapshot"), std::string::npos) << asked;
    EXPECT_NE(asked.find("unknown_symbol"), std::string::npos) << asked;
    EXPECT_EQ(system.state_of("equity:AAPL"), "") << "asking once subscribes to nothing";
}

TEST(Requests, ALeaseServesASymbolUntilItIsGivenBack) {
    MarketSystem system(two_providers());
    const auto taken = system.ask({"op", "subscribe", "symbol", "equity:SPY", "client", "tester", "lease", "60s"});
    EXPECT_NE(taken.find("md:quote:equity:SPY"), std::string::npos) << taken;
    ASSERT_TRUE(System::eventually([&] { return system.state_of("equity:SPY") == "live"; })) << taken;
    const auto given = system.ask({"op", "unsubscribe", "symbol", "equity:SPY", "client", "tester"});
    EXPECT_EQ(given.find("\"error\""), std::string::npos) << given;
    EXPECT_TRUE(System::eventually([&] { return system.state_of("equity:SPY").empty(); }));
}

TEST(Requests, SymbolsAreFoundOverProvidersAndBareOnesResolved) {
    MarketSystem system(two_providers());
    const auto found = system.ask({"op", "symbols", "text", "btc"});
    EXPECT_NE(found.find("BTC-USDT"), std::string::npos) << found;
    const auto bare = system.ask({"op", "quote", "symbol", "AAPL"});
    EXPECT_NE(bare.find(R"("symbol":"AAPL")"), std::string::npos) << bare;
    const auto status = system.ask({"op", "status"});
    EXPECT_NE(status.find("binance.spot"), std::string::npos) << status;
}

TEST(Requests, BadOnesGetAnErrorThatSaysTheWayOut) {
    MarketSystem system(two_providers());
    for (const auto& [fields, code] :
        std::vector<std::pair<std::vector<std::string>, std::string>>{{{"op", "dance"}, "unknown_op"},
            {{"op", "quote"}, "bad_request"}, {{"op", "quote", "symbol", "crypto:B T C"}, "malformed_symbol"},
            {{"op", "quote", "symbol", "crypto:BTC-USDT", "colour", "red"}, "bad_request"}}) {
        const auto answer = system.ask(fields);
        EXPECT_NE(answer.find('"' + code + '"'), std::string::npos) << code << ": " << answer;
        EXPECT_NE(answer.find("\"hint\""), std::string::npos) << answer;
    }
    EXPECT_TRUE(system.gateway->running());
}

} // namespace
} // namespace tickgate::test
