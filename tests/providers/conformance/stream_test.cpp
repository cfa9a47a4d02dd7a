// What every feed does on a good day: connect, subscribe, acknowledge, deliver exactly, change, end.
#include "rig.hpp"

#include "core/clock.hpp"

#include <fstream>
#include <iterator>

namespace tickgate::test {
namespace {

using Stream = Conformance;

TEST_P(Stream, ConnectsSubscribesAndIsAcknowledged) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    EXPECT_EQ(seen.status.state, FeedState::live);
    ASSERT_TRUE(until([&] { return seen.status.acked == wanted.size(); })) << seen.status.acked;
    EXPECT_EQ(seen.status.wanted, wanted.size());
    EXPECT_GE(seen.count("link_up"), 1u);
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    EXPECT_TRUE(flows(wanted));
}

TEST_P(Stream, AnUnknownSymbolIsFoundOutAndHarmsNobody) {
    start_venue();
    start_feed();
    auto names = card().instruments;
    names.push_back(card().unknown);
    const auto wanted = look_up(names);
    EXPECT_EQ(wanted.size(), card().instruments.size() * card().kinds.size()) << "the unknown one is left out";
    feed->subscribe(wanted);
    ASSERT_TRUE(live(wanted));
    EXPECT_TRUE(flows(wanted));
}

TEST_P(Stream, SymbolsAreAddedAndRemovedInFlight) {
    start_venue();
    start_feed();
    const auto first = subscribe({card().instruments[0], card().instruments[1]});
    ASSERT_TRUE(live(first));
    const auto added = subscribe({card().instruments[2]});
    ASSERT_TRUE(live(added)) << "added while others flow";
    EXPECT_TRUE(flows(first));
    EXPECT_EQ(seen.count("link_down"), 0u);

    std::vector<Subscription> gone;
    for (const auto& w : added)
        gone.push_back(w.what);
    feed->unsubscribe(gone);
    EXPECT_FALSE(seen.line(added[0].what).open);
    ASSERT_TRUE(flows(first)) << "the others go on";
    for (const auto& w : first)
        EXPECT_EQ(seen.events_of("gap_opened", w.what).size(), 0u) << w.native;
    ASSERT_TRUE(until([&] { return seen.status.wanted == first.size() && seen.status.acked == first.size(); }));

    const auto again = subscribe({card().instruments[2]});
    ASSERT_TRUE(live(again)) << "subscribed again";
}

TEST_P(Stream, TimesAreTheVenuesAndFlagsAreClean) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    ASSERT_TRUE(flows(wanted));
    const auto start = wall_now() - 1min;
    for (const auto& w : wanted)
        for (const auto& m : seen.messages(w.what)) {
            if (m.snapshot)
                continue; // asked by REST
            EXPECT_FALSE(m.flags.has(Flag::backfill));
            EXPECT_FALSE(m.flags.has(Flag::delayed));
            EXPECT_FALSE(m.flags.has(Flag::synthetic));
            EXPECT_GE(m.received_time, start);
            if (w.what.kind != Kind::quote || card().quote_times) {
                ASSERT_TRUE(m.event_time) << w.native;
                EXPECT_LT(std::chrono::abs(m.received_time - *m.event_time), 30s) << w.native;
            } else {
                EXPECT_FALSE(m.event_time);
            }
        }
}

TEST_P(Stream, EveryDigitIsTheVenues) {
    const auto file = std::string(TICKGATE_FIXTURES) + "/" + card().capture;
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_FALSE(text.empty()) << file;
    auto arguments = card().capture_arguments;
    arguments.insert(arguments.end(), {"--replay", file, "--speed", "0"});
    start_venue(arguments);
    start_feed();
    const auto wanted = subscribe(card().captured);
    ASSERT_FALSE(wanted.empty());
    ASSERT_TRUE(until([&] {
        std::size_t with_data = 0;
        for (const auto& w : wanted)
            for (const auto& m : seen.messages(w.what))
                with_data += !m.snapshot;
        return with_data > 0;
    }));
    std::size_t checked = 0;
    for (const auto& w : wanted)
        for (const auto& m : seen.messages(w.what))
            for (const auto& digits : {m.first, m.second})
                if (!digits.empty() && !m.snapshot) {
                    EXPECT_NE(text.find(digits), std::string::npos) << w.native << ": " << digits;
                    ++checked;
                }
    EXPECT_GT(checked, 0u);
}

TEST_P(Stream, AsksForQuotesWhoseDigitsAreTheVenues) {
    start_venue();
    start_feed();
    QuoteRequest request;
    for (const auto& name : card().instruments)
        request.instruments.push_back(*InstrumentName::parse(name));
    request.instruments.push_back(*InstrumentName::parse(card().unknown));
    const auto quotes = ask(provider->get_quotes(std::move(request), *rest));
    ASSERT_TRUE(quotes) << describe(quotes.error());
    EXPECT_EQ(quotes->size(), card().instruments.size()) << "the unknown one is left out";
    for (const auto& [name, quote] : *quotes) {
        EXPECT_TRUE(quote.flags.has(Flag::snapshot)) << name.to_string();
        EXPECT_TRUE(quote.bid || quote.ask || quote.last) << name.to_string();
        if (quote.bid && quote.ask) {
            EXPECT_LE(*quote.bid, *quote.ask);
        }
    }
}

TEST_P(Stream, ShutsDownInOrder) {
    start_venue();
    start_feed();
    const auto wanted = subscribe(card().instruments);
    ASSERT_TRUE(live(wanted));
    stop_feed();
    EXPECT_EQ(seen.count("link_down"), 0u) << "an end of ours is no fault";
    EXPECT_EQ(seen.count("gap_opened"), 0u);
    EXPECT_FALSE(logged("event=link_down"));
    EXPECT_TRUE(until([&] { return venue_state().find(R"("connections":0)") != std::string::npos; })) << venue_state();
}

INSTANTIATE_TEST_SUITE_P(Providers, Stream, ::testing::ValuesIn(all_cards()),
    [](const auto& one) { return one.param.provider + "_" + one.param.part; });

} // namespace
} // namespace tickgate::test
