// Slow clients, many messages, what does not fit.
#include "hub_fixture.hpp"

#include "core/log.hpp"

#include <gmock/gmock.h>

#include <ctime>

namespace tickgate::stream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string btc = "crypto:BTC-USDT", eth = "crypto:ETH-USDT";

std::string conflated(std::uint64_t skipped) {
    return R"({"type":"conflated","skipped":)" + std::to_string(skipped) + "}";
}

TEST_F(HubTest, QuotesOfASlowClientConflateAndItIsToldFirst) {
    make();
    FakeOutlet slow, quick;
    const auto one = connect("a", slow);
    const auto two = connect("b", quick);
    subscribe(one, btc, "Q,T");
    subscribe(two, btc, "Q");
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}});
    deliver();
    slow.take();
    quick.take();
    slow.stuck = 1;
    for (std::uint64_t seq = 2; seq <= 9; ++seq) {
        publish(Kind::quote, btc, seq);
        deliver();
    }
    publish(Kind::trade, btc, 2);
    deliver();
    EXPECT_EQ(quick.take().size(), 8u);
    EXPECT_THAT(slow.take(), IsEmpty());
    slow.stuck = 0;
    deliver();
    EXPECT_THAT(slow.take(), ElementsAre(conflated(7), text_of(Kind::quote, btc, 9), text_of(Kind::trade, btc, 2)));
    publish(Kind::quote, btc, 10);
    deliver();
    EXPECT_THAT(slow.take(), ElementsAre(text_of(Kind::quote, btc, 10))); // nothing more to tell
    EXPECT_EQ(hub->stats().conflated, 7u);
}

TEST_F(HubTest, AllThatWaitsGoesInOneWrite) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "Q,T");
    subscribe(client, eth, "Q,T");
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}});
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}});
    publish(Kind::trade, btc, 2);
    publish(Kind::trade, eth, 2);
    outlet.writes = 0;
    deliver();
    EXPECT_EQ(outlet.take().size(), 6u);
    EXPECT_EQ(outlet.writes, 1u);
}

TEST_F(HubTest, AClientThatCannotKeepUpWithTradesIsClosedAndNamed) {
    std::vector<std::string> lines;
    log::capture([&](log::Level, const std::string& line) { lines.push_back(line); });
    HubOptions options;
    options.client_bytes = 2000;
    make(options);
    FakeOutlet slow, quick;
    const auto one = connect("turtle", slow);
    const auto two = connect("hare", quick);
    subscribe(one, btc, "T");
    subscribe(two, btc, "T");
    answer_snapshot();
    slow.stuck = 1;
    std::size_t got = 0;
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        publish(Kind::trade, btc, seq);
        deliver();
        got += quick.take().size();
    }
    log::capture({});
    EXPECT_EQ(slow.closed, 1013);
    EXPECT_THAT(slow.why, HasSubstr("too slow"));
    EXPECT_EQ(quick.closed, 0);
    EXPECT_EQ(got, 40u);
    EXPECT_EQ(hub->stats().ends.at("slow"), 1u);
    EXPECT_EQ(hub->stats().clients[0], 1u);
    ASSERT_FALSE(lines.empty());
    EXPECT_THAT(lines.back(), HasSubstr("event=client_closed client=turtle"));
    EXPECT_THAT(lines.back(), HasSubstr("code=1013"));
}

// However much it follows: what it is sent at first does not make it slow, what comes behind it does.
TEST_F(HubTest, NobodyIsTooSlowForItsOwnSnapshot) {
    HubOptions options;
    options.client_bytes = 2000;
    options.batch_bytes = 1000;
    make(options);
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    std::vector<InstrumentName> names;
    for (int i = 0; i < 50; ++i)
        names.push_back(name_of("crypto:C" + std::to_string(i)));
    const std::vector<WantedKind> kinds{{Kind::quote, {}}, {Kind::trade, {}}, {Kind::bar, Timeframe::m1}};
    hub->subscribe(client, names, kinds, Format::native);
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}, {Kind::bar, 1}}, std::string(200, 's'));
    outlet.stuck = 1;
    deliver();
    publish(Kind::trade, "crypto:C0", 2);
    deliver();
    EXPECT_EQ(outlet.closed, 0);
    outlet.stuck = 0;
    std::size_t rounds = 0;
    for (; hub->waiting() && rounds < 100; ++rounds)
        deliver();
    EXPECT_GE(rounds, 20u); // in pieces
    auto got = outlet.take();
    ASSERT_EQ(got.size(), 201u);
    EXPECT_EQ(got.back(), text_of(Kind::trade, "crypto:C0", 2));
    std::sort(got.begin(), got.end());
    for (const auto& name : names)
        EXPECT_TRUE(std::binary_search(got.begin(), got.end(), text_of(Kind::bar, name.to_string(), 1)));

    outlet.stuck = 1; // once more, and more than that
    hub->overflows(1);
    answer_snapshot({{Kind::trade, 3}, {Kind::bar, 2}}, std::string(200, 's'));
    deliver();
    EXPECT_EQ(outlet.closed, 0);
    for (std::uint64_t seq = 4; seq < 40; ++seq)
        publish(Kind::trade, "crypto:C0", seq);
    deliver();
    EXPECT_EQ(outlet.closed, 1013);
}

TEST_F(HubTest, NothingOfASnapshotStaysOfWhoFollowsItNoMore) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    outlet.stuck = 1;
    for (int i = 0; i < 3; ++i) {
        subscribe(client, btc, "T");
        answer_snapshot({{Kind::trade, 1}}, R"({"type":"state"})");
        unsubscribe(client, btc);
    }
    subscribe(client, btc, "T");
    answer_snapshot({{Kind::trade, 1}}, R"({"type":"state"})");
    outlet.stuck = 0;
    deliver();
    EXPECT_THAT(outlet.take(), ElementsAre(R"({"type":"state"})", text_of(Kind::trade, btc, 1)));
}

TEST_F(HubTest, AClientThatTakesNothingIsClosedAfterAWhile) {
    HubOptions options;
    options.stalled = 30s;
    make(options);
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "Q");
    answer_snapshot({{Kind::quote, 1}});
    outlet.stuck = 5;
    deliver();
    now += 29s;
    hub->sweep(now);
    EXPECT_EQ(outlet.closed, 0);
    now += 2s;
    hub->sweep(now);
    EXPECT_EQ(outlet.closed, 1013);
    EXPECT_EQ(hub->stats().ends.at("stalled"), 1u);
    deliver();
    EXPECT_FALSE(hub->waiting());
}

TEST_F(HubTest, AboveTheRateOfAllTogetherQuotesConflateInTurn) {
    HubOptions options;
    options.messages_per_s = 1000;
    make(options);
    std::vector<std::unique_ptr<FakeOutlet>> outlets;
    for (int i = 0; i < 100; ++i) {
        outlets.push_back(std::make_unique<FakeOutlet>());
        subscribe(connect("c" + std::to_string(i), *outlets.back()), btc, "Q");
    }
    answer_snapshot();
    for (std::uint64_t seq = 1; seq <= 5000; ++seq) { // five seconds, a thousand a second, for a hundred
        publish(Kind::quote, btc, seq);
        deliver(1ms);
    }
    std::size_t sent = 0, least = SIZE_MAX, most = 0;
    for (auto& outlet : outlets) {
        std::uint64_t quotes = 0, told = 0, last = 0;
        for (const auto& text : outlet->take()) {
            ++sent;
            if (text.starts_with(R"({"type":"conflated","skipped":)")) {
                told += std::stoull(text.substr(30));
                continue;
            }
            ++quotes;
            const auto seq = std::stoull(text.substr(text.find("\"seq\":") + 6));
            EXPECT_EQ(seq, last + told + 1); // every hole was told before
            last = seq;
            told = 0;
        }
        least = std::min<std::size_t>(least, quotes);
        most = std::max<std::size_t>(most, quotes);
    }
    EXPECT_LE(sent, 5300u);
    EXPECT_GE(sent, 4500u);
    EXPECT_GE(least, 20u); // a notice and a quote, each about 25 times
    EXPECT_LE(most - least, 2u);
    EXPECT_TRUE(hub->waiting());
}

TEST_F(HubTest, TradesGoOnAboveTheRateInFewerWrites) {
    HubOptions options;
    options.messages_per_s = 100;
    make(options);
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "T,Q");
    answer_snapshot();
    for (std::uint64_t seq = 1; seq <= 2000; ++seq) {
        publish(Kind::trade, btc, seq);
        publish(Kind::quote, btc, seq);
        deliver(1ms);
    }
    deliver(100ms);
    std::uint64_t next = 1;
    for (const auto& text : outlet.take())
        if (text.find(R"("type":"trade")") != std::string::npos) {
            EXPECT_EQ(text, text_of(Kind::trade, btc, next));
            ++next;
        }
    EXPECT_EQ(next, 2001u);
    EXPECT_LE(outlet.writes, 60u); // one in 50 ms, and a few at the beginning
}

TEST_F(HubTest, WhatTheTapLeftOutIsTold) {
    make();
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "Q,T");
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 1}});
    deliver();
    outlet.take();
    publish(Kind::trade, btc, 5); // 2, 3 and 4 did not fit
    deliver();
    EXPECT_THAT(outlet.take(),
        ElementsAre(
            R"({"type":"conflated","skipped":3,"lost":[{"channel":"trade:crypto:BTC-USDT","from_seq":2,"to_seq":4}]})",
            text_of(Kind::trade, btc, 5)));
    hub->overflows(7); // and perhaps more, at the end
    answer_snapshot({{Kind::quote, 1}, {Kind::trade, 8}});
    deliver();
    EXPECT_THAT(outlet.take(),
        ElementsAre(
            R"({"type":"conflated","skipped":2,"lost":[{"channel":"trade:crypto:BTC-USDT","from_seq":6,"to_seq":7}]})",
            text_of(Kind::trade, btc, 8)));
    hub->overflows(7);
    EXPECT_TRUE(host.asked.empty());
    EXPECT_EQ(hub->stats().overflowed, 7u);
}

// What is asked after an overflow grows with what is followed, not with its square; and not more often than each
// second.
TEST_F(HubTest, AnOverflowOfManyChannelsIsAskedForOnce) {
    HubOptions options;
    options.symbols_per_client = 40000;
    make(options);
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    host.by_number = true;
    const auto begin = std::clock();
    for (int i = 0; i < 400; ++i) {
        std::vector<InstrumentName> names;
        for (int j = 0; j < 100; ++j)
            names.push_back(name_of("crypto:" + std::to_string(i * 100 + j)));
        hub->subscribe(client, names, {{Kind::quote, {}}, {Kind::trade, {}}}, Format::native);
        answer_snapshot();
    }
    deliver();
    const auto between = std::clock();
    hub->overflows(1);
    EXPECT_LT(std::clock() - between, between - begin); // a small part of it, of processor time
    ASSERT_EQ(host.asked.size(), 1u);
    EXPECT_EQ(host.asked.front()->channels.size(), 80000u);
    EXPECT_EQ(host.asked.front()->states.size(), 40000u);
    answer_snapshot();
    hub->overflows(2);
    deliver();
    EXPECT_TRUE(host.asked.empty());
    deliver(1s);
    EXPECT_EQ(host.asked.size(), 1u);
}

TEST_F(HubTest, WhatIsRefusedIsNotNumbered) {
    make({});
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    host.most = 0;
    const auto answer = subscribe(client, btc, "Q");
    ASSERT_EQ(answer.faults.size(), 1u);
    EXPECT_EQ(answer.faults[0].fault.code, "refused");
    EXPECT_EQ(answer.faults[0].fault.detail, "too many are wanted");
    EXPECT_EQ(subscribe(client, "future:X", "Q").faults.size(), 1u);
    EXPECT_THAT(host.names, IsEmpty());
    host.most = 1;
    EXPECT_THAT(subscribe(client, btc, "Q").faults, IsEmpty());
    EXPECT_EQ(host.names.size(), 1u);
}

TEST_F(HubTest, LimitsAreErrorsOfTheSymbolsTheyConcern) {
    HubOptions options;
    options.symbols_per_client = 2;
    make(options);
    FakeOutlet outlet;
    const auto client = connect("a", outlet);
    subscribe(client, btc, "Q");
    subscribe(client, eth, "Q");
    auto answer = subscribe(client, "fx:EUR-USD", "Q");
    ASSERT_EQ(answer.faults.size(), 1u);
    EXPECT_EQ(answer.faults[0].fault.code, "too_many_symbols");
    EXPECT_THAT(answer.symbols, IsEmpty());
    EXPECT_TRUE(subscribe(client, btc, "T").faults.empty()); // of a symbol that it follows already
    answer = subscribe(client, "future:BTC-USDT-PERP", "Q");
    ASSERT_EQ(answer.faults.size(), 1u);
    EXPECT_EQ(answer.faults[0].fault.code, "not_supported");
    host.most = host.wanted.size();
    answer = subscribe(client, eth, "T");
    ASSERT_EQ(answer.faults.size(), 1u);
    EXPECT_EQ(answer.faults[0].fault.code, "refused");
    EXPECT_EQ(hub->stats().subscriptions, 3u);
}

TEST_F(HubTest, MoreClientsThanThereMayBeAreTurnedAway) {
    HubOptions options;
    options.clients = 2;
    make(options);
    FakeOutlet outlet;
    EXPECT_EQ(hub->full(), "");
    const auto one = connect("a", outlet);
    connect("b", outlet);
    EXPECT_THAT(hub->full(), HasSubstr("2 clients"));
    EXPECT_EQ(hub->stats().refused, 1u);
    hub->disconnect(one, "disconnected");
    EXPECT_EQ(hub->full(), "");
}

TEST_F(HubTest, AThousandClientsShareOneFrameOfAMessage) {
    make();
    std::vector<std::unique_ptr<FakeOutlet>> outlets;
    for (int i = 0; i < 1000; ++i) {
        outlets.push_back(std::make_unique<FakeOutlet>());
        subscribe(connect("c" + std::to_string(i), *outlets.back()), i % 2 == 0 ? btc : eth, "T");
    }
    answer_snapshot();
    answer_snapshot();
    publish(Kind::trade, btc, 1);
    publish(Kind::trade, eth, 1);
    deliver();
    for (int i = 0; i < 1000; ++i)
        ASSERT_THAT(
            outlets[static_cast<std::size_t>(i)]->take(), ElementsAre(text_of(Kind::trade, i % 2 == 0 ? btc : eth, 1)));
    EXPECT_EQ(hub->stats().messages[0], 1000u);
    hub->close_all(1001, "over", "stopping");
    EXPECT_EQ(hub->stats().clients[0], 0u);
    EXPECT_THAT(host.wanted, IsEmpty());
}

} // namespace
} // namespace tickgate::stream
