// The venue fails in every way it can; a subscriber is told what it lost, and data comes back by itself.
//
// A half-open connection is given up after the venue's own silence limit (200 s): that deadline is tested on a manual
// clock in tests/providers/binance_feed; here is what subscribers see until then.
#include "integration/gateway_system.hpp"

#include <csignal>

namespace tickgate::test {

namespace {

const std::string btc = "crypto:BTC-USDT", quote = "md:quote:" + btc, trade = "md:trade:" + btc;

class VenueFaults : public ::testing::Test {
protected:
    static SystemOptions options() {
        SystemOptions o;
        o.venue = {"--kind", "spot", "--rate", "400", "--symbols", "BTCUSDT,ETHUSDT", "--trade-permille", "500"};
        return o;
    }
    // `data` more messages of both kinds.
    static ::testing::AssertionResult flows(Listener& listener, std::size_t data = 50) {
        const auto quotes = listener.count(quote) + data, trades = listener.count(trade) + data;
        if (listener.until([&] { return listener.count(quote) >= quotes && listener.count(trade) >= trades; }))
            return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << "no data";
    }
    // What holds whatever the venue does.
    static void expect_honest(Listener& listener) {
        EXPECT_TRUE(is_unbroken(listener.on(quote)));
        EXPECT_TRUE(is_unbroken(listener.on(trade)));
        EXPECT_TRUE(losses_are_announced(listener, btc));
    }
    // Down and up again, told by events, states and counters.
    static void expect_reconnect(System& system, Listener& listener) {
        ASSERT_TRUE(listener.until_event("link_down", "feed:binance.spot"));
        ASSERT_TRUE(listener.until_event("link_up", "feed:binance.spot"));
        ASSERT_TRUE(
            listener.until([&] { return listener.events("gap_closed", btc).size() >= 2; })); // quotes and trades
        EXPECT_GE(listener.events("gap_opened", btc).size(), 2u);
        ASSERT_TRUE(flows(listener));
        expect_honest(listener);
        EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "live"; }));
        EXPECT_TRUE(System::eventually([&] { return system.feed_state() == "live"; }));
        EXPECT_GE(system.metric("tickgate_feed_reconnects_total"), 1);
        EXPECT_GE(system.metric("tickgate_feed_connection_ends_total"), 1);
    }
};

} // namespace

TEST_F(VenueFaults, DroppedConnectionsComeBackWithTheGapTold) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"drop"})");
    expect_reconnect(system, listener);
}

TEST_F(VenueFaults, ResetConnectionsComeBackWithTheGapTold) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"reset"})");
    expect_reconnect(system, listener);
}

TEST_F(VenueFaults, TheCutAfterADayComesBackWithTheGapTold) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"cut_24h"})");
    expect_reconnect(system, listener);
}

TEST_F(VenueFaults, RefusedConnectionsAreTriedUntilTheVenueIsBack) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"refuse"})");
    system.fault(R"({"fault":"drop"})");
    ASSERT_TRUE(listener.until_event("link_down"));
    EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "down"; }));
    EXPECT_TRUE(System::eventually([&] { return system.feed_state() == "down"; }));
    EXPECT_EQ(http_get(system.http_port, "/readyz").status, 503);
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    EXPECT_TRUE(system.gateway->wait_for_line("event=connect_failed"));
    EXPECT_FALSE(system.redis.cli({"GET", "md:alive"}).is_nil()); // the gateway is alive, the feed is not
    system.clear_faults();
    expect_reconnect(system, listener);
}

TEST_F(VenueFaults, AStallIsAGapOnceDataFlowsAgain) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"stall","for_ms":1500})");
    ASSERT_TRUE(listener.until_event("gap_closed", btc));
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
    // Everything that was lost was fetched.
    EXPECT_GT(number(listener.events("gap_closed", btc).front().payload, "filled"), 0u);
    EXPECT_EQ(number(listener.events("gap_closed", btc).front().payload, "lost"), 0u);
    EXPECT_TRUE(listener.events("link_down").empty());
}

TEST_F(VenueFaults, ASequenceGapIsToldWithItsSize) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"gap","value":5,"symbol":"BTCUSDT"})");
    ASSERT_TRUE(listener.until_event("gap_closed", btc));
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
    std::uint64_t lost = 0, filled = 0;
    for (const auto& e : listener.events("gap_opened", btc))
        lost += number(e.payload, "lost");
    for (const auto& e : listener.events("gap_closed", btc))
        filled += number(e.payload, "filled");
    EXPECT_EQ(lost, 5u);
    EXPECT_EQ(filled, 5u);
    EXPECT_EQ(listener.events("gap_opened", btc).size(), listener.events("gap_closed", btc).size());
    EXPECT_TRUE(listener.events("gap_closed", "ETH-USDT").empty());
    EXPECT_EQ(system.metric("tickgate_feed_lost_messages_total"), 5);
}

TEST_F(VenueFaults, DuplicatesAreNotPassedOn) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"duplicate","for_ms":2000})");
    EXPECT_TRUE(System::eventually(
        [&] { return system.metric("tickgate_feed_skipped_total", {"reason=\"repeated\""}) > 100; }));
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
    EXPECT_TRUE(listener.events("gap_opened").empty());
}

TEST_F(VenueFaults, WhatComesOutOfOrderIsAnnouncedAsLost) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"reorder","for_ms":1000})");
    ASSERT_TRUE(listener.until_event("gap_closed", btc));
    ASSERT_TRUE(flows(listener, 200));
    expect_honest(listener);
}

TEST_F(VenueFaults, PiecesOfAnySizeArePutTogether) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"split"})");
    ASSERT_TRUE(flows(listener, 300));
    system.clear_faults();
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
    EXPECT_TRUE(listener.events("gap_opened").empty());
    EXPECT_EQ(system.metric("tickgate_feed_skipped_total", {"reason=\"malformed\""}), 0);
}

TEST_F(VenueFaults, ASlowLineDelaysAndLosesNothing) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"slow","value":10000,"for_ms":1500})");
    ASSERT_TRUE(flows(listener, 400));
    expect_honest(listener);
    EXPECT_TRUE(listener.events("gap_opened").empty());
    EXPECT_TRUE(listener.events("link_down").empty());
}

TEST_F(VenueFaults, GarbageNeverStopsTheFeed) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    // A bad payload is skipped and counted; a broken frame ends the connection.
    for (const auto* kind : {"json", "types", "binary", "truncated"}) {
        const auto before = system.metric("tickgate_feed_skipped_total");
        const auto ends = system.metric("tickgate_feed_connection_ends_total");
        system.fault(std::string(R"({"fault":"garbage","value":")") + kind + "\"}");
        EXPECT_TRUE(System::eventually([&] {
            return system.metric("tickgate_feed_skipped_total") > before ||
                   system.metric("tickgate_feed_connection_ends_total") > ends;
        })) << kind;
        ASSERT_TRUE(flows(listener)) << kind;
    }
    for (const auto* kind : {"opcode", "huge"}) {
        listener.forget();
        ASSERT_TRUE(flows(listener)) << kind; // the hole is to lie between two messages
        system.fault(std::string(R"({"fault":"garbage","value":")") + kind + "\"}");
        ASSERT_TRUE(listener.until_event("link_down")) << kind;
        ASSERT_TRUE(listener.until_event("link_up")) << kind;
        ASSERT_TRUE(flows(listener)) << kind;
    }
    expect_honest(listener);
    EXPECT_TRUE(system.gateway->running());
}

TEST_F(VenueFaults, AnAnnouncedShutdownIsSurvivedWithoutALoss) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"server_shutdown","value":4000})");
    EXPECT_TRUE(listener.until([&] { return system.metric("tickgate_feed_rotations_total") >= 1; }));
    ASSERT_TRUE(flows(listener, 600)); // beyond the end of the old connection
    expect_honest(listener);
    EXPECT_TRUE(listener.events("link_down").empty());
    EXPECT_TRUE(listener.events("gap_opened").empty());
}

TEST_F(VenueFaults, AClockThatIsOffRejectsNothing) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    const auto seen = [&](auto&& matches) {
        return listener.until([&] {
            const auto all = listener.on(trade);
            return !all.empty() && matches(static_cast<std::int64_t>(number(all.back().payload, "ts_event_us")) -
                                           static_cast<std::int64_t>(number(all.back().payload, "ts_recv_us")));
        });
    };
    system.fault(R"({"fault":"clock_skew","value":600000})");
    EXPECT_TRUE(seen([](std::int64_t ahead) { return ahead > 500'000'000; }));
    system.fault(R"({"fault":"clock_skew","value":-600000})");
    EXPECT_TRUE(seen([](std::int64_t ahead) { return ahead < -500'000'000; }));
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
    EXPECT_EQ(system.state_of(btc), "live");
    EXPECT_TRUE(listener.events("gap_opened").empty());
}

TEST_F(VenueFaults, ASilentSymbolIsStaleAndTheOthersAreNot) {
    auto o = options();
    o.more = "stale: {\"crypto:BTC-USDT\": 2s}\n";
    System system(o);
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"silent_symbol","symbol":"BTCUSDT"})");
    ASSERT_TRUE(listener.until_event("stale", btc));
    EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "stale"; }));
    EXPECT_EQ(system.state_of("crypto:ETH-USDT"), "live");
    EXPECT_TRUE(listener.until_message("md:quote:crypto:ETH-USDT"));
    system.clear_faults();
    ASSERT_TRUE(listener.until_event("fresh", btc));
    EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "live"; }));
    ASSERT_TRUE(flows(listener));
    expect_honest(listener);
}

TEST_F(VenueFaults, AHalfOpenConnectionIsStaleAtOnceAndHoldsNothingUp) {
    auto o = options();
    o.more = "stale: {\"crypto:BTC-USDT\": 2s}\n";
    System system(o);
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"half_open"})");
    ASSERT_TRUE(listener.until_event("stale", btc));
    EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "stale"; }));
    EXPECT_FALSE(system.redis.cli({"GET", "md:alive"}).is_nil());
    expect_honest(listener);
    // The venue answers nothing any more, not even a close.
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(std::chrono::seconds(10)), 0) << system.gateway->standard_error();
}

TEST_F(VenueFaults, SubscriptionsThatAreNotAnsweredAreTriedOnANewConnection) {
    auto o = options();
    o.start = false;
    System system(o);
    system.fault(R"({"fault":"no_ack"})");
    system.start_gateway();
    ASSERT_TRUE(system.gateway->wait_for_line("was not answered", std::chrono::seconds(30)));
    system.clear_faults();
    EXPECT_TRUE(system.wait_ready()) << system.gateway->standard_error();
}

TEST_F(VenueFaults, CredentialsRefusedAndNothingElseToServeIsExit77) {
    System system(options());
    Listener listener(system.redis.port());
    ASSERT_TRUE(flows(listener));
    system.fault(R"({"fault":"http_status","value":401})");
    system.fault(R"({"fault":"drop"})");
    EXPECT_TRUE(listener.until_event("refused", "feed:binance.spot"));
    EXPECT_EQ(system.gateway->exit_code(), 77) << system.gateway->standard_error();
    EXPECT_NE(system.gateway->standard_error().find("event=gave_up"), std::string::npos);
    EXPECT_EQ(system.state_of(btc), "refused");
}

// REST refuses symbols at the start; the state says so, and asking goes on.
class RestRefusal : public VenueFaults, public ::testing::WithParamInterface<int> {};

TEST_P(RestRefusal, IsToldAndOutlived) {
    auto o = options();
    o.start = false;
    System system(o);
    const auto status = std::to_string(GetParam()), label = "status=\"" + status + "\"";
    system.fault(R"({"fault":"http_status","value":)" + status + R"(,"retry_after":1})");
    system.start_gateway();
    ASSERT_TRUE(system.gateway->wait_for_line("event=symbols_failed")) << system.gateway->standard_error();
    EXPECT_EQ(http_get(system.http_port, "/readyz").status, 503);
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_rest_answers_total", {label}) >= 1; }));
    EXPECT_TRUE(System::eventually([&] { return system.state_of(btc) == "pending"; }));
}

INSTANTIATE_TEST_SUITE_P(Statuses, RestRefusal, ::testing::Values(403, 418, 429, 451, 500, 503));

TEST_F(VenueFaults, AServerErrorOnRestIsRetriedUntilItWorks) {
    auto o = options();
    o.start = false;
    System system(o);
    system.fault(R"({"fault":"http_status","value":503,"count":2})");
    system.start_gateway();
    ASSERT_TRUE(system.gateway->wait_for_line("event=symbols_failed"));
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();
    Listener listener(system.redis.port());
    EXPECT_TRUE(flows(listener));
}

} // namespace tickgate::test
