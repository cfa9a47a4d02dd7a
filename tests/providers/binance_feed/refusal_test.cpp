// Venues that do not want us, or not yet; and ends in the middle of it all.
#include "feed_rig.hpp"

#include "support/test_certs.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace tickgate::test {
namespace {

using Refusal = FeedRig;

TEST_F(Refusal, ConnectionsRefusedAreTriedUntilTheVenueIsBack) {
    start_venue();
    venue->fault("refuse");
    start_feed();
    const auto wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(until([&] { return feed->stats().connect_attempts >= 20; }));
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::down);
    EXPECT_EQ(seen.status.state, FeedState::connecting);
    EXPECT_EQ(seen.count("link_up"), 0u);
    EXPECT_EQ(seen.count("gap_opened"), 0u) << "nothing was there to lose";
    venue->clear_faults();
    ASSERT_TRUE(up(wanted));
    EXPECT_EQ(seen.status.state, FeedState::live);
    EXPECT_EQ(feed->stats().reconnects, 0u);
}

struct Answer {
    int status;
    errc reason;
    bool later; // the venue wants a pause
};
class UpgradeRefused : public FeedRig, public ::testing::WithParamInterface<Answer> {};

TEST_P(UpgradeRefused, IsWaitedOutAsTheVenueWants) {
    const auto answer = GetParam();
    start_venue();
    venue->fault("http_status=" + std::to_string(answer.status) + ",count=1");
    start_feed();
    const auto wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(up(wanted));
    EXPECT_EQ(ends(answer.reason), 1u);
    const auto* line = find_log("event=connect_failed");
    ASSERT_NE(line, nullptr);
    EXPECT_THAT(*line, ::testing::HasSubstr("HTTP " + std::to_string(answer.status)));
    const auto wait = std::stoi(line->substr(line->find("retry_in_ms=") + 12));
    EXPECT_EQ(wait >= 300, answer.later) << wait << " ms";
}

INSTANTIATE_TEST_SUITE_P(Statuses, UpgradeRefused,
    ::testing::Values(Answer{429, errc::rate_limited, true}, Answer{418, errc::banned, true},
        Answer{451, errc::restricted, true}, Answer{403, errc::restricted, true}, Answer{500, errc::venue_error, false},
        Answer{503, errc::venue_error, false}, Answer{404, errc::protocol_error, false}),
    [](const auto& one) { return "Http" + std::to_string(one.param.status); });

TEST_F(Refusal, CredentialsRefusedStopTheFeedLoudly) {
    start_venue();
    venue->fault("http_status=401");
    start_feed();
    const auto wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(until([&] { return seen.status.state == FeedState::refused; }));
    ASSERT_EQ(seen.count("refused"), 1u);
    EXPECT_EQ(seen.events_of("refused").at(0).feed, "binance.spot");
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::refused);
    EXPECT_TRUE(logged("event=gave_up"));
    EXPECT_FALSE(until([&] { return feed->stats().connect_attempts > 1; }, 500ms)) << "tried again";
    const auto later = want("crypto:SOL-USDT", Kind::trade);
    feed->subscribe({later});
    EXPECT_EQ(seen.state_of(later.what.instrument), InstrumentState::refused);
}

TEST_F(Refusal, AReplacementThatIsRefusedLeavesTheConnectionThatServes) {
    start_venue();
    start_feed();
    const auto wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(up(wanted));
    venue->fault("http_status=401,count=3"); // a question by REST may take one
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(until([&] { return ends(errc::unauthorized) >= 2; }));
    EXPECT_EQ(seen.status.state, FeedState::live);
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1; }));
    ASSERT_TRUE(flows());
    expect_never(InstrumentState::refused);
    expect_never(InstrumentState::down);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

class Tls : public FeedRig {
protected:
    void begin(const TestCerts::Pair& pair, const std::string& ca) {
        auto market = small_market();
        market.tls = true;
        market.cert_file = pair.cert;
        market.key_file = pair.key;
        start_venue(market);
        std::string problem;
        auto context = net::TlsContext::client(ca, problem);
        ASSERT_TRUE(context) << problem;
        tls = *context;
        ws_url = "wss://localhost:" + std::to_string(venue->tls_port());
        start_feed();
        wanted = both(Kind::quote, Kind::trade);
        feed->subscribe(wanted);
    }
    std::vector<Wanted> wanted;
};

TEST_F(Tls, ACaThatWasAddedIsTrusted) {
    begin(test_certs().good, test_certs().ca);
    ASSERT_TRUE(up(wanted));
    ASSERT_TRUE(flows(100));
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
    venue->fault("drop");
    ASSERT_TRUE(until([&] { return seen.count("link_up") == 2; }));
    ASSERT_TRUE(up(wanted));
}

TEST_F(Tls, AnUnknownCaIsRefusedAndSaidSo) {
    begin(test_certs().untrusted, test_certs().ca);
    ASSERT_TRUE(until([&] { return ends(errc::tls_failed) >= 2; }));
    EXPECT_EQ(seen.count("link_up"), 0u);
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::down);
    EXPECT_THAT(seen.status.reason, ::testing::HasSubstr("TLS failed"));
}

TEST_F(Tls, ACertificateForAnotherNameIsRefused) {
    begin(test_certs().wrong_host, test_certs().ca);
    ASSERT_TRUE(until([&] { return ends(errc::tls_failed) >= 1; }));
    EXPECT_EQ(seen.count("link_up"), 0u);
}

using Stopping = FeedRig;

TEST_F(Stopping, IsPromptWhileAServerDoesNotAnswer) {
    // Connects by the backlog; nobody answers the upgrade.
    asio::ip::tcp::acceptor mute(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    ws_url = "ws://127.0.0.1:" + std::to_string(mute.local_endpoint().port());
    start_feed();
    feed->subscribe({want("crypto:BTC-USDT", Kind::trade)});
    ASSERT_TRUE(until([&] { return provider->sessions.size() == 1; }));
    EXPECT_FALSE(until([&] { return !feed_running; }, 100ms));
    EXPECT_TRUE(stops_within(3s));
    EXPECT_EQ(ends("shutdown"), 1u);
}

TEST_F(Stopping, IsPromptWhileBackingOff) {
    options.timings.back_off = {10s, 30s, 60s};
    start_venue();
    venue->fault("http_status=429");
    start_feed();
    feed->subscribe({want("crypto:BTC-USDT", Kind::trade)});
    ASSERT_TRUE(until([&] { return ends(errc::rate_limited) == 1; }));
    EXPECT_TRUE(stops_within(3s));
}

TEST_F(Stopping, IsPromptWhileAConnectionWaitsForItsTurn) {
    start_venue();
    start_feed();
    stop_feed();
    options.spec.connect_spacing = 1h;
    options.spec.streams_per_connection = 1;
    make_feed();
    run_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::trade), eth = want("crypto:ETH-USDT", Kind::trade);
    feed->subscribe({btc, eth});
    ASSERT_TRUE(up({btc}));
    EXPECT_TRUE(stops_within(5s));
    EXPECT_EQ(ends("shutdown"), 2u);
}

TEST_F(Stopping, BeforeTheFirstTurnIsPossibleToo) {
    start_venue();
    start_feed();
    stop_feed();
    make_feed();
    feed->subscribe({want("crypto:BTC-USDT", Kind::trade)});
    feed->stop();
    run_feed();
    EXPECT_TRUE(until([&] { return !feed_running; }, 3s));
    EXPECT_EQ(feed->stats().connect_attempts, 0u);
}

} // namespace
} // namespace tickgate::test
