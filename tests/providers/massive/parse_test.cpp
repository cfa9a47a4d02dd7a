#include "massive/parse.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using test::Padded;

const UnixNanos received = from_micros(1763682000171203);

// Everything that events say, as text.
std::string told(const Event& e) {
    std::string out = std::to_string(static_cast<int>(e.type)) + "|" + std::string(e.ev) + "|";
    const auto text = [&](std::string_view s) { out.append(s).append("|"); };
    const auto add = [&](const OptionalDecimal& d) { text(d ? d->to_string() : "null"); };
    const auto time = [&](const std::optional<UnixNanos>& t) {
        text(t ? std::to_string(t->time_since_epoch().count()) : "null");
    };
    if (e.type != Event::Type::malformed)
        text(e.symbol);
    switch (e.type) {
    case Event::Type::quote:
    case Event::Type::fmv:
        add(e.quote.bid), add(e.quote.bid_size), add(e.quote.ask), add(e.quote.ask_size), add(e.quote.last);
        text(e.quote.exchange), time(e.quote.event_time);
        text(std::to_string(e.quote.src_seq.value_or(0)));
        break;
    case Event::Type::trade:
        add(e.trade.price), add(e.trade.size), text(e.trade.trade_id), text(e.trade.exchange);
        time(e.trade.event_time), text(std::to_string(e.trade.src_seq.value_or(0)));
        text(e.trade.side == Side::buy ? "buy" : e.trade.side == Side::sell ? "sell" : "unknown");
        for (const auto c : e.trade.conditions)
            text(c);
        text(e.trade.updates_last ? "last" : "");
        break;
    case Event::Type::bar:
        add(e.bar.open), add(e.bar.high), add(e.bar.low), add(e.bar.close), add(e.bar.volume), add(e.bar.vwap);
        time(e.bar.open_time), time(e.bar.close_time);
        text(std::to_string(e.bar.trades.value_or(-1)));
        break;
    case Event::Type::luld:
        add(e.lower), add(e.upper), time(e.time);
        break;
    case Event::Type::status:
        text(e.status), text(e.message);
        break;
    default:
        break;
    }
    return out + (e.field_overflow ? "!" : "") + "\n";
}

std::string all(FrameParser& parser, std::string_view text) {
    const Padded bytes(text);
    parser.start(bytes.view(), received);
    std::string out;
    while (const auto* e = parser.next())
        out += told(*e);
    return out;
}

class Parse : public ::testing::Test {
protected:
    Event& one(std::string_view event, Cluster cluster = Cluster::stocks) {
        parsers.emplace_back(cluster);
        kept.emplace_back("[" + std::string(event) + "]");
        parsers.back().start(kept.back().view(), received);
        auto* e = parsers.back().next();
        EXPECT_NE(e, nullptr) << event;
        return *e;
    }
    std::deque<FrameParser> parsers;
    std::deque<Padded> kept;
};

TEST_F(Parse, ATradeKeepsEveryDigitAndItsExactSize) {
    const auto& e = one(
        R"({"ev":"T","sym":"BRK.B","x":4,"i":"12345","z":3,"p":114.1250,"s":100,"ds":"100.482","c":[0,12],"t":1536036818784,"q":3681328})");
    ASSERT_EQ(e.type, Event::Type::trade);
    EXPECT_EQ(e.symbol, "BRK.B");
    EXPECT_EQ(e.trade.price.to_string(), "114.1250");
    EXPECT_EQ(e.trade.size.to_string(), "100.482") << "`s` is cut to whole shares";
    EXPECT_EQ(e.trade.trade_id, "12345");
    EXPECT_EQ(e.trade.exchange, "4");
    EXPECT_EQ(e.trade.event_time, from_millis(1536036818784));
    EXPECT_EQ(e.trade.src_seq, 3681328u);
    EXPECT_FALSE(e.trade.contiguous_ids);
    ASSERT_EQ(e.trade.conditions.size(), 2u);
    EXPECT_EQ(e.trade.conditions[1], "12");
    EXPECT_FALSE(e.trade.updates_last) << "12: extended hours";
}

// What lies behind the frame is the rest of a longer one, of which no digit belongs to it.
TEST_F(Parse, ACutFrameIsNeverCompletedByWhatLiesBehindIt) {
    FrameParser parser(Cluster::stocks);
    const std::string text =
        R"([{"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,"t":1536036818784,"q":5})";
    for (std::size_t n = 0; n < text.size(); ++n)
        for (const char behind : {'7', '"', '}'}) {
            const std::string bytes = text.substr(0, n) + std::string(64, behind);
            parser.start(std::string_view(bytes).substr(0, n), received);
            while (const auto* e = parser.next())
                ASSERT_NE(e->type, Event::Type::quote) << text.substr(0, n) << behind;
        }
}

TEST_F(Parse, AFractionBelowOneShareIsNotZero) {
    EXPECT_EQ(one(R"({"ev":"T","sym":"A","p":1.5,"s":0,"ds":"0.25","t":1536036818784,"q":1})").trade.size.to_string(),
        "0.25");
    EXPECT_EQ(one(R"({"ev":"T","sym":"A","p":1.5,"s":7,"ds":"","t":1536036818784,"q":1})").trade.size.to_string(), "7");
    EXPECT_EQ(
        one(R"({"ev":"T","sym":"A","p":1.5,"s":7,"ds":"12.123456789012345678","q":1})").type, Event::Type::overflow);
}

TEST_F(Parse, ConditionsDecideWhetherTheLastPriceMoves) {
    const auto updates = [&](std::string_view c, Cluster cluster) {
        return one(R"({"ev":"T","sym":"A","p":1,"s":1,"c":)" + std::string(c) + "}", cluster).trade.updates_last;
    };
    EXPECT_TRUE(updates("[]", Cluster::stocks));
    EXPECT_TRUE(updates("[0,14,41]", Cluster::stocks));
    EXPECT_FALSE(updates("[14,37,41]", Cluster::stocks)) << "odd lot";
    EXPECT_FALSE(updates("[2]", Cluster::stocks)) << "average price";
    EXPECT_FALSE(updates("[10]", Cluster::stocks)) << "derivatively priced: high and low only";
    EXPECT_FALSE(updates("37", Cluster::stocks)) << "one number instead of a list";
    EXPECT_TRUE(updates("[9999]", Cluster::stocks)) << "unknown";
    EXPECT_TRUE(updates("[209]", Cluster::options));
    EXPECT_FALSE(updates("[201]", Cluster::options));
    EXPECT_TRUE(updates("[37]", Cluster::options)) << "other clusters number otherwise";
}

TEST_F(Parse, AnEmptySideIsEmptyNotZero) {
    const auto& e = one(R"({"ev":"Q","sym":"X","bx":4,"bp":0,"bs":0,"ax":7,"ap":114.128,"as":160,"t":1,"q":5})");
    ASSERT_EQ(e.type, Event::Type::quote);
    EXPECT_FALSE(e.quote.bid || e.quote.bid_size);
    EXPECT_EQ(e.quote.ask->to_string(), "114.128");
    EXPECT_EQ(e.quote.ask_size->to_string(), "160");
    EXPECT_EQ(one(R"({"ev":"Q","sym":"X","bp":0,"bs":0,"ap":0,"as":0,"q":5})").type, Event::Type::empty);
    EXPECT_EQ(one(R"({"ev":"Q","sym":"X","q":5})").type, Event::Type::empty);
    EXPECT_EQ(one(R"({"ev":"Q","sym":"ESZ4","bp":-0.25,"bs":3,"bt":1,"t":1})", Cluster::futures).quote.bid->to_string(),
        "-0.25");
}

TEST_F(Parse, TheExchangeOfAQuoteIsNamedWhereItIsOne) {
    EXPECT_EQ(one(R"({"ev":"Q","sym":"X","bx":7,"bp":1,"bs":1,"ax":7,"ap":2,"as":1})").quote.exchange, "7");
    EXPECT_EQ(one(R"({"ev":"Q","sym":"X","bx":4,"bp":1,"bs":1,"ax":7,"ap":2,"as":1})").quote.exchange, "");
    EXPECT_EQ(one(R"({"ev":"C","p":"EUR/USD","x":48,"a":1.2,"b":1.1,"t":1})", Cluster::forex).quote.exchange, "48");
}

TEST_F(Parse, TimesAreToldByTheirSize) {
    const auto time = [&](std::string_view t) {
        return one(R"({"ev":"LULD","T":"MSFT","h":218.11,"l":197.35,"i":[3],"z":3,"t":)" + std::string(t) + "}").time;
    };
    EXPECT_EQ(time("1601318039"), UnixNanos(std::chrono::seconds(1601318039)));
    EXPECT_EQ(time("1601318039223"), from_millis(1601318039223));
    EXPECT_EQ(time("1601318039223013"), from_micros(1601318039223013));
    EXPECT_EQ(time("1601318039223013601"), UnixNanos(std::chrono::nanoseconds(1601318039223013601)));
    EXPECT_EQ(time("0"), std::nullopt);
    EXPECT_EQ(one(R"({"ev":"LULD","T":"A","h":2,"l":1,"t":99999999999})").type, Event::Type::malformed);
    EXPECT_EQ(one(R"({"ev":"LULD","T":"A","h":2,"l":1,"t":-5})").type, Event::Type::malformed);
    EXPECT_EQ(one(R"({"ev":"LULD","T":"A","h":2,"l":1,"t":1.5e12})").type, Event::Type::malformed);
}

TEST_F(Parse, ALimitUpLimitDownBandHasItsTickerUnderT) {
    const auto& e =
        one(R"({"ev":"LULD","T":"MSFT","h":218.11,"l":197.35,"i":[3],"z":3,"t":1601318039223013600,"q":4})");
    ASSERT_EQ(e.type, Event::Type::luld);
    EXPECT_EQ(e.symbol, "MSFT");
    EXPECT_EQ(e.lower->to_string(), "197.35");
    EXPECT_EQ(e.upper->to_string(), "218.11");
}

TEST_F(Parse, ExactVolumesGoFirstButDollarsAreNoVolume) {
    const auto& e = one(
        R"({"ev":"AM","sym":"A","v":10,"dv":"10.75","vw":1.25,"o":1,"c":2,"h":2,"l":1,"s":1610144640000,"e":1610144700000,"otc":true})");
    ASSERT_EQ(e.type, Event::Type::bar);
    EXPECT_EQ(e.bar.volume->to_string(), "10.75");
    EXPECT_EQ(e.bar.volume_unit, VolumeUnit::base);
    EXPECT_TRUE(e.bar.final);
    const auto& f = one(
        R"({"ev":"A","sym":"ESZ4","v":10,"dv":50250.5,"o":1,"c":2,"h":2,"l":1,"n":4,"s":1610144640000,"e":1610144641000})",
        Cluster::futures);
    EXPECT_EQ(f.bar.volume->to_string(), "10");
    EXPECT_EQ(f.bar.trades, 4);
}

TEST_F(Parse, AVolumeThatDoesNotFitCostsOnlyItself) {
    const auto& e =
        one(R"({"ev":"AM","sym":"A","v":10,"dv":"10.123456789012345678","o":1,"c":2,"h":2,"l":1,"s":1610144640000})");
    ASSERT_EQ(e.type, Event::Type::bar);
    EXPECT_FALSE(e.bar.volume.has_value());
    EXPECT_EQ(e.bar.volume_unit, VolumeUnit::none);
    EXPECT_TRUE(e.field_overflow);
}

TEST_F(Parse, AMalformedEventCostsItselfNotTheFrame) {
    FrameParser parser(Cluster::stocks);
    const std::string good = R"({"ev":"T","sym":"A","p":1.5,"s":7,"q":1})";
    for (const char* bad : {R"({"ev":"T","sym":"A","p":"x","s":7})", R"({"ev":"T","sym":"A","s":7})",
             R"({"ev":"T","sym":7.5,"p":1..2,"s":7})", R"({"ev":"T","sym":"A","p":[1],"s":7})", "7", "\"text\"", "null",
             "[]", "{}", R"({"sym":"A"})", R"({"ev":"T","p":1,"s":2})", R"({"ev":"T" "sym":"A"})",
             "{\"ev\":\"T\",\"sym\":\"\xff\",\"p\":1,\"s\":1}", R"({"ev":"T","sym":"A","p":1,"s":1,"c":["x"]})",
             R"({"ev":"T","sym":"A","p":1,"s":1,"q":-2})",
             R"({"ev":"T","sym":"A","p":1,"s":1,"t":99999999999999999999})"}) {
        const auto out = all(parser, "[" + good + "," + bad + "," + good + "]");
        EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 3) << bad << "\n" << out;
        EXPECT_NE(out.find("\n" + std::to_string(static_cast<int>(Event::Type::malformed)) + "|"), std::string::npos)
            << bad;
        EXPECT_EQ(out.rfind(std::to_string(static_cast<int>(Event::Type::trade)) + "|T|A|1.5|7|"),
            out.find_last_of('\n', out.size() - 2) + 1)
            << bad << "\n"
            << out;
    }
}

TEST_F(Parse, BrokenFramesEndAtTheBreak) {
    FrameParser parser(Cluster::stocks);
    const std::string good = R"({"ev":"T","sym":"A","p":1.5,"s":7,"q":1})";
    for (const std::string& bad :
        std::vector<std::string>{"", " ", "x", "{", "{}", "7", "[", "[,]", "[" + good, "[" + good + ",",
            "[" + good + "]]", "[" + good + " " + good + "]", "[{\"ev\":\"T]", "[" + good + ",]", good}) {
        const auto out = all(parser, bad);
        const auto last = out.find_last_of('\n', out.size() - 2);
        EXPECT_EQ(out[last == std::string::npos ? 0 : last + 1],
            static_cast<char>('0' + static_cast<int>(Event::Type::malformed)))
            << bad << "\n"
            << out;
    }
    EXPECT_EQ(all(parser, "[]"), "");
    EXPECT_EQ(all(parser, " [ ] "), "");
}

TEST_F(Parse, EscapesBlanksAndUnknownKeysAreNoTrouble) {
    FrameParser parser(Cluster::stocks);
    EXPECT_EQ(
        all(parser, "[ {\"ev\" : \"T\", \"new\" : {\"p\":[1,{}]}, \"sym\":\"B\\u0052K.B\",\n\"p\": 1.50 , \"s\":7, "
                    "\"c\":[ 14 , 41 ], \"q\":null} ]"),
        all(parser, R"([{"ev":"T","sym":"BRK.B","p":1.50,"s":7,"c":[14,41]}])"));
    EXPECT_EQ(all(parser, R"([{"ev":"status","status":"error","message":"a \"b\""}])"),
        std::to_string(static_cast<int>(Event::Type::status)) + "|status||error|a \"b\"|\n");
}

// What the one-pass reader takes must read the same in the JSON parser.
TEST_F(Parse, TheOnePassReaderAndTheJsonParserAgreeOnEverySampleAndItsDamagedCopies) {
    std::size_t frames = 0;
    for (const char* file : {"ws/published_events.jsonl", "ws/session_stocks_trades.jsonl", "ws/status_frames.jsonl"})
        for (const auto& line : test::lines_of(file)) {
            const auto frame = line[0] == '[' ? line : test::split_line(line).second;
            ++frames;
            for (const auto cluster : all_clusters) {
                FrameParser quick(cluster), full(cluster, false);
                std::uint32_t random = 1;
                for (int damage = 0; damage < 150; ++damage) {
                    auto text = frame;
                    for (int i = 0; i < (damage + 49) / 50; ++i) {
                        random = random * 1664525u + 1013904223u;
                        static constexpr char replacements[] = "\"{}[]:,0 -.xE\\k\x80";
                        text[(random >> 8) % text.size()] = replacements[(random >> 3) % (sizeof replacements - 1)];
                    }
                    ASSERT_EQ(all(quick, text), all(full, text)) << text;
                }
            }
        }
    EXPECT_EQ(frames, 25u + 7u + 11u);
}

} // namespace
} // namespace tickgate::massive
