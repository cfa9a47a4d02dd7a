// What subscribers see when Redis fails: feeds stay up, nothing goes unannounced, all is right afterwards.
#include "integration/gateway_system.hpp"

#include <set>

namespace tickgate::test {

namespace {

const std::string btc_quote = "md:quote:crypto:BTC-USDT", btc_trade = "md:trade:crypto:BTC-USDT";

// Every number from the first to the last one seen is either there or in the span of a gap event.
::testing::AssertionResult every_number_is_accounted_for(const Listener& listener, const std::string& channel) {
    const auto messages = listener.on(channel);
    if (messages.empty())
        return ::testing::AssertionFailure() << "no message on " << channel;
    std::set<std::uint64_t> numbers;
    for (const auto& m : messages)
        numbers.insert(number(m.payload, "seq"));
    const auto kind = messages.front().get("type");
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
    for (const auto* name : {"gap_opened", "gap_closed"})
        for (const auto& e : listener.events(name, messages.front().get("symbol")))
            if (e.get("kind").starts_with(kind) && number(e.payload, "from_seq") > 0)
                told.emplace_back(number(e.payload, "from_seq"), number(e.payload, "to_seq"));
    for (auto n = *numbers.begin(); n < *numbers.rbegin(); ++n) {
        const auto covers = [n](const auto& span) { return span.first <= n && n <= span.second; };
        if (!numbers.contains(n) && std::none_of(told.begin(), told.end(), covers))
            return ::testing::AssertionFailure() << channel << ": " << n << " is missing and in no gap event";
    }
    return ::testing::AssertionSuccess();
}

SystemOptions busy() {
    SystemOptions options;
    options.venue = {"--rate", "5000", "--symbols", "BTCUSDT,ETHUSDT"};
    return options;
}

} // namespace

TEST(RedisFaults, ACutConnectionUnderLoadLosesNothing) {
    System system(busy());
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > 100; }));
    for (int i = 0; i < 3; ++i) {
        // Ours is of type pubsub and stays.
        system.redis.cli({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        const auto before = listener.count(btc_trade);
        ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > before + 300; }));
    }
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_quote));
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
    EXPECT_GE(system.metric("tickgate_redis_reconnects_total"), 3);
}

TEST(RedisFaults, KilledAndRestartedUnderLoadComesBackByItself) {
    System system(busy());
    std::string session;
    std::uint64_t last = 0;
    {
        Listener before(system.redis.port());
        ASSERT_TRUE(before.until([&] { return before.count(btc_trade) > 100; }));
        session = before.on(btc_trade).back().get("session");
        last = number(before.on(btc_trade).back().payload, "seq");
    }
    system.redis.kill();
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    system.redis.start(); // empty
    Listener after(system.redis.port());
    ASSERT_TRUE(after.until([&] { return after.count(btc_trade) > 100 && after.count(btc_quote) > 100; }));
    const auto first = after.on(btc_trade).front();
    EXPECT_EQ(first.get("session"), session); // nobody else published meanwhile
    EXPECT_GT(number(first.payload, "seq"), last);
    EXPECT_TRUE(every_number_is_accounted_for(after, btc_trade));
    // All names are there again.
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 200; }));
    for (const auto* key : {"md:last:quote:crypto:BTC-USDT", "md:last:trade:crypto:BTC-USDT",
             "md:state:crypto:BTC-USDT", "md:alive", "md:owner", "md:last:quote:crypto:ETH-USDT"})
        EXPECT_TRUE(System::eventually([&] { return !system.redis.cli({"GET", key}).is_nil(); })) << key;
    EXPECT_EQ(system.feed_state(), "live");
    EXPECT_EQ(system.redis.cli({"HGET", "md:info", "session"}).text, session);
    EXPECT_EQ(system.redis.cli({"SISMEMBER", "md:symbols:crypto", "BTC-USDT"}).text, "1");
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
}

TEST(RedisFaults, AStalledRedisConflatesQuotesAndKeepsTrades) {
    System system(busy());
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > 100; }));
    system.redis.freeze();
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_conflated_quotes_total") > 1000; }));
    system.redis.resume();
    ASSERT_TRUE(listener.until_event("gap_closed", "BTC-USDT"));
    const auto before = listener.count(btc_trade);
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > before + 300; }));
    listener.drain();
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_quote));
    EXPECT_EQ(system.metric("tickgate_dropped_messages_total"), 0);
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
}

TEST(RedisFaults, WaitsForARedisThatIsNotThereAtTheStart) {
    SystemOptions options;
    options.start = false;
    System system(options);
    system.redis.kill();
    system.start_gateway();
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    EXPECT_NE(http_get(system.http_port, "/readyz").body.find("redis"), std::string::npos);
    system.redis.start();
    EXPECT_TRUE(system.wait_ready()) << system.gateway->standard_error();
}

TEST(RedisFaults, AWrongPasswordIsToldAndNeverShown) {
    SystemOptions options;
    options.redis = {"--requirepass", "the-right-one"};
    options.redis_more = ", password: \"canary-wrong-one\"";
    options.start = false;
    System system(options);
    system.start_gateway();
    HttpAnswer answer;
    EXPECT_TRUE(System::eventually([&] {
        answer = http_get(system.http_port, "/readyz");
        return answer.status == 503 && answer.body.find("WRONGPASS") != std::string::npos;
    })) << answer.body;
    EXPECT_EQ(answer.body.find("canary"), std::string::npos);
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    EXPECT_EQ(system.gateway->standard_error().find("canary"), std::string::npos);
    EXPECT_TRUE(system.gateway->running());
}

TEST(RedisFaults, AReplicaIsRefusedUntilItIsMasterAgain) {
    System system;
    system.redis.cli({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    system.redis.cli({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(system.wait_ready()) << http_get(system.http_port, "/readyz").body;
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message(btc_quote));
}

TEST(RedisFaults, OutOfMemoryIsToldAndQuotesStillFlow) {
    System system;
    system.redis.cli({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message(btc_quote)); // PUBLISH needs no memory
    system.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(system.wait_ready());
    EXPECT_TRUE(System::eventually([&] { return !system.redis.get("md:last:quote:crypto:BTC-USDT").empty(); }));
}

} // namespace tickgate::test
