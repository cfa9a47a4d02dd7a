#include "tradier/new_york.hpp"
#include "tradier/provider.hpp"
#include "tradier/tick_query.hpp"

#include "core/clock.hpp"
#include "recorder.hpp"
#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace tickgate::tradier {
namespace {

using namespace std::chrono;
using tickgate::test::FakeRest;
using tickgate::test::run;
using tradier_test::fixture;

UnixNanos eastern(const char* text) { return from_new_york(*parse_local(text)); }

TradeRequest ask(UnixNanos from, UnixNanos to) {
    TradeRequest r;
    r.instrument = {AssetClass::equity, "SPY"};
    r.from = from;
    r.to = to;
    return r;
}

std::vector<std::string> texts(const std::string& body, const std::string& key) {
    std::vector<std::string> out;
    const std::regex expression("\"" + key + "\"\\s*:\\s*\"?([^\",}\\s]+)");
    for (std::sregex_iterator it(body.begin(), body.end(), expression), end; it != end; ++it)
        out.push_back((*it)[1]);
    return out;
}

TEST(TradierKnownAnswers, EveryDigitOfEveryTick) {
    const auto body = fixture("rest/timesales.json");
    const auto ticks = parse_ticks(body);
    const auto times = texts(body, "time"), prices = texts(body, "price"), volumes = texts(body, "volume");
    ASSERT_TRUE(ticks && ticks->size() == times.size() && times.size() == prices.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        EXPECT_EQ((*ticks)[i].time, eastern(times[i].c_str()));
        EXPECT_EQ((*ticks)[i].price.to_string(), prices[i]);
        EXPECT_EQ((*ticks)[i].volume.to_string(), volumes[i]);
    }
}

TEST(TradierKnownAnswers, TheTicksAddUpToTheirMinutes) {
    const auto ticks = *parse_ticks(fixture("rest/timesales.json"));
    struct Minute {
        UnixNanos open_time;
        Decimal open, high, low, close;
        std::int64_t volume = 0, count = 0;
    };
    std::vector<Minute> minutes;
    for (const auto& t : ticks) {
        const auto minute = bar_open(t.time, Timeframe::m1);
        if (minutes.empty() || minutes.back().open_time != minute)
            minutes.push_back({minute, t.price, t.price, t.price, t.price});
        auto& m = minutes.back();
        m.high = std::max(m.high, t.price);
        m.low = std::min(m.low, t.price);
        m.close = t.price;
        m.volume += std::stoll(t.volume.to_string());
        ++m.count;
    }
    struct Known {
        const char* time;
        const char* prices[4];
        std::int64_t volume, count;
    };
    // Added up by a program of its own.
    const Known known[] = {
        {"2013-06-10 15:59", {"438.71499999999997", "438.94", "438.44999999999999", "438.70999999999998"}, 114913, 588},
        {"2013-06-10 16:00", {"438.70999999999998", "438.88999999999999", "438.70999999999998", "438.88999999999999"},
            386600, 2}};
    ASSERT_EQ(minutes.size(), std::size(known));
    for (std::size_t i = 0; i < minutes.size(); ++i) {
        const auto& m = minutes[i];
        EXPECT_EQ(m.open_time, eastern(known[i].time));
        const Decimal prices[] = {m.open, m.high, m.low, m.close};
        for (std::size_t n = 0; n < 4; ++n)
            EXPECT_EQ(prices[n].to_string(), known[i].prices[n]) << known[i].time;
        EXPECT_EQ(m.volume, known[i].volume);
        EXPECT_EQ(m.count, known[i].count);
    }
}

TEST(TradierKnownAnswers, EveryDigitOfTheYear) {
    const auto body = fixture("rest/history.json");
    const auto parsed = parse_history(body, Timeframe::d1, UnixNanos(seconds(1700000000)));
    const auto dates = texts(body, "date");
    ASSERT_TRUE(parsed && parsed->bars.size() == dates.size());
    const std::pair<const char*, Decimal Bar::*> columns[] = {
        {"open", &Bar::open}, {"high", &Bar::high}, {"low", &Bar::low}, {"close", &Bar::close}};
    for (std::size_t i = 0; i < dates.size(); ++i) {
        EXPECT_EQ(parsed->bars[i].open_time, eastern(dates[i].c_str()));
        EXPECT_EQ(parsed->bars[i].align, Alignment::exchange);
        EXPECT_TRUE(parsed->bars[i].adjusted);
    }
    for (const auto& [key, member] : columns) {
        const auto cells = texts(body, key);
        ASSERT_EQ(cells.size(), dates.size()) << key;
        for (std::size_t i = 0; i < cells.size(); ++i)
            EXPECT_EQ((parsed->bars[i].*member).to_string(), cells[i]) << key << ' ' << dates[i];
    }
    const auto volumes = texts(body, "volume");
    for (std::size_t i = 0; i < volumes.size(); ++i)
        EXPECT_EQ(parsed->bars[i].volume->to_string(), volumes[i]);
}

TEST(TradierKnownAnswers, EveryDigitOfTheDocumentedMinutes) {
    const auto body = fixture("rest/doc_timesales_1min_2019.json");
    const auto parsed = parse_timesales(body, Timeframe::m1, UnixNanos(seconds(1700000000)));
    ASSERT_TRUE(parsed && parsed->bars.size() == 3);
    const auto vwaps = texts(body, "vwap"), stamps = texts(body, "timestamp"), volumes = texts(body, "volume");
    const std::pair<const char*, Decimal Bar::*> columns[] = {
        {"open", &Bar::open}, {"high", &Bar::high}, {"low", &Bar::low}, {"close", &Bar::close}};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& bar = parsed->bars[i];
        EXPECT_EQ(bar.open_time, UnixNanos(seconds(std::stoll(stamps[i]))));
        EXPECT_EQ(bar.vwap->to_string(), vwaps[i]);
        EXPECT_EQ(bar.volume->to_string(), volumes[i]);
        EXPECT_EQ(bar.align, Alignment::utc);
        EXPECT_FALSE(bar.adjusted);
        for (const auto& [key, member] : columns)
            EXPECT_EQ((bar.*member).to_string(), texts(body, key)[i]) << key;
    }
}

TEST(TradierTickQuery, AnHourAPageWholeMinutesAndTheOpenSession) {
    const auto now = eastern("2024-01-19 15:00");
    auto q = tick_query_of(ask(eastern("2024-01-19 09:30") + milliseconds(500), eastern("2024-01-19 11:00:20")), now);
    ASSERT_TRUE(q.has_value());
    EXPECT_EQ(q->target, "/v1/markets/timesales?symbol=SPY&interval=tick&start=2024-01-19%2009%3A30"
                         "&end=2024-01-19%2010%3A30&session_filter=open");
    EXPECT_EQ(q->from, eastern("2024-01-19 09:30")) << "the venue's times are whole seconds";
    EXPECT_EQ(page_of({}, *q).cursor, std::to_string(floor<seconds>(q->to).time_since_epoch().count()) + ":0")
        << "an empty hour is not the end";
    auto next = ask(eastern("2024-01-19 09:30"), eastern("2024-01-19 11:00:20"));
    next.cursor = page_of({}, *q).cursor;
    q = tick_query_of(next, now);
    EXPECT_NE(q->target.find("start=2024-01-19%2010%3A30&end=2024-01-19%2011%3A01"), std::string::npos) << q->target;
    EXPECT_EQ(page_of({}, *q).cursor, "");
    EXPECT_EQ(tick_query_of(ask(now - days(6), now), now).error(), errc::not_supported);
    EXPECT_TRUE(tick_query_of(ask(now + hours(1), now + hours(2)), now)->target.empty());
    EXPECT_TRUE(tick_query_of(ask(now, now), now)->target.empty());
    for (const char* cursor : {"x", "5", "5:", "5:x", ":1", "-5:0", "5:0x"}) {
        next.cursor = cursor;
        EXPECT_EQ(tick_query_of(next, now).error(), errc::bad_request) << cursor;
    }
    auto by_id = ask(now - hours(1), now);
    by_id.first_id = 1;
    EXPECT_EQ(tick_query_of(by_id, now).error(), errc::not_supported);
    auto index = ask(now - hours(1), now);
    index.instrument.asset_class = AssetClass::index;
    EXPECT_EQ(tick_query_of(index, now).error(), errc::not_supported);
}

TEST(TradierTickQuery, NoTickIsToldTwiceEvenWithinASecond) {
    const auto now = eastern("2024-01-19 15:00"), from = eastern("2024-01-19 10:00");
    std::vector<Tick> all;
    for (int i = 0; i < 40; ++i) // ten a second
        all.push_back({from + seconds(i / 10), Decimal::from_integer(100 + i), Decimal::from_integer(1)});
    all.push_back({from + seconds(3600), Decimal::from_integer(999), Decimal::from_integer(1)});
    all.push_back({from + seconds(1), Decimal::from_integer(998), Decimal()}); // no trade
    auto request = ask(from, from + seconds(3600));
    request.limit = 7;
    std::vector<std::string> seen;
    for (int page = 0; page < 20; ++page) {
        const auto query = tick_query_of(request, now);
        ASSERT_TRUE(query.has_value());
        auto told = page_of(all, *query);
        EXPECT_LE(told.ticks.size(), 7u);
        for (const auto& t : told.ticks)
            seen.push_back(t.price.to_string());
        request.cursor = told.cursor;
        if (told.cursor.empty())
            break;
    }
    ASSERT_EQ(seen.size(), 40u);
    for (std::size_t i = 0; i < 40; ++i)
        EXPECT_EQ(seen[i], std::to_string(100 + i));
}

Settings settings(bool sandbox) {
    Settings s;
    s.token = Secret("token-of-the-test");
    s.sandbox = sandbox;
    return s;
}

class TradierTrades : public ::testing::Test {
protected:
    result<std::string> trades(TradeRequest request) {
        TradeSink sink = [this](const Trade& t) {
            EXPECT_TRUE(t.trade_id.empty());
            EXPECT_FALSE(t.src_seq.has_value());
            seen.push_back(t);
        };
        return run(provider.get_trades(std::move(request), std::move(sink), rest));
    }
    FakeRest rest;
    TradierProvider provider{settings(false)};
    std::vector<Trade> seen;
};

TEST_F(TradierTrades, ComeFromTimeAndSales) {
    const auto second = floor<seconds>(wall_now()) - hours(2);
    const auto stamp = std::to_string(second.time_since_epoch().count());
    rest.give(200, R"({"series":{"data":{"time":"x","timestamp":)" + stamp + R"(,"price":480.125,"volume":300}}})");
    EXPECT_EQ(*trades(ask(second, second + minutes(5))), "");
    ASSERT_EQ(seen.size(), 1u) << "one row is no list";
    EXPECT_EQ(seen[0].price.to_string(), "480.125");
    EXPECT_EQ(seen[0].size.to_string(), "300");
    EXPECT_EQ(seen[0].event_time, UnixNanos(second));
    EXPECT_EQ(seen[0].side, Side::unknown);
    rest.give(200, R"({"series":null})");
    EXPECT_EQ(*trades(ask(second, second + minutes(5))), "");
    rest.give(200, R"({"series":{"data":[{"timestamp":)" + stamp + R"(,"price":1,"volume":1},{"timestamp":)" + stamp +
                       R"(,"price":0,"volume":1}]}})");
    EXPECT_EQ(trades(ask(second, second + minutes(5))).error(), errc::malformed_payload);
    rest.give(200, "<html>");
    EXPECT_EQ(trades(ask(second, second + minutes(5))).error(), errc::malformed_payload);
    rest.give(403, "Forbidden");
    EXPECT_EQ(trades(ask(second, second + minutes(5))).error(), errc::not_entitled);
    EXPECT_EQ(seen.size(), 1u) << "nothing of a bad page is told";
    EXPECT_TRUE(provider.capabilities().trades_history);
    EXPECT_FALSE(provider.capabilities().trades_by_id);
    TradierProvider sandbox(settings(true));
    EXPECT_FALSE(sandbox.capabilities().trades_history);
    EXPECT_EQ(run(sandbox.get_trades(
                      ask(second, second + minutes(5)), [](const Trade&) {}, rest))
                  .error(),
        errc::not_supported);
}

TEST_F(TradierTrades, BarsAreToldWithTheirDepth) {
    const InstrumentName spy{AssetClass::equity, "SPY"};
    const std::pair<Timeframe, std::optional<seconds>> depths[] = {{Timeframe::m1, days(10)}, {Timeframe::m5, days(18)},
        {Timeframe::m15, days(18)}, {Timeframe::d1, std::nullopt}, {Timeframe::w1, std::nullopt},
        {Timeframe::mo1, std::nullopt}};
    for (const auto& [tf, depth] : depths) {
        const auto history = provider.bar_history(spy, tf);
        ASSERT_TRUE(history.has_value());
        EXPECT_EQ(history->depth, depth);
        EXPECT_FALSE(history->continuous);
        EXPECT_EQ(history->page, 5000u);
        const bool days_and_longer = tf >= Timeframe::d1;
        EXPECT_EQ(history->variant.adjusted, days_and_longer);
        EXPECT_EQ(history->variant.align, days_and_longer ? Alignment::exchange : Alignment::utc);
        EXPECT_EQ(history->variant.price_type, PriceType::trade);
        EXPECT_TRUE(provider.bar_history(spy, tf, history->variant).has_value());
        auto other = history->variant;
        other.adjusted = !other.adjusted;
        EXPECT_EQ(provider.bar_history(spy, tf, other).error(), errc::not_supported);
        BarRequest request;
        request.instrument = spy;
        request.timeframe = tf;
        request.to = wall_now();
        request.from = request.to - hours(1);
        request.variant = other;
        EXPECT_EQ(run(provider.get_bars(request, rest)).error(), errc::not_supported);
        request.variant.reset();
        request.from = wall_now() + days(60);
        request.to = request.from + days(60);
        EXPECT_TRUE(run(provider.get_bars(request, rest))->bars.empty());
    }
    EXPECT_TRUE(rest.requests.empty());
    EXPECT_EQ(provider.bar_history(spy, Timeframe::h1).error(), errc::not_supported);
    EXPECT_EQ(provider.bar_history({AssetClass::fx, "EUR-USD"}, Timeframe::d1).error(), errc::not_supported);
}

} // namespace
} // namespace tickgate::tradier
