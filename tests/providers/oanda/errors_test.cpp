#include "oanda/errors.hpp"

#include "oanda/config.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::oanda {
namespace {

RestResponse answer(int status, std::string body) {
    RestResponse r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

TEST(OandaErrors, RecordedBodiesAreUnderstood) {
    const std::pair<error_code, std::string> expected[] = {{errc::bad_request, "Maximum value for 'count' exceeded"},
        {errc::bad_request, "Invalid value specified for 'to'. Time is in the future"},
        {errc::unknown_symbol, "Invalid value specified for 'instrument'"},
        {errc::unauthorized, "Insufficient authorization to perform request."}};
    const auto lines = test::lines_of("rest_errors_and_empty.jsonl");
    ASSERT_EQ(lines.size(), 5u);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto begin = lines[i].find("\"body\": ") + 8, end = lines[i].find(", \"source\"");
        const int status = std::stoi(lines[i].substr(lines[i].find("\"status\": ") + 10));
        const auto e = error_of(answer(status, lines[i].substr(begin, end - begin)));
        EXPECT_EQ(e.code, expected[i].first) << lines[i];
        EXPECT_EQ(e.text, expected[i].second);
    }
}

TEST(OandaErrors, StatusesDecideWhatIsDoneNext) {
    EXPECT_EQ(recovery_of(error_of(answer(401, "{}")).code), Recovery::give_up);
    EXPECT_EQ(recovery_of(error_of(answer(403, "{}")).code), Recovery::give_up);
    EXPECT_EQ(recovery_of(error_of(answer(404, "{}")).code), Recovery::give_up);
    EXPECT_EQ(recovery_of(error_of(answer(404, "<html>maintenance</html>")).code), Recovery::retry);
    EXPECT_EQ(recovery_of(error_of(answer(429, "")).code), Recovery::retry_later);
    EXPECT_EQ(error_of(answer(400, "not JSON")).code, errc::bad_request);
    EXPECT_EQ(error_of(answer(503, "<html>maintenance</html>")).text, "<html>maintenance</html>");
    EXPECT_EQ(recovery_of(error_of(answer(503, "")).code), Recovery::retry);
    EXPECT_EQ(error_of(answer(500, std::string(1000, 'x'))).text.size(), 300u);
    EXPECT_EQ(end_of(1006, "").reason, errc::closed_by_venue);
}

TEST(OandaErrors, ARefusalPausesTheBudget) {
    EXPECT_FALSE(budget_of(answer(200, "")).pause.has_value());
    EXPECT_EQ(budget_of(answer(429, "")).pause, std::chrono::seconds(1));
    auto r = answer(429, "");
    r.headers.emplace_back("retry-after", "7");
    EXPECT_EQ(budget_of(r).pause, std::chrono::seconds(7));
    r.headers[0].second = "soon";
    EXPECT_EQ(budget_of(r).pause, std::chrono::seconds(1));
    r.headers[0].second = "-5";
    EXPECT_EQ(budget_of(r).pause, std::chrono::seconds(1));
}

TEST(OandaConfig, TheEnvironmentChoosesTheHostsAndEndpointsOverride) {
    std::string problem;
    ProviderSettings s{{"token", "t-1"}};
    EXPECT_EQ(read_settings(s, problem)->rest, "https://api-fxpractice.oanda.com");
    s["environment"] = "live";
    EXPECT_EQ(read_settings(s, problem)->rest, "https://api-fxtrade.oanda.com");
    EXPECT_EQ(read_settings(s, problem)->stream, "https://stream-fxtrade.oanda.com");
    s["endpoints.rest"] = "http://127.0.0.1:9/";
    s["limits.streams_per_connection"] = "5";
    s["candle_price"] = "ask";
    const auto read = read_settings(s, problem);
    ASSERT_TRUE(read.has_value()) << problem;
    EXPECT_EQ(read->rest, "http://127.0.0.1:9");
    EXPECT_EQ(read->stream, "https://stream-fxtrade.oanda.com");
    EXPECT_EQ(read->streams_per_connection, 5u);
    EXPECT_EQ(read->candle_price, PriceType::ask);
}

TEST(OandaConfig, WhatCannotBeIsExplained) {
    const ProviderSettings good{{"token", "t-1"}};
    const std::pair<const char*, const char*> bad[] = {{"environment", "demo"}, {"candle_price", "last"},
        {"limits.connections", "0"}, {"limits.requests_per_second", "many"}, {"token", ""}};
    for (const auto& [key, value] : bad) {
        auto s = good;
        s[key] = value;
        std::string problem;
        EXPECT_FALSE(read_settings(s, problem).has_value()) << key;
        EXPECT_NE(problem.find(key), std::string::npos) << problem;
    }
}

} // namespace
} // namespace tickgate::oanda
