#include "cli/output.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tickgate::cli {

namespace {

const std::string answer =
    R"({"data":[{"feed":"a.b","n":1.50,"o":{"p":"x,\"y\""}},{"feed":"long.name","n":null,"o":{"p":"z\u001b"}}]})";

const std::vector<Column> columns{{"feed", "FEED"}, {"n", "N", true},
    {"o.p", "P", false, {}, [](const Json&) { return Tone::bad; }}, {"n", ""},
    {"", "TWICE", true, [](const Json& e) { return e["n"].words() + e["n"].words(); }}};

std::string shown(Output::Look look) {
    std::ostringstream out;
    const auto list = parse_json(answer).value();
    Output(look, out).list(list["data"].items, columns, answer);
    return out.str();
}

} // namespace

TEST(CliOutput, ATableIsAlignedAndHarmless) {
    EXPECT_EQ(shown({}), "FEED          N  P         TWICE\n"
                         "a.b        1.50  x,\"y\"  1.501.50\n"
                         "long.name     -  z?            -\n");
}

TEST(CliOutput, LinesAreCutToTheTerminalAndColoured) {
    EXPECT_EQ(shown({Format::table, false, 12}), "FEED       …\na.b        …\nlong.name  …\n");
    EXPECT_NE(shown({Format::table, true, 0}).find("\x1b[31mx,\"y\"\x1b[0m"), std::string::npos);
    EXPECT_EQ(shown({Format::table, false, 0}).find('\x1b'), std::string::npos);
}

TEST(CliOutput, ProgramsGetTheDataAsTheyAre) {
    EXPECT_EQ(shown({Format::json, false, 5}), answer + "\n");
    EXPECT_EQ(shown({Format::ndjson, false, 5}), "{\"feed\":\"a.b\",\"n\":1.50,\"o\":{\"p\":\"x,\\\"y\\\"\"}}\n"
                                                 "{\"feed\":\"long.name\",\"n\":null,\"o\":{\"p\":\"z\\u001b\"}}\n");
    EXPECT_EQ(shown({Format::csv, false, 5}), "feed,n,o.p,n\r\na.b,1.50,\"x,\"\"y\"\"\",1.50\r\nlong.name,,z\x1b,\r\n");
}

TEST(CliOutput, ObjectsAreKeysAndValues) {
    const std::string text = R"({"a":{"b":1,"c":[1,2]},"d":"x"})";
    const auto value = parse_json(text).value();
    std::ostringstream out;
    Output(Output::Look(), out).object(value, text);
    EXPECT_EQ(out.str(), "a.b: 1\na.c: 1 2\nd: x\n");
    out.str("");
    Output({Format::csv, false, 0}, out).object(value, text);
    EXPECT_EQ(out.str(), "key,value\r\na.b,1\r\na.c,1 2\r\nd,x\r\n");
}

} // namespace tickgate::cli
