#include "ops/fields.hpp"
#include "ops/json_text.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::ops {

using namespace std::chrono_literals;

TEST(Fields, SplitsListsAndReadsDurations) {
    EXPECT_EQ(split_list(" a, b,,c ,"), (std::vector<std::string_view>{"a", "b", "c"}));
    EXPECT_TRUE(split_list(" , ").empty());
    EXPECT_EQ(duration_from("90"), 90s);
    EXPECT_EQ(duration_from("1500ms"), 1500ms);
    EXPECT_EQ(duration_from("5m"), 5min);
    EXPECT_EQ(duration_from("2h"), 2h);
    EXPECT_EQ(duration_from("1d"), 24h);
    for (const char* text : {"", "s", "-5s", "5 m", "1.5h", "99999999999999999999s", "9223372036854775807d"})
        EXPECT_FALSE(duration_from(text)) << text;
    EXPECT_EQ(timeframes_from("1m, 60m,1m").size(), 2u);
    EXPECT_EQ(kinds_from("trade,quote,trade").size(), 2u);
}

TEST(Fields, EveryMistakeIsNamedWithWhatIsAllowed) {
    const auto& subscribe = *Operations::find("subscribe");
    const auto message = [&](const Fields& f) {
        const auto e = check_fields(subscribe, f);
        return e ? e->code + "|" + e->message + "|" + e->hint : std::string();
    };
    EXPECT_EQ(message({{"symbol", "crypto:BTC-USDT"}}), "");
    EXPECT_EQ(message({{"symbols", "a,b"}, {"lease", "24h"}, {"kinds", "quote"}, {"timeframes", "5min"}}), "");
    EXPECT_EQ(message({{"symbols", "a"}, {"lease", ""}}), ""); // an empty field is none
    EXPECT_EQ(message({}), "bad_request|subscribe needs field symbols|class:symbol, or several separated by commas");
    EXPECT_EQ(
        message({{"symbols", " , "}}), "bad_request|field symbols names no symbol|class:symbol, as crypto:BTC-USDT");
    EXPECT_EQ(message({{"symbols", "a"}, {"lease", "9s"}}),
        "bad_request|field lease is \"9s\"|allowed: 10s to 24h, as 90s, 5m or 2h");
    EXPECT_EQ(message({{"symbols", "a"}, {"lease", "25h"}}),
        "bad_request|field lease is \"25h\"|allowed: 10s to 24h, as 90s, 5m or 2h");
    EXPECT_EQ(message({{"symbols", "a"}, {"kinds", "quote,book"}}),
        "bad_request|field kinds is \"quote,book\"|allowed: quote, trade, bar");
    EXPECT_EQ(message({{"symbols", "a"}, {"symbol", "b"}}),
        "bad_request|field symbols is given twice|symbol or symbols, not both");
    EXPECT_EQ(message({{"symbls", "a"}}),
        "bad_request|subscribe has no field \"symbls\"|fields: symbols, kinds, timeframes, channels, lease");
    std::string many = "a";
    for (int i = 0; i < 500; ++i)
        many += ",a";
    EXPECT_EQ(
        message({{"symbols", many}}), "bad_request|501 symbols in one request|at most 500; ask again for the rest");
}

TEST(Fields, WhatAStrangerWroteIsCutAndMadePrintable) {
    const auto e = check_fields(*Operations::find("status"), {{std::string(100000, 'x') + "\r\n", "1"}});
    ASSERT_TRUE(e);
    EXPECT_LT(e->message.size(), 100u);
    EXPECT_EQ(shown("a\r\n\x80\"", 10), "a???\"");
    EXPECT_EQ(shown("abcdef", 3), "abc…");
}

TEST(JsonText, IsAlwaysValidUtf8AndJson) {
    std::string text = "a\"\\\n\x7f é € 😀";
    text += '\0';
    for (const char* bad :
        {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xE2\x82", "\xC3"})
        text += bad;
    std::string out;
    append_json_string(out, text);
    boost::system::error_code ec;
    const auto value = boost::json::parse(out, ec);
    ASSERT_FALSE(ec) << out;
    EXPECT_TRUE(value.as_string().starts_with("a\"\\\n\x7f é € 😀"));
}

TEST(JsonText, SchemasAreJson) {
    for (const auto& op : Operations::all()) {
        boost::system::error_code ec;
        const auto schema = boost::json::parse(Operations::schema(op), ec);
        ASSERT_FALSE(ec) << Operations::schema(op);
        EXPECT_EQ(schema.at("title").as_string(), op.name);
        EXPECT_EQ(schema.at("additionalProperties").as_bool(), false);
    }
}

} // namespace tickgate::ops
