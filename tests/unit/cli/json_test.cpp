#include "cli/json.hpp"
#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace tickgate::cli {

using namespace std::chrono_literals;

TEST(CliJson, KeepsTheDigitsOfNumbersAndTheOrderOfMembers) {
    const std::string text =
        R"({"b":1.08550,"a":[1e-7,null,true,"x\ny\u00e9\"\\"],"c":{"d":{"e":-0.00}},"f":{},"g":[]})";
    const auto json = parse_json(text);
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["b"].text, "1.08550");
    EXPECT_EQ(json->at("c.d.e").text, "-0.00");
    EXPECT_EQ((*json)["a"].items.at(3).text, "x\nyé\"\\");
    EXPECT_EQ(
        to_json(*json), R"({"b":1.08550,"a":[1e-7,null,true,"x\u000ayé\"\\"],"c":{"d":{"e":-0.00}},"f":{},"g":[]})");
}

TEST(CliJson, WhatIsNotThereIsEmpty) {
    const auto json = parse_json(R"({"n":null,"t":"12","r":2.9,"list":["a","b"],"o":{"k":1}})").value();
    EXPECT_FALSE(json["none"].has_value());
    EXPECT_FALSE(json["n"].has_value());
    EXPECT_EQ(json["n"].words(), "");
    EXPECT_EQ(json["t"].integer(), 12);
    EXPECT_EQ(json["r"].integer(), 2);
    EXPECT_EQ(json["none"].integer(7), 7);
    EXPECT_EQ(json["list"].words(","), "a,b");
    EXPECT_EQ(json["o"].words(), "k=1");
    EXPECT_EQ(json.at("o.k.z").type, Json::Type::absent);
}

TEST(CliJson, BrokenTextIsNothing) {
    for (const auto* text : {"", "{", "[1,", "{\"a\":}", "{\"a\":1}x", "nonsense", "{\"a\":\"\\q\"}", "12"})
        EXPECT_FALSE(parse_json(text)) << text;
    EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']'))) << "too deep";
}

TEST(CliJson, BodiesLeaveEmptyTextsOut) {
    JsonBody body;
    body.text("a", "x\"y").text("b", "").texts("c", {"d", "e"}).raw("f", "false");
    EXPECT_EQ(body.take(), R"({"a":"x\"y","c":["d","e"],"f":false})");
}

TEST(CliText, TimesAndAges) {
    Json value;
    value.type = Json::Type::text;
    value.text = "2026-11-21T17:30:00.25Z";
    const auto at = time_from(value);
    ASSERT_TRUE(at);
    EXPECT_EQ(utc_text(*at), "2026-11-21T17:30:00Z");
    EXPECT_EQ(to_micros(*at) % 1000000, 250000);
    EXPECT_EQ(ago(value, *at + 12s), "12s");
    EXPECT_EQ(ago(value, *at - 12s), "0.0s") << "another machine's clock";
    for (const auto* text : {"2026-11-21 17:30:00Z", "2026-13-21T17:30:00Z", "2026-11-21T17:30:00", "x", ""}) {
        value.text = text;
        EXPECT_FALSE(time_from(value)) << text;
    }
    value.type = Json::Type::number;
    value.text = "1700000000000000";
    EXPECT_EQ(time_from(value), from_micros(1700000000000000));
    EXPECT_EQ(ago(Json(), UnixNanos()), "-");
}

TEST(CliText, NothingSteersTheTerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\tc\x7f\xff é…"), "a?[2Jb?c?? é…");
    EXPECT_EQ(printable("\xc2\x9b"), "??") << "C1";
    EXPECT_EQ(width_of("é…x"), 3u);
    EXPECT_EQ(cut_to("é…xyz", 3), "é……");
    EXPECT_EQ(cut_to("abc", 3), "abc");
    EXPECT_EQ(cut_to("abc", 0), "");
}

} // namespace tickgate::cli
