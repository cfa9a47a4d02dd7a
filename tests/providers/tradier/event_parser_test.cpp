#include "tradier/event_parser.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using tradier_test::fixture;
using tradier_test::Padded;

struct Parsed {
    EventParser parser;
    std::vector<Padded> kept;
    std::size_t used = 0;
    const Event& operator()(std::string_view text) {
        kept.emplace_back(text);
        used = parser.parse(kept.back().view());
        return parser.event();
    }
};

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            out.push_back(line);
    return out;
}

TEST(TradierEvents, TheDocumentedSamples) {
    Parsed parse;
    const auto events = lines(fixture("stream/events_doc_2019.jsonl"));
    ASSERT_EQ(events.size(), 5u);
    {
        const auto& e = parse(events[0]);
        ASSERT_EQ(e.type, Event::Type::quote);
        EXPECT_EQ(e.symbol, "C");
        EXPECT_EQ(e.bid->to_string(), "281.84");
        EXPECT_EQ(e.bid_size->to_string(), "60");
        EXPECT_EQ(e.bid_exchange, "M");
        EXPECT_EQ(e.ask->to_string(), "281.85");
        EXPECT_EQ(e.ask_size->to_string(), "6");
        EXPECT_EQ(e.ask_exchange, "Z");
        EXPECT_EQ(e.time, from_millis(1557757190000)) << "the later date";
    }
    {
        const auto& e = parse(events[1]);
        ASSERT_EQ(e.type, Event::Type::trade);
        EXPECT_EQ(e.price.to_string(), "281.1200");
        EXPECT_EQ(e.size.to_string(), "100");
        EXPECT_EQ(e.exchange, "Q");
        EXPECT_EQ(e.time, from_millis(1557757204760));
        EXPECT_FALSE(e.seq.has_value());
    }
    EXPECT_EQ(parse(events[2]).type, Event::Type::summary);
    {
        const auto& e = parse(events[3]);
        ASSERT_EQ(e.type, Event::Type::timesale);
        EXPECT_EQ(e.price.to_string(), "281.10");
        EXPECT_EQ(e.seq, 352342u);
        EXPECT_EQ(e.seq_text, "352342");
        EXPECT_FALSE(e.cancel || e.correction);
        EXPECT_EQ(e.flag, "");
    }
    EXPECT_EQ(parse(events[4]).type, Event::Type::tradex);
    EXPECT_EQ(parse.parser.event().price.to_string(), "281.10");
}

TEST(TradierEvents, TheLiveSamples) {
    Parsed parse;
    const auto events = lines(fixture("stream/events_live_2022.jsonl"));
    ASSERT_EQ(events.size(), 4u);
    EXPECT_EQ(parse(events[0]).bid->to_string(), "399.84");
    EXPECT_EQ(parse.parser.event().time, from_millis(1669165200000));
    EXPECT_TRUE(parse(events[1]).size.is_zero());
    EXPECT_EQ(parse.parser.event().price.to_string(), "407.38");
    EXPECT_EQ(parse(events[2]).ask_size->to_string(), "20");
    EXPECT_EQ(parse(events[3]).type, Event::Type::summary);
}

// What the fast reader takes and what the JSON parser reads must be the same: white space turns it off.
TEST(TradierEvents, BothReadersAgree) {
    for (const auto* file : {"stream/events_doc_2019.jsonl", "stream/events_live_2022.jsonl"})
        for (const auto& line : lines(fixture(file))) {
            Parsed fast, slow;
            const auto& a = fast(line);
            const auto& b = slow("{ " + line.substr(1));
            EXPECT_EQ(fast.used, line.size());
            EXPECT_EQ(slow.used, line.size() + 1);
            EXPECT_EQ(a.type, b.type);
            EXPECT_EQ(a.symbol, b.symbol);
            EXPECT_EQ(a.time, b.time);
            EXPECT_EQ(a.seq, b.seq);
            EXPECT_EQ(a.bid.has_value(), b.bid.has_value());
            EXPECT_TRUE(!a.bid || a.bid->same_text(*b.bid));
            EXPECT_TRUE(a.price.same_text(b.price));
        }
}

TEST(TradierEvents, NumbersMayBeTextAndTextNumbers) {
    Parsed parse;
    const auto& e = parse(
        R"({"type":"quote","symbol":"X","bid":"1.50","bidsz":"2","bidexch":"","biddate":1557757189000,"ask":"NaN","asksz":0,"askexch":"","askdate":null})");
    ASSERT_EQ(e.type, Event::Type::quote) << e.text;
    EXPECT_EQ(e.bid->to_string(), "1.50");
    EXPECT_EQ(e.time, from_millis(1557757189000));
    EXPECT_FALSE(e.ask.has_value());
    EXPECT_FALSE(e.ask_size.has_value());
    const auto& t = parse(R"({"type":"timesale","symbol":"X","last":1.25,"size":10,"date":1557757189000,"seq":"7"})");
    ASSERT_EQ(t.type, Event::Type::timesale) << t.text;
    EXPECT_EQ(t.price.to_string(), "1.25");
    EXPECT_EQ(t.seq, 7u);
}

TEST(TradierEvents, EscapesWhiteSpaceAndNestedValuesAreRead) {
    Parsed parse;
    const auto& e = parse(
        R"({ "type" : "trade" , "symbol":"BRK\/B", "x":{"symbol":"Y"}, "z":[1,{"}":2}], "price":"1","size":"2","date":"1557757189000" })");
    ASSERT_EQ(e.type, Event::Type::trade) << e.text;
    EXPECT_EQ(e.symbol, "BRK/B");
}

TEST(TradierEvents, RefusalsAndUnknownTypes) {
    Parsed parse;
    EXPECT_EQ(parse(R"({"error":"too many sessions requested"})").type, Event::Type::error);
    EXPECT_EQ(parse.parser.event().text, "too many sessions requested");
    EXPECT_EQ(parse(R"({"type":"greeks","symbol":"X"})").type, Event::Type::other);
    EXPECT_EQ(parse.parser.event().text, "greeks");
}

TEST(TradierEvents, ObjectsEndWhereTheirBraceCloses) {
    Parsed parse;
    const std::string one = R"({"type":"trade","symbol":"A","price":"1","size":"2","date":"1557757189000"})";
    parse(one + R"({"type":"quote")");
    EXPECT_EQ(parse.used, one.size());
    const std::string brace = R"({"type":"other}{","a":"\"}"})";
    parse(brace + one);
    EXPECT_EQ(parse.used, brace.size());
    for (std::size_t cut = 1; cut < one.size(); ++cut) {
        parse(one.substr(0, cut));
        EXPECT_EQ(parse.used, 0u) << cut;
    }
    EXPECT_EQ(parse(R"({"type":"tra)"
                    "\n")
                  .type,
        Event::Type::malformed)
        << "no object goes beyond its line";
    EXPECT_EQ(parse.used, 13u);
}

TEST(TradierEvents, WhatIsNotDocumentedIsMalformed) {
    Parsed parse;
    for (const char* text : {"{}", R"({"type":"quote"})", R"({"type":"quote","symbol":"A"})",
             R"({"type":"quote","symbol":"A","bid":1,"bidsz":-2,"ask":2,"asksz":1})",
             R"({"type":"quote","symbol":"A","bid":01,"ask":2})", R"({"type":"quote","symbol":"A","bid":true,"ask":2})",
             R"({"type":"quote","symbol":"A","bid":1,"ask":2,"biddate":"soon"})",
             R"({"type":"quote","symbol":7,"bid":1,"ask":2})", R"({"type":"trade","symbol":"A","price":"1"})",
             R"({"type":"trade","symbol":"A","price":"NaN","size":"1","date":"1"})",
             R"({"type":"timesale","symbol":"A","last":"1","size":"1","seq":-1})",
             R"({"type":"trade","symbol":"A","price":"1","size":"1","date":"99999999999999999999"})", "{nonsense}",
             R"({"symbol":"A","bid":1})"})
        EXPECT_EQ(parse(text).type, Event::Type::malformed) << text;
    EXPECT_EQ(parse(R"({"type":"trade","symbol":"A","price":"1234567890123456789.5","size":"1"})").type,
        Event::Type::overflow);
}

} // namespace
} // namespace tickgate::tradier
