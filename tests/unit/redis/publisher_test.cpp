#include "publisher_fixture.hpp"

namespace tickgate::redis {
namespace {

class PublisherTest : public PublisherFixture {
protected:
    test::RedisServer server;
};

TEST_F(PublisherTest, AnEventOfAProvidersOwnChannelSaysSoInItsKind) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Event e;
    e.event = "gap_opened";
    e.instrument = table.intern({AssetClass::crypto, "BTC-USDT"});
    e.kind = Kind::bar;
    e.timeframe = Timeframe::m1;
    e.provider = "binance";
    p->publish_event(e);
    e.source = true;
    p->publish_event(e);
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:event:crypto:BTC-USDT") == 2;
    }));
    std::vector<std::string> kinds;
    for (const auto& m : listener.messages)
        if (m.channel == "md:event:crypto:BTC-USDT")
            kinds.emplace_back(m.body.at("kind").as_string());
    EXPECT_EQ(kinds, (std::vector<std::string>{"bar:1m", "src:binance:bar:1m"}));
}

TEST_F(PublisherTest, WritesEveryNameOfTheContract) {
    Listener listener(server);
    auto o = options(server.url());
    o.streams = true;
    auto& p = start(std::move(o));
    const auto q = open(p, "BTC-USDT");
    const auto t = open(p, "BTC-USDT", Kind::trade);
    const auto b = open(p, "BTC-USDT", Kind::bar);
    const InstrumentId btc = *table.find({AssetClass::crypto, "BTC-USDT"});
    p->set_state(btc, InstrumentState::live, "", "binance");
    FeedStatus status;
    status.state = FeedState::live;
    status.wanted = status.acked = 3;
    p->set_feed_status("binance.spot", status);
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Event e;
    e.event = "link_up";
    e.feed = "binance.spot";
    p->publish_event(e);
    e.event = "fresh";
    e.instrument = btc;
    p->publish_event(e);
    p->publish(q, quote());
    p->publish(t, trade());
    Bar bar;
    bar.open = bar.high = bar.low = bar.close = dec("1");
    p->publish(b, bar);
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:heartbeat") >= 2 && !server.cli({"GET", "md:last:bar:1m:crypto:BTC-USDT"}).is_nil();
    }));
    for (const char* channel : {"md:quote:crypto:BTC-USDT", "md:trade:crypto:BTC-USDT", "md:bar:1m:crypto:BTC-USDT",
             "md:event:crypto:BTC-USDT", "md:event:feed:binance.spot"})
        EXPECT_EQ(listener.count(channel), 1u) << channel;
    for (const auto& m : listener.messages) {
        if (m.channel == "md:quote:crypto:BTC-USDT") {
            EXPECT_EQ(
                json::serialize(json::parse(server.get("md:last:quote:crypto:BTC-USDT"))), json::serialize(m.body));
        }
    }
    EXPECT_NE(server.get("md:last:quote:crypto:BTC-USDT").find("\"bid\":1.08550,"), std::string::npos);
    EXPECT_EQ(server.get("md:alive"), p->session());
    EXPECT_EQ(server.get("md:owner"), "one");
    EXPECT_NE(server.get("md:state:crypto:BTC-USDT").find("\"state\":\"live\""), std::string::npos);
    EXPECT_EQ(server.cli({"HGET", "md:status:binance.spot", "state"}).text, "live");
    EXPECT_EQ(server.cli({"SMEMBERS", "md:symbols:crypto"}).elements.at(0).text, "BTC-USDT");
    EXPECT_EQ(server.cli({"HGET", "md:info", "session"}).text, p->session());
    EXPECT_EQ(server.cli({"HGET", "md:info", "epoch"}).text, "1");
    EXPECT_EQ(server.cli({"HGET", "md:info", "version"}).text, "1.2.3");
    EXPECT_EQ(server.cli({"XLEN", "md:stream:quote:crypto:BTC-USDT"}).text, "1");
    const auto events = server.cli({"XRANGE", "md:stream:event", "-", "+"});
    ASSERT_EQ(events.elements.size(), 2u);
    EXPECT_EQ(events.elements[0].elements[1].elements[0].text, "json");
    EXPECT_EQ(json::parse(events.elements[0].elements[1].elements[1].text).at("seq"), 1);
    EXPECT_GT(std::stoi(server.cli({"PTTL", "md:alive"}).text), 0);
    EXPECT_GT(std::stoi(server.cli({"PTTL", "md:owner"}).text), 0);
    EXPECT_TRUE(server.cli({"GET", "md:last:trade:crypto:BTC-USDT"}).text.ends_with("\"flags\":[]}"));
}

TEST_F(PublisherTest, LastValueEqualsTheNewestMessageThatIsNotBackfill) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    for (int i = 0; i < 100; ++i)
        p->publish(q, quote());
    auto old = quote("9", "10");
    old.flags.set(Flag::backfill);
    p->publish(q, old);
    p->flush(now());
    EXPECT_EQ(p->last_seq(q), 101u);
    ASSERT_TRUE(run_until([&] {
        const auto text = server.get("md:last:quote:crypto:BTC-USDT");
        return !text.empty() && json::parse(text).at("seq") == 100;
    }));
    listener.poll();
    EXPECT_EQ(listener.count("md:quote:crypto:BTC-USDT"), 101u);
    ChainCheck chain;
    for (const auto& m : listener.messages)
        chain.take(m);
    EXPECT_EQ(chain.holes + chain.repeats, 0u);
}

TEST_F(PublisherTest, StoppingWritesWhatIsQueuedAndGivesThePrefixBack) {
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->publish(q, quote()); // not flushed
    ASSERT_TRUE(stop(p));
    EXPECT_FALSE(server.get("md:last:quote:crypto:BTC-USDT").empty());
    EXPECT_TRUE(server.cli({"GET", "md:owner"}).is_nil());
    EXPECT_TRUE(server.cli({"GET", "md:alive"}).is_nil());
}

TEST_F(PublisherTest, RemovedChannelsAndInstrumentsLoseTheirKeys) {
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    const InstrumentId id = *table.find({AssetClass::crypto, "BTC-USDT"});
    p->set_state(id, InstrumentState::live, "", "binance");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->publish(q, quote());
    ASSERT_TRUE(run_until([&] {
        return !server.get("md:last:quote:crypto:BTC-USDT").empty() && !server.get("md:state:crypto:BTC-USDT").empty();
    }));
    p->close_channel(q);
    p->remove_instrument(id);
    EXPECT_TRUE(run_until([&] {
        return server.get("md:last:quote:crypto:BTC-USDT").empty() && server.get("md:state:crypto:BTC-USDT").empty() &&
               server.cli({"SCARD", "md:symbols:crypto"}).text == "0";
    }));
}

// What the router does when it switches.
TEST_F(PublisherTest, AChannelOpenedAgainChangesItsProviderAndCountsOn) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    const auto b = open(p, "BTC-USDT", Kind::bar);
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Bar bar;
    bar.open = bar.high = bar.low = bar.close = dec("1");
    bar.open_time = wall_now() + std::chrono::hours(1); // opened in this session
    const auto publish = [&] {
        p->publish(q, quote());
        p->publish(b, bar);
        p->flush(now());
    };
    publish();
    const Subscription quotes{*table.find({AssetClass::crypto, "BTC-USDT"}), Kind::quote, Timeframe::m1};
    const Subscription bars{quotes.instrument, Kind::bar, Timeframe::m1};
    EXPECT_EQ(p->open_channel(quotes, "massive", "X:BTC-USDT"), q);
    EXPECT_EQ(p->open_channel(bars, "massive", "X:BTC-USDT"), b);
    publish();
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        const auto last = server.get("md:last:bar:1m:crypto:BTC-USDT");
        return listener.count("md:bar:1m:crypto:BTC-USDT") == 2 && !last.empty() && json::parse(last).at("seq") == 2;
    }));
    std::vector<std::string> seen;
    for (const auto& m : listener.messages)
        if (m.channel == "md:quote:crypto:BTC-USDT" || m.channel == "md:bar:1m:crypto:BTC-USDT")
            seen.push_back(std::string(m.body.at("type").as_string()) + ' ' +
                           m.body.at("provider").as_string().c_str() + ' ' + m.body.at("native").as_string().c_str() +
                           ' ' + json::serialize(m.body.at("seq")) +
                           (m.body.contains("rev") ? " rev " + json::serialize(m.body.at("rev")) : ""));
    const std::vector<std::string> expected{"quote binance BTC-USDT 1", "bar binance BTC-USDT 1 rev 1",
        "quote massive X:BTC-USDT 2", "bar massive X:BTC-USDT 2 rev 2"};
    EXPECT_EQ(seen, expected);
    for (const char* kind : {"quote", "bar:1m"}) {
        const auto last = json::parse(server.get("md:last:" + std::string(kind) + ":crypto:BTC-USDT"));
        EXPECT_EQ(last.at("provider"), "massive");
        EXPECT_EQ(last.at("native"), "X:BTC-USDT");
    }
    EXPECT_EQ(server.cli({"SCARD", "md:symbols:crypto"}).text, "1");
}

TEST_F(PublisherTest, BackfillTakesTheNextNumberAndLeavesTheLastValueAlone) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto t = open(p, "BTC-USDT", Kind::trade);
    const auto b = open(p, "BTC-USDT", Kind::bar);
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Bar bar;
    bar.open = bar.high = bar.low = bar.close = dec("1");
    bar.open_time = wall_now() + std::chrono::hours(1); // opened in this session
    p->publish(t, trade());
    p->publish(b, bar);
    auto missed = trade();
    missed.flags.set(Flag::backfill);
    missed.event_time = wall_now() - std::chrono::hours(1);
    p->publish(t, missed);
    bar.flags.set(Flag::backfill);
    bar.open_time -= std::chrono::minutes(1);
    p->publish(b, bar);
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:bar:1m:crypto:BTC-USDT") == 2 && listener.count("md:trade:crypto:BTC-USDT") == 2 &&
               !server.get("md:last:bar:1m:crypto:BTC-USDT").empty() &&
               !server.get("md:last:trade:crypto:BTC-USDT").empty();
    }));
    ASSERT_TRUE(stop(p)); // what is waiting is written
    for (const char* kind : {"trade", "bar:1m"}) {
        const auto last = json::parse(server.get("md:last:" + std::string(kind) + ":crypto:BTC-USDT"));
        EXPECT_EQ(last.at("seq"), 1) << kind;
        EXPECT_EQ(json::serialize(last.at("flags")).find("backfill"), std::string::npos);
    }
    std::vector<std::int64_t> numbers;
    for (const auto& m : listener.messages)
        if (m.channel == "md:trade:crypto:BTC-USDT")
            numbers.push_back(m.body.at("seq").as_int64());
    EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(PublisherTest, ASourceChannelHasItsOwnNumbersAndNoKeys) {
    Listener listener(server);
    auto o = options(server.url());
    o.streams = true;
    auto& p = start(std::move(o));
    const auto route = open(p, "BTC-USDT");
    Subscription what;
    what.instrument = *table.find({AssetClass::crypto, "BTC-USDT"});
    const auto source = p->open_source_channel(what, "massive", "X:BTC-USDT");
    EXPECT_EQ(p->open_source_channel(what, "massive", "X:BTC-USDT"), source);
    EXPECT_NE(p->open_source_channel(what, "binance", "BTCUSDT"), source);
    what.instrument = table.intern({AssetClass::crypto, "ETH-USDT"});
    what.kind = Kind::bar;
    const auto bars = p->open_source_channel(what, "massive", "X:ETH-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Bar bar;
    bar.open = bar.high = bar.low = bar.close = dec("1");
    p->publish(route, quote());
    for (int i = 0; i < 3; ++i)
        p->publish(source, quote());
    p->publish(bars, bar);
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:src:massive:bar:1m:crypto:ETH-USDT") == 1 &&
               !server.get("md:last:quote:crypto:BTC-USDT").empty();
    }));
    EXPECT_EQ(listener.count("md:src:massive:quote:crypto:BTC-USDT"), 3u);
    EXPECT_EQ(p->last_seq(route), 1u);
    EXPECT_EQ(p->last_seq(source), 3u);
    for (const auto& m : listener.messages)
        if (m.channel == "md:src:massive:quote:crypto:BTC-USDT") {
            EXPECT_EQ(m.body.at("provider"), "massive");
            EXPECT_EQ(m.body.at("native"), "X:BTC-USDT");
        }
    EXPECT_EQ(json::parse(server.get("md:last:quote:crypto:BTC-USDT")).at("provider"), "binance");
    p->close_channel(source);
    p->publish(source, quote());
    EXPECT_EQ(p->last_seq(source), 3u);
    ASSERT_TRUE(stop(p));
    for (const auto& key : server.cli({"KEYS", "*"}).elements)
        EXPECT_EQ(key.text.find("src"), std::string::npos) << key.text;
    EXPECT_EQ(server.cli({"SMEMBERS", "md:symbols:crypto"}).elements.size(), 1u) << "a source alone lists nothing";
    EXPECT_EQ(server.cli({"XLEN", "md:stream:quote:crypto:BTC-USDT"}).text, "1");
}

TEST_F(PublisherTest, WhatASourceChannelLosesIsToldByItsName) {
    server.stop();
    auto& p = start(options(server.url()));
    Subscription what;
    what.instrument = table.intern({AssetClass::crypto, "BTC-USDT"});
    const auto source = p->open_source_channel(what, "massive", "X:BTC-USDT");
    for (int i = 0; i < 10; ++i)
        p->publish(source, quote()); // all but the last are replaced while Redis is away
    server.start();
    Listener listener(server);
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:src:massive:quote:crypto:BTC-USDT") == 1 &&
               listener.count("md:event:crypto:BTC-USDT") == 2;
    }));
    ChainCheck chain;
    for (const auto& m : listener.messages)
        chain.take(m);
    EXPECT_EQ(chain.gaps["md:src:massive:quote:crypto:BTC-USDT"].size(), 2u);
    EXPECT_EQ(chain.last["md:src:massive:quote:crypto:BTC-USDT"], 10u);
}

TEST_F(PublisherTest, MessagesBeforeTheFirstConnectionAreKept) {
    server.stop();
    auto& p = start(options(server.url()));
    const auto t = open(p, "BTC-USDT", Kind::trade);
    const auto q = open(p, "BTC-USDT");
    for (int i = 0; i < 10; ++i)
        p->publish(t, trade());
    for (int i = 0; i < 10; ++i)
        p->publish(q, quote());
    run_until([] { return false; }, std::chrono::milliseconds(100));
    EXPECT_FALSE(p->stats().connected);
    server.start();
    Listener listener(server);
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:event:crypto:BTC-USDT") >= 2 || p->stats().owner;
    }));
    ASSERT_TRUE(run_until([&] { return !server.get("md:last:quote:crypto:BTC-USDT").empty(); }));
    EXPECT_EQ(json::parse(server.get("md:last:quote:crypto:BTC-USDT")).at("seq"), 10);
    EXPECT_EQ(json::parse(server.get("md:last:trade:crypto:BTC-USDT")).at("seq"), 10);
}

TEST_F(PublisherTest, WhatIsTunedHoldsFromThenOn) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto t = open(p, "BTC-USDT", Kind::trade);
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->publish(t, trade());
    Publisher::Tuning tuning;
    tuning.streams = true;
    tuning.stream_maxlen = 100;
    tuning.last_value_interval = std::chrono::milliseconds(10);
    tuning.config_digest = "feedfacefeedface";
    p->tune(tuning);
    p->publish(t, trade());
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        return server.cli({"XLEN", "md:stream:trade:crypto:BTC-USDT"}).text == "1";
    })) << "the second, not the first";
    EXPECT_TRUE(run_until([&] { return server.cli({"HGET", "md:info", "config_digest"}).text == "feedfacefeedface"; }));
    tuning.streams = false;
    p->tune(tuning);
    p->publish(t, trade());
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:trade:crypto:BTC-USDT") == 3;
    }));
    EXPECT_EQ(server.cli({"XLEN", "md:stream:trade:crypto:BTC-USDT"}).text, "1");
}

TEST_F(PublisherTest, AFeedThatIsNoMoreLosesItsStatus) {
    auto& p = start(options(server.url()));
    FeedStatus status;
    status.state = FeedState::live;
    p->set_feed_status("binance.spot", status);
    p->set_feed_status("binance.usdm", status);
    ASSERT_TRUE(run_until([&] { return server.cli({"EXISTS", "md:status:binance.spot"}).text == "1"; }));
    Listener listener(server);
    p->remove_feed("binance.spot");
    p->remove_feed("nobody.knows");
    p->flush(now());
    EXPECT_TRUE(run_until([&] { return server.cli({"EXISTS", "md:status:binance.spot"}).text == "0"; }));
    listener.poll();
    listener.messages.clear();
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:heartbeat") > 0;
    }));
    const auto& feeds = listener.messages.back().body.at("feeds").as_object();
    EXPECT_FALSE(feeds.contains("binance.spot"));
    EXPECT_TRUE(feeds.contains("binance.usdm"));
}

TEST_F(PublisherTest, AnEventOfNoInstrumentAndNoFeedIsTheGateways) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    Event e;
    e.event = "config_reloaded";
    e.cause = "signal";
    e.text = "digest 0123456789abcdef";
    p->publish_event(e);
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:event:gateway") == 1;
    }));
}

} // namespace
} // namespace tickgate::redis
