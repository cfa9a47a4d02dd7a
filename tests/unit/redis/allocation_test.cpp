// After warm-up publish() and flush() take no memory.
#include "publisher_fixture.hpp"

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
bool counting = false;

void* take(std::size_t n) {
    if (counting)
        ++allocations;
    if (void* p = std::malloc(n))
        return p;
    throw std::bad_alloc();
}
} // namespace

void* operator new(std::size_t n) { return take(n); }
void* operator new[](std::size_t n) { return take(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

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
    const auto round = [&](bool count) {
        counting = count;
        for (std::size_t i = 0; i < quotes.size(); ++i) {
            p->publish(quotes[i], q);
            p->publish(trades[i], t);
            p->publish(bars[i], b);
        }
        p->flush(now());
        counting = false;
        ASSERT_TRUE(run_until([&] { return p->stats().queued_commands == 0; }));
    };
    for (int i = 0; i < 100; ++i)
        round(false);
    for (int i = 0; i < 300; ++i)
        round(true);
    EXPECT_EQ(allocations, 0u);
}

// The router opens a channel again at each switch, of many instruments at once.
TEST_F(Allocation, LittleForAChangeOfProvider) {
    auto& p = start(options(server.url()));
    open(p, "BTC-USDT");
    const Subscription what{*table.find({AssetClass::crypto, "BTC-USDT"}), Kind::quote, Timeframe::m1};
    p->open_channel(what, "massive", "X:BTC-USDT");
    allocations = 0;
    counting = true;
    for (int i = 0; i < 100; ++i) {
        p->open_channel(what, "binance", "BTCUSDT");
        p->open_channel(what, "massive", "X:BTC-USDT");
    }
    counting = false;
    EXPECT_EQ(allocations, 0u);
}

} // namespace
} // namespace tickgate::redis
