// The clients of docs/clients and the JSON Schemas of docs/schemas, run against the real programs.
#include "integration/gateway_system.hpp"

#include <filesystem>

namespace tickgate::test {

namespace {

const std::string python = "/usr/bin/python3"; // the one that has the distribution's packages
const std::string source = TICKGATE_SOURCE;

SystemOptions quiet_venue() {
    SystemOptions options;
    options.symbols = "crypto: [ETH-USDT]"; // BTC-USDT comes by demand alone
    options.venue = {"--kind", "spot", "--rate", "40", "--symbols", "BTCUSDT,ETHUSDT"};
    return options;
}

// A message that was never sent to it shows as a gap, a new gateway as a new session.
void check_following(System& system, Process& client, const std::string& channel) {
    ASSERT_TRUE(client.wait_for_line(channel + " seq ")) << client.standard_error();
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message(channel));
    auto forged = listener.on(channel).front();
    forged.payload.replace(forged.payload.find("\"seq\":") + 6, forged.get("seq").size(), "1000000000");
    EXPECT_EQ(client.standard_output().find(" gap: "), std::string::npos) << client.standard_output();
    system.redis.cli({"PUBLISH", channel, forged.payload});
    EXPECT_TRUE(client.wait_for_line(channel + " gap: missing ")) << client.standard_output();
    system.gateway->signal(15);
    ASSERT_EQ(system.gateway->exit_code(), 0);
    system.start_gateway();
    EXPECT_TRUE(client.wait_for_line("new session")) << client.standard_output();
    EXPECT_TRUE(client.running()) << client.standard_error();
}

} // namespace

TEST(Clients, PythonSubscriberShowsLateJoinGapsAndExactDecimals) {
    SystemOptions options;
    options.venue = {"--kind", "spot", "--rate", "400", "--symbols", "BTCUSDT,ETHUSDT"};
    System system(options);
    ASSERT_TRUE(System::eventually([&] { return !system.redis.get("md:last:trade:crypto:BTC-USDT").empty(); }));
    Process subscriber({python, "-u", source + "/docs/clients/subscriber.py", system.redis.url(),
        "md:trade:crypto:BTC-USDT", "md:quote:crypto:BTC-USDT"});
    ASSERT_TRUE(subscriber.wait_for_line("last value md:trade:crypto:BTC-USDT")) << subscriber.standard_error();
    ASSERT_TRUE(subscriber.wait_for_line("md:quote:crypto:BTC-USDT seq ")) << subscriber.standard_error();
    EXPECT_EQ(subscriber.standard_output().find("gap"), std::string::npos) << subscriber.standard_output();
    // Exactly the digits that were sent.
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:trade:crypto:BTC-USDT"));
    const auto sent = listener.on("md:trade:crypto:BTC-USDT").front();
    EXPECT_TRUE(subscriber.wait_for_line(
        "md:trade:crypto:BTC-USDT seq " + sent.get("seq") + " " + sent.get("price") + " " + sent.get("size")))
        << sent.payload << subscriber.standard_output();

    // A message that was never sent to it shows as a gap.
    auto forged = sent.payload;
    forged.replace(forged.find("\"seq\":") + 6, sent.get("seq").size(), "1000000000");
    system.redis.cli({"PUBLISH", "md:trade:crypto:BTC-USDT", forged});
    EXPECT_TRUE(subscriber.wait_for_line("gap")) << subscriber.standard_output();

    // A new gateway is a new session.
    system.gateway->signal(15);
    ASSERT_EQ(system.gateway->exit_code(), 0);
    system.start_gateway();
    EXPECT_TRUE(subscriber.wait_for_line("new session")) << subscriber.standard_output();
    EXPECT_TRUE(subscriber.running()) << subscriber.standard_error();
}

TEST(Clients, PythonRequestsQuotes) {
    System system(quiet_venue());
    const auto program = source + "/docs/clients/request_quote.py";
    auto asked = run({python, program, system.redis.url(), "crypto:BTC-USDT", "crypto:ETH-USDT"});
    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_NE(asked.out.find("crypto:BTC-USDT bid "), std::string::npos) << asked.out;
    EXPECT_NE(asked.out.find("crypto:ETH-USDT bid "), std::string::npos) << asked.out;
    asked = run({python, program, system.redis.url(), "crypto:NOSUCH-COIN"});
    EXPECT_EQ(asked.code, 1);
    EXPECT_EQ(asked.err.find("unknown_symbol"), 0u) << asked.err;
}

TEST(Clients, ShellSubscriberAsksJoinsLateAndShowsGaps) {
    System system(quiet_venue());
    const std::string channel = "md:quote:crypto:BTC-USDT";
    Process client({"/bin/bash", source + "/docs/clients/subscriber.sh", system.redis.url(), channel});
    ASSERT_TRUE(client.wait_for_line("quote {\"v\":1,")) << client.standard_error();
    check_following(system, client, channel);
    Process late({"/bin/bash", source + "/docs/clients/subscriber.sh", system.redis.url(), channel});
    EXPECT_TRUE(late.wait_for_line("last value " + channel)) << late.standard_error();
}

TEST(Clients, CppSubscriberJoinsLateAndShowsGaps) {
    SystemOptions options;
    options.venue = {"--kind", "spot", "--rate", "40", "--symbols", "BTCUSDT,ETHUSDT"};
    System system(options);
    const std::string channel = "md:trade:crypto:BTC-USDT", port = std::to_string(system.redis.port());
    Process client({TICKGATE_EXAMPLE, "127.0.0.1", port, channel});
    check_following(system, client, channel);
    Process late({TICKGATE_EXAMPLE, "127.0.0.1", port, channel});
    EXPECT_TRUE(late.wait_for_line("last value " + channel)) << late.standard_error();
}

TEST(Clients, PythonFollowsTheWebSocket) {
    System system(quiet_venue());
    Process client({python, "-u", source + "/docs/clients/stream.py",
        "ws://127.0.0.1:" + std::to_string(system.http_port) + "/ws/example", "crypto:BTC-USDT"});
    EXPECT_TRUE(client.wait_for_line("'type': 'subscribed'")) << client.standard_error();
    EXPECT_TRUE(client.wait_for_line("crypto:BTC-USDT bid ")) << client.standard_error();
    EXPECT_TRUE(client.wait_for_line("crypto:BTC-USDT price ")) << client.standard_error();
}

TEST(Clients, NodeSubscriberAsksJoinsLateAndShowsGaps) {
    if (run({"node", "--version"}).code != 0 || run({"npm", "--version"}).code != 0)
        GTEST_SKIP() << "NOT TESTED: docs/clients/subscriber.mjs, as this machine has no node and npm";
    const TemporaryDirectory folder;
    const auto installed = run({"npm", "install", "--no-audit", "--no-fund", "--prefix", folder.path(), "redis"});
    if (installed.code != 0)
        GTEST_SKIP() << "NOT TESTED: docs/clients/subscriber.mjs, as npm cannot install redis: " << installed.err;
    const auto program = folder.path() + "/subscriber.mjs"; // where node finds the package
    std::filesystem::copy_file(source + "/docs/clients/subscriber.mjs", program);
    System system(quiet_venue());
    const std::string channel = "md:trade:crypto:BTC-USDT";
    Process client({"node", program, system.redis.url(), channel});
    ASSERT_TRUE(client.wait_for_line("quote crypto:BTC-USDT bid ")) << client.standard_error();
    check_following(system, client, channel);
    Process late({"node", program, system.redis.url(), channel});
    EXPECT_TRUE(late.wait_for_line("last value " + channel)) << late.standard_error();
}

TEST(Clients, EveryAnswerOverHttpAndEveryMessageOfTheStreamMatchesItsSchema) {
    SystemOptions options;
    options.venue = {"--rate", "400", "--symbols", "BTCUSDT,ETHUSDT"};
    System system(options);
    const auto checked = run({python, source + "/tests/integration/check_http.py", source + "/docs/schemas",
        "http://127.0.0.1:" + std::to_string(system.http_port)});
    EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

TEST(Clients, EveryPayloadMatchesItsSchema) {
    SystemOptions options;
    options.symbols = "crypto: [BTC-USDT, NOSUCH-COIN], future: [BTC-USDT-PERP]";
    options.venue = {"--rate", "400", "--symbols", "BTCUSDT,ETHUSDT"};
    options.more = "stale: {\"future:BTC-USDT-PERP\": 2s}\n";
    System system(options);
    Process checker(
        {python, "-u", source + "/tests/integration/check_schemas.py", source + "/docs/schemas", system.redis.url()});
    ASSERT_TRUE(checker.wait_for_line("listening")) << checker.standard_error();
    system.fault(R"({"fault":"gap","value":3})");
    system.fault(R"({"fault":"silent_symbol","symbol":"BTCUSDT","for_ms":5000})");
    ASSERT_TRUE(checker.wait_for_line("event stale")) << checker.standard_error() << checker.standard_output();
    system.fault(R"({"fault":"drop"})");
    EXPECT_EQ(checker.exit_code(), 0) << checker.standard_output() << checker.standard_error();
}

} // namespace tickgate::test
