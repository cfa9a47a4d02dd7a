#include "oanda/parse.hpp"

#include "oanda/times.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::oanda {
namespace {

using test::Padded;
using Type = StreamLine::Type;

const UnixNanos received = from_micros(1763682000171203);

struct Parsed {
    LineParser parser;
    const StreamLine& operator()(std::string_view text) {
        kept.emplace_back(text);
        return parser.parse(kept.back().view(), received);
    }
    std::vector<Padded> kept;
};

std::string text_of(const OptionalDecimal& d) { return d ? d->to_string() : "none"; }

TEST(OandaParse, TheBestPriceIsTakenByValueWithItsOwnSize) {
    Parsed parse;
    const auto& line = parse(test::lines_of("stream_edge_cases.jsonl")[0]);
    ASSERT_EQ(line.type, Type::price) << line.problem;
    EXPECT_EQ(line.instrument, "EUR_USD");
    EXPECT_EQ(text_of(line.quote.bid), "1.19197");
    EXPECT_EQ(text_of(line.quote.bid_size), "500000");
    EXPECT_EQ(text_of(line.quote.ask), "1.19216");
    EXPECT_EQ(text_of(line.quote.ask_size), "500000");
    EXPECT_EQ(line.quote.event_time, parse_time("2017-09-24T22:20:39.888097022Z"));
    EXPECT_EQ(line.quote.received_time, received);
    EXPECT_TRUE(line.tradeable);
    EXPECT_FALSE(line.quote.src_seq.has_value());
}

TEST(OandaParse, TheWeekendPriceIsNotTradeable) {
    Parsed parse;
    const auto& line = parse(test::lines_of("stream_edge_cases.jsonl")[1]);
    ASSERT_EQ(line.type, Type::price);
    EXPECT_FALSE(line.tradeable);
    EXPECT_EQ(line.status, "non-tradeable");
}

TEST(OandaParse, EveryDigitOfTheRecordedStreamIsKept) {
    Parsed parse;
    std::size_t prices = 0, heartbeats = 0;
    std::string first_price, last_price;
    for (const auto& text : test::lines_of("stream_EUR_USD_2017-02-23.jsonl")) {
        const auto& line = parse(text);
        if (line.type == Type::heartbeat) {
            ++heartbeats;
            continue;
        }
        ASSERT_EQ(line.type, Type::price) << line.problem;
        ++prices;
        // What the line says, found without a parser: the first level is the best one in this recording.
        for (const auto& value : {line.quote.bid, line.quote.ask})
            EXPECT_NE(text.find("\"price\": \"" + text_of(value) + "\""), std::string::npos) << text;
        EXPECT_EQ(text_of(line.quote.bid_size), "10000000.0") << "as given";
        EXPECT_NE(text.find(format_time(*line.quote.event_time)), std::string::npos);
        last_price = text_of(line.quote.bid) + "/" + text_of(line.quote.ask);
        if (first_price.empty())
            first_price = last_price;
    }
    EXPECT_EQ(prices, 17u);
    EXPECT_EQ(heartbeats, 19u);
    EXPECT_EQ(first_price, "1.05794/1.05806");
}

TEST(OandaParse, MidsOfTheRecordedMinutesAreTheAuthorsBars) {
    Parsed parse;
    struct Minute {
        Decimal open, high, low, close;
        int ticks = 0;
    };
    std::vector<std::pair<std::int64_t, Minute>> minutes;
    for (const auto& text : test::lines_of("stream_EUR_USD_2017-02-23.jsonl")) {
        const auto& line = parse(text);
        if (line.type != Type::price)
            continue;
        const auto mid = *Decimal::mid(*line.quote.bid, *line.quote.ask);
        const auto minute = line.quote.event_time->time_since_epoch().count() / 60'000'000'000;
        if (minutes.empty() || minutes.back().first != minute)
            minutes.push_back({minute, {mid, mid, mid, mid, 0}});
        auto& m = minutes.back().second;
        m.high = std::max(m.high, mid);
        m.low = std::min(m.low, mid);
        m.close = mid;
        ++m.ticks;
    }
    const auto text = [](const char* digits) { return *Decimal::parse(digits); };
    ASSERT_EQ(minutes.size(), 2u);
    EXPECT_EQ(minutes[0].second.ticks, 7);
    EXPECT_EQ(minutes[0].second.open, text("1.058"));
    EXPECT_EQ(minutes[0].second.high, text("1.058025"));
    EXPECT_EQ(minutes[0].second.low, text("1.05795"));
    EXPECT_EQ(minutes[0].second.close, text("1.05797"));
    EXPECT_EQ(minutes[1].second.ticks, 10);
    EXPECT_EQ(minutes[1].second.open, text("1.05795"));
    EXPECT_EQ(minutes[1].second.high, text("1.0581"));
    EXPECT_EQ(minutes[1].second.low, text("1.057945"));
    EXPECT_EQ(minutes[1].second.close, text("1.0581"));
}

TEST(OandaParse, FourLevelsOfTwoInstruments) {
    Parsed parse;
    const auto lines = test::lines_of("stream_two_instruments_2017-03-09.jsonl");
    ASSERT_EQ(lines.size(), 4u);
    const auto& line = parse(lines[1]);
    ASSERT_EQ(line.type, Type::price);
    EXPECT_EQ(line.instrument, "EUR_JPY");
    EXPECT_EQ(text_of(line.quote.bid), "120.969");
    EXPECT_EQ(text_of(line.quote.bid_size), "1000000.0");
    EXPECT_EQ(text_of(line.quote.ask), "120.991");
}

TEST(OandaParse, EmptySidesAreEmpty) {
    Parsed parse;
    const auto& none =
        parse(R"({"type":"PRICE","time":"2020-01-01T00:00:00Z","bids":[],"asks":[],"instrument":"A_B"})");
    ASSERT_EQ(none.type, Type::price) << none.problem;
    EXPECT_FALSE(none.quote.bid || none.quote.bid_size || none.quote.ask || none.quote.ask_size);
    const auto& one = parse(
        R"({"type":"PRICE","time":"2020-01-01T00:00:00Z","bids":[],"asks":[{"price":"2.50"}],"instrument":"A_B"})");
    ASSERT_EQ(one.type, Type::price);
    EXPECT_FALSE(one.quote.bid.has_value());
    EXPECT_EQ(text_of(one.quote.ask), "2.50");
    EXPECT_FALSE(one.quote.ask_size.has_value()) << "none given";
}

TEST(OandaParse, UnknownKeysAndTypesDoNotMatter) {
    Parsed parse;
    const auto& line = parse(
        R"({"new":{"bids":[1,{"price":3}]},"bids":[{"x":[],"price":"1.5","liquidity":2.5}],"unitsAvailable":{"a":{"b":"c"}},"asks":[{"liquidity":1e6,"price":"1.6","more":null}],"instrument":"A_B","time":"1607556000.000000001","type":"PRICE"})");
    ASSERT_EQ(line.type, Type::price) << line.problem;
    EXPECT_EQ(text_of(line.quote.bid_size), "2.5");
    EXPECT_EQ(text_of(line.quote.ask_size), "1000000");
    EXPECT_EQ(line.quote.event_time->time_since_epoch().count(), 1607556000000000001);
    EXPECT_EQ(parse(R"({"type":"NEWS","time":"2020-01-01T00:00:00Z"})").type, Type::other);
    EXPECT_EQ(parse(R"({"type":"PRICE","status":"invalid","time":"0","bids":[],"asks":[],"instrument":"A"})").tradeable,
        false);
}

TEST(OandaParse, BrokenLinesAreMalformed) {
    Parsed parse;
    for (const char* text : {"x", "[]", "17", "{", R"({"type":"PRICE"})", R"({"time":"2020-01-01T00:00:00Z"})",
             R"({"type":"PRICE","time":"yesterday","bids":[],"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":{},"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[],"asks":[]})",
             R"({"type":"PRICE","bids":[],"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[{"price":1.5,"liquidity":1}],"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[{"liquidity":1}],"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[{"price":"abc"}],"asks":[],"instrument":"A"})",
             R"({"type":"PRICE","time":"0","bids":[],"asks":[],"instrument":"A")",
             R"({"type":"PRICE","time":"0","bids":[],"asks":[],"instrument":"A"}{"type":"HEARTBEAT"})"}) {
        const auto& line = parse(text);
        EXPECT_EQ(line.type, Type::malformed) << text;
        EXPECT_FALSE(line.problem.empty()) << text;
    }
    EXPECT_EQ(
        parse(R"({"type":"PRICE","time":"0","bids":[{"price":"1.234567890123456789"}],"asks":[],"instrument":"A"})")
            .type,
        Type::overflow);
    EXPECT_EQ(parse(test::lines_of("stream_edge_cases.jsonl")[0]).type, Type::price) << "the parser goes on";
}

TEST(OandaParse, ThePriceListOfThePoll) {
    LineParser parser;
    std::vector<std::pair<std::string, Quote>> quotes;
    const auto take = [&](const StreamLine& line) { quotes.emplace_back(line.instrument, line.quote); };
    ASSERT_FALSE(parser.parse_prices(test::fixture("pricing_poll_2016-10-05.json"), received, take));
    ASSERT_EQ(quotes.size(), 2u);
    EXPECT_EQ(quotes[0].first, "EUR_USD");
    EXPECT_EQ(text_of(quotes[0].second.bid), "1.12157");
    EXPECT_EQ(text_of(quotes[0].second.ask), "1.12170");
    EXPECT_EQ(text_of(quotes[0].second.bid_size), "10000000");
    EXPECT_EQ(quotes[1].first, "EUR_JPY");
    EXPECT_EQ(text_of(quotes[1].second.bid), "115.329");
    EXPECT_EQ(text_of(quotes[1].second.ask), "115.346");
    EXPECT_EQ(text_of(quotes[1].second.ask_size), "1000000");
    EXPECT_EQ(quotes[1].second.event_time, parse_time("2016-10-05T05:28:15.621238671Z"));
    EXPECT_TRUE(quotes[0].second.flags.has(Flag::snapshot));
    EXPECT_FALSE(quotes[0].second.flags.has(Flag::indicative));
    quotes.clear();
    ASSERT_FALSE(parser.parse_prices(
        R"({"prices":[{"instrument":"A_B","time":"0","bids":[],"asks":[],"tradeable":false}]})", received, take));
    ASSERT_EQ(quotes.size(), 1u);
    EXPECT_TRUE(quotes[0].second.flags.has(Flag::indicative));
    for (const char* body : {"", "{}", R"({"prices":{}})", R"({"prices":[1]})", R"({"prices":[{}]})"})
        EXPECT_EQ(parser.parse_prices(body, received, take), errc::malformed_payload) << body;
}

} // namespace
} // namespace tickgate::oanda
