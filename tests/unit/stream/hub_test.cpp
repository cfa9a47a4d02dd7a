// Who gets what: snapshots, live messages, states, the tap, demand.
#include "hub_fixture.hpp"

#include <gmock/gmock.h>

namespace tickgate::stream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Type = redis::TapRecord::Type;

const std::string btc = "crypto:BTC-USDT", eth = "crypto:ETH-USDT";

TEST_F(HubTest, AFirstClientGetsStateAndLastValueThenWhatComesBehindThem) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    const auto answer = subscribe(client, btc, "Q");
    EXPECT_THAT(answer.symbols, ElementsAre(btc));
    EXPECT_THAT(answer.channels, ElementsAre("quote"));
    EXPECT_TRUE(answer.publishing);
    EXPECT_THAT(host.wanted, ElementsAre("quote:crypto:BTC-USDT"));
    EXPECT_EQ(host.taps[0], 1u << 0);
    publish(Kind::quote, btc, 6); // before the marker: part of the snapshot
    deliver();
    EXPECT_THAT(outlet.take(), IsEmpty());
    answer_snapshot({{Kind::quote, 6}}, R"({"type":"state"})");
    publish(Kind::quote, btc, 6); // never twice
    deliver();
    EXPECT_THAT(outlet.take(), ElementsAre(R"({"type":"state"})", text_of(Kind::quote, btc, 6)));
    publish(Kind::quote, btc, 7);
    deliver();
    EXPECT_THAT(outlet.take(), ElementsAre(text_of(Kind::quote, btc, 7)));
}

TEST_F(HubTest, ALaterClientStartsWithWhatIsNewestHere) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    subscribe(one, btc, "T");
    answer_snapshot({{Kind::trade, 3}}, R"({"type":"state"})");
    publish(Kind::trade, btc, 4);
    deliver();
    first.take();
    const auto two = connect("b", second);
    subscribe(two, btc, "T");
    EXPECT_TRUE(host.asked.empty()); // nobody needs to be asked
    publish(Kind::trade, btc, 5);
    deliver();
    EXPECT_THAT(
        second.take(), ElementsAre(R"({"type":"state"})", text_of(Kind::trade, btc, 4), text_of(Kind::trade, btc, 5)));
    EXPECT_THAT(first.take(), ElementsAre(text_of(Kind::trade, btc, 5)));
}

TEST_F(HubTest, WhoComesBetweenTheQuestionAndItsMarkerGetsTheSameSnapshot) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    subscribe(one, btc, "Q");
    const auto two = connect("b", second);
    subscribe(two, btc, "Q");
    subscribe(two, eth, "Q");
    EXPECT_EQ(host.asked.size(), 1u); // one at a time
    answer_snapshot({{Kind::quote, 9}});
    EXPECT_EQ(host.asked.size(), 1u); // for the other
    deliver();
    EXPECT_THAT(first.take(), ElementsAre(text_of(Kind::quote, btc, 9)));
    EXPECT_THAT(second.take(), ElementsAre(text_of(Kind::quote, btc, 9)));
    answer_snapshot({{Kind::quote, 2}});
    deliver();
    EXPECT_THAT(second.take(), ElementsAre(text_of(Kind::quote, eth, 2)));
}

// Between its end and its beginning anew nothing was taken for it: only a snapshot asked since then tells where it is.
TEST_F(HubTest, AChannelThatWasReopenedDoesNotBeginWithAnOlderSnapshot) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "T");
    unsubscribe(client, btc);
    subscribe(client, btc, "T");
    ASSERT_EQ(host.asked.size(), 1u);
    answer_snapshot({{Kind::trade, 3}}, R"({"type":"state","state":"pending"})");
    tell(Type::event, btc, R"({"type":"event","event":"gap_opened"})");
    deliver();
    EXPECT_THAT(outlet.take(), IsEmpty());
    ASSERT_EQ(host.asked.size(), 1u);
    answer_snapshot({{Kind::trade, 5}}, R"({"type":"state","state":"live"})");
    publish(Kind::trade, btc, 6);
    deliver();
    EXPECT_THAT(outlet.take(),
        ElementsAre(R"({"type":"state","state":"live"})", text_of(Kind::trade, btc, 5), text_of(Kind::trade, btc, 6)));
}

TEST_F(HubTest, BackfillIsPassedOnAndIsNoLastValue) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    subscribe(one, btc, "T");
    answer_snapshot({{Kind::trade, 3}});
    publish(Kind::trade, btc, 4, true);
    deliver();
    EXPECT_THAT(first.take(), ElementsAre(text_of(Kind::trade, btc, 3), text_of(Kind::trade, btc, 4)));
    const auto two = connect("b", second);
    subscribe(two, btc, "T");
    deliver();
    EXPECT_THAT(second.take(), ElementsAre(text_of(Kind::trade, btc, 3)));
}

TEST_F(HubTest, StatesAndEventsReachWhoFollowsTheInstrument) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    const auto two = connect("b", second);
    subscribe(one, btc, "Q");
    answer_snapshot();
    subscribe(two, eth, "Q");
    answer_snapshot();
    tell(Type::state, btc, R"({"type":"state","state":"stale"})");
    tell(Type::event, btc, R"({"type":"event","event":"gap_opened"})");
    deliver();
    EXPECT_THAT(
        first.take(), ElementsAre(R"({"type":"state","state":"stale"})", R"({"type":"event","event":"gap_opened"})"));
    EXPECT_THAT(second.take(), IsEmpty());
    FakeOutlet third;
    const auto three = connect("c", third);
    subscribe(three, btc, "T");
    answer_snapshot({}, R"({"type":"state","state":"stale"})");
    deliver();
    EXPECT_THAT(third.take(), ElementsAre(R"({"type":"state","state":"stale"})")); // once, though asked twice
    EXPECT_THAT(first.take(), IsEmpty());
}

TEST_F(HubTest, BarsOfTheConfiguredTimeframesUnlessOneIsNamed) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    EXPECT_THAT(subscribe(client, btc, "A").channels, ElementsAre("bar:1m", "bar:5m"));
    EXPECT_THAT(subscribe(client, eth, "bar:1h").channels, ElementsAre("bar:1h"));
    EXPECT_THAT(host.wanted, ElementsAre("bar:1h:crypto:ETH-USDT", "bar:1m:crypto:BTC-USDT", "bar:5m:crypto:BTC-USDT"));
    EXPECT_THAT(subscribe(client, "fx:EUR-USD", "").channels, ElementsAre("quote", "trade", "bar:1m"));
}

TEST_F(HubTest, WhatNobodyFollowsAnyMoreIsReleased) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    const auto two = connect("b", second);
    subscribe(one, btc, "Q,T");
    subscribe(two, btc, "Q");
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}});
    EXPECT_EQ(host.taps[0], 3u);
    const auto answer = unsubscribe(one, btc, "T");
    EXPECT_THAT(answer.channels, ElementsAre("trade"));
    EXPECT_THAT(host.wanted, ElementsAre("quote:crypto:BTC-USDT"));
    EXPECT_EQ(host.taps[0], 1u);
    deliver();
    first.take();
    publish(Kind::trade, btc, 2);
    publish(Kind::quote, btc, 2);
    deliver();
    EXPECT_THAT(first.take(), ElementsAre(text_of(Kind::quote, btc, 2)));
    hub->disconnect(one, "disconnected");
    EXPECT_EQ(host.wanted.size(), 1u);
    hub->disconnect(two, "disconnected");
    EXPECT_THAT(host.wanted, IsEmpty());
    EXPECT_EQ(host.taps[0], 0u);
    EXPECT_EQ(hub->stats().channels, 0u);
    EXPECT_EQ(hub->stats().subscriptions, 0u);
    publish(Kind::quote, btc, 3);
    deliver();
    EXPECT_EQ(hub->stats().ends.at("disconnected"), 2u);
}

TEST_F(HubTest, UnsubscribingWithoutSymbolsEndsAll) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "Q");
    subscribe(client, eth, "Q");
    const auto answer = hub->unsubscribe(client, {}, {});
    EXPECT_THAT(answer.symbols, ElementsAre(btc, eth));
    EXPECT_THAT(host.wanted, IsEmpty());
    const auto again = unsubscribe(client, btc);
    ASSERT_EQ(again.faults.size(), 1u);
    EXPECT_EQ(again.faults[0].fault.code, "not_subscribed");
    answer_snapshot({{Kind::quote, 3}}); // of channels that are gone
    deliver();
    EXPECT_THAT(outlet.take(), IsEmpty());
}

TEST_F(HubTest, EachClientGetsItsFormat) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    const auto two = connect("b", second);
    subscribe(one, btc, "Q", Format::native);
    subscribe(two, btc, "Q", Format::market_data);
    answer_snapshot();
    redis::TapRecord record;
    record.session = 1;
    record.seq = 1;
    record.payload = R"({"v":1,"type":"quote","class":"crypto","symbol":"BTC-USDT","provider":"x","native":"X",)"
                     R"("bid":1.50,"bid_size":null,"ask":1.60,"ask_size":2,"last":null,"exchange":null,)"
                     R"("ts_event_us":null,"ts_recv_us":1763682000171203,"ts_pub_us":1763682000171999,)"
                     R"("session":"S1","seq":1,"src_seq":null,"flags":[]})";
    hub->take(record);
    deliver();
    EXPECT_THAT(first.take(), ElementsAre(std::string(record.payload)));
    EXPECT_THAT(second.take(),
        ElementsAre(R"({"type":"market_data","data":{"event_type":"Q","symbol":"crypto:BTC-USDT",)"
                    R"("timestamp":1763682000171,"bid_price":1.50,"bid_size":null,"ask_price":1.60,"ask_size":2},)"
                    R"("timestamp":1763682000171})"));
}

TEST_F(HubTest, ANewSessionStartsAnew) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    subscribe(one, btc, "Q");
    answer_snapshot({{Kind::quote, 900}});
    deliver();
    first.take();
    session = "S2";
    session_number = 2;
    publish(Kind::quote, btc, 1);
    deliver();
    EXPECT_THAT(first.take(), ElementsAre(text_of(Kind::quote, btc, 1, "S2"))); // no loss, no repeat
    const auto two = connect("b", second);
    subscribe(two, btc, "Q");
    deliver();
    EXPECT_THAT(second.take(), ElementsAre(text_of(Kind::quote, btc, 1, "S2")));
}

TEST_F(HubTest, TheNumbersOfTheSessionBeforeAreNoPlaceInTheNewOne) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    hub->subscribe(client, {name_of(btc), name_of(eth)}, {{Kind::quote, {}}}, Format::native);
    answer_snapshot({{Kind::quote, 900}});
    deliver();
    EXPECT_EQ(hub->resume_id(*client), "S1-900.900");
    session = "S2";
    session_number = 2;
    publish(Kind::quote, btc, 1);
    deliver();
    EXPECT_EQ(hub->resume_id(*client), "S2-1.0");
}

TEST_F(HubTest, WhoAsksOnAndReadsNoAnswersIsClosed) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    outlet.stuck = HubOptions().client_bytes;
    EXPECT_FALSE(hub->end_if_slow(client));
    ++outlet.stuck;
    EXPECT_TRUE(hub->end_if_slow(client));
    EXPECT_EQ(outlet.closed, 1013);
    EXPECT_EQ(hub->stats().clients[0], 0u);
}

TEST_F(HubTest, ANewerConnectionTakesTheNameOfAnOlderOne) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    subscribe(one, btc, "Q");
    const auto two = connect("a", second);
    EXPECT_EQ(first.closed, 1008);
    EXPECT_THAT(first.why, HasSubstr("replaced"));
    EXPECT_THAT(host.wanted, IsEmpty());
    EXPECT_EQ(hub->stats().clients[0], 1u);
    hub->disconnect(one, "disconnected"); // its coroutine ends later
    EXPECT_EQ(hub->stats().ends.at("replaced"), 1u);
    EXPECT_EQ(hub->stats().ends.at("disconnected"), 0u);
    subscribe(two, btc, "Q");
    EXPECT_EQ(hub->stats().subscriptions, 1u);
}

TEST_F(HubTest, AClientIdBelongsToTheTokenThatHasIt) {
    make();
    FakeOutlet first, second;
    const auto one = hub->connect("a", "desk", Carrier::websocket, "127.0.0.1:1", first, now);
    EXPECT_TRUE(hub->taken("a", "other"));
    EXPECT_TRUE(hub->taken("a", ""));
    EXPECT_FALSE(hub->taken("a", "desk"));
    EXPECT_FALSE(hub->taken("b", "other"));
    hub->disconnect(one, "disconnected");
    EXPECT_FALSE(hub->taken("a", "other"));
}

TEST_F(HubTest, ClientsAreToldWhoPublishes) {
    make();
    FakeOutlet first, second;
    const auto one = connect("a", first);
    connect("b", second);
    subscribe(one, btc, "Q");
    hub->publishing(false, "other:1");
    hub->publishing(false, "other:1");
    EXPECT_THAT(first.take(), ElementsAre(R"({"type":"gateway","publishing":false,"holder":"other:1"})"));
    EXPECT_THAT(second.take(), IsEmpty()); // follows nothing
    FakeOutlet third;
    const auto three = connect("c", third);
    EXPECT_FALSE(subscribe(three, btc, "Q").publishing);
    hub->publishing(true, "");
    EXPECT_THAT(first.take(), ElementsAre(R"({"type":"gateway","publishing":true,"holder":null})"));
}

TEST_F(HubTest, AnEventStreamSaysWhereItIs) {
    make();
    FakeOutlet outlet(Carrier::sse);
    const auto client = connect("s", outlet, Carrier::sse);
    subscribe(client, btc, "T");
    subscribe(client, eth, "T");
    answer_snapshot({{Kind::trade, 3}});
    answer_snapshot({{Kind::trade, 7}});
    publish(Kind::trade, btc, 4);
    deliver();
    EXPECT_EQ(outlet.raw, "data: " + text_of(Kind::trade, btc, 3) + "\n\ndata: " + text_of(Kind::trade, eth, 7) +
                              "\n\ndata: " + text_of(Kind::trade, btc, 4) + "\n\nid: S1-4.7\n\n");
}

TEST_F(HubTest, ThePlaceInAnEventStreamOfManyChannelsIsShort) {
    make();
    FakeOutlet outlet(Carrier::sse);
    const auto client = connect("s", outlet, Carrier::sse);
    std::vector<InstrumentName> names;
    for (int i = 0; i < 1000; ++i)
        names.push_back(name_of("crypto:C" + std::to_string(i)));
    hub->subscribe(client, names, {{Kind::trade, {}}}, Format::native);
    answer_snapshot({{Kind::trade, 1234567}});
    deliver();
    EXPECT_THAT(outlet.raw, testing::EndsWith("\nid: S1-~\n\n"));
    hub->disconnect(client, "disconnected");
    FakeOutlet again;
    const auto back = connect("t", again);
    hub->resume(back, "S1-~");
    subscribe(back, btc, "T");
    answer_snapshot({{Kind::trade, 1}});
    deliver();
    EXPECT_EQ(again.take().front(), R"({"type":"session","session":"S1","previous":"S1"})");
    for (const std::size_t channels : {1u, 100u}) { // and within the bound as before
        FakeOutlet few(Carrier::sse);
        const auto c = connect("f", few, Carrier::sse);
        hub->subscribe(c, std::vector(names.begin(), names.begin() + static_cast<long>(channels)), {{Kind::trade, {}}},
            Format::native);
        answer_snapshot({{Kind::trade, 1234567}});
        const auto id = hub->resume_id(*c);
        EXPECT_THAT(id, testing::StartsWith("S1-1234567"));
        EXPECT_EQ(id.size(), 2 + channels * 8);
        hub->disconnect(c, "disconnected");
    }
}

TEST_F(HubTest, WhoComesBackIsToldWhatItMissed) {
    make();
    FakeOutlet other, outlet;
    const auto anyone = connect("x", other);
    subscribe(anyone, btc, "Q");
    answer_snapshot({{Kind::quote, 10}});
    const auto client = connect("s", outlet);
    hub->resume(client, "S1-4.20");
    hub->subscribe(client, {name_of(btc), name_of(eth)}, {{Kind::quote, {}}}, Format::native);
    answer_snapshot({{Kind::quote, 21}});
    deliver();
    const auto got = outlet.take();
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0],
        R"({"type":"conflated","skipped":5,"lost":[{"channel":"quote:crypto:BTC-USDT","from_seq":5,"to_seq":9}]})");
    EXPECT_EQ(got[1], text_of(Kind::quote, btc, 10));
    EXPECT_EQ(got[2], text_of(Kind::quote, eth, 21)); // nothing was between 20 and 21
    FakeOutlet later;
    const auto stranger = connect("t", later);
    hub->resume(stranger, "S0-4");
    subscribe(stranger, btc, "Q");
    deliver();
    EXPECT_EQ(later.take().front(), R"({"type":"session","session":"S1","previous":"S0"})");
    for (const auto* nonsense : {"", "-", "x", "-1.2", "S1-", "S1-abc", "S1-1.2.3.4.5", "S1-*", "S1-."}) {
        FakeOutlet o;
        const auto c = connect(std::string("n") + nonsense, o);
        hub->resume(c, nonsense);
        subscribe(c, btc, "Q");
        deliver();
        EXPECT_EQ(o.take().back(), text_of(Kind::quote, btc, 10)) << nonsense;
    }
}

} // namespace
} // namespace tickgate::stream
