#include "api/problem.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::api {

namespace json = boost::json;

TEST(Problem, EscapesWhatJsonForbids) {
    std::string out;
    append_json_string(out, std::string_view("a\"b\\c\n\x01\x7f\0z", 10));
    EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\\u0000z\"");
}

TEST(Problem, ReplacesBytesThatAreNoUtf8) {
    std::string out;
    append_json_string(out, "\xc3\xa9\xff\xe2\x82|\xed\xa0\x80\xf0\x9f\x98\x80\xc3");
    EXPECT_EQ(out, "\"\xc3\xa9\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd\xf0\x9f\x98\x80\\ufffd\"");
}

TEST(Problem, HasTheMembersOfTheContract) {
    const Problem problem{404, "not_found", "nothing \"here\""};
    const auto response = problem_response(problem, "id-1", ",\"more\":[1]");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto o = json::parse(response.body).as_object();
    EXPECT_EQ(o.at("type"), "about:blank");
    EXPECT_EQ(o.at("title"), "Not Found");
    EXPECT_EQ(o.at("status"), 404);
    EXPECT_EQ(o.at("detail"), "nothing \"here\"");
    EXPECT_EQ(o.at("code"), "not_found");
    EXPECT_EQ(o.at("request_id"), "id-1");
    EXPECT_EQ(o.at("more").as_array().size(), 1u);
}

TEST(Problem, KeepsAFitRequestIdAndMakesOneOtherwise) {
    net::HttpRequest request;
    request.headers.emplace_back("x-request-id", "abc-1.2_Z");
    EXPECT_EQ(request_id_of(request), "abc-1.2_Z");
    request.headers[0].second = "bad id\r\nX: y";
    const auto made = request_id_of(request);
    EXPECT_EQ(made.size(), 16u);
    EXPECT_EQ(made.find_first_not_of("0123456789abcdef"), std::string::npos);
    request.headers[0].second = std::string(65, 'a');
    EXPECT_NE(request_id_of(request), made);
}

} // namespace tickgate::api
