#include "fixture.hpp"

#include "oanda/history.hpp"
#include "oanda/venue/candles.hpp"

#include <map>

namespace tickgate::oanda_venue {
namespace {

UnixNanos at(std::string_view text) { return oanda::parse_time(text).value_or(UnixNanos()); }

class Candles : public Venue {
protected:
    net::HttpResponse candles(const std::string& query, const std::string& native = "EUR_USD") {
        return ask("/v3/instruments/" + native + "/candles", query).response;
    }
    std::vector<Bar> bars(const std::string& query, Timeframe tf = Timeframe::m1, PriceType price = PriceType::mid) {
        const auto answer = candles(query);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto page = oanda::parse_candles(answer.body, price, tf, now.wall);
        EXPECT_TRUE(page.has_value()) << answer.body;
        return page ? page->bars : std::vector<Bar>();
    }
};

TEST_F(Candles, AreMadeOfTheStreamsOwnPrices) {
    options.conflation = 0ms;
    start();
    ASSERT_EQ(open("EUR_USD", "&snapshot=false"), 200);
    advance(200s);
    struct Minute {
        std::optional<Decimal> open, high, low, close;
        int ticks = 0;
    };
    std::map<UnixNanos, Minute> minutes[3];
    oanda::LineParser parser;
    for (const auto& line : port(0).lines()) {
        const auto padded = line + std::string(64, '\0');
        const auto& parsed = parser.parse({padded.data(), line.size()}, now.wall);
        if (parsed.type != oanda::StreamLine::Type::price)
            continue;
        const auto minute = bar_open(*parsed.quote.event_time, Timeframe::m1);
        const Decimal values[] = {
            *Decimal::mid(*parsed.quote.bid, *parsed.quote.ask), *parsed.quote.bid, *parsed.quote.ask};
        for (std::size_t i = 0; i < 3; ++i) {
            auto& m = minutes[i][minute];
            if (!m.open)
                m.open = m.high = m.low = values[i];
            m.high = std::max(*m.high, values[i]);
            m.low = std::min(*m.low, values[i]);
            m.close = values[i];
            ++m.ticks;
        }
    }
    ASSERT_EQ(minutes[0].size(), 4u);
    const auto answer = candles("granularity=M1&price=MBA&count=4");
    const PriceType types[] = {PriceType::mid, PriceType::bid, PriceType::ask};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto page = oanda::parse_candles(answer.body, types[i], Timeframe::m1, now.wall);
        ASSERT_TRUE(page && page->bars.size() == 4);
        for (const auto& bar : page->bars) {
            const auto& m = minutes[i][bar.open_time];
            EXPECT_EQ(bar.open, *m.open);
            EXPECT_EQ(bar.high, *m.high);
            EXPECT_EQ(bar.low, *m.low);
            EXPECT_EQ(bar.close, *m.close);
            EXPECT_EQ(bar.volume->to_string(), std::to_string(m.ticks));
        }
        EXPECT_TRUE(page->bars[2].final);
        EXPECT_FALSE(page->bars[3].final) << "the running one";
    }
}

TEST_F(Candles, TellTicksThatTheStreamConflates) {
    start();
    ASSERT_EQ(open("EUR_USD", "&snapshot=false"), 200);
    advance(130s);
    oanda::LineParser parser;
    const auto minute = bar_open(now.wall, Timeframe::m1) - 1min;
    std::size_t seen = 0;
    for (const auto& line : port(0).lines()) {
        const auto padded = line + std::string(64, '\0');
        const auto& parsed = parser.parse({padded.data(), line.size()}, now.wall);
        seen += parsed.type == oanda::StreamLine::Type::price && parsed.quote.event_time >= minute &&
                parsed.quote.event_time < minute + 1min;
    }
    const auto told = bars("granularity=M1&count=2");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_GT(seen, 50u);
    EXPECT_GT(std::stoul(told[0].volume->to_string()), seen) << "two prices within 250 ms are one on the stream";
}

TEST_F(Candles, BecomeCompleteLate) {
    settings.rate = 0;
    start();
    now.wall = at("2026-03-10T10:00:59.990Z");
    venue->burst(20, now);
    const auto complete = [&] {
        return bars("granularity=M1&from=2026-03-10T10:00:00Z&count=1&includeFirst=true").at(0).final;
    };
    advance(500ms);
    EXPECT_FALSE(complete()) << "the minute is over, but not for long enough";
    advance(10s);
    EXPECT_FALSE(complete()) << "no further price";
    venue->burst(20, now);
    EXPECT_TRUE(complete());
}

TEST_F(Candles, ACandleWithoutASuccessorIsCompleteInTheEnd) {
    settings.rate = 0;
    start();
    now.wall = at("2026-03-10T10:00:30Z");
    venue->burst(20, now);
    const auto complete = [&] {
        return bars("granularity=M1&from=2026-03-10T10:00:00Z&count=1&includeFirst=true").at(0).final;
    };
    advance(70s);
    EXPECT_FALSE(complete());
    advance(6s);
    EXPECT_TRUE(complete());
}

TEST_F(Candles, TheMarketIsClosedAtTheWeekend) {
    start();
    EXPECT_TRUE(bars("granularity=M1&from=2026-03-06T22:00:00Z&to=2026-03-08T20:59:00Z&includeFirst=true").empty());
    EXPECT_EQ(bars("granularity=M1&from=2026-03-08T20:30:00Z&to=2026-03-08T21:30:00Z&includeFirst=true").size(), 30u)
        << "from Sunday 17:00 New York";
    EXPECT_EQ(bars("granularity=M1&from=2026-03-06T21:30:00Z&to=2026-03-06T22:30:00Z&includeFirst=true").size(), 30u);
    EXPECT_EQ(bars("granularity=H1&from=2026-03-06T20:00:00Z&count=3&includeFirst=true", Timeframe::h1)[2].open_time,
        at("2026-03-08T21:00:00Z"));
}

TEST_F(Candles, DowntimeHasNone) {
    start();
    fault("hole=2026-03-10T08:00:00Z/2026-03-10T08:30:00Z");
    EXPECT_TRUE(bars("granularity=M1&from=2026-03-10T08:00:00Z&to=2026-03-10T08:29:59Z&includeFirst=true").empty());
    EXPECT_EQ(bars("granularity=M1&from=2026-03-10T07:58:00Z&count=3&includeFirst=true")[2].open_time,
        at("2026-03-10T08:30:00Z"));
}

TEST_F(Candles, IncludeFirstWorksAsRecorded) {
    start();
    const auto with = bars("granularity=M1&from=2026-03-10T08:00:00Z&count=10&includeFirst=true");
    const auto without = bars("granularity=M1&from=2026-03-10T08:00:00Z&count=10");
    ASSERT_EQ(with.size(), 10u);
    ASSERT_EQ(without.size(), 9u);
    EXPECT_EQ(with[0].open_time, at("2026-03-10T08:00:00Z"));
    EXPECT_EQ(with[1].open_time, without[0].open_time);
    EXPECT_EQ(bars("granularity=M1&from=2026-03-10T08:00:30Z&count=2&includeFirst=true")[0].open_time,
        at("2026-03-10T08:00:00Z"))
        << "the one that covers it";
}

TEST_F(Candles, BackwardTheyEndBeforeTheTimeGiven) {
    start();
    const auto last = bars("granularity=M1&to=2026-03-10T08:00:30Z&count=2");
    ASSERT_EQ(last.size(), 2u);
    EXPECT_EQ(last[1].open_time, at("2026-03-10T08:00:00Z"));
    EXPECT_EQ(bars("granularity=M1&to=2026-03-10T08:00:00Z&count=1")[0].open_time, at("2026-03-10T07:59:00Z"));
    EXPECT_EQ(bars("granularity=S5&count=3", Timeframe::s5).size(), 3u);
}

TEST_F(Candles, RefusalsUseTheVenuesWords) {
    start();
    const auto words = [&](const std::string& query) {
        const auto answer = candles(query);
        EXPECT_EQ(answer.status, 400) << query;
        return answer.body;
    };
    EXPECT_EQ(words("granularity=M1&count=5001"), R"({"errorMessage":"Maximum value for 'count' exceeded"})");
    EXPECT_EQ(words("granularity=M1&from=2026-03-01T00:00:00Z&to=2026-03-10T00:00:00Z"),
        R"({"errorMessage":"Maximum value for 'count' exceeded"})")
        << "the span counts";
    EXPECT_EQ(words("granularity=M1&to=2030-01-01T00:00:00Z"),
        R"({"errorMessage":"Invalid value specified for 'to'. Time is in the future"})");
    EXPECT_EQ(words("granularity=M3"), R"({"errorMessage":"Invalid value specified for 'granularity'"})");
    words("price=X"), words("from=yesterday"), words("dailyAlignment=24"), words("alignmentTimezone=Mars");
    words("weeklyAlignment=someday"), words("count=0"), words("smooth=perhaps"), words("count=x");
    words("from=2026-03-10T00:00:00Z&to=2026-03-10T01:00:00Z&count=5");
    EXPECT_EQ(
        candles("granularity=M1", "NO_WAY").body, R"({"errorMessage":"Invalid value specified for 'instrument'"})");
    EXPECT_EQ(bars("granularity=M1&from=1773129600&to=1773133200.5&includeFirst=true").size(), 61u) << "Unix times too";
}

TEST_F(Candles, DaysBeginInNewYorkOrWhereAskedFor) {
    start();
    const auto days = bars("granularity=D&count=4&to=2026-03-10T09:00:00Z", Timeframe::d1);
    ASSERT_EQ(days.size(), 4u);
    EXPECT_EQ(days[3].open_time, at("2026-03-09T21:00:00Z"));
    EXPECT_EQ(days[2].open_time, at("2026-03-08T21:00:00Z")) << "Sunday evening";
    EXPECT_EQ(days[1].open_time, at("2026-03-05T22:00:00Z")) << "before the clocks changed; none begins on Friday";
    for (const auto& day : days)
        EXPECT_EQ(oanda::candle_end(day.open_time, Timeframe::d1), Aligner{*granularity_of("D")}.end_of(day.open_time));
    EXPECT_EQ(
        bars("granularity=D&count=1&dailyAlignment=0&alignmentTimezone=UTC&to=2026-03-10T09:00:00Z", Timeframe::d1)[0]
            .open_time,
        at("2026-03-10T00:00:00Z"));
    EXPECT_EQ(
        bars("granularity=H4&count=1&to=2026-03-10T09:00:00Z", Timeframe::h4)[0].open_time, at("2026-03-10T05:00:00Z"));
    EXPECT_EQ(
        bars("granularity=W&count=1&to=2026-03-10T09:00:00Z", Timeframe::w1)[0].open_time, at("2026-03-06T22:00:00Z"));
    const auto months = bars("granularity=M&count=2&to=2026-03-10T09:00:00Z", Timeframe::mo1);
    EXPECT_EQ(months[1].open_time, at("2026-02-28T22:00:00Z"));
    EXPECT_EQ(months[0].open_time, at("2026-01-31T22:00:00Z"));
    EXPECT_EQ(months[0].close_time, months[1].open_time);
}

TEST_F(Candles, TheLatestOfSeveralInstruments) {
    start();
    advance(90s);
    const auto answer =
        ask(account_path("/candles/latest"), "candleSpecifications=EUR_USD:M1:BA,USD_JPY:M5:M").response;
    ASSERT_EQ(answer.status, 200);
    const auto all = oanda::parse_latest_candles(answer.body, now.wall);
    ASSERT_TRUE(all && all->size() == 2) << answer.body;
    EXPECT_EQ((*all)[0].bars.size(), 4u);
    EXPECT_TRUE((*all)[0].bars[0].final);
    EXPECT_FALSE((*all)[0].bars[2].final);
    EXPECT_EQ((*all)[1].native, "USD_JPY");
    EXPECT_EQ(ask(account_path("/candles/latest"), "candleSpecifications=EUR_USD:M1").response.status, 400);
    EXPECT_EQ(ask(account_path("/candles/latest")).response.status, 400);
}

TEST_F(Candles, ClosedMinutesLeaveHoles) {
    start();
    advance(70s);
    fault("market_closed");
    advance(180s);
    board.clear(std::nullopt);
    advance(70s);
    const auto all = bars("granularity=M1&from=2026-03-10T10:00:00Z&includeFirst=true");
    ASSERT_GE(all.size(), 3u);
    EXPECT_EQ(all[1].open_time, at("2026-03-10T10:01:00Z"));
    EXPECT_EQ(all[2].open_time, at("2026-03-10T10:04:00Z"));
}

} // namespace
} // namespace tickgate::oanda_venue
