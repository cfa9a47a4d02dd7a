#include "tradier/config.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

TEST(TradierConfig, DefaultsAreTheProductionHosts) {
    std::string problem;
    const auto s = read_settings({{"token", "secret-1"}}, problem);
    ASSERT_TRUE(s.has_value()) << problem;
    EXPECT_EQ(s->rest, "https://api.tradier.com");
    EXPECT_EQ(s->ws, "wss://ws.tradier.com");
    EXPECT_EQ(s->stream, "https://stream.tradier.com");
    EXPECT_EQ(s->requests_per_minute, 120);
    EXPECT_EQ(s->trades, TradeEvents::timesale);
    EXPECT_EQ(s->lot_size, 100);
}

TEST(TradierConfig, SettingsAreTakenAndSlashesAtTheEndDropped) {
    std::string problem;
    const auto s = read_settings(
        {{"token", "secret-1"}, {"endpoints.rest", "http://127.0.0.1:9/"}, {"stream", "http"}, {"trades", "trade"},
            {"lot_size", "1"}, {"limits.requests_per_minute", "30"}, {"limits.subscriptions", "500"}},
        problem);
    ASSERT_TRUE(s.has_value()) << problem;
    EXPECT_EQ(s->rest, "http://127.0.0.1:9");
    EXPECT_TRUE(s->http_stream);
    EXPECT_EQ(s->trades, TradeEvents::trade);
    EXPECT_EQ(s->lot_size, 1);
    EXPECT_EQ(s->requests_per_minute, 30);
    EXPECT_EQ(s->subscriptions, 500u);
}

TEST(TradierConfig, TheSandboxHasNoStreamUnlessOneIsNamed) {
    std::string problem;
    EXPECT_FALSE(read_settings({{"token", "secret-1"}, {"environment", "sandbox"}}, problem).has_value());
    EXPECT_NE(problem.find("has no stream"), std::string::npos) << problem;
    const auto s = read_settings(
        {{"token", "secret-1"}, {"environment", "sandbox"}, {"endpoints.ws", "ws://127.0.0.1:9"}}, problem);
    ASSERT_TRUE(s.has_value());
    EXPECT_EQ(s->rest, "https://sandbox.tradier.com");
    EXPECT_EQ(s->requests_per_minute, 60);
}

TEST(TradierConfig, ProblemsNameTheKeyAndTheChoices) {
    const auto problem_of = [](const ProviderSettings& settings) {
        std::string problem;
        EXPECT_FALSE(read_settings(settings, problem).has_value());
        return problem;
    };
    EXPECT_EQ(problem_of({}), "token is missing");
    EXPECT_EQ(
        problem_of({{"token", "t-oken"}, {"trades", "all"}}), "trades is `timesale` or `trade` or `tradex`, not `all`");
    EXPECT_EQ(problem_of({{"token", "t-oken"}, {"lot_size", "0"}}), "lot_size is a number from 1 to 10000, not `0`");
    EXPECT_EQ(
        problem_of({{"token", "t-oken"}, {"environment", "paper"}}), "environment is `live` or `sandbox`, not `paper`");
}

} // namespace
} // namespace tickgate::tradier
