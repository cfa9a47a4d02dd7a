#include "feed_fixture.hpp"

#include "core/log.hpp"

namespace tickgate::feed {
namespace {

TEST_F(FeedTest, PlansItsAddressFromWhatIsWantedAndStreams) {
    start();
    subscribe({"A", "B"});
    ASSERT_TRUE(until([&] { return live("A") && live("B"); }));
    EXPECT_EQ(streams.at(0).names, "A,B");
    say(0, "Q A 1.10 100");
    streams.at(0).out->send_chunk("Q B 2.0"); // a line in two chunks
    streams.at(0).out->send_chunk("0 100\n");
    ASSERT_TRUE(until([&] { return sink.published["B"].size() == 1; }));
    EXPECT_EQ(sink.published["A"], Lines{"1.10"});
    EXPECT_EQ(sink.published["B"], Lines{"2.00"});
    EXPECT_EQ(feed->stats().frames_in, 3U);
}

TEST_F(FeedTest, AChangeOfInstrumentsReplacesTheConnectionBeforeItEnds) {
    options.spec.time_ordered = true;
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    say(0, "Q A 1 100");
    subscribe({"B"});
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("B"); }));
    EXPECT_EQ(streams.at(1).names, "A,B");
    ASSERT_NE(streams.at(0).out, nullptr);
    say(0, "Q A 2 200");
    say(1, "Q A 1 100"); // the newest price, again
    say(1, "Q A 2 200");
    say(1, "Q A 3 300");
    say(0, "Q A 3 300");
    say(1, "Q B 7 300");
    ASSERT_TRUE(until([&] { return sink.published["B"].size() == 1 && streams.at(0).out == nullptr; }));
    say(1, "Q A 4 400");
    ASSERT_TRUE(until([&] { return sink.published["A"].size() == 4; }));
    EXPECT_EQ(sink.published["A"], (Lines{"1", "2", "3", "4"}));
    EXPECT_EQ(sink.count("link_down"), 0U);
    EXPECT_EQ(sink.count("gap_opened"), 0U);
    EXPECT_EQ(streams.size(), 2U);
}

TEST_F(FeedTest, BarsWithoutATimeOfTheirOwnAreToldApartByTheirEndWhileAConnectionIsReplaced) {
    start();
    feed->subscribe({want("A", Kind::bar)});
    ASSERT_TRUE(until([&] { return live("A"); }));
    say(0, "B A 1 60000000000");
    feed->subscribe({want("B", Kind::bar)});
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("B"); }));
    ASSERT_NE(streams.at(0).out, nullptr);
    say(0, "B A 2 120000000000");
    ASSERT_TRUE(until([&] { return sink.published["A/b"].size() == 2; }));
    say(1, "B A 2 120000000000"); // level with the old connection: takes over
    say(1, "B A 3 180000000000");
    ASSERT_TRUE(until([&] { return sink.published["A/b"].size() == 3; }));
    say(0, "B A 3 180000000000");
    ASSERT_TRUE(until([&] { return streams.at(0).out == nullptr; }));
    say(1, "B A 4 240000000000");
    ASSERT_TRUE(until([&] { return sink.published["A/b"].size() == 4; }));
    EXPECT_EQ(sink.published["A/b"], (Lines{"1", "2", "3", "4"}));
    EXPECT_EQ(sink.count("gap_opened"), 0U);
}

TEST_F(FeedTest, ATradeThatIsNotTheLastPriceLeavesTheLastOfQuotesAlone) {
    start();
    feed->subscribe({want("A"), want("A", Kind::trade)});
    ASSERT_TRUE(until([&] { return live("A"); }));
    for (const char* line : {"Q A 1 100", "N A 4 200", "Q A 1 300", "T A 5 400", "Q A 1 500", "N A 6 600", "Q A 1 700"})
        say(0, line);
    ASSERT_TRUE(until([&] { return sink.lasts.size() == 4; }));
    EXPECT_EQ(sink.lasts, (Lines{"", "", "5", "5"}));
    EXPECT_EQ(sink.published["A/t"], (Lines{"4", "5", "6"})) << "they are trades all the same";
}

TEST_F(FeedTest, ChangesDuringARotationArePickedUp) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    hold_heads = true;
    subscribe({"B"});
    ASSERT_TRUE(until([&] { return streams.size() == 2; }));
    subscribe({"C"}); // while the replacement waits for the head of its answer
    hold_heads = false;
    streams.at(1).out->send_head(net::HttpResponse());
    ASSERT_TRUE(until([&] { return streams.size() == 3; }));
    EXPECT_EQ(streams.at(1).names, "A,B");
    EXPECT_EQ(streams.at(2).names, "A,B,C");
    subscribe({"D"}); // while both are up, or nearly
    ASSERT_TRUE(until([&] { return streams.size() == 4 && live("D") && open_streams() == 1; }));
    EXPECT_EQ(streams.at(3).names, "A,B,C,D");
    EXPECT_EQ(sink.count("link_down"), 0U);
    EXPECT_TRUE(live("A") && live("B") && live("C"));
}

TEST_F(FeedTest, WithNothingWantedItHasNoConnection) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    feed->unsubscribe({want("A").what});
    ASSERT_TRUE(until([&] { return open_streams() == 0; }));
    EXPECT_FALSE(until([&] { return streams.size() > 1; }, 300ms));
    subscribe({"B"});
    ASSERT_TRUE(until([&] { return live("B"); }));
    EXPECT_EQ(streams.back().names, "B");
    EXPECT_EQ(sink.count("link_down"), 0U);
}

TEST_F(FeedTest, AVenuesPauseIsHonoured) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    const auto told = mono_now();
    say(0, "E 500");
    ASSERT_TRUE(until([&] { return streams.size() == 2; }));
    EXPECT_GE(streams.at(1).since - told, 500ms);
    EXPECT_EQ(sink.count("link_down"), 1U);
    // Without one the back-off alone counts.
    ASSERT_TRUE(until([&] { return live("A"); }));
    const auto again = mono_now();
    say(1, "E 0");
    ASSERT_TRUE(until([&] { return streams.size() == 3; }));
    EXPECT_LT(streams.at(2).since - again, 450ms);
}

TEST_F(FeedTest, RenewalsAreAskedOneAtATimeAndFailuresHandedIn) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    say(0, "X");
    ASSERT_TRUE(until([&] { return provider.renewals.size() == 1; }));
    EXPECT_EQ(provider.renewals.at(0), make_error_code(errc::rate_limited).message());
    EXPECT_FALSE(until([&] { return provider.renewals_asked > 1; }, 400ms)); // not at once again
    ASSERT_TRUE(until([&] { return provider.renewals.size() == 2; }));
    EXPECT_EQ(provider.renewals.at(1), "token 2");
    EXPECT_FALSE(until([&] { return provider.renewals_asked > 2; }, 1300ms));
}

TEST_F(FeedTest, WeightsFillConnections) {
    options.spec.streams_per_connection = 4;
    options.spec.max_connections = 2;
    provider.weight = [this](const Subscription& s) {
        const auto& symbol = table.name_of(s.instrument).symbol;
        return symbol == "FREE" || symbol == "FREE2" ? 0 : symbol == "BIG" ? 3 : symbol == "HUGE" ? 5 : 1;
    };
    start();
    subscribe({"BIG", "A", "B", "FREE", "FREE2", "HUGE"});
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("B") && live("FREE"); }));
    auto names = Lines{streams.at(0).names, streams.at(1).names};
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (Lines{"A,BIG,FREE,FREE2", "B"}));
    EXPECT_TRUE(sink.states[id("HUGE")].starts_with("refused")) << sink.states[id("HUGE")];
    subscribe({"C", "D", "E", "F"}); // three more fit beside B
    EXPECT_TRUE(sink.states[id("F")].starts_with("refused"));
    feed->unsubscribe({want("A").what});
    subscribe({"G"});
    ASSERT_TRUE(until([&] { return live("G") && live("E"); }));
}

TEST_F(FeedTest, NoticesBecomeEventsAndStates) {
    start();
    subscribe({"A", "B"});
    ASSERT_TRUE(until([&] { return live("A") && live("B"); }));
    say(0, "H A news");
    say(0, "C B");
    say(0, "L A 1.20 1.40");
    ASSERT_TRUE(until([&] { return sink.count("luld") == 1; }));
    EXPECT_EQ(sink.states[id("A")], "closed|halted: news");
    EXPECT_EQ(sink.states[id("B")], "closed|closed");
    EXPECT_NE(std::find(sink.events.begin(), sink.events.end(), "luld|lower 1.20 upper 1.40"), sink.events.end());
    EXPECT_NE(std::find(sink.events.begin(), sink.events.end(), "halted|news"), sink.events.end());
    say(0, "R A");
    say(0, "O B");
    ASSERT_TRUE(until([&] { return live("A") && live("B"); }));
    EXPECT_EQ(sink.count("resumed"), 1U);
    EXPECT_EQ(sink.count("opened"), 1U);
    // What was said before a loss does not hold after it.
    say(0, "H A again");
    ASSERT_TRUE(until([&] { return sink.states[id("A")].starts_with("closed"); }));
    streams.at(0).out->abort();
    ASSERT_TRUE(until([&] { return live("A"); }));
}

TEST_F(FeedTest, AFeedThatNobodyWantsIsClosedWhateverItWas) {
    start();
    ASSERT_TRUE(until([&] { return sink.statuses > 0; }));
    EXPECT_EQ(sink.status.state, FeedState::closed);
    EXPECT_EQ(sink.status.reason, "nothing wanted");
    subscribe({"A"});
    EXPECT_EQ(feed->state(), FeedState::connecting) << "at once";
    ASSERT_TRUE(until([&] { return live("A") && feed->state() == FeedState::live; }));
    refuse = 503;
    streams.at(0).out->finish();
    ASSERT_TRUE(until([&] { return feed->state() == FeedState::down; }));
    feed->unsubscribe({want("A").what});
    ASSERT_TRUE(until([&] { return feed->state() == FeedState::closed; }));
    EXPECT_EQ(sink.status.reason, "nothing wanted");
    subscribe({"B"});
    EXPECT_EQ(feed->state(), FeedState::connecting) << "a new beginning is no failure";
}

TEST_F(FeedTest, ManyChangesMakeOneStatus) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    const auto before = sink.statuses;
    feed->subscribe({});
    feed->unsubscribe({});
    for (int i = 0; i < 500; ++i)
        subscribe({"S" + std::to_string(i)});
    for (int i = 0; i < 499; ++i)
        feed->unsubscribe({want("S" + std::to_string(i)).what});
    EXPECT_EQ(sink.statuses, before);
    ASSERT_TRUE(until([&] { return sink.status.wanted == 2; }));
}

TEST_F(FeedTest, WhatRestSaysOfTradingOutlivesAConnection) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    feed->set_trading(id("A"), false, "BREAK");
    EXPECT_EQ(sink.states[id("A")], "closed|closed: BREAK");
    say(0, "H A news");
    ASSERT_TRUE(until([&] { return sink.count("halted") == 1; }));
    sink.order.clear();
    streams.at(0).out->abort();
    ASSERT_TRUE(until([&] { return streams.size() == 2 && sink.states[id("A")] == "closed|closed: BREAK"; }));
    EXPECT_EQ(std::count(sink.order.begin(), sink.order.end(), "live"), 0);
    feed->set_trading(id("A"), true, "TRADING");
    EXPECT_TRUE(live("A"));
    EXPECT_EQ(sink.count("opened"), 1U);
    feed->set_trading(id("A"), true, "TRADING");
    EXPECT_EQ(sink.count("opened"), 1U) << "nothing to take back";
}

TEST_F(FeedTest, HolesAreToldBeforeTheStateThatMakesOthersServe) {
    start();
    feed->subscribe({want("A"), want("A", Kind::trade), want("B")});
    ASSERT_TRUE(until([&] { return live("A") && live("B"); }));
    sink.order.clear();
    streams.at(0).out->abort();
    ASSERT_TRUE(until([&] { return sink.count("gap_opened") == 3; }));
    EXPECT_EQ((Lines{sink.order.begin(), sink.order.begin() + 6}),
        (Lines{"link_down", "gap_opened", "gap_opened", "gap_opened", "down", "down"}));
}

TEST_F(FeedTest, CountsWhatIsMissedByWhetherItsMarketIsOpen) {
    calendar::MarketHours hours;
    const auto today = std::chrono::floor<std::chrono::days>(wall_now());
    std::vector<MarketDay> days;
    for (const int offset : {-2, -1, 0, 1, 2}) {
        MarketDay day;
        day.asset_class = AssetClass::equity;
        day.date = today + std::chrono::days(offset);
        day.closed = true;
        days.push_back(day);
    }
    hours.learn(days);
    options.hours = &hours;
    start();
    const auto wanted = [this](std::string_view name, const std::string& native) {
        Wanted w;
        w.what.instrument = table.intern(*InstrumentName::parse(name));
        w.native = native;
        return w;
    };
    const auto open = wanted("crypto:A", "A"), closed = wanted("equity:B", "B");
    feed->subscribe({open, closed});
    ASSERT_TRUE(until([&] { return feed->state() == FeedState::live && open_streams() == 1; }));
    const auto by = [](const FeedStats& s, InstrumentState state) {
        return s.instruments[static_cast<std::size_t>(state)];
    };
    ASSERT_TRUE(until([&] { return by(feed->stats(), InstrumentState::live) == 1; }));
    auto s = feed->stats();
    EXPECT_EQ(by(s, InstrumentState::closed), 1U);
    EXPECT_EQ(s.open_instruments, 1U);
    EXPECT_EQ(s.gaps_open + s.gaps_open_closed_market, 0U);
    EXPECT_FALSE(feed->stats_of(open.what.instrument)->last);

    say(0, "Q A 1.10 100");
    ASSERT_TRUE(until([&] { return feed->stats_of(open.what.instrument)->last.has_value(); }));
    EXPECT_EQ(feed->stats_of(open.what.instrument)->messages[0], 1U);
    EXPECT_LT(wall_now() - *feed->stats_of(open.what.instrument)->last, 10s);

    refuse = 503; // it does not come back
    streams.at(0).out->abort();
    ASSERT_TRUE(until([&] { return by(feed->stats(), InstrumentState::down) == 2; }));
    s = feed->stats();
    EXPECT_EQ(s.gaps_open, 1U);
    EXPECT_EQ(s.gaps_open_closed_market, 1U);
    EXPECT_EQ(s.open_instruments, 1U) << "whether it is connected or not";
    EXPECT_EQ(s.gaps - s.gaps_closed, 2U);
    EXPECT_FALSE(feed->stats_of(id("Z")));
}

TEST_F(FeedTest, ARejectedKindLeavesTheOthersLive) {
    start();
    feed->subscribe({want("A"), want("A", Kind::trade)});
    ASSERT_TRUE(until([&] { return live("A"); }));
    say(0, "J A t");
    ASSERT_TRUE(until([&] { return sink.count("refused") == 1; }));
    EXPECT_TRUE(live("A"));
    say(0, "J A q");
    ASSERT_TRUE(until([&] { return sink.count("refused") == 2; }));
    EXPECT_TRUE(sink.states[id("A")].starts_with("refused"));
}

TEST_F(FeedTest, ARejectionOfWhatWasReleasedSaysNothing) {
    start();
    subscribe({"A", "B"});
    ASSERT_TRUE(until([&] { return live("A") && live("B"); }));
    feed->unsubscribe({want("A").what});
    say(0, "J A q");
    say(0, "Q B 2 100");
    ASSERT_TRUE(until([&] { return sink.published["B"].size() == 1; }));
    EXPECT_EQ(sink.count("refused"), 0U);
    EXPECT_TRUE(live("A")) << "as it was told last: " << sink.states[id("A")];
}

TEST_F(FeedTest, SourceQuotesGoTheirOwnWay) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    say(0, "S A 9.99");
    ASSERT_TRUE(until([&] { return sink.sources.size() == 1; }));
    EXPECT_EQ(sink.sources.at(0), "scripted A 9.99");
    EXPECT_TRUE(sink.published["A"].empty());
}

TEST_F(FeedTest, RefusedCredentialsStopItAndATruncatedBodyDoesNot) {
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return live("A"); }));
    streams.at(0).out->send_raw("ff\r\nQ A");
    streams.at(0).out->close();
    ASSERT_TRUE(until([&] { return streams.size() == 2 && live("A"); }));
    EXPECT_EQ(sink.count("link_down"), 1U);
    refuse = 401;
    streams.at(1).out->finish();
    ASSERT_TRUE(until([&] { return sink.count("refused") == 1; }));
    EXPECT_NE(sink.events.back().find("Insufficient authorization"), std::string::npos) << sink.events.back();
    EXPECT_FALSE(until([&] { return refused > 1; }, 300ms));
    EXPECT_TRUE(sink.states[id("A")].starts_with("refused"));
}

} // namespace
} // namespace tickgate::feed
