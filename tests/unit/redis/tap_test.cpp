// The ring between the loops, alone and behind a publisher.
#include "publisher_fixture.hpp"
#include "redis/tap.hpp"

#include <poll.h>

#include <map>
#include <thread>

namespace tickgate::redis {
namespace {

TapRecord message(std::string_view payload, std::uint64_t seq, InstrumentId id = InstrumentId{0}) {
    TapRecord record;
    record.instrument = id;
    record.seq = seq;
    record.payload = payload;
    return record;
}

bool rings(const Tap& tap, int milliseconds = 0) {
    pollfd waited{tap.wake_handle(), POLLIN, 0};
    return ::poll(&waited, 1, milliseconds) == 1;
}

TEST(Tap, BringsRecordsInOrderOnceTheyAreFlushed) {
    Tap tap(4096);
    auto first = message("one", 7, InstrumentId{3});
    first.kind = Kind::bar;
    first.timeframe = Timeframe::h1;
    first.backfill = true;
    first.session = 2;
    ASSERT_TRUE(tap.put(first));
    ASSERT_TRUE(tap.put(message("", 8)));
    TapRecord out;
    EXPECT_FALSE(tap.next(out));
    tap.flush();
    ASSERT_TRUE(tap.next(out));
    EXPECT_EQ(out.payload, "one");
    EXPECT_EQ(out.kind, Kind::bar);
    EXPECT_EQ(out.timeframe, Timeframe::h1);
    EXPECT_TRUE(out.backfill);
    EXPECT_EQ(out.session, 2u);
    EXPECT_EQ(out.seq, 7u);
    EXPECT_EQ(out.instrument, InstrumentId{3});
    ASSERT_TRUE(tap.next(out));
    EXPECT_EQ(out.payload, "");
    EXPECT_FALSE(tap.next(out));
}

TEST(Tap, CountsWhatDoesNotFitAndKeepsRoomForAMarker) {
    Tap tap(4096);
    std::uint64_t taken = 0;
    while (tap.put(message(std::string(100, 'x'), taken)))
        ++taken;
    EXPECT_EQ(tap.overflows(), 1u);
    TapRecord marker;
    marker.type = TapRecord::Type::marker;
    EXPECT_TRUE(tap.put(marker));
    tap.flush();
    TapRecord out;
    for (std::uint64_t i = 0; i < taken; ++i) {
        ASSERT_TRUE(tap.next(out));
        EXPECT_EQ(out.seq, i);
    }
    ASSERT_TRUE(tap.next(out));
    EXPECT_EQ(out.type, TapRecord::Type::marker);
    EXPECT_FALSE(tap.next(out)); // and gives all of it back
    EXPECT_TRUE(tap.put(message(std::string(3000, 'y'), 1)));
    EXPECT_FALSE(tap.put(message(std::string(5000, 'y'), 1)));
}

TEST(Tap, WakesOnlyWhoSleepsAndOnlyOnce) {
    Tap tap(4096);
    tap.put(message("a", 1));
    tap.flush();
    EXPECT_FALSE(rings(tap));
    EXPECT_FALSE(tap.sleep()); // something is there
    TapRecord out;
    ASSERT_TRUE(tap.next(out));
    EXPECT_TRUE(tap.sleep());
    EXPECT_FALSE(rings(tap));
    tap.flush(); // nothing new
    EXPECT_FALSE(rings(tap));
    tap.put(message("b", 2));
    tap.flush();
    EXPECT_TRUE(rings(tap));
    tap.awake();
    tap.put(message("c", 3));
    tap.flush();
    EXPECT_FALSE(rings(tap));
}

TEST(Tap, TakesOnlyWhatIsWanted) {
    Tap tap(4096);
    EXPECT_FALSE(tap.wants(InstrumentId{5}));
    tap.want(InstrumentId{5}, 1u << 1);
    EXPECT_TRUE(tap.wants(InstrumentId{5}));
    EXPECT_TRUE(tap.wants(InstrumentId{5}, Kind::trade));
    EXPECT_FALSE(tap.wants(InstrumentId{5}, Kind::quote));
    EXPECT_FALSE(tap.wants(InstrumentId{6}));
    EXPECT_FALSE(tap.wants(InstrumentId{5 + 4096}));
    tap.want(InstrumentId{5}, 0);
    EXPECT_FALSE(tap.wants(InstrumentId{5}));
    tap.want(InstrumentId{0xffffffff}, 7); // beyond what there may be
    EXPECT_FALSE(tap.wants(InstrumentId{0xffffffff}));
}

// A reader that sleeps whenever there is nothing, and a writer in bursts: nothing is lost but what is counted, nothing
// is torn, and nobody sleeps beside what waits.
TEST(Tap, TwoThreads) {
    Tap tap(16384);
    constexpr std::uint64_t count = 200000;
    std::uint64_t refused = 0;
    std::thread writer([&] {
        std::string text;
        for (std::uint64_t i = 1; i <= count; ++i) {
            text.assign(static_cast<std::size_t>(i * 7 % 400), static_cast<char>('a' + i % 26));
            refused += tap.put(message(text, i)) ? 0u : 1u;
            if (i % 5 == 0)
                tap.flush();
        }
        while (!tap.put(message("end", count + 1)))
            std::this_thread::yield();
        tap.flush();
    });
    std::uint64_t got = 0, last = 0;
    for (bool ended = false; !ended;) {
        TapRecord out;
        while (!ended && tap.next(out)) {
            ASSERT_GT(out.seq, last);
            last = out.seq;
            ended = out.payload == "end";
            if (ended)
                break;
            ++got;
            ASSERT_EQ(out.payload.size(), out.seq * 7 % 400);
            ASSERT_EQ(out.payload.find_first_not_of(static_cast<char>('a' + out.seq % 26)), std::string_view::npos);
        }
        if (!ended && tap.sleep()) {
            ASSERT_TRUE(rings(tap, 20000));
            tap.awake();
        }
    }
    writer.join();
    EXPECT_EQ(got + refused, count);
}

class PublisherTap : public PublisherFixture {
protected:
    std::vector<std::pair<TapRecord, std::string>> drain() {
        std::vector<std::pair<TapRecord, std::string>> all;
        TapRecord out;
        while (tap.next(out))
            all.emplace_back(out, out.payload);
        return all;
    }

    test::RedisServer server;
    Tap tap;
};

TEST_F(PublisherTap, HasTheSamePayloadsAsRedis) {
    auto& p = start(options(server.url()));
    p->attach(tap);
    const auto quotes = open(p, "BTC-USDT"), trades = open(p, "BTC-USDT", Kind::trade), other = open(p, "ETH-USDT");
    const InstrumentId id = *table.find({AssetClass::crypto, "BTC-USDT"});
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->publish(quotes, quote());
    p->flush(now());
    EXPECT_TRUE(drain().empty()); // nobody asked
    tap.want(id, 1u << 0);
    p->publish(quotes, quote("1.10"));
    p->publish(trades, trade());
    p->publish(other, quote());
    p->set_state(id, InstrumentState::live, "", "binance");
    p->set_state(id, InstrumentState::live, "", "binance"); // nothing new
    Event event;
    event.event = "stale";
    event.instrument = id;
    p->publish_event(event);
    p->flush(now());
    const auto got = drain();
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0].first.seq, 2u);
    ASSERT_TRUE(run_until([&] { return server.get("md:last:quote:crypto:BTC-USDT") == got[0].second; }));
    EXPECT_EQ(got[1].first.type, TapRecord::Type::state);
    ASSERT_TRUE(run_until([&] { return server.get("md:state:crypto:BTC-USDT") == got[1].second; }));
    EXPECT_EQ(got[2].first.type, TapRecord::Type::event);
    EXPECT_NE(got[2].second.find(R"("event":"stale")"), std::string::npos);
    EXPECT_TRUE(got[2].second.ends_with(R"("seq":null})")) << got[2].second;
}

TEST_F(PublisherTap, ASnapshotLiesBetweenWhatIsInItAndWhatFollows) {
    auto& p = start(options(server.url()));
    p->attach(tap);
    const auto quotes = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const InstrumentId id = *table.find({AssetClass::crypto, "BTC-USDT"});
    tap.want(id, 1u << 0);
    p->set_state(id, InstrumentState::live, "", "binance");
    p->publish(quotes, quote("1.10"));
    TapSnapshot snapshot;
    snapshot.id = 42;
    snapshot.channels.resize(2);
    snapshot.channels[0].what.instrument = snapshot.channels[1].what.instrument = id;
    snapshot.channels[1].what.kind = Kind::trade; // never opened
    snapshot.states.resize(1);
    snapshot.states[0].instrument = id;
    p->tell(snapshot);
    p->publish(quotes, quote("1.20"));
    p->flush(now());
    const auto got = drain();
    ASSERT_EQ(got.size(), 4u); // state, quote, marker, quote
    EXPECT_EQ(got[2].first.type, TapRecord::Type::marker);
    EXPECT_EQ(got[2].first.seq, 42u);
    EXPECT_EQ(snapshot.channels[0].payload, got[1].second);
    EXPECT_EQ(snapshot.channels[0].seq, 1u);
    EXPECT_EQ(got[3].first.seq, 2u);
    EXPECT_EQ(snapshot.channels[1].seq, 0u);
    EXPECT_TRUE(snapshot.channels[1].payload.empty());
    EXPECT_EQ(snapshot.states[0].payload, got[0].second);
    EXPECT_EQ(snapshot.session, p->session());
    EXPECT_EQ(snapshot.session_number, got[3].first.session);
}

TEST_F(PublisherTap, GoesOnWhileRedisIsAwayAndTellsNothingOfItsLosses) {
    auto& p = start(options(server.url()));
    p->attach(tap);
    const auto quotes = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    tap.want(*table.find({AssetClass::crypto, "BTC-USDT"}), 7);
    server.kill();
    ASSERT_TRUE(run_until([&] { return !p->stats().connected; }));
    for (int i = 0; i < 5; ++i)
        p->publish(quotes, quote());
    p->flush(now());
    auto got = drain();
    ASSERT_EQ(got.size(), 5u); // four of them conflate on their way to Redis
    EXPECT_EQ(got[4].first.seq, 5u);
    server.start();
    ASSERT_TRUE(run_until([&] { return p->stats().owner && p->stats().gaps_announced > 0; }));
    p->flush(now());
    got = drain();
    EXPECT_TRUE(got.empty());
}

} // namespace
} // namespace tickgate::redis
