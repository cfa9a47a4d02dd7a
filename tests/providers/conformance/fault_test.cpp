// What every feed does on a bad day.
#include "rig.hpp"

#include "core/clock.hpp"

namespace tickgate::test {
namespace {

using Fault = Conformance;

TEST_P(Fault, SubscribesAgainAfterADrop) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    for (const char* how : {R"({"fault":"drop"})", R"({"fault":"reset"})"}) {
        const auto before = seen.count("link_down");
        fault(how);
        ASSERT_TRUE(until([&] { return seen.count("link_down") > before; })) << how;
        ASSERT_TRUE(live(wanted)) << how;
        ASSERT_TRUE(flows(wanted)) << how;
    }
    EXPECT_EQ(feed->stats().reconnects, 2u);
    expect_breaks_announced(wanted);
}

TEST_P(Fault, RefusedConnectionsAreTriedUntilTheVenueIsBack) {
    start_venue();
    start_feed();
    const auto wanted = look_up(card().instruments);
    fault(R"({"fault":"http_status","value":503})");
    feed->subscribe(wanted);
    ASSERT_TRUE(until([&] { return feed->stats().connect_attempts >= 5; }));
    EXPECT_EQ(seen.count("link_up"), 0u);
    clear_faults();
    ASSERT_TRUE(live(wanted));
}

TEST_P(Fault, RefusedCredentialsStopItLoudly) {
    if (!card().has_credentials)
        GTEST_SKIP() << "this provider's data is public";
    start_venue();
    start_feed(false);
    // The look-up is refused with the same words as the stream.
    std::vector<InstrumentName> names{*InstrumentName::parse(card().instruments[0])};
    const auto found = ask(provider->find_instruments(names, *rest));
    ASSERT_FALSE(found);
    EXPECT_EQ(recovery_of(found.error()), Recovery::give_up) << describe(found.error());
    Wanted w;
    w.what.instrument = table.intern(names[0]);
    w.what.kind = card().kinds[0];
    w.native = "whatever";
    feed->subscribe({w});
    ASSERT_TRUE(until([&] { return seen.status.state == FeedState::refused; }));
    EXPECT_EQ(seen.state_of(w.what.instrument), InstrumentState::refused);
    EXPECT_EQ(seen.count("refused"), 1u);
    EXPECT_TRUE(logged("event=gave_up"));
    const auto attempts = feed->stats().connect_attempts;
    EXPECT_FALSE(until([&] { return feed->stats().connect_attempts > attempts; }, 500ms)) << "it tried again";
}

TEST_P(Fault, ExpiredCredentialsStopItLoudly) {
    if (!card().has_credentials)
        GTEST_SKIP() << "this provider's data is public";
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"auth_expired"})");
    ASSERT_TRUE(until([&] { return seen.status.state == FeedState::refused; }));
    EXPECT_EQ(seen.state_of(wanted[0].what.instrument), InstrumentState::refused);
    EXPECT_TRUE(logged("event=gave_up"));
}

TEST_P(Fault, ARateLimitIsWaitedOut) {
    start_venue();
    start_feed();
    fault(R"({"fault":"http_status","value":429,"count":1,"retry_after":1})");
    std::vector<InstrumentName> names{*InstrumentName::parse(card().instruments[0])};
    const auto first = ask(provider->find_instruments(names, *rest));
    ASSERT_FALSE(first);
    EXPECT_EQ(recovery_of(first.error()), Recovery::retry_later) << describe(first.error());
    const auto asked = mono_now();
    const auto second = ask(provider->find_instruments(names, *rest));
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_EQ(second->size(), 1u);
    EXPECT_GE(mono_now() - asked, 500ms) << "the pause was not kept";
    feed->subscribe(look_up(card().instruments));
    EXPECT_TRUE(until([&] { return seen.status.state == FeedState::live; }));
}

TEST_P(Fault, GarbageCostsAtMostTheConnection) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    for (const char* kind : {"json", "types", "binary", "huge", "opcode", "truncated"}) {
        fault(std::string(R"({"fault":"garbage","value":")") + kind + R"("})");
        ASSERT_TRUE(live(wanted)) << kind;
        ASSERT_TRUE(flows(wanted)) << kind;
    }
    const auto stats = feed->stats();
    const auto counted = stats.skipped[static_cast<std::size_t>(Skip::malformed)] + stats.reconnects;
    EXPECT_GE(counted, 1u) << "nothing of it was counted";
    expect_breaks_announced(wanted);
}

TEST_P(Fault, SplitAndSlowOutputChangesNothing) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"split","value":7})");
    EXPECT_TRUE(flows(wanted));
    clear_faults();
    EXPECT_TRUE(flows(wanted));
    EXPECT_EQ(seen.count("link_down"), 0u);
    EXPECT_EQ(feed->stats().skipped[static_cast<std::size_t>(Skip::malformed)], 0u);
}

TEST_P(Fault, AHalfOpenConnectionIsNoticed) {
    tuning.silence_limit = 1500ms;
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"half_open"})");
    ASSERT_TRUE(until([&] { return seen.count("link_down") > 0; })) << "nobody noticed";
    EXPECT_EQ(seen.events_of("link_down").at(0).cause, describe(make_error_code(errc::silent)));
    clear_faults();
    ASSERT_TRUE(live(wanted));
    ASSERT_TRUE(flows(wanted));
    expect_breaks_announced(wanted);
}

TEST_P(Fault, AQuietMarketIsNotADeadOne) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"stall"})");
    const auto before = feed->stats().connect_attempts;
    EXPECT_FALSE(until([&] { return seen.count("link_down") > 0; }, 2s));
    EXPECT_EQ(feed->stats().connect_attempts, before);
    EXPECT_EQ(seen.status.state, FeedState::live);
    clear_faults();
    EXPECT_TRUE(flows(wanted));
    for (const auto& gap : seen.events_of("gap_opened")) // what the venue left out shows where it numbers its messages
        EXPECT_EQ(gap.cause, "sequence");
}

TEST_P(Fault, AClosedMarketKeepsTheConnection) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"market_closed"})");
    EXPECT_FALSE(until([&] { return seen.count("link_down") > 0; }, 2s));
    for (const auto& w : wanted) {
        const auto state = seen.state_of(w.what.instrument);
        EXPECT_TRUE(state == InstrumentState::live || state == InstrumentState::closed)
            << w.native << ": " << to_string(state.value());
    }
    clear_faults();
    ASSERT_TRUE(live(wanted));
    EXPECT_TRUE(flows(wanted));
}

TEST_P(Fault, TheVenuesPlannedCutIsBridgedOrAnnounced) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    fault(R"({"fault":"cut_24h"})");
    ASSERT_TRUE(until([&] { return feed->stats().reconnects + feed->stats().rotations > 0; }));
    ASSERT_TRUE(live(wanted));
    ASSERT_TRUE(flows(wanted));
    expect_breaks_announced(wanted);
}

INSTANTIATE_TEST_SUITE_P(Providers, Fault, ::testing::ValuesIn(all_cards()),
    [](const auto& one) { return one.param.provider + "_" + one.param.part; });

} // namespace
} // namespace tickgate::test
