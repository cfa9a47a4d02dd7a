// A message that passes the router takes no memory.
#include "router_test_support.hpp"

#include "support/allocations.hpp"

#include <gtest/gtest.h>

namespace tickgate::feed {
namespace {

using namespace std::chrono_literals;

class Counter final : public MarketSink {
public:
    Channel open_channel(Subscription, std::string_view, std::string_view) override { return Channel{opened++}; }
    void close_channel(Channel) override {}
    void publish(Channel, const Quote&) override { ++published; }
    void publish(Channel, const Trade&) override { ++published; }
    void publish(Channel, const Bar&) override { ++published; }
    void flush(Moment) override {}
    void state(InstrumentId, InstrumentState, std::string_view, std::string_view) override {}
    void feed_status(std::string_view, const FeedStatus&) override {}
    void event(const Event&) override {}
    std::uint32_t opened = 0;
    std::size_t published = 0;
};

// Holes would be repaired; there are none.
class Ready final : public RepairSink {
public:
    bool order(RepairOrder) override { return true; }
    void cancel(std::uint64_t) override {}
    bool tells_trades(std::string_view, InstrumentId) override { return true; }
    bool tells_bars(std::string_view, InstrumentId, Timeframe, const std::optional<BarVariant>&) override {
        return false;
    }
};

void expect_none(RepairSink* repair) {
    InstrumentTable table;
    Counter out;
    RouterOptions options;
    options.repair = repair;
    Moment at{MonoTime(1h), UnixNanos(400000h)};
    options.clock = [&] { return at; };
    Router router(table, out, std::move(options));
    const auto alone = table.intern(InstrumentName::parse("crypto:BTC-USDT").value());
    const auto shared = table.intern(InstrumentName::parse("fx:EUR-USD").value());
    const auto sub = [](InstrumentId id, Kind kind) { return Subscription{id, kind, Timeframe::m1}; };
    router.set_route(alone, {"binance"}, {sub(alone, Kind::quote), sub(alone, Kind::trade), sub(alone, Kind::bar)});
    router.set_route(shared, {"oanda", "massive"}, {sub(shared, Kind::quote), sub(shared, Kind::bar)});
    const auto q = router.open_channel(sub(alone, Kind::quote), "binance", "BTCUSDT");
    const auto t = router.open_channel(sub(alone, Kind::trade), "binance", "BTCUSDT");
    const auto b = router.open_channel(sub(alone, Kind::bar), "binance", "BTCUSDT");
    const auto first = router.open_channel(sub(shared, Kind::quote), "oanda", "EUR_USD");
    const auto second = router.open_channel(sub(shared, Kind::quote), "massive", "EUR/USD");
    for (const auto id : {alone, shared})
        for (const auto* provider : {"binance", "oanda", "massive"})
            router.state(id, InstrumentState::live, "subscribed", provider);
    Quote quote;
    quote.bid = test::dec("1.10001");
    quote.ask = test::dec("1.10003");
    quote.exchange = "48 an exchange whose name is long";
    Trade trade;
    trade.price = test::dec("65123.45");
    trade.size = test::dec("0.00123");
    const Bar bar;
    const auto round = [&] {
        at.mono += 50ms;
        at.wall += 50ms;
        quote.received_time = trade.received_time = at.wall;
        router.publish(q, quote);
        router.publish(t, trade);
        router.publish(b, bar);
        router.publish(first, quote);
        router.publish(second, quote);
        router.tick(at);
        router.flush(at);
    };
    for (int i = 0; i < 10; ++i)
        round();
    const auto before = tickgate::test::allocations();
    const auto published = out.published;
    for (int i = 0; i < 5000; ++i)
        round();
    EXPECT_EQ(tickgate::test::allocations(), before);
    EXPECT_GE(out.published - published, 20000u);
}

TEST(RouterAllocation, NoneAMessage) { expect_none(nullptr); }

TEST(RouterAllocation, NoneAMessageWhereHolesAreRepaired) {
    Ready ready;
    expect_none(&ready);
}

} // namespace
} // namespace tickgate::feed
