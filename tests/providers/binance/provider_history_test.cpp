#include "binance/provider.hpp"

#include "core/clock.hpp"
#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tickgate::binance {
namespace {

using namespace std::chrono_literals;
using tickgate::test::FakeRest;
using tickgate::test::run;

Settings settings(bool aggregate) {
    Settings s;
    s.aggregate_trades = aggregate;
    return s;
}

const InstrumentName btc{AssetClass::crypto, "BTC-USDT"}, perp{AssetClass::future, "BTC-USDT-PERP"};

std::string plain(std::initializer_list<std::pair<int, std::int64_t>> rows) { // id, ms
    std::string body = "[";
    for (const auto& [id, ms] : rows)
        body += std::string(body.size() > 1 ? "," : "") + R"({"id":)" + std::to_string(id) +
                R"(,"price":"1.50","qty":"2","time":)" + std::to_string(ms) + R"(,"isBuyerMaker":true})";
    return body + "]";
}
std::string aggregates(std::initializer_list<std::pair<int, std::int64_t>> rows) {
    std::string body = "[";
    for (const auto& [id, ms] : rows)
        body += std::string(body.size() > 1 ? "," : "") + R"({"a":)" + std::to_string(id) +
                R"(,"p":"1.50","q":"2","f":)" + std::to_string(id * 10) + R"(,"l":)" + std::to_string(id * 10) +
                R"(,"T":)" + std::to_string(ms) + R"(,"m":false})";
    return body + "]";
}

class BinanceHistory : public ::testing::Test {
protected:
    static TradeRequest by_time(std::int64_t from_ms, std::int64_t to_ms, const InstrumentName& name = btc) {
        TradeRequest r;
        r.instrument = name;
        r.from = from_millis(from_ms);
        r.to = from_millis(to_ms);
        return r;
    }
    static TradeRequest by_id(std::uint64_t first, std::optional<std::uint64_t> last) {
        TradeRequest r;
        r.instrument = btc;
        r.first_id = first;
        r.last_id = last;
        return r;
    }
    result<std::string> trades(BinanceProvider& asked, TradeRequest request) {
        TradeSink sink = [this](const Trade& t) {
            ids.push_back(*t.src_seq);
            EXPECT_EQ(t.trade_id, std::to_string(*t.src_seq));
            EXPECT_TRUE(t.contiguous_ids);
            EXPECT_TRUE(t.flags.empty());
            last = t;
        };
        return run(asked.get_trades(std::move(request), std::move(sink), rest));
    }
    std::vector<std::uint64_t> ids;
    Trade last;
    FakeRest rest;
    BinanceProvider provider{settings(false)};
    BinanceProvider aggregate_provider{settings(true)};
};

TEST_F(BinanceHistory, BarsAreOfTradesByUtcAndContinuous) {
    for (const auto tf : provider.capabilities().timeframes) {
        const auto spot = provider.bar_history(btc, tf), usdm = provider.bar_history(perp, tf);
        ASSERT_TRUE(spot.has_value());
        EXPECT_EQ(spot->variant, BarVariant());
        EXPECT_TRUE(spot->continuous);
        EXPECT_FALSE(spot->depth.has_value());
        EXPECT_EQ(spot->page, 1000u);
        EXPECT_EQ(usdm.has_value(), tf != Timeframe::s1);
    }
    BarVariant mid;
    mid.price_type = PriceType::mid;
    EXPECT_EQ(provider.bar_history(btc, Timeframe::m1, mid).error(), errc::not_supported);
    EXPECT_EQ(provider.bar_history(btc, Timeframe::s5).error(), errc::not_supported);
    EXPECT_EQ(provider.bar_history({AssetClass::fx, "EUR-USD"}, Timeframe::m1).error(), errc::not_supported);
    BarRequest request;
    request.instrument = btc;
    request.from = from_millis(0);
    request.to = from_millis(60000);
    request.variant = mid;
    EXPECT_EQ(run(provider.get_bars(request, rest)).error(), errc::not_supported);
    EXPECT_TRUE(rest.requests.empty());
    EXPECT_TRUE(provider.capabilities().trades_by_id && provider.capabilities().trades_history);
}

TEST_F(BinanceHistory, BarsCostWhatTheyWeigh) {
    BarRequest request;
    request.instrument = perp;
    request.from = from_millis(60000);
    request.to = from_millis(60000 * 5000);
    const std::pair<std::size_t, int> weights[] = {{0, 5}, {50, 1}, {99, 1}, {100, 2}, {499, 2}, {500, 5}, {1500, 10}};
    for (const auto& [limit, weight] : weights) {
        request.limit = limit;
        rest.give(200, "[]");
        EXPECT_TRUE(run(provider.get_bars(request, rest))->bars.empty());
        EXPECT_EQ(rest.requests.back().weight, weight) << limit;
        EXPECT_EQ(rest.requests.back().budget, 1u);
    }
    EXPECT_EQ(rest.requests.back().target,
        "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=60000&endTime=299999999&limit=1500");
    request.from = wall_now() + 1h;
    request.to = request.from + 1h;
    const auto asked = rest.requests.size();
    EXPECT_TRUE(run(provider.get_bars(request, rest))->bars.empty()) << "the future is not asked for";
    EXPECT_EQ(rest.requests.size(), asked);
}

TEST_F(BinanceHistory, APageThatWasNotAskedForIsAnError) {
    BarRequest request;
    request.instrument = btc;
    request.from = from_millis(120000);
    request.to = from_millis(240000);
    rest.give(200, R"([[60000,"1","1","1","1","1",119999,"1",1,"1","1","0"]])");
    EXPECT_EQ(run(provider.get_bars(request, rest)).error(), errc::malformed_payload);
    rest.give(200, plain({{6, 1000}}));
    EXPECT_EQ(trades(provider, by_id(7, 9)).error(), errc::malformed_payload);
    EXPECT_TRUE(ids.empty()) << "nothing of a bad page is told";
    rest.give(200, plain({{7, 1000}, {7, 1000}}));
    EXPECT_EQ(trades(provider, by_id(7, 9)).error(), errc::malformed_payload);
    EXPECT_TRUE(ids.empty());
}

TEST_F(BinanceHistory, SingleTradesByIdComeFromTheHostThatHasThem) {
    auto request = by_id(7, 10);
    request.limit = 2;
    rest.give(200, plain({{7, 1000}, {8, 1000}}));
    auto cursor = trades(provider, request);
    ASSERT_TRUE(cursor.has_value());
    EXPECT_EQ(*cursor, "9");
    EXPECT_EQ(rest.requests[0].base, "https://api.binance.com");
    EXPECT_EQ(rest.requests[0].target, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=7&limit=2");
    EXPECT_EQ(rest.requests[0].weight, 25);
    EXPECT_EQ(last.side, Side::sell);
    EXPECT_EQ(last.price.to_string(), "1.50");
    EXPECT_EQ(last.event_time, from_millis(1000));
    request.cursor = *cursor;
    rest.give(200, plain({{9, 1000}, {10, 1001}}));
    cursor = trades(provider, request);
    ASSERT_TRUE(cursor.has_value());
    EXPECT_TRUE(cursor->empty()) << "the last id was reached";
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{7, 8, 9, 10}));
    rest.give(404, "<html>");
    EXPECT_EQ(trades(provider, by_id(1, 2)).error(), errc::not_supported) << "a host without that path";
    std::string problem;
    EXPECT_EQ(read_settings({{"endpoints.rest", "http://127.0.0.1:1/"}}, problem)->trades_rest, "http://127.0.0.1:1");
    EXPECT_EQ(read_settings({}, problem)->trades_rest, "https://api.binance.com");
}

TEST_F(BinanceHistory, SingleTradesByTimeBeginWhereTheAggregatesSay) {
    rest.give(200, aggregates({{3, 1000}}));
    rest.give(200, plain({{30, 1000}, {31, 1500}, {32, 2000}}));
    const auto cursor = trades(provider, by_time(1000, 2000));
    ASSERT_TRUE(cursor.has_value());
    EXPECT_TRUE(cursor->empty());
    EXPECT_EQ(rest.asked(0), "/api/v3/aggTrades?symbol=BTCUSDT&startTime=1000&limit=1");
    EXPECT_EQ(rest.requests[0].weight, 4);
    EXPECT_EQ(rest.asked(1), "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=30&limit=1000");
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{30, 31})) << "the end is exclusive";
    rest.give(200, aggregates({{4, 2000}}));
    EXPECT_EQ(*trades(provider, by_time(1000, 2000)), "") << "the first one lies behind the span";
    rest.give(200, "[]");
    EXPECT_EQ(*trades(provider, by_time(1000, 2000)), "");
    EXPECT_EQ(rest.requests.size(), 4u);
}

TEST_F(BinanceHistory, AggregatesByTimeGoOnById) {
    auto request = by_time(1000, 3000, perp);
    request.limit = 2;
    rest.give(200, aggregates({{5, 1000}, {6, 1000}}));
    auto cursor = trades(provider, request);
    ASSERT_TRUE(cursor.has_value());
    EXPECT_EQ(*cursor, "7");
    EXPECT_EQ(rest.asked(0), "/fapi/v1/aggTrades?symbol=BTCUSDT&startTime=1000&limit=2")
        << "no end: a window is refused";
    EXPECT_EQ(rest.requests[0].weight, 20);
    request.cursor = *cursor;
    rest.give(200, aggregates({{7, 1000}, {8, 3000}}));
    cursor = trades(provider, request);
    EXPECT_EQ(*cursor, "");
    EXPECT_EQ(rest.asked(1), "/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=7&limit=2");
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{5, 6, 7}));
    ids.clear();
    rest.give(200, aggregates({{5, 1000}}));
    EXPECT_EQ(*trades(aggregate_provider, by_id(5, std::nullopt)), "") << "a page that is not full is the last";
    EXPECT_EQ(rest.asked(2), "/api/v3/aggTrades?symbol=BTCUSDT&fromId=5&limit=1000");
    EXPECT_EQ(last.side, Side::buy);
}

TEST_F(BinanceHistory, WhatCannotBeIsNotAsked) {
    EXPECT_EQ(*trades(provider, by_time(2000, 1000)), "");
    EXPECT_EQ(*trades(provider, by_id(9, 7)), "");
    auto request = by_time(1000, 2000, {AssetClass::equity, "SPY"});
    EXPECT_EQ(trades(provider, request).error(), errc::not_supported);
    request = by_time(1000, 2000);
    request.cursor = "x";
    EXPECT_EQ(trades(provider, request).error(), errc::bad_request);
    request = by_time(1000, 2000);
    request.last_id = 5;
    EXPECT_EQ(trades(provider, request).error(), errc::bad_request) << "an end without a beginning";
    request = by_time(0, 0);
    request.from = wall_now() + 1h;
    request.to = request.from + 1h;
    EXPECT_EQ(*trades(provider, request), "");
    EXPECT_TRUE(rest.requests.empty());
    rest.give(429, R"({"code":-1003,"msg":"Too much request weight used"})");
    EXPECT_EQ(trades(provider, by_id(1, 2)).error(), errc::rate_limited);
    rest.give(400, R"({"code":-1121,"msg":"Invalid symbol."})");
    EXPECT_EQ(trades(provider, by_id(1, 2)).error(), errc::unknown_symbol);
}

} // namespace
} // namespace tickgate::binance
