#include "tradier/errors.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using namespace std::chrono_literals;

RestResponse answer(int status, std::string body) {
    RestResponse r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

const UnixNanos now = from_millis(1369168740000);

TEST(TradierErrors, TheFaultOfTheFixtureMeansTheToken) {
    // {"status":401,…,"body":"{\"fault\":…}"}: the inner text, unescaped.
    auto line = tradier_test::fixture("rest/error_bodies.jsonl");
    auto body = line.substr(line.find("\"{") + 1);
    body = body.substr(0, body.rfind("}\"") + 1);
    for (std::size_t i; (i = body.find('\\')) != std::string::npos;)
        body.erase(i, 1);
    const auto e = error_of(answer(401, body));
    EXPECT_EQ(e.code, errc::unauthorized);
    EXPECT_EQ(e.text, "Access Token expired");
    EXPECT_EQ(recovery_of(e.code), Recovery::give_up);
}

TEST(TradierErrors, TextHtmlAndJsonMapToTheContract) {
    EXPECT_EQ(error_of(answer(400, "Invalid Parameter, interval: must be one of")).code, errc::bad_request);
    EXPECT_EQ(error_of(answer(400, R"({"errors":{"error":["a","b"]}})")).text, "a");
    EXPECT_EQ(error_of(answer(401, "")).code, errc::unauthorized);
    EXPECT_EQ(error_of(answer(403, "Forbidden")).code, errc::not_entitled);
    EXPECT_EQ(error_of(answer(404, "Not Found")).code, errc::bad_request);
    EXPECT_EQ(error_of(answer(429, "Quota Violation: expires 1369168800001")).code, errc::rate_limited);
    EXPECT_EQ(error_of(answer(400, "Quota Violation. 1369168800001")).code, errc::rate_limited);
    EXPECT_EQ(error_of(answer(502, "<html><body>Bad Gateway</body></html>")).code, errc::venue_error);
    EXPECT_EQ(error_of(answer(500, R"({"fault":{"faultstring":"Datastore Error"}})")).code, errc::venue_error);
    EXPECT_EQ(error_of(answer(400, R"({"error":"too many sessions requested"})")).code, errc::too_many_connections);
    EXPECT_EQ(error_of(answer(500, std::string(5000, 'x'))).text.size(), 256u);
}

TEST(TradierErrors, A200MayBeAnErrorAllTheSame) {
    EXPECT_FALSE(error_in(answer(200, R"({"quotes":{"quote":[]}})")).has_value());
    EXPECT_FALSE(
        error_in(answer(200, R"({"securities":{"security":{"description":"\"error\": the ETF"}}})")).has_value());
    EXPECT_EQ(error_in(answer(200, R"({"errors":{"error":"Invalid parameter, symbols"}})"))->code, errc::bad_request);
    EXPECT_EQ(error_in(answer(200, R"({"error":"too many sessions requested"})"))->code, errc::too_many_connections);
    EXPECT_EQ(error_in(answer(200, R"({"fault":{"faultstring":"Invalid Access Token"}})"))->code, errc::unauthorized);
    EXPECT_EQ(error_in(answer(200, "<html></html>"))->code, errc::malformed_payload);
    EXPECT_EQ(error_in(answer(200, ""))->code, errc::malformed_payload);
    EXPECT_FALSE(error_in(answer(200, R"({"error":null})")).has_value());
}

TEST(TradierErrors, HeadersReachTheBudget) {
    auto r = answer(200, "{}");
    r.headers = {{"x-ratelimit-allowed", "120"}, {"x-ratelimit-used", "7"}, {"x-ratelimit-available", "113"},
        {"x-ratelimit-expiry", "1369168800001"}};
    EXPECT_EQ(budget_of(r, now).limit, 120);
    EXPECT_EQ(budget_of(r, now).used_weight, 7);
    EXPECT_FALSE(budget_of(r, now).pause.has_value());
    r.headers[2].second = "0";
    EXPECT_EQ(budget_of(r, now).pause, 60001ms) << "the window ends then";
    r.status = 429;
    EXPECT_EQ(budget_of(r, now).pause, 60001ms);
    r.headers[3].second = "1369168800"; // seconds: not what the venue means
    EXPECT_EQ(budget_of(r, now).pause, 60s);
}

TEST(TradierErrors, TheQuotaTextNamesTheEndOfTheWindow) {
    EXPECT_EQ(budget_of(answer(400, "Quota Violation. Expires at 1369168770000"), now).pause, 30s);
    EXPECT_EQ(budget_of(answer(429, "Quota Violation"), now).pause, 60s);
    EXPECT_EQ(budget_of(answer(429, "Quota Violation 1369168700000"), now).pause, 1s) << "over already";
    auto gateway = answer(429, "Quota Violation 0");
    gateway.headers = {{"retry-after", "5"}};
    EXPECT_EQ(budget_of(gateway, now).pause, 5s);
    EXPECT_EQ(budget_of(answer(429, "99999999999999999999999"), now).pause, 60s);
    EXPECT_FALSE(budget_of(answer(400, "Invalid Parameter 12"), now).pause.has_value());
}

} // namespace
} // namespace tickgate::tradier
