#include "tradier/rest_rows.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

// `a=1 b="x";` for each row; `!` if the body is no answer.
std::string rows(std::string_view body) {
    std::string out;
    const auto ec = read_rows(body, {"outer", "list"}, [&](const Row& row) {
        for (const auto* key : {"", "a", "b", "b.c"})
            if (const auto token = row[key]; token.quoted || !token.text.empty())
                out.append(key).append("=").append(token.text).append(token.quoted ? "\" " : " ");
        out += ";";
        return error_code();
    });
    return ec ? "!" : out;
}

TEST(TradierRows, AListOfOneIsAnObject) {
    EXPECT_EQ(rows(R"({"outer":{"list":[{"a":1},{"a":2.50}]}})"), "a=1 ;a=2.50 ;");
    EXPECT_EQ(rows(R"({"outer":{"list":{"a":1}}})"), "a=1 ;");
    EXPECT_EQ(rows(R"({"outer":{"list":"X"}})"), "=X\" ;");
    EXPECT_EQ(rows(R"({"outer":{"list":["X","Y"]}})"), "=X\" ;=Y\" ;");
    EXPECT_EQ(rows(R"({"outer":{"list":7.0}})"), "=7.0 ;");
}

TEST(TradierRows, NothingIsWrittenInManyWays) {
    for (const char* body :
        {R"({"outer":null})", R"({"outer":"null"})", "{}", R"({"outer":{}})", R"({"outer":{"list":null}})",
            R"({"outer":{"list":"null"}})", R"({"outer":{"list":[]}})", R"({"outer":{"list":[null]}})"})
        EXPECT_EQ(rows(body), "") << body;
}

TEST(TradierRows, ObjectsInsideAreNamedByTheirPath) {
    EXPECT_EQ(rows(R"({"outer":{"list":{"a":null,"b":{"c":"09:30","d":[1,2]}}}})"), "a=null b.c=09:30\" ;");
}

TEST(TradierRows, WhatIsNoSuchAnswerIsAnError) {
    for (const char* body : {"", "Invalid Parameter", "<html></html>", "[]", "null", R"({"outer":5})",
             R"({"outer":[1]})", R"({"outer":"text"})", R"({"outer":{"list":[{"a":1},)", R"({"outer":{"list":[{"a")"})
        EXPECT_EQ(rows(body), "!") << body;
}

} // namespace
} // namespace tickgate::tradier
