#include "budget/request_budget.hpp"

#include <gtest/gtest.h>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;
using Kind = LimitSpec::Kind;

Moment at(std::chrono::nanoseconds t) { return {MonoTime{} + 1000h + t, from_millis(1767225600000) + t}; } // 2026-01-01

RequestBudgetSpec spec(std::int64_t limit, std::chrono::milliseconds window = 60s) {
    RequestBudgetSpec s;
    s.name = "rest";
    s.weight_limit = limit;
    s.window = window;
    return s;
}
LimitSpec more(Kind kind, std::int64_t limit, std::chrono::milliseconds window = 60s) {
    LimitSpec l;
    l.kind = kind;
    l.limit = limit;
    l.window = window;
    return l;
}
// Sends and is answered at once.
bool send(RequestBudget& budget, std::int64_t weight, Moment now) {
    Taken taken;
    if (!budget.take({weight, 0}, now, taken))
        return false;
    budget.settle(taken, now);
    return true;
}
BudgetReading pause_of(std::chrono::milliseconds time, bool banned = false) {
    BudgetReading r;
    r.pause = time;
    r.banned = banned;
    return r;
}

TEST(RequestBudget, StopsAtNineTenthsOfTheLimitAndSaysHowLongToWait) {
    RequestBudget budget(spec(100));
    for (int i = 0; i < 9; ++i)
        EXPECT_TRUE(send(budget, 10, at(std::chrono::seconds(i))));
    EXPECT_FALSE(send(budget, 10, at(10s)));
    EXPECT_EQ(budget.wait({10, 0}, 0, at(10s)), 50s);
    EXPECT_TRUE(send(budget, 10, at(60s)));
}

TEST(RequestBudget, AllLimitsMustAllow) {
    auto s = spec(5, 1s);
    s.more = {more(Kind::rolling, 8, 60s), more(Kind::day, 20)};
    RequestBudget budget(s);
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(send(budget, 1, at(0s)));
    EXPECT_EQ(budget.wait({}, 0, at(0s)), 1s);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(send(budget, 1, at(1s)));
    EXPECT_EQ(budget.wait({}, 0, at(1s)), 59s);
    for (int minute = 1; minute < 3; ++minute)
        for (int i = 0; i < 6; ++i)
            EXPECT_TRUE(send(budget, 1, at(std::chrono::minutes(minute) + 2s + i * 1s)));
    EXPECT_EQ(budget.wait({}, 0, at(10min)), 24h - 10min) << "the day is used up";
    const auto views = budget.view(at(10min));
    ASSERT_EQ(views.size(), 3u);
    EXPECT_EQ(views[2].window, "day");
    EXPECT_EQ(views[2].used, 20);
    EXPECT_EQ(views[2].remaining, 0);
    EXPECT_EQ(views[0].remaining, 5);
}

TEST(RequestBudget, WhatOthersUsedCountsToo) {
    RequestBudget budget(spec(100));
    EXPECT_TRUE(send(budget, 2, at(0s)));
    BudgetReading reading;
    reading.used_weight = 85;
    budget.learn(reading, Told::well, at(1s));
    EXPECT_EQ(budget.view(at(1s))[0].used, 85);
    EXPECT_TRUE(send(budget, 5, at(1s)));
    EXPECT_FALSE(send(budget, 5, at(1s)));
    EXPECT_TRUE(send(budget, 90, at(61s))) << "it expires like our own";
}

TEST(RequestBudget, NothingGoesOutDuringAPauseAndABanIsTold) {
    RequestBudget budget(spec(6000));
    budget.learn(pause_of(120s, true), Told::refused, at(0s));
    EXPECT_FALSE(send(budget, 1, at(0s)));
    EXPECT_EQ(budget.wait({}, 0, at(119s)), 1s);
    EXPECT_TRUE(budget.banned(at(119s)));
    budget.learn(pause_of(1s), Told::refused, at(5s)); // a shorter one does not cut the longer short
    EXPECT_EQ(budget.pause_left(at(20s)), 100s);
    EXPECT_TRUE(send(budget, 1, at(120s)));
    EXPECT_FALSE(budget.banned(at(120s)));
}

TEST(RequestBudget, ASecondRefusalInARowDoublesThePauseAndAnAnswerForgivesIt) {
    RequestBudget budget(spec(6000));
    budget.learn(pause_of(10s), Told::refused, at(0s));
    budget.learn(pause_of(10s), Told::refused, at(0s)); // was in flight, the same cause
    EXPECT_EQ(budget.pause_left(at(0s)), 10s);
    budget.learn(pause_of(10s), Told::refused, at(10s));
    EXPECT_EQ(budget.pause_left(at(10s)), 20s);
    budget.learn(pause_of(10s), Told::refused, at(30s));
    EXPECT_EQ(budget.pause_left(at(30s)), 40s);
    budget.learn({}, Told::well, at(70s));
    budget.learn(pause_of(10s), Told::refused, at(80s));
    EXPECT_EQ(budget.pause_left(at(80s)), 10s);
    for (int i = 0; i < 40; ++i)
        budget.learn(pause_of(72h), Told::refused, at(100h * (i + 1)));
    EXPECT_EQ(budget.pause_left(at(100h * 40)), 96h) << "not for ever";
}

TEST(RequestBudget, AfterARefusalOneRequestTriesAlone) {
    RequestBudget budget(spec(6000));
    budget.learn(pause_of(10s), Told::refused, at(0s));
    Taken probe, second;
    ASSERT_TRUE(budget.take({}, at(10s), probe));
    EXPECT_FALSE(budget.take({}, at(10s), second));
    budget.learn({}, Told::body, at(11s));
    EXPECT_FALSE(budget.take({}, at(11s), second));
    budget.learn({}, Told::well, at(11s));
    EXPECT_TRUE(budget.take({}, at(11s), second));
    budget.settle(probe, at(11s));
    // A pause that was announced on a good answer is no refusal.
    budget.learn(pause_of(10s), Told::well, at(12s));
    budget.learn(pause_of(10s), Told::well, at(22s));
    EXPECT_EQ(budget.pause_left(at(22s)), 10s);
    EXPECT_TRUE(budget.take({}, at(32s), probe));
    EXPECT_TRUE(budget.take({}, at(32s), second));
}

TEST(RequestBudget, AProbeThatIsNeverAnsweredLetsTheNextOneTry) {
    RequestBudget budget(spec(6000));
    budget.learn(pause_of(10s), Told::refused, at(0s));
    Taken probe;
    ASSERT_TRUE(budget.take({}, at(10s), probe));
    budget.settle(probe, at(20s));
    EXPECT_TRUE(budget.take({}, at(20s), probe));
    budget.undo(probe, at(20s));
    EXPECT_TRUE(budget.take({}, at(20s), probe));
}

TEST(RequestBudget, TheVenuesOwnLimitCountsWhereItIsSmaller) {
    RequestBudget budget(spec(6000));
    BudgetReading reading;
    reading.limit = 1200;
    budget.learn(reading, Told::well, at(0s));
    EXPECT_EQ(budget.limits()[0].limit, 1200);
    reading.limit = 9000;
    budget.learn(reading, Told::well, at(0s));
    EXPECT_EQ(budget.limits()[0].limit, 1200);
    EXPECT_EQ(budget.usable()[0].limit, 1080);
}

TEST(RequestBudget, WithoutALimitOnlyPausesHold) {
    RequestBudget budget(spec(0));
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(send(budget, 1000, at(0s)));
    budget.learn(pause_of(1s), Told::refused, at(0s));
    EXPECT_FALSE(send(budget, 1, at(0s)));
}

TEST(RequestBudget, ARequestAboveTheLimitGoesAloneInsteadOfNever) {
    RequestBudget budget(spec(10));
    EXPECT_TRUE(send(budget, 1, at(0s)));
    EXPECT_EQ(budget.wait({50, 0}, 0, at(1s)), 59s);
    EXPECT_TRUE(send(budget, 50, at(60s)));
}

TEST(RequestBudget, VolumeIsReservedAndThenLearned) {
    auto s = spec(0);
    auto volume = more(Kind::month, 1000);
    volume.unit = LimitSpec::Unit::bytes;
    s.more = {volume};
    RequestBudget budget(s);
    Taken first, second;
    ASSERT_TRUE(budget.take({1, 600}, at(0s), first));
    EXPECT_FALSE(budget.take({1, 600}, at(0s), second)) << "both together do not fit";
    BudgetReading spent;
    spent.spent_bytes = 650;
    budget.learn(spent, Told::body, at(1s));
    budget.settle(first, at(1s));
    EXPECT_EQ(budget.view(at(1s))[1].used, 650);
    EXPECT_EQ(budget.view(at(1s))[1].remaining, 350);
    EXPECT_TRUE(budget.take({1, 350}, at(1s), second));
    budget.undo(second, at(1s));
    EXPECT_EQ(budget.wait({1, 351}, 0, at(1s)), 31 * 24h - 1s) << "January is used up";
}

TEST(RequestBudget, ASnapshotOutlivesTheProcess) {
    auto s = spec(100);
    auto volume = more(Kind::month, 1000);
    volume.unit = LimitSpec::Unit::bytes;
    s.more = {more(Kind::day, 50), volume};
    RequestBudget before(s);
    EXPECT_TRUE(send(before, 30, at(0s)));
    BudgetReading spent;
    spent.spent_bytes = 900;
    before.learn(spent, Told::body, at(0s));
    before.learn(pause_of(100s, true), Told::refused, at(0s));
    const auto text = before.snapshot(at(10s));

    RequestBudget after(s);
    ASSERT_TRUE(after.restore(text, at(40s)));
    EXPECT_EQ(after.pause_left(at(40s)), 60s);
    EXPECT_TRUE(after.banned(at(40s)));
    auto views = after.view(at(40s));
    EXPECT_EQ(views[0].used, 30);
    EXPECT_EQ(views[1].used, 30);
    EXPECT_EQ(views[2].used, 900);
    views = after.view(at(24h));
    EXPECT_EQ(views[1].used, 0);
    EXPECT_EQ(views[2].used, 900) << "the month goes on";
    // Limits of another plan: what is known by the same window is kept.
    RequestBudget other(spec(500));
    EXPECT_TRUE(other.restore(text, at(40s)));
    EXPECT_EQ(other.view(at(40s))[0].used, 30);
}

TEST(RequestBudget, GarbageIsNoSnapshot) {
    RequestBudget budget(spec(100));
    EXPECT_FALSE(budget.restore("", at(0s)));
    EXPECT_FALSE(budget.restore("budget 2\n", at(0s)));
    EXPECT_TRUE(budget.restore("budget 1\nwhat\n1m x:y\npause 1\npause a b c\npause -5 1 1\n\n1m", at(0s)));
    EXPECT_TRUE(send(budget, 90, at(0s)));
    EXPECT_TRUE(budget.restore("budget 1\npause 8999999999999 0 1000000\n", at(0s)));
    EXPECT_EQ(budget.pause_left(at(0s)), 96h);
}

} // namespace
} // namespace tickgate::budget
