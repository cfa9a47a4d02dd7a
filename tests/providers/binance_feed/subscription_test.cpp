// What is asked, and over which connections.
#include "feed_rig.hpp"

#include <boost/asio/post.hpp>

namespace tickgate::test {
namespace {

using Subscribing = FeedRig;

TEST_F(Subscribing, BringsEverythingAskedExactlyAsTheVenueSentIt) {
    start_venue();
    tap = std::make_unique<VenueTap>(
        venue->engine(), std::vector<std::string>{"btcusdt@bookTicker", "ethusdt@bookTicker"});
    start_feed();
    auto wanted = both(Kind::quote, Kind::trade);
    wanted.push_back(want("crypto:BTC-USDT", Kind::bar, Timeframe::s1));
    EXPECT_EQ(feed->stats().status.state, FeedState::connecting);
    feed->subscribe(wanted);
    EXPECT_EQ(seen.state_of(id("crypto:BTC-USDT")), InstrumentState::pending);
    ASSERT_TRUE(up(wanted));
    ASSERT_TRUE(until([&] { return seen.messages(wanted.back().what).size() > 3; }));
    ASSERT_TRUE(flows(200));
    for (std::size_t i = 0; i < 2; ++i) {
        expect_quotes_exact(wanted[i]);
        expect_trades_exact(wanted[i + 2]);
    }
    EXPECT_EQ(seen.count("link_up"), 1u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    EXPECT_EQ(seen.feed_states, (std::vector<FeedState>{FeedState::connecting, FeedState::live}));
    EXPECT_TRUE(until([&] { return seen.status.acked == 5; }));
    EXPECT_EQ(seen.status.wanted, 5u);
    EXPECT_EQ(seen.status.connections, 1u);
    EXPECT_GT(seen.flushes, 0u);
    expect_never(InstrumentState::down);
    stop_feed();
    EXPECT_EQ(ends("shutdown"), 1u);
}

// The venue counts control messages and pongs of a connection over a second.
TEST_F(Subscribing, WhatIsSentToTheVenueIsCountedForASecond) {
    start_venue();
    start_feed();
    EXPECT_EQ(feed->stats().sent_lately, 0);
    feed->subscribe({want("crypto:BTC-USDT", Kind::quote)});
    ASSERT_TRUE(until([&] { return feed->stats().sent_lately == 1; })) << "SUBSCRIBE";
    EXPECT_TRUE(until([&] { return feed->stats().sent_lately == 0; })) << "it is of the past";
}

TEST_F(Subscribing, AnswersToPingsOfTheVenueAreCountedToo) {
    auto market = small_market();
    market.ping_interval = 300ms;
    start_venue(market);
    start_feed();
    feed->subscribe({want("crypto:BTC-USDT", Kind::quote)});
    ASSERT_TRUE(until([&] { return feed->stats().sent_lately >= 3; })) << "of these one at most is no pong";
}

TEST_F(Subscribing, AQuietSymbolIsSeededFromRest) {
    auto market = small_market();
    market.rate = 0;
    start_venue(market);
    start_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::quote), eth = want("crypto:ETH-USDT", Kind::quote);
    feed->subscribe({btc});
    ASSERT_TRUE(until([&] { return seen.messages(btc.what).size() == 1; }));
    EXPECT_TRUE(seen.messages(btc.what)[0].snapshot);
    feed->subscribe({eth}); // on a connection that is long ready
    ASSERT_TRUE(until([&] { return seen.messages(eth.what).size() == 1; }));
    EXPECT_EQ(seen.messages(btc.what).size(), 1u) << "seeded once";
}

TEST_F(Subscribing, ChangesAtRunTimeReachTheVenue) {
    start_venue();
    start_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::trade), eth = want("crypto:ETH-USDT", Kind::trade);
    feed->subscribe({btc});
    ASSERT_TRUE(up({btc}));
    feed->subscribe({eth, btc}); // one is there already
    ASSERT_TRUE(up({btc, eth}));
    EXPECT_EQ(seen.lines.size(), 2u);
    feed->unsubscribe({btc.what});
    EXPECT_FALSE(seen.line(btc.what).open);
    ASSERT_TRUE(until([&] { return venue->engine().subscribed_streams() == 1; }));
    ASSERT_TRUE(flows());
    feed->subscribe({btc});
    ASSERT_TRUE(up({btc}));
    ASSERT_TRUE(flows());
    EXPECT_EQ(seen.lines.size(), 3u);
    EXPECT_EQ(seen.count("link_up"), 1u);
    expect_trades_exact(eth);
}

TEST_F(Subscribing, WhatIsAskedWhileConnectingIsNotForgotten) {
    start_venue();
    start_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::trade), eth = want("crypto:ETH-USDT", Kind::trade),
               gone = want("crypto:ETH-USDT", Kind::quote);
    provider->tuning.on_first_want = [&] {
        asio::post(loop, [&] {
            EXPECT_EQ(seen.count("link_up"), 0u);
            feed->subscribe({eth});
            feed->unsubscribe({gone.what});
        });
    };
    feed->subscribe({btc, gone});
    ASSERT_TRUE(up({btc, eth}));
    EXPECT_TRUE(until([&] { return venue->engine().subscribed_streams() == 2; }));
    EXPECT_TRUE(until([&] { return seen.status.wanted == 2 && seen.status.acked == 2; }));
}

TEST_F(Subscribing, AStreamThatNeverTellsAnythingIsPointedOut) {
    start_venue();
    start_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::trade), none = want("crypto:NOSUCH-COIN", Kind::trade);
    feed->subscribe({btc, none});
    ASSERT_TRUE(up({btc}));
    ASSERT_TRUE(until([&] { return seen.status.acked == 2; }));
    provider->tuning.tick_ahead = 61s;
    ASSERT_TRUE(until([&] { return seen.count("pending") == 1; }));
    EXPECT_EQ(seen.events_of("pending").at(0).instrument, none.what.instrument);
    EXPECT_TRUE(flows());
}

TEST_F(Subscribing, ARefusedStreamIsToldAndTheOthersGoOn) {
    start_venue();
    start_feed();
    auto bad = want("crypto:BAD-NAME", Kind::trade);
    bad.native = "BAD/NAME";
    const auto wanted = both(Kind::quote, Kind::trade);
    auto all = wanted;
    all.insert(all.begin() + 1, bad);
    feed->subscribe(all);
    ASSERT_TRUE(up(wanted));
    ASSERT_TRUE(until([&] { return seen.count("refused") == 1; }));
    const auto told = seen.events_of("refused").at(0);
    EXPECT_EQ(told.instrument, bad.what.instrument);
    EXPECT_THAT(told.text, ::testing::HasSubstr("invalid stream"));
    EXPECT_EQ(seen.state_of(bad.what.instrument), InstrumentState::refused);
    feed->unsubscribe({bad.what});
    ASSERT_TRUE(flows());
    EXPECT_TRUE(until([&] { return seen.status.wanted == 4 && seen.status.acked == 4; }));
}

TEST_F(Subscribing, MoreThanOneConnectionHoldsIsSpreadOverSeveral) {
    auto market = small_market();
    market.symbols.clear();
    market.symbol_count = 20;
    start_venue(market);
    start_feed("spot", {{"limits.streams_per_connection", "8"}});
    std::vector<Wanted> wanted;
    for (const auto& s : venue_kit::crypto_symbols(20))
        wanted.push_back(want("crypto:" + s.canonical(), Kind::trade));
    feed->subscribe(wanted);
    ASSERT_TRUE(up(wanted));
    EXPECT_EQ(venue->engine().sessions(), 3u);
    EXPECT_EQ(venue->engine().subscribed_streams(), 20u);
    EXPECT_EQ(seen.count("link_up"), 3u);
    EXPECT_TRUE(until([&] { return seen.status.connections == 3 && seen.status.acked == 20; }));
    // Room that becomes free is used again.
    feed->unsubscribe({wanted[0].what, wanted[1].what});
    feed->subscribe({wanted[0]});
    ASSERT_TRUE(up({wanted[0]}));
    EXPECT_EQ(venue->engine().sessions(), 3u);
    for (std::size_t i = 2; i < wanted.size(); ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Subscribing, ConnectionsBeyondTheLimitAreRefusedByName) {
    start_venue();
    start_feed("spot", {{"limits.streams_per_connection", "1"}});
    stop_feed();
    options.spec.max_connections = 1;
    make_feed();
    run_feed();
    const auto btc = want("crypto:BTC-USDT", Kind::trade), eth = want("crypto:ETH-USDT", Kind::trade);
    feed->subscribe({btc, eth});
    ASSERT_TRUE(up({btc}));
    EXPECT_EQ(seen.state_of(eth.what.instrument), InstrumentState::refused);
    EXPECT_EQ(seen.events_of("refused").at(0).instrument, eth.what.instrument);
}

TEST_F(Subscribing, UsdmUsesBothPaths) {
    start_venue();
    start_feed("usdm");
    auto quote = want("future:BTC-USDT-PERP", Kind::quote), trade = want("future:BTC-USDT-PERP", Kind::trade),
         bar = want("future:BTC-USDT-PERP", Kind::bar, Timeframe::m1);
    feed->subscribe({quote, trade, bar});
    ASSERT_TRUE(up({quote, trade}));
    ASSERT_TRUE(until([&] { return !seen.messages(bar.what).empty(); }));
    EXPECT_EQ(venue->engine().sessions(), 2u) << "one path each for quotes and the rest";
    EXPECT_TRUE(seen.messages(quote.what).back().event_time);
    EXPECT_EQ(seen.lost(trade.what), 0u);
    const auto& trades = seen.messages(trade.what);
    for (std::size_t i = 1; i < trades.size(); ++i)
        ASSERT_EQ(trades[i].id, trades[i - 1].id + 1);
}

} // namespace
} // namespace tickgate::test
