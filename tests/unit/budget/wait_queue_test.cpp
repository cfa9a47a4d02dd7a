#include "budget/wait_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

Moment at(std::chrono::nanoseconds t) { return {MonoTime{} + 1000h + t, from_millis(1767225600000) + t}; }

class Queue : public ::testing::Test {
protected:
    static RequestBudgetSpec spec() {
        RequestBudgetSpec s;
        s.weight_limit = 5; // none kept free
        s.window = 60s;
        return s;
    }
    WaitQueue::Entered enter(const std::string& who, Moment now, Priority priority = Priority::user,
        std::int64_t weight = 1, MonoTime go_by = MonoTime::max()) {
        Ask ask;
        ask.client = who;
        ask.priority = priority;
        ask.cost.weight = weight;
        ask.go_by = go_by;
        auto entered = queue.enter(std::move(ask), now);
        names[entered.id] = who;
        return entered;
    }
    // Everybody who may go now, answered at once.
    std::vector<std::string> go(Moment now) {
        std::vector<std::string> out;
        while (auto pass = queue.next(now)) {
            out.push_back(names[pass->id]);
            budget.settle(pass->taken, now);
        }
        return out;
    }
    void use_up(Moment now) {
        enter("first", now, Priority::repair, 5);
        ASSERT_THAT(go(now), ElementsAre("first"));
    }

    RequestBudget budget{spec()};
    WaitQueue queue{budget};
    std::map<WaitQueue::Id, std::string> names;
};

TEST_F(Queue, ClientsTakeTurns) {
    use_up(at(0s));
    for (int i = 0; i < 4; ++i)
        enter("greedy", at(1s));
    enter("anna", at(2s));
    enter("bob", at(3s));
    enter("anna", at(4s));
    EXPECT_THAT(go(at(59s)), ElementsAre());
    EXPECT_EQ(queue.wake_at(at(59s)), at(60s).mono);
    EXPECT_THAT(go(at(60s)), ElementsAre("greedy", "anna", "bob", "greedy", "anna"));
    EXPECT_THAT(go(at(120s)), ElementsAre("greedy", "greedy"));
    EXPECT_EQ(queue.waiting(), 0u);
    EXPECT_EQ(queue.wake_at(at(120s)), std::nullopt);
    EXPECT_EQ(queue.waits(), 7u);
}

TEST_F(Queue, RepairBeforeUserBeforeBulk) {
    use_up(at(0s));
    enter("bulk", at(1s), Priority::bulk);
    enter("user", at(2s), Priority::user);
    enter("bulk", at(2s), Priority::bulk);
    enter("repair", at(3s), Priority::repair);
    EXPECT_THAT(queue.waiting_by_priority(), ElementsAre(1u, 1u, 2u));
    EXPECT_THAT(go(at(60s)), ElementsAre("repair", "user", "bulk", "bulk"));
}

TEST_F(Queue, NobodyOvertakesTheHeadHoweverMuchItNeeds) {
    enter("small", at(0s), Priority::user, 3);
    ASSERT_THAT(go(at(0s)), ElementsAre("small"));
    enter("big", at(1s), Priority::user, 5);
    for (int i = 0; i < 20; ++i) {
        enter("small" + std::to_string(i), at(2s + i * 1s));
        ASSERT_THAT(go(at(2s + i * 1s)), ElementsAre()) << "two would fit, but the big one is first";
    }
    EXPECT_THAT(go(at(60s)), ElementsAre("big"));
    EXPECT_EQ(go(at(120s)).size(), 5u);
    enter("bulk", at(121s), Priority::bulk, 5);
    enter("repair", at(121s), Priority::repair, 1);
    EXPECT_THAT(go(at(180s)), ElementsAre("repair", "small5", "small6", "small7", "small8"));
}

TEST_F(Queue, WhoCannotGoInTimeIsToldAtOnceAndForHowLong) {
    use_up(at(0s));
    auto late = enter("a", at(10s), Priority::user, 1, at(59s).mono);
    EXPECT_EQ(late.id, 0u);
    EXPECT_EQ(late.refusal.error, errc::rate_limited);
    EXPECT_EQ(late.refusal.retry_after, 50s);
    EXPECT_NE(enter("a", at(10s), Priority::user, 1, at(60s).mono).id, 0u);
    for (int i = 0; i < 4; ++i)
        EXPECT_NE(enter("b", at(10s), Priority::user, 1, at(60s).mono).id, 0u);
    late = enter("c", at(10s), Priority::bulk, 1, at(90s).mono);
    EXPECT_EQ(late.refusal.retry_after, 110s) << "five go before it at 60 s, the next at 120 s";
    late = enter("c", at(10s), Priority::user, 1, at(90s).mono);
    EXPECT_NE(late.id, 0u) << "a third client has its turn in the first round";
    EXPECT_EQ(queue.refused(), 2u);
}

TEST_F(Queue, APauseEndsTheWaitOfThoseItOutlasts) {
    use_up(at(0s));
    enter("patient", at(1s));
    const auto hasty = enter("hasty", at(1s), Priority::user, 1, at(100s).mono);
    BudgetReading reading;
    reading.pause = 300s;
    reading.banned = true;
    budget.learn(reading, Told::refused, at(10s));
    const auto gone = queue.hopeless(at(10s));
    ASSERT_EQ(gone.size(), 1u);
    EXPECT_EQ(gone[0].id, hasty.id);
    EXPECT_EQ(gone[0].error, errc::banned);
    EXPECT_EQ(gone[0].retry_after, 300s);
    EXPECT_THAT(go(at(309s)), ElementsAre()) << "nothing goes in a pause, also of those that waited before";
    EXPECT_THAT(go(at(310s)), ElementsAre("patient"));
}

TEST_F(Queue, WhoLeavesFreesItsPlace) {
    use_up(at(0s));
    const auto big = enter("big", at(1s), Priority::user, 5);
    enter("small", at(1s));
    queue.leave(big.id);
    queue.leave(big.id);
    queue.leave(12345);
    EXPECT_THAT(go(at(60s)), ElementsAre("small"));
}

TEST_F(Queue, WhoseDeadlinePassesIsTold) {
    use_up(at(0s));
    for (int i = 0; i < 5; ++i)
        enter("a", at(1s), Priority::user, 1, at(70s).mono);
    const auto user = enter("b", at(1s), Priority::bulk, 1, at(130s).mono);
    for (int i = 0; i < 5; ++i)
        enter("repair", at(2s), Priority::repair); // pushes everybody a minute back
    auto gone = queue.hopeless(at(2s));
    EXPECT_EQ(gone.size(), 5u) << "those of a; b then goes with the rest of the minute";
    EXPECT_EQ(queue.waiting(), 6u);
    EXPECT_EQ(go(at(60s)).size(), 5u);
    EXPECT_EQ(queue.wake_at(at(60s)), at(120s).mono);
    gone = queue.hopeless(at(130s));
    ASSERT_EQ(gone.size(), 1u) << "it could go now, but nobody wants it any more";
    EXPECT_EQ(gone[0].id, user.id);
    EXPECT_EQ(gone[0].error, errc::rate_limited);
}

TEST_F(Queue, TheQueueIsBounded) {
    use_up(at(0s));
    for (std::size_t i = 0; i < WaitQueue::most; ++i)
        ASSERT_NE(enter("a", at(1s)).id, 0u);
    EXPECT_EQ(enter("a", at(1s)).refusal.error, errc::overflow);
}

TEST_F(Queue, WhatOthersRefusedIsFirstAgain) {
    enter("a", at(0s));
    enter("b", at(0s));
    enter("a", at(0s));
    auto pass = queue.next(at(0s));
    ASSERT_TRUE(pass);
    EXPECT_EQ(names[pass->id], "a");
    queue.put_back(std::move(*pass), at(7s).mono, at(0s));
    EXPECT_EQ(budget.view(at(0s))[0].used, 0);
    EXPECT_THAT(go(at(6s)), ElementsAre());
    EXPECT_EQ(queue.wake_at(at(6s)), at(7s).mono);
    EXPECT_EQ(enter("c", at(6s), Priority::user, 1, at(6500ms).mono).refusal.retry_after, 1s);
    EXPECT_THAT(go(at(7s)), ElementsAre("a", "b", "a"));
}

} // namespace
} // namespace tickgate::budget
