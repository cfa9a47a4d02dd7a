// After warm-up publish() and flush() take no memory.
#include "publisher_fixture.hpp"
#include "redis/command_queue.hpp"
#include "redis/tap.hpp"
#include "support/allocations.hpp"

#include <cstring>

namespace tickgate::redis {
namespace {

class Allocation : public PublisherFixture {
protected:
    test::RedisServer server;
};

TEST_F(Allocation, NoneOnTheHotPath) {
    auto& p = start(options(server.url()));
    std::vector<ChannelId> quotes, trades, bars;
    for (int i = 0; i < 100; ++i) { // so many that their answers wake the loop at once
        const std::string symbol = "S" + std::to_string(i);
        quotes.push_back(open(p, symbol));
        trades.push_back(open(p, symbol, Kind::trade));
        bars.push_back(open(p, symbol, Kind::bar));
    }
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const Quote q = quote();
    const Trade t = trade();
    Bar b;
    b.open = b.high = b.low = b.close = dec("1.5");
    std::size_t taken = 0;
    const auto round = [&] {
        const auto before = test::allocations();
        for (std::size_t i = 0; i < quotes.size(); ++i) {
            p->publish(quotes[i], q);
            p->publish(trades[i], t);
            p->publish(bars[i], b);
        }
        p->flush(now());
        taken += test::allocations() - before;
        ASSERT_TRUE(run_until([&] { return p->stats().queued_commands == 0; }));
    };
    for (int i = 0; i < 100; ++i)
        round();
    taken = 0;
    for (int i = 0; i < 300; ++i)
        round();
    EXPECT_EQ(taken, 0u);
}

TEST_F(Allocation, NoneOnTheHotPathThoughSomebodyFollowsOnTheOtherLoop) {
    auto& p = start(options(server.url()));
    Tap tap;
    p->attach(tap);
    std::vector<ChannelId> quotes, trades;
    for (int i = 0; i < 100; ++i) {
        const std::string symbol = "S" + std::to_string(i);
        quotes.push_back(open(p, symbol));
        trades.push_back(open(p, symbol, Kind::trade));
        tap.want(*table.find({AssetClass::crypto, symbol}), 7);
    }
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const Quote q = quote();
    const Trade t = trade();
    std::size_t taken = 0, records = 0;
    const auto round = [&] {
        const auto before = test::allocations();
        for (std::size_t i = 0; i < quotes.size(); ++i) {
            p->publish(quotes[i], q);
            p->publish(trades[i], t);
        }
        p->flush(now());
        taken += test::allocations() - before;
        TapRecord record;
        while (tap.next(record))
            ++records;
        (void)tap.sleep(); // so that each flush wakes it
        ASSERT_TRUE(run_until([&] { return p->stats().queued_commands == 0; }));
    };
    for (int i = 0; i < 100; ++i)
        round();
    taken = 0;
    for (int i = 0; i < 300; ++i)
        round();
    EXPECT_EQ(taken, 0u);
    EXPECT_EQ(records, 400u * 200u);
    EXPECT_EQ(tap.overflows(), 0u);
    ASSERT_TRUE(stop(p)); // before the tap goes
}

// Spare chunks serve in turn; one that held a single command before is filled later.
TEST(QueueAllocation, ASpareChunkIsFilledWithoutMoreMemory) {
    constexpr std::size_t size = 300;
    CommandQueue queue([](char*, std::size_t, Command&) {});
    const auto append = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            std::memset(queue.reserve(size), 'x', size);
            queue.commit(size, Command());
        }
    };
    const auto drain = [&] {
        for (auto piece = queue.unsent(); !piece.empty(); piece = queue.unsent())
            queue.sent(piece.size());
        while (queue.unanswered() != nullptr)
            queue.answered();
    };
    const std::size_t fills = CommandQueue::chunk_size / size;
    append(fills + 1); // one command in a second chunk
    ASSERT_EQ(queue.chunks(), 2u);
    drain();
    const auto before = test::allocations();
    append(2 * fills);
    EXPECT_EQ(test::allocations(), before);
    EXPECT_EQ(queue.chunks(), 2u);
    drain();
}

// The router opens a channel again at each switch, of many instruments at once.
TEST_F(Allocation, LittleForAChangeOfProvider) {
    auto& p = start(options(server.url()));
    open(p, "BTC-USDT");
    const Subscription what{*table.find({AssetClass::crypto, "BTC-USDT"}), Kind::quote, Timeframe::m1};
    p->open_channel(what, "massive", "X:BTC-USDT");
    const auto before = test::allocations();
    for (int i = 0; i < 100; ++i) {
        p->open_channel(what, "binance", "BTCUSDT");
        p->open_channel(what, "massive", "X:BTC-USDT");
    }
    EXPECT_EQ(test::allocations(), before);
}

} // namespace
} // namespace tickgate::redis
