#include "core/rolling_window.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tickgate {
namespace {

using namespace std::chrono_literals;

TEST(RollingWindow, NeverLetsMoreThanTheLimitIntoAnyWindow) {
    RollingWindow window(1s);
    std::mt19937 random(3);
    MonoTime now{};
    std::vector<MonoTime> sent;
    for (int i = 0; i < 5000; ++i) {
        now += std::chrono::milliseconds(random() % 120);
        const auto at = window.free_at(1, 5, now);
        ASSERT_GE(at, now);
        if (random() % 2)
            now = at;
        if (window.free_at(1, 5, now) == now) {
            window.record(1, now);
            sent.push_back(now);
        }
    }
    for (std::size_t i = 5; i < sent.size(); ++i)
        ASSERT_GE(sent[i] - sent[i - 5], 1s);
    EXPECT_GT(sent.size(), 1000u);
}

TEST(RollingWindow, SaysExactlyWhenThereIsRoom) {
    RollingWindow window(60s);
    const MonoTime t0{};
    window.record(20, t0);
    window.record(30, t0 + 10s);
    EXPECT_EQ(window.free_at(50, 100, t0 + 20s), t0 + 20s);
    EXPECT_EQ(window.free_at(70, 100, t0 + 20s), t0 + 60s);
    EXPECT_EQ(window.free_at(71, 100, t0 + 20s), t0 + 70s);
    EXPECT_EQ(window.free_at(500, 100, t0 + 20s), t0 + 70s) << "more than the limit goes when the window is empty";
    EXPECT_EQ(window.used(t0 + 60s), 30);
    EXPECT_EQ(window.used(t0 + 70s), 0);
}

} // namespace
} // namespace tickgate
