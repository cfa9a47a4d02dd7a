// The daemon with healthy neighbours: what a subscriber sees, what HTTP says, who owns the prefix, how it ends.
#include "integration/gateway_system.hpp"

#include <csignal>
#include <set>

namespace tickgate::test {

namespace {

const std::string btc_quote = "md:quote:crypto:BTC-USDT", btc_trade = "md:trade:crypto:BTC-USDT",
                  btc_bar = "md:bar:1m:crypto:BTC-USDT";

} // namespace

TEST(Gateway, PublishesQuotesTradesAndBarsOfBothMarkets) {
    SystemOptions options;
    options.symbols = "crypto: [BTC-USDT], future: [ETH-USDT-PERP]";
    System system(options);
    Listener listener(system.redis.port());
    const std::vector<std::string> channels{btc_quote, btc_trade, btc_bar, "md:quote:future:ETH-USDT-PERP",
        "md:trade:future:ETH-USDT-PERP", "md:bar:1m:future:ETH-USDT-PERP", "md:heartbeat"};
    EXPECT_TRUE(listener.until([&] {
        return std::all_of(channels.begin(), channels.end(), [&](const auto& c) { return listener.count(c) >= 2; });
    }));
    for (const auto& channel : channels)
        EXPECT_TRUE(is_unbroken(listener.on(channel))) << channel;
    EXPECT_EQ(system.state_of("crypto:BTC-USDT"), "live");
    EXPECT_EQ(system.state_of("future:ETH-USDT-PERP"), "live");
    EXPECT_EQ(system.feed_state("binance.spot"), "live");
    EXPECT_EQ(system.feed_state("binance.usdm"), "live");

    const auto quote = listener.on(btc_quote).front();
    EXPECT_EQ(quote.get("provider"), "binance");
    EXPECT_EQ(quote.get("native"), "BTCUSDT");
    const auto info = system.redis.cli({"HGET", "md:info", "session"}).text;
    EXPECT_EQ(quote.get("session"), info);
    EXPECT_EQ(system.redis.get("md:alive"), info);
    EXPECT_EQ(system.redis.cli({"SISMEMBER", "md:symbols:crypto", "BTC-USDT"}).text, "1");
}

TEST(Gateway, KeepsTheLastValueForLateJoiners) {
    SystemOptions options;
    options.venue = {"--rate", "200"};
    System system(options);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message(btc_quote));
    std::string last;
    EXPECT_TRUE(listener.until([&] {
        last = system.redis.get("md:last:quote:crypto:BTC-USDT");
        listener.drain();
        const auto sent = listener.on(btc_quote);
        return std::any_of(sent.begin(), sent.end(), [&](const auto& m) { return m.payload == last; });
    }));
    EXPECT_TRUE(System::eventually([&] { return !system.redis.get("md:last:bar:1m:crypto:BTC-USDT").empty(); }));
}

TEST(Gateway, NamesUnknownSymbolsAndServesTheOthers) {
    SystemOptions options;
    options.symbols = "crypto: [BTC-USDT, NOSUCH-COIN]";
    System system(options);
    EXPECT_TRUE(System::eventually([&] { return system.state_of("crypto:NOSUCH-COIN") == "unknown_symbol"; }));
    EXPECT_TRUE(System::eventually([&] { return system.state_of("crypto:BTC-USDT") == "live"; }));
    EXPECT_TRUE(system.gateway->wait_for_line("event=unknown_symbol"));
}

TEST(Gateway, AnswersHealthReadinessAndMetrics) {
    System system;
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    EXPECT_EQ(http_get(system.http_port, "/readyz").status, 200);
    EXPECT_EQ(http_get(system.http_port, "/nothing").status, 404);
    EXPECT_EQ(http(system.http_port, "POST", "/healthz").status, 405);
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_published_total", {"kind=\"quote\""}) > 0; }));
    EXPECT_EQ(system.metric("tickgate_owner"), 1);
    EXPECT_EQ(system.metric("tickgate_feed_state", {"feed=\"binance.spot\"", "state=\"live\""}), 1);
}

TEST(Gateway, ASecondInstanceStandsBackAndTakesOverWhenTheFirstEnds) {
    System system;
    const auto second_port = free_port();
    auto text = std::string(
        "redis: {url: \"" + system.redis.url() + "\"}\nhttp: {listen: \"127.0.0.1:" + std::to_string(second_port) +
        "\"}\nproviders: {binance: {endpoints: {ws: \"ws://127.0.0.1:" + std::to_string(system.venue_port) +
        "\", rest: \"http://127.0.0.1:" + std::to_string(system.venue_port) + "\"}}}\nsymbols: {crypto: [BTC-USDT]}\n");
    Process second({binary, "run", "--config", system.directory.write("second.yaml", text)});
    HttpAnswer answer;
    EXPECT_TRUE(System::eventually([&] {
        answer = http_get(second_port, "/readyz");
        return answer.status == 503 && answer.body.find("holder") != std::string::npos;
    }));
    EXPECT_NE(answer.body.find(system.redis.get("md:owner")), std::string::npos) << answer.body;
    EXPECT_EQ(http_get(second_port, "/healthz").status, 200);

    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_quote) >= 50; }));
    std::set<std::string> sessions;
    for (const auto& m : listener.on(btc_quote))
        sessions.insert(m.get("session"));
    EXPECT_EQ(sessions.size(), 1u);

    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 0);
    listener.forget();
    ASSERT_TRUE(listener.until([&] {
        const auto all = listener.on(btc_quote);
        return !all.empty() && all.back().get("session") > *sessions.begin();
    }));
    EXPECT_TRUE(System::eventually([&] { return http_get(second_port, "/readyz").status == 200; }));
    second.signal(SIGTERM);
    EXPECT_EQ(second.exit_code(), 0);
}

TEST(Gateway, DrainsOnSigtermAndLeavesNothingAlive) {
    System system;
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message(btc_quote));
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 0) << system.gateway->standard_error();
    listener.drain();
    EXPECT_TRUE(system.redis.cli({"GET", "md:alive"}).is_nil());
    EXPECT_TRUE(system.redis.cli({"GET", "md:owner"}).is_nil());
    // The last message of the channel is the last value: nothing that was numbered stayed behind.
    const auto sent = listener.on(btc_quote);
    EXPECT_TRUE(is_unbroken(sent));
    EXPECT_EQ(system.redis.get("md:last:quote:crypto:BTC-USDT"), sent.back().payload);
    EXPECT_NE(system.gateway->standard_error().find("event=stopped"), std::string::npos);
}

TEST(Gateway, StopsAtOnceOnASecondSignal) {
    System system;
    system.redis.freeze(); // draining cannot end
    system.gateway->signal(SIGTERM);
    ASSERT_TRUE(system.gateway->wait_for_line("event=stopping"));
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 1);
    EXPECT_TRUE(system.gateway->wait_for_line("event=stopped_at_once"));
    system.redis.resume();
}

TEST(Gateway, TailShowsLinesOfJson) {
    System system;
    Process tail({binary, "tail", "md:quote:*", "--config", system.config_file});
    const auto line = tail.wait_for_line("BTC-USDT");
    ASSERT_TRUE(line) << tail.standard_error();
    EXPECT_TRUE(line->starts_with('{')) << *line;
    tail.signal(SIGINT);
    EXPECT_TRUE(tail.exit_code());
}

} // namespace tickgate::test
