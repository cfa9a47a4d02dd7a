#include "budget/request_budget.hpp"

#include <gtest/gtest.h>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;

RequestBudgetSpec spec(std::int64_t limit) {
    RequestBudgetSpec s;
    s.weight_limit = limit;
    s.window = 60s;
    return s;
}

TEST(RequestBudget, StopsAtNineTenthsOfTheLimitAndSaysHowLongToWait) {
    RequestBudget budget(spec(100));
    const MonoTime t0{};
    for (int i = 0; i < 9; ++i)
        EXPECT_EQ(budget.acquire(10, t0 + std::chrono::seconds(i)), 0ms);
    EXPECT_EQ(budget.acquire(10, t0 + 10s), 50s);
    EXPECT_EQ(budget.acquire(10, t0 + 60s), 0ms);
    EXPECT_EQ(budget.state(t0 + 60s).waits, 1u);
}

TEST(RequestBudget, WhatOthersUsedCountsToo) {
    RequestBudget budget(spec(100));
    const MonoTime t0{};
    EXPECT_EQ(budget.acquire(2, t0), 0ms);
    BudgetReading reading;
    reading.used_weight = 85;
    budget.learn(reading, t0 + 1s);
    EXPECT_EQ(budget.state(t0 + 1s).used, 85);
    EXPECT_EQ(budget.acquire(5, t0 + 1s), 0ms);
    EXPECT_GT(budget.acquire(5, t0 + 1s), 0ms);
    EXPECT_EQ(budget.acquire(90, t0 + 61s), 0ms) << "it expires like our own";
}

TEST(RequestBudget, NothingGoesOutDuringAPauseAndABanIsTold) {
    RequestBudget budget(spec(6000));
    const MonoTime t0{};
    BudgetReading reading;
    reading.pause = 120s;
    reading.banned = true;
    budget.learn(reading, t0);
    EXPECT_EQ(budget.acquire(1, t0), 120s);
    EXPECT_EQ(budget.acquire(1, t0 + 119s), 1s);
    EXPECT_TRUE(budget.state(t0 + 119s).banned);
    reading.pause = 1s; // a shorter one does not cut the longer short
    budget.learn(reading, t0 + 5s);
    EXPECT_EQ(budget.pause_left(t0 + 20s), 100s);
    EXPECT_EQ(budget.acquire(1, t0 + 120s), 0ms);
    EXPECT_FALSE(budget.state(t0 + 120s).banned);
}

TEST(RequestBudget, TheVenuesOwnLimitCountsWhereItIsSmaller) {
    RequestBudget budget(spec(6000));
    BudgetReading reading;
    reading.limit = 1200;
    budget.learn(reading, MonoTime{});
    EXPECT_EQ(budget.state(MonoTime{}).limit, 1200);
    reading.limit = 9000;
    budget.learn(reading, MonoTime{});
    EXPECT_EQ(budget.state(MonoTime{}).limit, 1200);
}

TEST(RequestBudget, WithoutALimitOnlyPausesHold) {
    RequestBudget budget(spec(0));
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(budget.acquire(1000, MonoTime{}), 0ms);
}

TEST(RequestBudget, ARequestAboveTheLimitGoesAloneInsteadOfNever) {
    RequestBudget budget(spec(10));
    const MonoTime t0{};
    EXPECT_EQ(budget.acquire(1, t0), 0ms);
    EXPECT_EQ(budget.acquire(50, t0 + 1s), 59s);
    EXPECT_EQ(budget.acquire(50, t0 + 60s), 0ms);
}

} // namespace
} // namespace tickgate::budget
