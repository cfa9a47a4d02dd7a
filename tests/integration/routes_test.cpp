// Four providers behind one set of channels: routes, failover and the way back.
#include "integration/market_system.hpp"

namespace tickgate::test {
namespace {

using Clock = std::chrono::steady_clock;

MarketOptions all_four() {
    MarketOptions o;
    for (const char* name : {"binance", "oanda", "massive", "tradier"})
        o.venues[name] = small_venue(name);
    o.routes = "fx: [oanda, massive], crypto: [binance], equity: [massive, tradier]";
    o.symbols = "fx: [EUR-USD], crypto: [BTC-USDT], equity: [AAPL]";
    o.more = "publish: {timeframes: [1s, 1m]}\n";
    return o;
}

// Messages of a channel by the provider that served them.
std::vector<std::string> providers_of(const std::vector<Published>& messages) {
    std::vector<std::string> out;
    for (const auto& m : messages)
        if (out.empty() || out.back() != m.get("provider"))
            out.push_back(m.get("provider"));
    return out;
}

TEST(Routes, FourProvidersStreamIntoTheSameChannels) {
    MarketSystem system(all_four());
    Listener listener(system.redis.port());
    for (const char* channel : {"md:quote:fx:EUR-USD", "md:quote:crypto:BTC-USDT", "md:quote:equity:AAPL",
             "md:trade:crypto:BTC-USDT", "md:trade:equity:AAPL", "md:bar:1s:crypto:BTC-USDT", "md:bar:1s:fx:EUR-USD"})
        EXPECT_TRUE(listener.until_message(channel)) << channel;
    // Whoever is there first serves first; a better one takes over when it is live.
    const auto served = [&](const char* channel, const char* provider) {
        return listener.until([&] { return listener.on(channel).back().get("provider") == provider; });
    };
    ASSERT_TRUE(served("md:quote:fx:EUR-USD", "oanda"));
    EXPECT_EQ(listener.on("md:quote:fx:EUR-USD").back().get("native"), "EUR_USD");
    EXPECT_TRUE(served("md:quote:equity:AAPL", "massive"));
    EXPECT_EQ(listener.on("md:quote:crypto:BTC-USDT").front().get("provider"), "binance");
    ASSERT_TRUE(served("md:bar:1s:fx:EUR-USD", "oanda"));
    const auto bar = listener.on("md:bar:1s:fx:EUR-USD").back();
    EXPECT_EQ(bar.get("source"), "ticks") << bar.payload;
    EXPECT_EQ(bar.get("price_type"), "mid");
    EXPECT_EQ(bar.get("volume_unit"), "ticks");
    for (const char* channel : {"md:quote:fx:EUR-USD", "md:quote:equity:AAPL", "md:quote:crypto:BTC-USDT"})
        EXPECT_TRUE(is_unbroken(listener.on(channel))) << channel;
    const auto metrics = http_get(system.http_port, "/metrics").body;
    for (const char* provider : {"binance", "massive", "oanda"})
        for (const char* check : {"crossed", "locked"})
            EXPECT_NE(metrics.find("tickgate_quality_quotes_total{provider=\"" + std::string(provider) + "\",check=\"" +
                                   check + "\"} "),
                std::string::npos)
                << provider << " " << check;
    // What may be sent to a venue is told where it says so, and null where it does not.
    const auto limits = http_get(system.http_port, "/api/v1/rate-limit").body;
    EXPECT_NE(limits.find(R"("provider":"binance","name":"spot","what":"messages","limit":5,)"), std::string::npos);
    for (const char* feed : {R"("oanda","name":"pricing")", R"("massive","name":"stocks")"})
        EXPECT_NE(limits.find(R"("provider":)" + std::string(feed) + R"(,"what":"messages","limit":null,"used":)"),
            std::string::npos)
            << feed << limits;
}

TEST(Routes, ADeadFirstProviderIsReplacedAtOnceAndComesBackWhenItIsWell) {
    auto options = all_four();
    options.symbols = "equity: [AAPL]";
    options.routes = "equity: [massive, tradier]";
    options.venues.erase("binance");
    options.venues.erase("oanda");
    MarketSystem system(options);
    ASSERT_TRUE(System::eventually([&] { return system.state_of("equity:AAPL") == "live"; }));
    Listener listener(system.redis.port());
    const std::string channel = "md:quote:equity:AAPL";
    ASSERT_TRUE(listener.until(
        [&] { return !listener.on(channel).empty() && listener.on(channel).back().get("provider") == "massive"; },
        std::chrono::seconds(60)));
    const auto switches_before = listener.events("route", "equity:AAPL").size();
    listener.forget();
    ASSERT_TRUE(listener.until_message(channel));
    system.fault("massive", R"({"fault":"refuse"})");
    system.fault("massive", R"({"fault":"drop"})");
    ASSERT_TRUE(listener.until(
        [&] { return !listener.on(channel).empty() && listener.on(channel).back().get("provider") == "tradier"; }));
    ASSERT_TRUE(listener.until_event("route", "equity:AAPL"));
    const auto route = listener.events("route", "equity:AAPL").front();
    EXPECT_EQ(route.get("provider"), "massive") << route.payload;
    EXPECT_EQ(route.get("to_provider"), "tradier");
    EXPECT_EQ(route.payload.find("\"from_us\":null"), std::string::npos) << route.payload;
    EXPECT_FALSE(listener.events("gap_opened", "equity:AAPL").empty()) << "the hole is told before the route changes";
    // Each is closed when the source that serves now has told what was missed, though the other one's REST is dead too.
    EXPECT_TRUE(listener.until(
        [&] {
            return listener.events("gap_opened", "equity:AAPL").size() ==
                   listener.events("gap_closed", "equity:AAPL").size();
        },
        std::chrono::seconds(60)))
        << listener.events("gap_opened", "equity:AAPL").size() << " opened, "
        << listener.events("gap_closed", "equity:AAPL").size() << " closed";
    // The new source's current quote came at once, marked as what it is.
    const auto quotes = listener.on(channel);
    const auto first =
        std::find_if(quotes.begin(), quotes.end(), [](const auto& m) { return m.get("provider") == "tradier"; });
    ASSERT_NE(first, quotes.end());
    EXPECT_NE(first->payload.find("snapshot"), std::string::npos) << first->payload;
    EXPECT_TRUE(is_unbroken(quotes)) << "the numbers belong to the route";
    EXPECT_EQ(system.state_of("equity:AAPL"), "live");
    EXPECT_TRUE(System::eventually([&] { return field(system.last("quote:equity:AAPL"), "provider") == "tradier"; }));
    EXPECT_NE(system.metrics().find("tickgate_route_switches_total " + std::to_string(switches_before + 1)),
        std::string::npos);

    system.clear_faults("massive");
    ASSERT_TRUE(listener.until(
        [&] { return listener.on(channel).back().get("provider") == "massive"; }, std::chrono::seconds(60)))
        << "it returns after it has been well for a while";
    EXPECT_EQ(listener.events("route", "equity:AAPL").size(), 2u);
    EXPECT_TRUE(is_unbroken(listener.on(channel)));
    EXPECT_EQ(providers_of(listener.on(channel)), (std::vector<std::string>{"massive", "tradier", "massive"}));
}

TEST(Routes, SourcesArePublishedBesideTheRouteWhenAskedFor) {
    auto options = all_four();
    options.routes = "equity: [massive, tradier]";
    options.symbols = "equity: [AAPL]";
    options.venues.erase("binance");
    options.venues.erase("oanda");
    options.more = "publish: {sources: true}\n";
    MarketSystem system(options);
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message("md:src:massive:quote:equity:AAPL"));
    EXPECT_TRUE(listener.until_message("md:src:tradier:quote:equity:AAPL"));
    EXPECT_TRUE(is_unbroken(listener.on("md:src:tradier:quote:equity:AAPL")));
}

TEST(Routes, CredentialsRefusedByTheOnlyProviderEndWith77) {
    MarketOptions options;
    options.venues["oanda"] = small_venue("oanda");
    options.venues["oanda"][1] = "another-credential-9876543210";
    options.routes = "fx: [oanda]";
    options.symbols = "fx: [EUR-USD]";
    options.wait = false;
    MarketSystem system(options);
    EXPECT_EQ(system.gateway->exit_code(), 77) << system.gateway->standard_error();
    EXPECT_NE(system.gateway->standard_error().find("check the credentials of providers.oanda"), std::string::npos)
        << system.gateway->standard_error();
    EXPECT_EQ(system.gateway->standard_error().find(credential), std::string::npos) << "a secret in the log";
}

TEST(Routes, CredentialsRefusedByOneProviderLeaveTheOthersServing) {
    auto options = all_four();
    options.venues["massive"][1] = "another-credential-9876543210";
    options.wait = false;
    MarketSystem system(options);
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message("md:quote:crypto:BTC-USDT"));
    EXPECT_TRUE(listener.until_message("md:quote:fx:EUR-USD"));
    EXPECT_TRUE(listener.until_message("md:quote:equity:AAPL"));
    EXPECT_EQ(listener.on("md:quote:equity:AAPL").back().get("provider"), "tradier");
    EXPECT_TRUE(system.gateway->running());
}

} // namespace
} // namespace tickgate::test
