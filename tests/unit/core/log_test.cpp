#include "core/log.hpp"

#include "core/secret.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tickgate {
namespace {

class Log : public ::testing::Test {
protected:
    Log() {
        log::capture([this](log::Level l, const std::string& line) { lines.emplace_back(l, line); });
    }
    ~Log() override { log::capture({}); }
    std::vector<std::pair<log::Level, std::string>> lines;
};

TEST_F(Log, LinesAreLogfmtWithQuotesWhereNeeded) {
    log::warn("feed", "connect_failed",
        {{"feed", "binance.spot"}, {"attempt", 1}, {"error", make_error_code(errc::timed_out)}});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].second, R"(event=connect_failed feed=binance.spot attempt=1 error="timed out [tickgate:18]")");
    EXPECT_EQ(lines[0].first, log::Level::warn);
}

TEST_F(Log, SecretsAndControlCharactersNeverReachALine) {
    const Secret secret("canary-log-1234");
    log::error("net", "refused", {{"text", "key canary-log-1234\nforged=1"}});
    EXPECT_EQ(lines.at(0).second, "event=refused text=\"key ***\\u000aforged=1\"");
}

TEST_F(Log, BelowTheLevelNothingIsWritten) {
    log::setup(log::Level::error, log::Format::logfmt);
    log::info("feed", "quiet");
    log::setup(log::Level::info, log::Format::logfmt);
    EXPECT_TRUE(lines.empty());
}

TEST(LogThrottle, RepeatsAreCountedAndTold) {
    log::Throttle throttle(std::chrono::seconds(10));
    std::uint64_t left_out = 99;
    const MonoTime t0{};
    EXPECT_TRUE(throttle.allow(t0, left_out));
    EXPECT_EQ(left_out, 0u);
    EXPECT_FALSE(throttle.allow(t0 + std::chrono::seconds(9), left_out));
    EXPECT_FALSE(throttle.allow(t0 + std::chrono::seconds(9), left_out));
    EXPECT_TRUE(throttle.allow(t0 + std::chrono::seconds(10), left_out));
    EXPECT_EQ(left_out, 2u);
}

} // namespace
} // namespace tickgate
