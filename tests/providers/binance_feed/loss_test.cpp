// Connections that break and messages that go astray: what is lost is announced, to the message where ids allow it.
#include "feed_rig.hpp"

namespace tickgate::test {
namespace {

class Loss : public FeedRig {
protected:
    void begin() {
        start_venue();
        start_feed();
        wanted = both(Kind::quote, Kind::trade);
        feed->subscribe(wanted);
        ASSERT_TRUE(up(wanted));
        ASSERT_TRUE(flows());
    }
    std::size_t skipped(Skip why) const { return feed->stats().skipped[static_cast<std::size_t>(why)]; }
    // After one loss of the connection: told, repaired, and every hole closed with its size.
    void expect_one_break(const std::string& reason) {
        ASSERT_TRUE(until([&] { return seen.count("link_up") == 2 && seen.count("gap_closed") == 4; }));
        ASSERT_TRUE(up(wanted));
        ASSERT_TRUE(flows());
        EXPECT_EQ(seen.count("link_down"), 1u);
        EXPECT_EQ(seen.count("gap_opened"), 4u);
        EXPECT_EQ(ends(reason), 1u) << reason;
        EXPECT_EQ(feed->stats().reconnects, 1u);
        EXPECT_EQ(seen.status.state, FeedState::live);
        std::size_t downs = 0;
        for (const auto& s : seen.states)
            downs += s.state == InstrumentState::down;
        EXPECT_EQ(downs, 2u) << "each instrument once";
        for (const auto& w : wanted) {
            const auto opened = seen.events_of("gap_opened", w.what), closed = seen.events_of("gap_closed", w.what);
            ASSERT_EQ(opened.size(), 1u);
            ASSERT_EQ(closed.size(), 1u);
            if (w.what.kind == Kind::trade) {
                EXPECT_EQ(opened[0].after, closed[0].after) << "no message between the two";
            }
            EXPECT_EQ(opened[0].cause, "link_down");
            ASSERT_TRUE(opened[0].from && closed[0].to);
            EXPECT_LE(*opened[0].from, *closed[0].to);
            EXPECT_EQ(closed[0].filled, 0u);
            EXPECT_FALSE(opened[0].lost);
            if (w.what.kind == Kind::quote) {
                EXPECT_FALSE(closed[0].lost) << "quotes are not numbered without holes";
            }
        }
        for (std::size_t i = 2; i < 4; ++i)
            expect_trades_exact(wanted[i]);
        EXPECT_EQ(feed->stats().lost, *seen.lost(wanted[2].what) + *seen.lost(wanted[3].what));
    }
    std::vector<Wanted> wanted;
};

TEST_F(Loss, ADroppedConnectionComesBackWithTheHolesTold) {
    begin();
    venue->fault("drop");
    expect_one_break("network");
}

TEST_F(Loss, AResetConnectionComesBackWithTheHolesTold) {
    begin();
    venue->fault("reset");
    expect_one_break("network");
}

TEST_F(Loss, TheVenuesOwnCloseComesBackWithTheHolesTold) {
    begin();
    venue->fault("cut_24h");
    expect_one_break(make_error_code(errc::closed_by_venue).message());
}

TEST_F(Loss, AReservedOpcodeEndsTheConnectionOnly) {
    begin();
    venue->fault("garbage=opcode");
    expect_one_break(make_error_code(errc::protocol_error).message());
}

TEST_F(Loss, AMessageOverTheLimitEndsTheConnectionOnly) {
    begin();
    venue->fault("garbage=huge");
    expect_one_break(make_error_code(errc::message_too_large).message());
}

TEST_F(Loss, AHalfOpenConnectionIsNoticedBySilence) {
    start_venue();
    start_feed();
    provider->tuning.silence_limit = 700ms;
    wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(up(wanted));
    venue->fault("half_open");
    ASSERT_TRUE(until([&] { return seen.count("link_down") == 1; }));
    const auto down = seen.events_of("link_down").at(0);
    ASSERT_TRUE(down.from);
    venue->clear_faults();
    expect_one_break(make_error_code(errc::silent).message());
    const auto gap = seen.events_of("gap_opened").at(0);
    EXPECT_EQ(gap.from, down.from) << "the hole begins with the last byte";
}

TEST_F(Loss, GarbageIsCountedAndSurvived) {
    begin();
    for (const auto* kind : {"json", "types", "truncated"}) {
        const auto before = skipped(Skip::malformed);
        venue->fault(std::string("garbage=") + kind);
        ASSERT_TRUE(until([&] { return skipped(Skip::malformed) > before; })) << kind;
        ASSERT_TRUE(flows()) << kind;
    }
    EXPECT_EQ(seen.count("link_down"), 0u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Loss, DuplicatesAreDroppedAndCounted) {
    begin();
    venue->fault("duplicate");
    ASSERT_TRUE(flows(100));
    EXPECT_GT(skipped(Skip::repeated), 100u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    for (const auto& w : wanted)
        for (std::size_t i = 1; i < seen.messages(w.what).size(); ++i)
            ASSERT_GT(seen.messages(w.what)[i].id, seen.messages(w.what)[i - 1].id);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Loss, ASequenceGapIsToldWithItsNumber) {
    begin();
    venue->fault("gap=3,symbol=BTCUSDT");
    ASSERT_TRUE(until([&] { return seen.count("gap_closed") == 1; }));
    ASSERT_TRUE(flows());
    const auto opened = seen.events_of("gap_opened", wanted[2].what);
    const auto closed = seen.events_of("gap_closed", wanted[2].what);
    ASSERT_EQ(opened.size(), 1u) << "trades of that symbol; quotes are not numbered without holes";
    EXPECT_EQ(opened[0].lost, 3u);
    EXPECT_EQ(opened[0].cause, "sequence");
    EXPECT_EQ(closed.at(0).lost, 3u);
    EXPECT_EQ(closed.at(0).filled, 0u);
    EXPECT_EQ(seen.count("gap_opened"), 1u);
    EXPECT_EQ(feed->stats().lost, 3u);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Loss, WhatComesOutOfOrderIsAnnouncedAsLostAndNeverPublishedLate) {
    begin();
    venue->fault("reorder");
    ASSERT_TRUE(until([&] { return seen.count("gap_closed") > 5; }));
    venue->clear_faults();
    ASSERT_TRUE(flows());
    EXPECT_GE(skipped(Skip::repeated), 5u) << "the late ones";
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

TEST_F(Loss, AStallIsStaleAndDataMakesItFreshAgain) {
    options.stale_limit = [](InstrumentId) { return std::optional<std::chrono::milliseconds>(1500ms); };
    begin();
    venue->fault("stall");
    ASSERT_TRUE(until([&] { return seen.count("stale") == 2; }));
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::stale);
    EXPECT_EQ(seen.state_of(wanted[1].what.instrument), InstrumentState::stale);
    venue->clear_faults();
    ASSERT_TRUE(until([&] { return seen.count("fresh") == 2; }));
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::live);
    for (std::size_t i = 2; i < 4; ++i) {
        EXPECT_GT(seen.lost(wanted[i].what), 0u);
        expect_trades_exact(wanted[i]);
    }
}

TEST_F(Loss, OneSilentSymbolIsStaleAlone) {
    options.stale_limit = [](InstrumentId) { return std::optional<std::chrono::milliseconds>(1500ms); };
    begin();
    venue->fault("silent_symbol,symbol=ETHUSDT");
    ASSERT_TRUE(until([&] { return seen.count("stale") == 1; }));
    EXPECT_EQ(seen.state_of(id("crypto:ETH-USDT")), InstrumentState::stale);
    EXPECT_EQ(seen.state_of(id("crypto:BTC-USDT")), InstrumentState::live);
    // A new connection does not make it live by itself: no word of it has come.
    venue->fault("drop");
    ASSERT_TRUE(until([&] { return seen.count("link_up") == 2 && seen.status.acked == 4; }));
    EXPECT_EQ(seen.state_of(id("crypto:ETH-USDT")), InstrumentState::stale);
    EXPECT_EQ(seen.state_of(id("crypto:BTC-USDT")), InstrumentState::live);
    venue->clear_faults();
    EXPECT_TRUE(until([&] { return seen.state_of(id("crypto:ETH-USDT")) == InstrumentState::live; }));
}

TEST_F(Loss, AnUnansweredSubscriptionEndsTheConnectionAndIsTriedAgain) {
    start_venue();
    venue->fault("no_ack");
    start_feed();
    wanted = both(Kind::quote, Kind::trade);
    feed->subscribe(wanted);
    ASSERT_TRUE(until([&] { return !venue->engine().messages().empty(); }));
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::pending);
    provider->tuning.tick_ahead = 11s;
    ASSERT_TRUE(until([&] { return ends(errc::timed_out) > 0; }));
    provider->tuning.tick_ahead = 0s;
    venue->clear_faults();
    ASSERT_TRUE(up(wanted));
    EXPECT_EQ(seen.status.state, FeedState::live);
}

TEST_F(Loss, AClockThatIsOffRejectsNothing) {
    begin();
    venue->fault("clock_skew=60000");
    ASSERT_TRUE(until([&] { return feed->stats().clock_ahead > 50; }));
    venue->clear_faults();
    venue->fault("clock_skew=-3600000");
    ASSERT_TRUE(flows(50));
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    for (std::size_t i = 2; i < 4; ++i)
        expect_trades_exact(wanted[i]);
}

} // namespace
} // namespace tickgate::test
