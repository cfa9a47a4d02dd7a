#include "providers/massive_venue/venue_fixture.hpp"

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using VenueSession = VenueFixture;

TEST_F(VenueSession, GreetsAuthenticatesAndAcknowledgesEachPair) {
    options.common.rate = 0;
    start();
    auto client = connect("/stocks");
    EXPECT_THAT(client.port->frames,
        ElementsAre(R"([{"ev":"status","status":"connected","message":"Connected Successfully"}])"));
    client.port->frames.clear();
    say(client, "auth", "test");
    say(client, "subscribe", "T.AAPL,Q.AAPL,AM.*,T.BRK.B");
    pass(20ms);
    EXPECT_THAT(
        messages(client.port->objects()), ElementsAre("authenticated", "subscribed to: T.AAPL", "subscribed to: Q.AAPL",
                                              "subscribed to: AM.*", "subscribed to: T.BRK.B"));
    say(client, "unsubscribe", "Q.AAPL,Q.MSFT");
    pass(20ms);
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("unsubscribed to: Q.AAPL"));
    EXPECT_EQ(venue->pairs(), 3u);
    client.brain.reset();
    EXPECT_EQ(venue->sessions(), 0u);
}

TEST_F(VenueSession, EndsAConnectionWithAWrongKeyWithoutACloseFrame) {
    start();
    auto client = connect("/stocks");
    client.port->frames.clear();
    say(client, "auth", "wrong");
    EXPECT_THAT(client.port->frames,
        ElementsAre(R"([{"ev":"status","status":"auth_failed","message":"authentication failed"}])"));
    EXPECT_EQ(client.port->end, "drop");
}

TEST_F(VenueSession, SaysWhenAClusterIsNotInThePlan) {
    options.clusters = {"stocks"};
    start();
    auto client = connect("/crypto");
    client.port->frames.clear();
    say(client, "auth", "test");
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("Your plan doesn't include websocket access."));
    EXPECT_EQ(client.port->end, "drop");
}

TEST_F(VenueSession, WaitsForAuthenticationUntilTheDeadline) {
    start();
    auto client = connect("/forex");
    client.port->frames.clear();
    now.mono += 9s;
    client.brain->tick(now);
    EXPECT_EQ(client.port->end, "");
    now.mono += 1s;
    client.brain->tick(now);
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("No authentication request received."));
    EXPECT_EQ(client.port->end, "drop");
}

TEST_F(VenueSession, DoesNotNameRefusedPairsAndIgnoresUnknownChannels) {
    options.common.rate = 0;
    options.refused = {"Q", "crypto:XT"};
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "T.AAPL,Q.AAPL,Q.MSFT,ZZ.AAPL,T.NOSUCH,LULD.AAPL,FMV.AAPL");
    pass(20ms);
    EXPECT_THAT(messages(client.port->objects()),
        ElementsAre("not authorized", "subscribed to: T.AAPL", "subscribed to: T.NOSUCH", "subscribed to: LULD.AAPL"));
    say(client, "subscribe", "T.AAPL,nonsense,ZZ.MSFT");
    client.brain->on_text("no json", now);
    client.brain->on_text("[]", now);
    pass(20ms);
    EXPECT_THAT(client.port->frames, IsEmpty()); // what is held is not told again
    auto coins = join("/crypto");
    say(coins, "subscribe", "XT.BTC-USD,XQ.BTC-USD");
    pass(20ms);
    EXPECT_THAT(messages(coins.port->objects()), ElementsAre("not authorized", "subscribed to: XQ.BTC-USD"));
}

TEST_F(VenueSession, LimitsTheContractsOfOptionQuotes) {
    options.common.rate = 0;
    options.common.symbol_count = 30;
    options.option_contracts = 3;
    start();
    auto client = join("/options");
    const auto name = [&](std::size_t i) { return venue->market(Cluster::options).instrument(i).wire; };
    say(client, "subscribe", "Q." + name(0) + ",Q." + name(1));
    pass(20ms);
    EXPECT_EQ(client.port->objects().size(), 2u);
    say(client, "subscribe", "Q." + name(2) + ",Q." + name(3) + ",T." + name(3));
    pass(20ms);
    const std::string refused = "Subscription limit reached for feed. Please remove some subscriptions and try again.";
    EXPECT_THAT(messages(client.port->objects()), ElementsAre(refused, refused, "subscribed to: T." + name(3)));
    say(client, "unsubscribe", "Q." + name(0));
    say(client, "subscribe", "Q." + name(2) + ",Q." + name(3));
    pass(20ms);
    EXPECT_EQ(messages(client.port->objects()).back(), "subscribed to: Q." + name(3));
    say(client, "subscribe", "Q.*");
    pass(20ms);
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("not authorized"));
}

TEST_F(VenueSession, ASurplusConnectionPutsOutTheOldest) {
    start();
    auto first = join("/stocks");
    auto other = join("/crypto"); // counts for itself
    auto second = join("/stocks");
    EXPECT_EQ(first.port->end, "close 1008");
    EXPECT_EQ(second.port->end, "");
    EXPECT_EQ(other.port->end, "");
    EXPECT_EQ(first.port->frames.back(),
        R"([{"ev":"status","status":"max_connections","message":"Maximum number of websocket connections exceeded. )"
        R"(You have reached the connection limit for your account."}])");
    EXPECT_EQ(venue->evictions(), 1u);
    // A connection that is not authenticated takes no place.
    auto third = connect("/stocks");
    pass(20ms);
    EXPECT_EQ(second.port->end, "");
}

TEST_F(VenueSession, MovesWithFaults) {
    options.common.rate = 0;
    start();
    auto client = join("/stocks");
    fault("no_ack");
    say(client, "subscribe", "T.AAPL");
    pass(20ms);
    EXPECT_EQ(venue->pairs(), 0u);
    faults.clear(std::nullopt);
    fault("no_ack=1");
    say(client, "subscribe", "T.AAPL");
    pass(20ms);
    EXPECT_EQ(venue->pairs(), 1u);
    EXPECT_THAT(client.port->frames, IsEmpty());
    faults.clear(std::nullopt);
    fault("error_text=not_authorized");
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("not authorized"));
    fault("auth_expired");
    EXPECT_THAT(messages(client.port->objects()), ElementsAre("authentication failed"));
    EXPECT_EQ(client.port->end, "drop");
    EXPECT_EQ(ask("/v1/marketstatus/now").status, 401);
    auto again = connect("/stocks");
    say(again, "auth", "test");
    EXPECT_EQ(again.port->end, "drop");
    faults.clear(std::nullopt);
    auto last = join("/stocks");
    fault("server_shutdown=100");
    pass(100ms);
    EXPECT_EQ(last.port->end, "drop");
}

} // namespace
} // namespace tickgate::massive_venue
