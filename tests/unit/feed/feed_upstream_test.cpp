// A feed whose settings change while it runs.
#include "feed_fixture.hpp"

namespace tickgate::feed {
namespace {

// Another provider object that speaks the same, as a reload makes it.
class UpstreamTest : public FeedTest {
protected:
    struct Owned {
        ScriptedProvider provider;
        NoRest rest;
    };
    std::shared_ptr<Owned> other(std::string base) {
        auto owned = std::make_shared<Owned>();
        owned->provider.base = std::move(base);
        return owned;
    }
    void use(const std::shared_ptr<Owned>& owned, Renewal how) {
        Upstream upstream;
        upstream.owner = owned;
        upstream.provider = &owned->provider;
        upstream.rest = &owned->rest;
        upstream.spec = spec;
        feed->use(std::move(upstream), how);
    }
    void start_with(const std::vector<std::string>& names) {
        options.spec.time_ordered = true;
        spec = options.spec;
        start();
        subscribe(names);
        ASSERT_TRUE(until([&] { return live(names.front()); }));
    }
    FeedSpec spec;
};

TEST_F(UpstreamTest, OtherCredentialsRotateTheConnectionWithoutAHole) {
    start_with({"A"});
    say(0, "Q A 1 100");
    auto next = other(provider.base);
    use(next, Renewal::overlap);
    ASSERT_TRUE(until([&] { return streams.size() == 2; }));
    ASSERT_NE(streams.at(0).out, nullptr) << "the new one first";
    say(0, "Q A 2 200");
    say(1, "Q A 1 100"); // the newest price, again
    say(1, "Q A 2 200");
    say(1, "Q A 3 300");
    ASSERT_TRUE(until([&] { return open_streams() == 1 && sink.published["A"].size() == 3; }));
    EXPECT_EQ(sink.published["A"], (Lines{"1", "2", "3"}));
    EXPECT_EQ(sink.count("gap_opened"), 0u);
    EXPECT_EQ(sink.count("link_down"), 0u);
    EXPECT_EQ(feed->stats().rotations, 1u);
    EXPECT_EQ(feed->stats().reconnects, 0u);
}

TEST_F(UpstreamTest, WhatOnlyLaterConnectionsUseLeavesThisOneAlone) {
    start_with({"A"});
    auto next = other(provider.base);
    use(next, Renewal::later);
    EXPECT_FALSE(until([&] { return streams.size() > 1; }, 300ms));
    EXPECT_EQ(feed->stats().connect_attempts, 1u);
    say(0, "E 0"); // it ends by itself: the next one is made by the new provider
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("A"); }));
    say(1, "X");
    EXPECT_TRUE(until([&] { return next->provider.renewals_asked > 0; }));
    EXPECT_EQ(provider.renewals_asked, 0);
}

TEST_F(UpstreamTest, AnotherPlaceEndsTheConnectionTellsTheHoleAndBeginsAnew) {
    start_with({"A"});
    say(0, "Q A 1 9000");
    ASSERT_TRUE(until([&] { return sink.published["A"].size() == 1; }));
    auto next = other(provider.base);
    use(next, Renewal::reconnect);
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("A"); }));
    EXPECT_EQ(sink.count("link_down"), 1u);
    EXPECT_EQ(sink.count("gap_opened"), 1u);
    say(1, "Q A 5 100"); // its clock is behind: no repeat for that
    ASSERT_TRUE(until([&] { return sink.published["A"].size() == 2; }));
    EXPECT_EQ(sink.count("gap_closed"), 1u);
    EXPECT_EQ(open_streams(), 1u);
    EXPECT_FALSE(until([&] { return streams.size() > 2; }, 300ms)) << "once is enough";
}

TEST_F(UpstreamTest, AFeedThatGaveUpTriesAgainWithOtherCredentials) {
    refuse = 401;
    options.spec.time_ordered = true;
    spec = options.spec;
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return feed->state() == FeedState::refused; }));
    refuse = 0;
    EXPECT_FALSE(until([&] { return live("A"); }, 300ms)) << "not by itself";
    use(other(provider.base), Renewal::overlap);
    EXPECT_TRUE(until([&] { return live("A"); }));
    EXPECT_EQ(feed->state(), FeedState::live);
}

TEST_F(UpstreamTest, TheOldProviderIsLetGoOnceItsConnectionHasEnded) {
    start_with({"A"});
    auto second = other(provider.base);
    std::weak_ptr<Owned> held = second;
    use(std::exchange(second, nullptr), Renewal::overlap);
    ASSERT_TRUE(until([&] { return feed->stats().rotations == 1; }));
    use(other(provider.base), Renewal::overlap);
    EXPECT_FALSE(held.expired()) << "its connection still serves";
    EXPECT_TRUE(until([&] { return held.expired(); }));
    EXPECT_EQ(sink.count("gap_opened"), 0u);
}

TEST_F(UpstreamTest, ManyChangesInARowLeaveOneConnection) {
    start_with({"A"});
    say(0, "Q A 1 100");
    for (int i = 0; i < 20; ++i)
        use(other(provider.base), i % 3 == 0 ? Renewal::overlap : Renewal::later);
    ASSERT_TRUE(until([&] { return feed->stats().rotations >= 1 && open_streams() == 1; }));
    EXPECT_FALSE(until([&] { return open_streams() != 1; }, 500ms));
    EXPECT_LE(streams.size(), 3u);
    EXPECT_EQ(sink.count("gap_opened"), 0u);
}

TEST_F(UpstreamTest, OtherStaleLimitsHoldWithoutANewConnection) {
    std::optional<std::chrono::milliseconds> limit;
    options.stale_limit = [&](InstrumentId) { return limit; };
    start_with({"A"});
    say(0, "Q A 1 100");
    limit = 100ms;
    feed->refresh_limits();
    EXPECT_TRUE(until([&] { return sink.states[id("A")].starts_with("stale"); }));
    EXPECT_EQ(streams.size(), 1u);
}

TEST_F(UpstreamTest, WhatSubscriptionsWeighUnderOtherSettingsIsCountedAnew) {
    options.spec.streams_per_connection = 4;
    options.spec.max_connections = 1;
    start_with({"A", "B"});
    const auto heavier = other(provider.base);
    heavier->provider.weight = [](const Subscription&) { return 2; };
    use(heavier, Renewal::later);
    subscribe({"C"}); // A and B fill it now
    EXPECT_TRUE(sink.states[id("C")].starts_with("refused")) << sink.states[id("C")];
    feed->unsubscribe({want("A").what, want("B").what});
    subscribe({"D", "E"});
    EXPECT_TRUE(until([&] { return live("D") && live("E"); })) << sink.states[id("D")];
    subscribe({"F"});
    EXPECT_TRUE(sink.states[id("F")].starts_with("refused")) << sink.states[id("F")];
}

} // namespace
} // namespace tickgate::feed
