// A feed over real sockets against a venue that streams over HTTP.
#include "scripted_venue.hpp"

#include "core/log.hpp"

namespace tickgate::feed {
namespace {

class FeedTest : public ::testing::Test {
protected:
    struct Stream { // one connection, as the venue sees it
        std::string names;
        MonoTime since;
        net::HttpStreamResponse* out = nullptr; // null once it has ended
    };

    void SetUp() override {
        options.provider = "scripted";
        options.spec.part = "main";
        options.spec.overlap = 150ms;
        options.timings.overlap_limit = 300ms;
        options.timings.back_off.base = 1ms;
        options.timings.back_off.cap = 1ms;
        auto plain = [this](net::HttpRequest) -> asio::awaitable<net::HttpResponse> {
            net::HttpResponse refusal;
            refusal.status = refuse;
            refusal.body = R"({"errorMessage":"Insufficient authorization to perform request."})";
            ++refused;
            co_return refusal;
        };
        net::HttpServerOptions server_options;
        server = std::make_unique<net::HttpServer>(loop.get_executor(), server_options, std::move(plain));
        server->on_stream([this](const net::HttpRequest&) { return refuse == 0; },
            [this](net::HttpRequest r, std::unique_ptr<net::HttpStreamResponse> out) -> asio::awaitable<void> {
                const auto at = streams.size();
                streams.push_back({r.parameter("i"), mono_now(), out.get()});
                if (!hold_heads)
                    out->send_head(net::HttpResponse());
                co_await out->run();
                streams[at].out = nullptr;
            });
        ASSERT_FALSE(server->listen());
        asio::co_spawn(loop, server->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            server_ended = true;
        });
        provider.base = "http://127.0.0.1:" + std::to_string(server->port());
    }

    void start() {
        feed = std::make_unique<Feed>(
            loop.get_executor(), loop.get_executor(), provider, rest, table, sink, std::move(options));
        asio::co_spawn(loop, feed->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            feed_ended = true;
        });
    }

    void TearDown() override {
        const auto start = mono_now();
        if (feed)
            feed->stop();
        EXPECT_TRUE(until([&] { return feed_ended || !feed; }));
        EXPECT_LT(mono_now() - start, 4s);
        server->stop();
        EXPECT_TRUE(until([&] { return server_ended; }));
    }

    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 8s) {
        const auto end = std::chrono::steady_clock::now() + limit;
        loop.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            loop.run_one_for(5ms);
        return done();
    }

    InstrumentId id(const std::string& name) { return table.intern(*InstrumentName::parse("fx:" + name)); }
    Wanted want(const std::string& name, Kind kind = Kind::quote) {
        Wanted w;
        w.what.instrument = id(name);
        w.what.kind = kind;
        w.native = name;
        return w;
    }
    void subscribe(const std::vector<std::string>& names) {
        std::vector<Wanted> wanted;
        for (const auto& n : names)
            wanted.push_back(want(n));
        feed->subscribe(wanted);
    }
    void say(std::size_t stream, const std::string& line) { streams.at(stream).out->send_chunk(line + "\n"); }
    bool live(const std::string& name) { return sink.states[id(name)].starts_with("live"); }
    std::size_t open_streams() const {
        return static_cast<std::size_t>(
            std::count_if(streams.begin(), streams.end(), [](const Stream& s) { return s.out != nullptr; }));
    }

    asio::io_context loop{1};
    std::unique_ptr<net::HttpServer> server;
    std::vector<Stream> streams;
    InstrumentTable table;
    ScriptedProvider provider;
    NoRest rest;
    LineSink sink;
    FeedOptions options;
    std::unique_ptr<Feed> feed;
    int refuse = 0, refused = 0;
    bool hold_heads = false, server_ended = false, feed_ended = false;
};

using Lines = std::vector<std::string>;

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

} // namespace
} // namespace tickgate::feed
