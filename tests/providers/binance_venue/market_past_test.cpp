// The past of a synthetic market: what it traded before its start, hours, downtime.
#include "venue_kit/faults.hpp"
#include "venue_kit/market.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace tickgate::venue_kit {
namespace {

using namespace std::chrono_literals;

constexpr UnixNanos start{1'763'683'200s};

struct Counter final : MarketListener {
    void on_quote(std::size_t, const MarketQuote&) override { ++events; }
    void on_trade(std::size_t, std::span<const Fill>) override { ++events; }
    std::size_t events = 0;
};

MarketOptions options_of(std::size_t symbols, std::uint64_t rate) {
    MarketOptions options;
    options.symbols = crypto_symbols(symbols);
    options.rate = rate;
    return options;
}

TEST(SyntheticMarketTest, ThePastItTradedIsTheSameInEveryRun) {
    const auto run = [](UnixNanos begin) {
        auto options = options_of(3, 200);
        options.history = 10min;
        auto market = std::make_unique<SyntheticMarket>(std::move(options), begin);
        Counter counter;
        market->prefill(counter);
        EXPECT_GT(counter.events, 10'000u);
        return market;
    };
    const auto early = run(start), late = run(start + 3min);
    EXPECT_EQ(early->live_from(), bar_open(start - 10min, Timeframe::m1));
    for (std::size_t i = 0; i < 3; ++i) {
        const auto open = bar_open(start, Timeframe::m1) - 5min;
        const auto a = early->tape(i).bars(Timeframe::m1, open, open + 3min, 10, false, start);
        const auto b = late->tape(i).bars(Timeframe::m1, open, open + 3min, 10, false, start + 3min);
        ASSERT_EQ(a.size(), 4u);
        for (std::size_t n = 0; n < a.size(); ++n) {
            EXPECT_GT(a[n].count, 100);
            EXPECT_EQ(a[n].open, b[n].open);
            EXPECT_EQ(a[n].high, b[n].high);
            EXPECT_EQ(a[n].low, b[n].low);
            EXPECT_EQ(a[n].close, b[n].close);
            EXPECT_EQ(a[n].volume, b[n].volume);
            EXPECT_EQ(a[n].turnover, b[n].turnover);
        }
        EXPECT_GT(late->tape(i).trades().back().id, early->tape(i).trades().back().id);
    }
}

TEST(TapeTest, OrdersAreForgottenAsAWhole) {
    const auto symbol = crypto_symbol("BTCUSDT");
    Tape tape(1, symbol, start, {4, 100});
    std::int64_t id = 0;
    for (std::int64_t order = 1; order <= 3; ++order)
        for (int n = 0; n < 3; ++n)
            tape.add({++id, order, 100, 1, start + order * 1s, false});
    ASSERT_EQ(tape.trades().size(), 3u);
    EXPECT_EQ(tape.trades().front().id, 7);
}

TEST(TapeTest, ThePastKeepsItsHoursAndItsHoles) {
    SyntheticMarket market(options_of(1, 0), start);
    auto& tape = market.tape(0);
    const auto day = bar_open(start - 72h, Timeframe::d1);
    const auto all = tape.bar(Timeframe::d1, day, start);
    auto symbol = crypto_symbol(market.symbol(0).joined());
    Tape half(1, symbol, start, {});
    half.keep_hours([](UnixNanos t) { return t.time_since_epoch() % 24h >= 12h; });
    const auto some = half.bar(Timeframe::d1, day, start), afternoon = half.span(day + 12h, day + 24h, start);
    EXPECT_EQ(some.count, afternoon.count);
    EXPECT_EQ(half.span(day, day + 12h, start).count, 0);
    EXPECT_LT(some.count, all.count);
    market.add_hole({day + 1h, day + 3h});
    const auto hours = tape.bars(Timeframe::h1, day, day + 4h, 10, false, start);
    ASSERT_EQ(hours.size(), 3u) << "of five two are missing";
    EXPECT_EQ(hours[0].open_time, day);
    EXPECT_EQ(hours[1].open_time, day + 3h);
    EXPECT_EQ(tape.bars(Timeframe::h1, day, day + 4h, 2, true, start)[0].open_time, day + 3h);
    EXPECT_LT(tape.bar(Timeframe::d1, day, start).count, all.count) << "the day is what is left of it";
    EXPECT_EQ(tape.bars(Timeframe::d1, day, day, 1, false, start).size(), 1u);
}

TEST(SyntheticMarketTest, NothingHappensInAHole) {
    SyntheticMarket market(options_of(2, 1000), start);
    market.add_hole({start + 100ms, start + 500ms});
    Counter counter;
    market.advance(start + 50ms, counter);
    const auto before = market.events();
    market.advance(start + 400ms, counter);
    EXPECT_NEAR(static_cast<double>(market.events() - before), 50, 2);
    market.advance(start + 600ms, counter);
    EXPECT_NEAR(static_cast<double>(market.events() - before), 150, 3);
}

TEST(HoleText, IsASpanOfUtc) {
    std::string problem;
    const auto hole = parse_hole("2026-11-01T10:00:00Z/2026-11-01T10:30Z", problem);
    ASSERT_TRUE(hole) << problem;
    EXPECT_EQ(hole->to - hole->from, 30min);
    EXPECT_EQ(hole->from, UnixNanos(std::chrono::seconds(1793527200)));
    EXPECT_EQ(parse_hole("1793527200/1793529000", problem)->from, hole->from);
    EXPECT_EQ(
        parse_hole("2026-11-01/2026-11-02", problem)->to - parse_hole("2026-11-01/2026-11-02", problem)->from, 24h);
    for (const char* text : {"", "x", "5", "5/4", "5/5", "2026-13-01/2026-12-01", "2026-11-01T25:00/2026-11-02",
             "2026-11-01/", "/2026-11-01", "-5/7"}) {
        problem.clear();
        EXPECT_FALSE(parse_hole(text, problem)) << text;
        EXPECT_FALSE(problem.empty());
    }
    const auto fault = parse_fault("hole=1793527200/1793529000", problem);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->text, "1793527200/1793529000");
    EXPECT_FALSE(parse_fault("hole", problem));
    EXPECT_FALSE(parse_fault("hole=x", problem));
}

} // namespace
} // namespace tickgate::venue_kit
