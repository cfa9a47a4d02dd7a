// Make before break: while the market runs, nothing is lost or repeated when one connection replaces another.
#include "feed_rig.hpp"

namespace tickgate::test {
namespace {

class Rotation : public FeedRig {
protected:
    void begin(std::optional<std::chrono::milliseconds> life_span = std::nullopt) {
        auto market = small_market();
        market.rate = 5000;
        market.symbols.push_back("SOLUSDT");
        start_venue(market);
        tap = std::make_unique<VenueTap>(
            venue->engine(), std::vector<std::string>{"btcusdt@bookTicker", "ethusdt@bookTicker"});
        start_feed();
        provider->tuning.life_span = life_span;
        wanted = both(Kind::quote, Kind::trade);
        wanted.push_back(want("crypto:BTC-USDT", Kind::bar, Timeframe::s1));
        feed->subscribe(wanted);
        ASSERT_TRUE(up(wanted));
    }
    // Both connections are up and the new one brings data.
    bool overlapping() {
        return until([&] { return provider->sessions.size() == 2 && venue->engine().subscribed_streams() == 12; });
    }
    void expect_seamless() {
        ASSERT_TRUE(flows(100));
        EXPECT_EQ(seen.count("link_down"), 0u);
        EXPECT_EQ(seen.count("gap_opened"), 0u);
        EXPECT_EQ(seen.count("link_up"), 1u);
        expect_never(InstrumentState::down);
        EXPECT_EQ(seen.feed_states, (std::vector<FeedState>{FeedState::connecting, FeedState::live}));
        EXPECT_TRUE(until([&] { return seen.status.acked == seen.status.wanted; }));
        for (const auto& w : wanted) {
            if (w.what.kind == Kind::quote)
                expect_quotes_exact(w);
            else if (w.what.kind == Kind::trade)
                expect_trades_exact(w);
            else
                for (std::size_t i = 1; i < seen.messages(w.what).size(); ++i)
                    EXPECT_GE(seen.messages(w.what)[i].id, seen.messages(w.what)[i - 1].id);
        }
    }
    std::vector<Wanted> wanted;
};

TEST_F(Rotation, AnAnnouncedShutdownLosesAndRepeatsNothing) {
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1 && ends("replaced") == 1; }));
    expect_seamless();
    EXPECT_EQ(provider->sessions.size(), 1u);
}

TEST_F(Rotation, AVenueThatClosesDuringTheOverlapLosesNothingEither) {
    options.timings.overlap = 20s;
    options.timings.overlap_limit = 20s;
    begin();
    tap.reset(); // the venue closes it too
    tap = std::make_unique<VenueTap>(venue->engine(), std::vector<std::string>{});
    venue->fault("server_shutdown=1500");
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1; }));
    ASSERT_TRUE(flows(100));
    EXPECT_EQ(ends(errc::closed_by_venue), 1u);
    EXPECT_EQ(seen.count("link_down"), 0u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    expect_never(InstrumentState::down);
    EXPECT_EQ(seen.state_of(id("crypto:BTC-USDT")), InstrumentState::live);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Rotation, ALifeSpanIsAnticipatedAgainAndAgain) {
    begin(1500ms);
    ASSERT_TRUE(until([&] { return feed->stats().rotations >= 3; }));
    expect_seamless();
    EXPECT_GE(ends("replaced"), 2u);
}

TEST_F(Rotation, AQuietSymbolIsHandedOverWithoutNoise) {
    auto market = small_market();
    market.rate = 0;
    start_venue(market);
    options.timings.overlap_limit = 600ms;
    start_feed();
    const auto quote = want("crypto:BTC-USDT", Kind::quote);
    feed->subscribe({quote});
    ASSERT_TRUE(until([&] { return seen.messages(quote.what).size() == 1; }));
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1 && ends("replaced") == 1; }));
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    EXPECT_EQ(seen.count("link_down"), 0u);
    expect_never(InstrumentState::down);
}

TEST_F(Rotation, TheOldConnectionMayDieInTheOverlap) {
    options.timings.overlap = 20s;
    options.timings.overlap_limit = 20s;
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(overlapping());
    ASSERT_TRUE(flows(50));
    provider->sessions.front()->fail(errc::venue_error);
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1; }));
    expect_seamless();
}

TEST_F(Rotation, TheReplacementMayDieInTheOverlap) {
    options.timings.overlap = 5s;
    options.timings.overlap_limit = 5s;
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(overlapping());
    ASSERT_TRUE(flows(50));
    provider->sessions.back()->fail(errc::venue_error);
    ASSERT_TRUE(until([&] { return ends(errc::venue_error) == 1; }));
    ASSERT_TRUE(flows(50));
    EXPECT_EQ(seen.count("link_down"), 0u);
    expect_never(InstrumentState::down);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t k = 1; k < seen.messages(wanted[i].what).size(); ++k)
            ASSERT_GT(seen.messages(wanted[i].what)[k].id, seen.messages(wanted[i].what)[k - 1].id);
    // Another replacement follows and takes over.
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1 && ends("replaced") == 1; }));
    ASSERT_TRUE(flows(50));
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Rotation, ASubscriptionMadeDuringTheOverlapComesOnce) {
    options.timings.overlap = 1s;
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(overlapping());
    const auto sol = want("crypto:SOL-USDT", Kind::trade);
    feed->subscribe({sol});
    feed->unsubscribe({wanted[3].what}); // and one goes
    ASSERT_TRUE(until([&] { return seen.messages(sol.what).size() > 50; }));
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1 && ends("replaced") == 1; }));
    ASSERT_TRUE(flows(50));
    expect_trades_exact(sol);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    EXPECT_EQ(seen.count("link_down"), 0u);
    EXPECT_EQ(seen.state_of(sol.what.instrument), InstrumentState::live);
    EXPECT_EQ(seen.state_of(id("crypto:BTC-USDT")), InstrumentState::live);
}

TEST_F(Rotation, AGapInTheOverlapIsToldOnce) {
    options.timings.overlap = 20s;
    options.timings.overlap_limit = 20s;
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(overlapping());
    ASSERT_TRUE(flows(50));
    venue->fault("gap=2,symbol=BTCUSDT");
    ASSERT_TRUE(until([&] { return seen.count("gap_closed") == 1; }));
    ASSERT_TRUE(flows(50));
    EXPECT_EQ(seen.count("gap_opened"), 1u);
    EXPECT_EQ(seen.lost(wanted[2].what), 2u);
    expect_trades_exact(wanted[2]);
}

TEST_F(Rotation, StoppingInTheOverlapEndsBothConnections) {
    options.timings.overlap = 20s;
    options.timings.overlap_limit = 20s;
    begin();
    venue->fault("server_shutdown=60000");
    ASSERT_TRUE(overlapping());
    EXPECT_TRUE(stops_within(5s));
    EXPECT_EQ(ends("shutdown"), 2u);
    EXPECT_EQ(seen.count("link_down"), 0u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
}

} // namespace
} // namespace tickgate::test
