// The Python subscriber of docs/clients and the JSON Schemas of docs/schemas, run against the real programs.
#include "integration/gateway_system.hpp"

namespace tickgate::test {

namespace {

const std::string python = "/usr/bin/python3"; // the one that has the distribution's packages
const std::string source = TICKGATE_SOURCE;

} // namespace

TEST(Clients, PythonSubscriberShowsLateJoinGapsAndExactDecimals) {
    SystemOptions options;
    options.venue = {"--kind", "spot", "--rate", "400", "--symbols", "BTCUSDT,ETHUSDT"};
    System system(options);
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
