#include "binance/parse.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::binance {
namespace {

using test::Padded;

const UnixNanos received = from_micros(1763682000171203);

struct Parsed {
    FrameParser parser;
    const Frame& operator()(std::string_view text) {
        kept.emplace_back(text);
        return parser.parse(kept.back().view(), received);
    }
    std::vector<Padded> kept;
};

TEST(BinanceParse, BookTickerKeepsEveryDigit) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"nknusdt@bookTicker","data":{"u":499869768,"s":"NKNUSDT","b":"0.35210000","B":"672.00000000","a":"0.35260000","A":"3199.00000000"}})");
    ASSERT_EQ(f.type, Frame::Type::quote);
    EXPECT_EQ(f.stream, "nknusdt@bookTicker");
    EXPECT_EQ(f.quote.bid->to_string(), "0.35210000");
    EXPECT_EQ(f.quote.bid_size->to_string(), "672.00000000");
    EXPECT_EQ(f.quote.ask->to_string(), "0.35260000");
    EXPECT_EQ(f.quote.ask_size->to_string(), "3199.00000000");
    EXPECT_EQ(f.quote.src_seq, 499869768u);
    EXPECT_FALSE(f.quote.event_time.has_value());
    EXPECT_EQ(f.quote.received_time, received);
}

// What lies behind the frame is the rest of a longer one, of which no digit belongs to it.
TEST(BinanceParse, ACutFrameIsNeverCompletedByWhatLiesBehindIt) {
    FrameParser parser;
    for (const std::string text :
        {R"({"stream":"x@bookTicker","data":{"u":499869768,"s":"X","b":"0.35210000","B":"672","a":"0.3526","A":"3199"}})",
            R"({"stream":"x@trade","data":{"e":"trade","E":1672515782136,"s":"X","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true}})"})
        for (std::size_t n = 0; n + 1 < text.size(); ++n) // without the last brace all values are whole
            for (const char behind : {'7', '"', '}'}) {
                const std::string bytes = text.substr(0, n) + std::string(64, behind);
                const auto type = parser.parse(std::string_view(bytes).substr(0, n), received).type;
                ASSERT_TRUE(type == Frame::Type::malformed || type == Frame::Type::other) << text.substr(0, n);
            }
}

TEST(BinanceParse, UsdmBookTickerHasTheTransactionTime) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"sushiusdt@bookTicker","data":{"e":"bookTicker","u":600859606000,"s":"SUSHIUSDT","b":"7.6110","B":"2","a":"7.6160","A":"267","T":1626992741123,"E":1626992741130}})");
    ASSERT_EQ(f.type, Frame::Type::quote);
    EXPECT_EQ(f.quote.bid->to_string(), "7.6110");
    EXPECT_EQ(f.quote.event_time, from_millis(1626992741123));
}

TEST(BinanceParse, FieldOrderAndUnknownKeysDoNotMatter) {
    Parsed parse;
    const auto& f = parse(
        R"({"data":{"A":"1.0","zz":[1,{"u":2}],"a":"3","x":{"b":1},"B":"4","b":"2","s":"X","u":7,"new":null},"stream":"x@bookTicker"})");
    ASSERT_EQ(f.type, Frame::Type::quote);
    EXPECT_EQ(f.quote.bid->to_string(), "2");
    EXPECT_EQ(f.quote.src_seq, 7u);
}

TEST(BinanceParse, AnEmptySideIsEmptyNotZero) {
    Parsed parse;
    const auto& f =
        parse(R"({"stream":"x@bookTicker","data":{"u":1,"s":"X","b":"0.00000000","B":"0.00000000","a":"3","A":"4"}})");
    ASSERT_EQ(f.type, Frame::Type::quote);
    EXPECT_FALSE(f.quote.bid.has_value());
    EXPECT_FALSE(f.quote.bid_size.has_value());
    EXPECT_TRUE(f.quote.ask.has_value());
}

TEST(BinanceParse, BuyerAsMakerMeansTheAggressorSold) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"bnbbtc@trade","data":{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782135,"m":true,"M":true}})");
    ASSERT_EQ(f.type, Frame::Type::trade);
    EXPECT_EQ(f.trade.side, Side::sell);
    EXPECT_EQ(f.trade.trade_id, "12345");
    EXPECT_EQ(f.trade.event_time, from_millis(1672515782135));
    EXPECT_EQ(f.trade.price.to_string(), "0.001");
    const auto& g = parse(
        R"({"stream":"nknusdt@aggTrade","data":{"e":"aggTrade","E":1633998523963000,"a":15683430,"s":"NKNUSDT","p":"0.35280000","q":"58.00000000","f":1,"l":2,"T":1633998523963123,"m":false,"M":true}})");
    ASSERT_EQ(g.type, Frame::Type::trade);
    EXPECT_EQ(g.trade.side, Side::buy);
    EXPECT_EQ(g.trade.src_seq, 15683430u);
    EXPECT_EQ(g.trade.event_time, from_micros(1633998523963123)) << "microseconds are told by their size";
}

TEST(BinanceParse, OldOrderIdsInTradesAreNotTheTradeId) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":7,"p":"1","q":"1","b":99,"a":100,"T":1672515782136,"m":false}})");
    ASSERT_EQ(f.type, Frame::Type::trade);
    EXPECT_EQ(f.trade.trade_id, "7");
}

TEST(BinanceParse, ExecutionsThatAreNoMarketTradesAreLeftOut) {
    Parsed parse;
    EXPECT_EQ(
        parse(R"({"stream":"x@trade","data":{"e":"trade","T":1672515782136,"t":7,"p":"0","q":"0","X":"NA","m":false}})")
            .type,
        Frame::Type::other);
    EXPECT_EQ(
        parse(
            R"({"stream":"x@trade","data":{"e":"trade","T":1672515782136,"t":7,"p":"5","q":"1","X":"INSURANCE_FUND","m":false}})")
            .type,
        Frame::Type::other);
}

TEST(BinanceParse, KlineIsTheWholeBarWithItsVwap) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"nknusdt@kline_1m","data":{"e":"kline","E":1633998523963,"s":"NKNUSDT","k":{"t":1633998480000,"T":1633998539999,"s":"NKNUSDT","i":"1m","f":19862761,"L":19862790,"o":"0.35270000","c":"0.35280000","h":"0.35280000","l":"0.35220000","v":"25877.00000000","n":30,"x":false,"q":"9116.04600000","V":"58.00000000","Q":"20.46240000","B":"0"}}})");
    ASSERT_EQ(f.type, Frame::Type::bar);
    EXPECT_EQ(f.bar.open.to_string(), "0.35270000");
    EXPECT_EQ(f.bar.low.to_string(), "0.35220000");
    EXPECT_EQ(f.bar.volume->to_string(), "25877.00000000");
    EXPECT_EQ(f.bar.trades, 30);
    EXPECT_FALSE(f.bar.final);
    EXPECT_EQ(f.bar.open_time, from_millis(1633998480000));
    EXPECT_EQ(f.bar.event_time, from_millis(1633998523963));
    EXPECT_EQ(f.bar.vwap->to_string(), "0.35228372686169185");
}

TEST(BinanceParse, AMinuteWithoutTradesIsPassedOnAsItIs) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"x@kline_1m","data":{"E":1633998540005,"k":{"t":1633998480000,"f":-1,"L":-1,"o":"1","c":"1","h":"1","l":"1","v":"0.00000000","n":0,"x":true,"q":"0.00000000"}}})");
    ASSERT_EQ(f.type, Frame::Type::bar);
    EXPECT_TRUE(f.bar.final);
    EXPECT_EQ(f.bar.trades, 0);
    EXPECT_FALSE(f.bar.vwap.has_value());
}

TEST(BinanceParse, ATurnoverThatDoesNotFitOnlyCostsTheVwap) {
    Parsed parse;
    const auto& f = parse(
        R"({"stream":"x@kline_1m","data":{"E":1633998540005,"k":{"t":1633998480000,"o":"1","c":"1","h":"1","l":"1","v":"2","n":1,"x":true,"q":"1234567890123456789.5"}}})");
    ASSERT_EQ(f.type, Frame::Type::bar);
    EXPECT_FALSE(f.bar.vwap.has_value());
    EXPECT_TRUE(f.field_overflow);
}

TEST(BinanceParse, APriceThatDoesNotFitRejectsTheMessage) {
    Parsed parse;
    EXPECT_EQ(
        parse(R"({"stream":"x@bookTicker","data":{"u":1,"b":"1.2345678901234567891","B":"1","a":"3","A":"4"}})").type,
        Frame::Type::overflow);
}

TEST(BinanceParse, BothAnswerShapesAreUnderstood) {
    Parsed parse;
    const auto& ok = parse(R"({"result":null,"id":312})");
    ASSERT_EQ(ok.type, Frame::Type::answer);
    EXPECT_EQ(ok.answer_id, 312);
    EXPECT_FALSE(ok.answer_error.has_value());
    const auto& documented = parse(R"({"code":2,"msg":"Invalid request: bad","id":1})");
    ASSERT_EQ(documented.type, Frame::Type::answer);
    EXPECT_EQ(documented.answer_error, 2);
    EXPECT_EQ(documented.answer_text, "Invalid request: bad");
    const auto& seen = parse(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2})");
    ASSERT_EQ(seen.type, Frame::Type::answer);
    EXPECT_EQ(seen.answer_error, 2);
    EXPECT_EQ(seen.answer_id, 2);
    const auto& anonymous = parse(R"({"code":3,"msg":"Invalid JSON"})");
    ASSERT_EQ(anonymous.type, Frame::Type::answer);
    EXPECT_FALSE(anonymous.answer_id.has_value());
}

TEST(BinanceParse, BothShutdownShapesAreUnderstood) {
    Parsed parse;
    EXPECT_EQ(parse(R"({"e":"serverShutdown","E":1770123456789})").type, Frame::Type::shutdown);
    EXPECT_EQ(parse(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})").type,
        Frame::Type::shutdown);
}

std::string told(const Frame& f) {
    std::string out = std::to_string(static_cast<int>(f.type)) + " " + std::string(f.stream);
    const auto add = [&](const OptionalDecimal& d) { out += " " + (d ? d->to_string() : "null"); };
    const auto time = [&](const std::optional<UnixNanos>& t) {
        out += " " + (t ? std::to_string(to_micros(*t)) : "null");
    };
    if (f.type == Frame::Type::quote) {
        add(f.quote.bid), add(f.quote.bid_size), add(f.quote.ask), add(f.quote.ask_size), time(f.quote.event_time);
        out += " " + std::to_string(*f.quote.src_seq);
    } else if (f.type == Frame::Type::trade) {
        add(f.trade.price), add(f.trade.size), time(f.trade.event_time);
        out += " " + std::string(f.trade.trade_id) + (f.trade.side == Side::buy ? " buy" : " sell");
    } else if (f.type == Frame::Type::bar) {
        add(f.bar.open), add(f.bar.high), add(f.bar.low), add(f.bar.close), add(f.bar.volume), add(f.bar.vwap);
        time(f.bar.open_time), time(f.bar.event_time);
        out += " " + std::to_string(f.bar.trades.value_or(-1)) + (f.bar.final ? " final" : "");
    }
    return out;
}

// A blank in front makes the one-pass reader give up: what it takes must read the same in the JSON parser.
TEST(BinanceParse, TheOnePassReaderAndTheJsonParserAgreeOnEveryCapturedFrameAndItsDamagedCopies) {
    FrameParser quick, full;
    std::size_t data = 0;
    for (const char* file : {"spot_combined_2021-10-12.jsonl", "usdm_combined_2021-07-22.jsonl"}) {
        std::uint32_t random = 1;
        for (const auto& line : test::lines_of(std::string(TICKGATE_FIXTURES "/binance/") + file))
            for (int damage = 0; damage < 12; ++damage) {
                auto text = line;
                if (damage > 0) {
                    random = random * 1664525u + 1013904223u;
                    const auto at = (random >> 8) % text.size();
                    static constexpr char replacements[] = "\"{}:,0 -.xE\\k";
                    text[at] = replacements[(random >> 3) % (sizeof replacements - 1)];
                }
                const Padded as_is(text), blank(" " + text);
                const auto one = told(quick.parse(as_is.view(), received));
                const auto other = told(full.parse(blank.view(), received));
                ASSERT_EQ(one, other) << text;
                data += damage == 0 && one[0] < '3';
            }
    }
    EXPECT_EQ(data, 88u + 471u);
}

TEST(BinanceParse, GarbageIsMalformedAndNeverMore) {
    Parsed parse;
    for (const char* text : {"", " ", "x", "{", "}", "[]", "[1]", "null", "\"s\"", "1", "{}", R"({"a":1})",
             R"({"stream":1})", R"({"stream":"x@bookTicker"})", R"({"stream":"x@bookTicker","data":[]})",
             R"({"stream":"x@bookTicker","data":{}})",
             R"({"stream":"x@bookTicker","data":{"u":1,"b":"1","B":"1","a":"3"}})",
             R"({"stream":"x@bookTicker","data":{"u":-1,"b":"1","B":"1","a":"3","A":"4"}})",
             R"({"stream":"x@bookTicker","data":{"u":1,"b":"1,5","B":"1","a":"3","A":"4"}})",
             R"({"stream":"x@bookTicker","data":{"u":1,"b":{},"B":"1","a":"3","A":"4"}})",
             R"({"stream":"x@bookTicker","data":{"u":1,"b":"1","B":"1","a":"3","A":"4")",
             R"({"stream":"x@kline_1m","data":{"E":1,"k":[]}})",
             R"({"stream":"x@trade","data":{"T":99999999999999999,"t":7,"p":"5","q":"1","m":false}})",
             "{\"stream\":\"\xff@bookTicker\",\"data\":{}}"})
        EXPECT_EQ(parse(text).type, Frame::Type::malformed) << text;
    EXPECT_EQ(parse(R"({"stream":"x@depth@100ms","data":{"e":"depthUpdate"}})").type, Frame::Type::other);
    EXPECT_EQ(parse(R"({"stream":"!ticker@arr","data":[]})").type, Frame::Type::other);
}

} // namespace
} // namespace tickgate::binance
