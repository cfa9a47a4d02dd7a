// What the venue streamed, and what it made up for the time before, is one history however it is asked for.
#include "providers/massive_venue/venue_fixture.hpp"

#include <map>

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;

struct VenueHistory : VenueFixture {
    static std::string text(const json::object& object, std::string_view key) {
        return json::serialize(object.at({key.data(), key.size()}));
    }
    static std::int64_t number(const json::object& object, std::string_view key) {
        return object.at({key.data(), key.size()}).to_number<std::int64_t>();
    }
    std::vector<json::object> bars(
        std::string_view ticker, std::string_view span, std::int64_t from_ms, std::int64_t to_ms) {
        std::size_t pages = 0;
        return all("/v2/aggs/ticker/" + std::string(ticker) + "/range/" + std::string(span) + "/" +
                       std::to_string(from_ms) + "/" + std::to_string(to_ms - 1) +
                       "?sort=asc&limit=50000&adjusted=false",
            pages);
    }
    std::vector<json::object> trades(
        std::string_view ticker, std::int64_t from_ms, std::int64_t to_ms, int limit = 50000) {
        return all("/v3/trades/" + std::string(ticker) + "?timestamp.gte=" + std::to_string(from_ms) +
                       "000000&timestamp.lt=" + std::to_string(to_ms) +
                       "000000&order=asc&limit=" + std::to_string(limit),
            pages_);
    }
    std::size_t pages_ = 0;
};

struct Sum {
    double open = 0, high = 0, low = 0, close = 0, volume = 0;
    std::int64_t count = 0;
    void add(double price, double size) {
        if (count++ == 0)
            open = high = low = price;
        high = std::max(high, price);
        low = std::min(low, price);
        close = price;
        volume += size;
    }
    void add(const json::object& bar) {
        const auto value = [&](const char* key) { return bar.at(key).to_number<double>(); };
        if (count == 0)
            open = value("o"), high = value("h"), low = value("l");
        high = std::max(high, value("h"));
        low = std::min(low, value("l"));
        close = value("c");
        volume += value("v");
        count += bar.at("n").to_number<std::int64_t>();
    }
    void equals(const json::object& bar) const {
        EXPECT_DOUBLE_EQ(open, bar.at("o").to_number<double>()) << json::serialize(bar);
        EXPECT_DOUBLE_EQ(high, bar.at("h").to_number<double>()) << json::serialize(bar);
        EXPECT_DOUBLE_EQ(low, bar.at("l").to_number<double>()) << json::serialize(bar);
        EXPECT_DOUBLE_EQ(close, bar.at("c").to_number<double>()) << json::serialize(bar);
        EXPECT_NEAR(volume, bar.at("v").to_number<double>(), 1e-6 * volume) << json::serialize(bar);
        EXPECT_EQ(count, bar.at("n").to_number<std::int64_t>()) << json::serialize(bar);
    }
};

constexpr std::int64_t day = 1'763'528'400'000; // midnight of 2025-11-19 in New York

TEST_F(VenueHistory, TradesMakeTheSecondsTheMinutesTheHoursTheDay) {
    start();
    for (const char* ticker : {"AAPL", "X:BTCUSD"}) {
        const auto minutes = bars(ticker, "1/minute", day, day + 3'600'000);
        ASSERT_EQ(minutes.size(), 60u);
        std::map<std::int64_t, Sum> by_minute, by_second;
        for (const auto& trade : trades(ticker, day, day + 3'600'000)) {
            const auto t = number(trade, trade.contains("sip_timestamp") ? "sip_timestamp" : "participant_timestamp");
            const auto size = trade.contains("decimal_size")
                                  ? std::stod(std::string(trade.at("decimal_size").as_string()))
                                  : trade.at("size").to_number<double>();
            by_minute[t / 60'000'000'000 * 60'000].add(trade.at("price").to_number<double>(), size);
            by_second[t / 1'000'000'000 * 1'000].add(trade.at("price").to_number<double>(), size);
        }
        ASSERT_EQ(by_minute.size(), 60u) << ticker;
        Sum hour;
        for (const auto& bar : minutes) {
            by_minute[number(bar, "t")].equals(bar);
            hour.add(bar);
        }
        const auto seconds = bars(ticker, "1/second", day, day + 3'600'000);
        EXPECT_EQ(seconds.size(), by_second.size());
        for (const auto& bar : seconds)
            by_second[number(bar, "t")].equals(bar);
        const auto hours = bars(ticker, "1/hour", day, day + 3'600'000);
        ASSERT_EQ(hours.size(), 1u);
        hour.equals(hours[0]);
    }
    Sum whole;
    for (const auto& bar : bars("AAPL", "1/minute", day, day + 86'400'000))
        whole.add(bar);
    const auto days = bars("AAPL", "1/day", day, day + 86'400'000);
    ASSERT_EQ(days.size(), 1u);
    whole.equals(days[0]);
}

TEST_F(VenueHistory, WhatWasStreamedIsWhatRestTells) {
    options.common.rate = 300;
    options.common.symbols = {"AAPL", "X:BTC-USD"};
    options.stray_prints = 100; // they are history, too
    start();
    auto stocks = join("/stocks");
    auto coins = join("/crypto");
    say(stocks, "subscribe", "T.AAPL,AM.AAPL,A.AAPL");
    say(coins, "subscribe", "XT.BTC-USD,XA.BTC-USD");
    pass(200s);
    const auto from = 1'763'737'200'000, to = from + 180'000; // three whole minutes
    struct Wanted {
        Client* client;
        const char *trade, *bar, *ticker;
    };
    for (const auto& [client, trade, bar, ticker] :
        {Wanted{&stocks, "T", "AM", "AAPL"}, Wanted{&coins, "XT", "XA", "X:BTCUSD"}}) {
        const auto objects = client->port->objects();
        const auto rest = bars(ticker, "1/minute", from, to);
        std::size_t compared = 0;
        for (const auto& streamed : events(objects, bar))
            for (const auto& told : rest)
                if (number(told, "t") == number(streamed, "s")) {
                    ++compared;
                    for (const char* key : {"o", "h", "l", "c"})
                        EXPECT_EQ(text(told, key), text(streamed, key));
                    EXPECT_NEAR(told.at("v").to_number<double>(),
                        streamed.contains("dv") ? std::stod(std::string(streamed.at("dv").as_string()))
                                                : streamed.at("v").to_number<double>(),
                        1e-6);
                }
        EXPECT_EQ(compared, 3u) << ticker;
        std::vector<std::string> streamed_ids, told_ids;
        for (const auto& event : events(objects, trade))
            if (number(event, "t") >= from && number(event, "t") < to)
                streamed_ids.push_back(std::string(event.at("i").is_string() ? std::string(event.at("i").as_string())
                                                                             : json::serialize(event.at("i"))));
        const auto told = trades(ticker, from, to, 500); // in pages
        EXPECT_GT(pages_, 3u);
        for (const auto& row : told)
            told_ids.emplace_back(row.at("id").as_string());
        // The stream begins a moment after the market does.
        ASSERT_GT(streamed_ids.size(), 500u);
        ASSERT_GE(told_ids.size(), streamed_ids.size());
        told_ids.erase(told_ids.begin(), told_ids.end() - static_cast<std::ptrdiff_t>(streamed_ids.size()));
        EXPECT_EQ(told_ids, streamed_ids) << ticker;
    }
}

TEST_F(VenueHistory, TheSameAtEveryCallAndAfterARestart) {
    options.common.rate = 300;
    start();
    const auto minutes = bars("AAPL", "5/minute", day, day + 7'200'000);
    const auto ticks = trades("AAPL", day, day + 600'000);
    const auto paged = trades("AAPL", day, day + 600'000, 7);
    EXPECT_GT(pages_, 5u);
    EXPECT_EQ(json::serialize(json::value_from(ticks)), json::serialize(json::value_from(paged)));
    pass(30s);
    EXPECT_EQ(json::serialize(json::value_from(minutes)),
        json::serialize(json::value_from(bars("AAPL", "5/minute", day, day + 7'200'000))));
    now.wall += 3h; // another market begins later, the past is the same
    start();
    EXPECT_EQ(json::serialize(json::value_from(minutes)),
        json::serialize(json::value_from(bars("AAPL", "5/minute", day, day + 7'200'000))));
    EXPECT_EQ(json::serialize(json::value_from(ticks)),
        json::serialize(json::value_from(trades("AAPL", day, day + 600'000))));
}

TEST_F(VenueHistory, TheMarketMayHaveTradedBeforeItsStart) {
    options.common.symbols = {"AAPL"};
    options.common.rate = 100;
    options.common.history = 10min;
    start();
    const auto from = 1'763'737'200'000 - 300'000, to = 1'763'737'200'000;
    const auto told = trades("AAPL", from, to);
    EXPECT_GT(told.size(), 1000u) << "as many as live";
    const auto minutes = bars("AAPL", "1/minute", from, to);
    ASSERT_EQ(minutes.size(), 5u);
    std::int64_t count = 0;
    for (const auto& bar : minutes)
        count += number(bar, "n");
    EXPECT_EQ(count, static_cast<std::int64_t>(told.size()));
}

TEST_F(VenueHistory, OfADowntimeNothingIsTold) {
    start();
    const auto before = bars("AAPL", "1/hour", day, day + 3 * 3'600'000);
    const auto at = [](std::int64_t ms) { return std::to_string(ms / 1000); };
    fault("hole=" + at(day + 3'600'000) + "/" + at(day + 2 * 3'600'000 + 1'800'000));
    const auto minutes = bars("AAPL", "1/minute", day, day + 3 * 3'600'000);
    EXPECT_EQ(minutes.size(), 90u);
    EXPECT_TRUE(trades("AAPL", day + 3'600'000, day + 2 * 3'600'000).empty());
    EXPECT_FALSE(trades("AAPL", day, day + 3'600'000).empty());
    const auto after = bars("AAPL", "1/hour", day, day + 3 * 3'600'000);
    ASSERT_EQ(before.size(), 3u);
    ASSERT_EQ(after.size(), 2u);
    EXPECT_EQ(json::serialize(before[0]), json::serialize(after[0]));
    EXPECT_LT(number(after[1], "n"), number(before[2], "n"));
}

TEST_F(VenueHistory, PagesOfTicksDownwardsAreTheSameRows) {
    start();
    for (const char* path : {"/v3/trades/AAPL", "/v3/quotes/C:EURUSD", "/v3/quotes/AAPL"}) {
        const auto span =
            "?timestamp.gte=" + std::to_string(day) + "000000&timestamp.lt=" + std::to_string(day + 900'000) + "000000";
        std::size_t pages = 0;
        auto up = all(path + span + "&order=asc&limit=50000", pages);
        const auto down = all(path + span + "&order=desc&limit=13", pages);
        ASSERT_GT(up.size(), 60u) << path;
        EXPECT_GT(pages, 4u);
        std::reverse(up.begin(), up.end());
        EXPECT_EQ(json::serialize(json::value_from(up)), json::serialize(json::value_from(down))) << path;
    }
}

} // namespace
} // namespace tickgate::massive_venue
