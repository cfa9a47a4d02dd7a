#include "binance/errors.hpp"

#include <gtest/gtest.h>

namespace tickgate::binance {
namespace {

using namespace std::chrono_literals;

RestResponse answer(int status, std::string body) {
    RestResponse r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

TEST(BinanceErrors, StatusesAndCodesMapToTheContract) {
    EXPECT_EQ(error_of(answer(400, R"({"code":-1121,"msg":"Invalid symbol."})")).code, errc::unknown_symbol);
    EXPECT_EQ(error_of(answer(429, R"({"code":-1003,"msg":"Too many"})")).code, errc::rate_limited);
    EXPECT_EQ(error_of(answer(418, R"({"code":-1003,"msg":"banned until 1660090423228"})")).code, errc::banned);
    EXPECT_EQ(error_of(answer(451, R"({"code":0,"msg":"Service unavailable from a restricted location"})")).code,
        errc::restricted);
    EXPECT_EQ(error_of(answer(403, "<html>WAF</html>")).code, errc::restricted);
    EXPECT_EQ(error_of(answer(502, "")).code, errc::venue_error);
    EXPECT_EQ(error_of(answer(400, "not json")).code, errc::bad_request);
    EXPECT_LE(error_of(answer(500, std::string(5000, 'x'))).text.size(), 300u);
}

TEST(BinanceErrors, WeightAndRetryAfterReachTheBudget) {
    auto r = answer(200, "{}");
    r.headers = {{"x-mbx-used-weight-1m", "1234"}};
    EXPECT_EQ(budget_of(r).used_weight, 1234);
    EXPECT_FALSE(budget_of(r).pause.has_value());
    r = answer(429, "{}");
    r.headers = {{"retry-after", "17"}};
    EXPECT_EQ(budget_of(r).pause, 17s);
    EXPECT_FALSE(budget_of(r).banned);
    r = answer(418, "{}");
    EXPECT_EQ(budget_of(r).pause, 120s) << "the shortest ban when the venue names no time";
    EXPECT_TRUE(budget_of(r).banned);
    r.headers = {{"retry-after", "99999999999999999999"}};
    EXPECT_EQ(budget_of(r).pause, 120s);
}

} // namespace
} // namespace tickgate::binance
