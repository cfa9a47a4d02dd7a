#include "budget/gate.hpp"
#include "budget/occupancy.hpp"

#include "core/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(Occupancy, CountsBusyClosedAndEither) {
    Occupancy o;
    const auto at = [](std::chrono::seconds t) { return MonoTime{} + 1000h + t; };
    o.set(true, false, {}, at(0s));
    o.set(true, true, {}, at(10s));
    o.set(false, true, {}, at(15s));
    o.set(false, false, at(23s), at(20s));
    o.set(false, false, {}, at(30s));
    o.advance(at(40s));
    EXPECT_EQ(o.busy(), 15s);
    EXPECT_EQ(o.closed(), 13s);
    EXPECT_EQ(o.either(), 23s);
}

// Answers as the test says.
class ScriptedLedger final : public SharedLedger {
public:
    asio::awaitable<result<Answer>> take(std::string budget, Cost cost, std::vector<LimitSpec> limits) override {
        asked.push_back(budget + " " + std::to_string(cost.weight) + " of " + std::to_string(limits.at(0).limit));
        result<Answer> answer = Answer();
        if (!answers.empty()) {
            answer = std::move(answers.front());
            answers.pop_front();
        }
        if (slow) {
            asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return answer;
    }
    void spend(std::string budget, std::int64_t bytes, std::vector<LimitSpec>) override {
        asked.push_back(budget + " spent " + std::to_string(bytes));
    }
    void pause(std::string budget, std::chrono::milliseconds time) override {
        asked.push_back(budget + " pause " + std::to_string(time.count()));
    }
    bool connected() const noexcept override { return true; }
    void wait(std::chrono::milliseconds time, std::vector<std::int64_t> used = {}) {
        Answer a;
        a.wait = time;
        a.used = std::move(used);
        answers.emplace_back(std::move(a));
    }

    std::deque<result<Answer>> answers;
    std::vector<std::string> asked;
    bool slow = false;
};

class GateTest : public ::testing::Test {
protected:
    void make(std::int64_t limit, std::chrono::milliseconds window, SharedLedger* shared = nullptr) {
        GateOptions o;
        o.provider = "venue";
        o.spec.name = "rest";
        o.spec.weight_limit = limit;
        o.spec.window = window;
        o.shared = shared;
        gate = std::make_unique<Gate>(io.get_executor(), std::move(o));
    }
    struct Request {
        std::string name;
        Gate::Admission admission;
        bool done = false;
        asio::cancellation_signal cancel;
    };
    Request& enter(const std::string& name, Priority priority = Priority::user, std::chrono::milliseconds in = 10s) {
        auto& r = requests.emplace_back();
        r.name = name;
        Ask ask;
        ask.client = name;
        ask.priority = priority;
        ask.go_by = mono_now() + in;
        asio::co_spawn(io, gate->enter(std::move(ask)),
            asio::bind_cancellation_slot(r.cancel.slot(), [this, &r](std::exception_ptr e, Gate::Admission a) {
                EXPECT_FALSE(e);
                r.admission = std::move(a);
                r.done = true;
                order.push_back(r.name);
            }));
        settle();
        return r;
    }
    void settle() {
        io.restart();
        io.poll();
    }
    bool run_until(const std::function<bool()>& done) {
        for (const auto end = mono_now() + 20s; !done();) {
            if (mono_now() > end)
                return false;
            io.restart();
            io.run_for(1ms);
        }
        return true;
    }

    asio::io_context io;
    ScriptedLedger ledger;
    std::deque<Request> requests;
    std::unique_ptr<Gate> gate;
    std::vector<std::string> order;
};

TEST_F(GateTest, LetsGoAndWakesWhoWaits) {
    make(2, 50ms);
    auto& a = enter("a");
    auto& b = enter("b");
    ASSERT_TRUE(a.done && b.done);
    auto& bulk = enter("bulk", Priority::bulk);
    auto& user = enter("user");
    EXPECT_FALSE(bulk.done || user.done);
    auto view = gate->view();
    EXPECT_THAT(view.waiting, ElementsAre(0u, 1u, 1u));
    EXPECT_EQ(view.in_flight, 2u);
    EXPECT_EQ(view.windows.at(0).remaining, 0);
    const auto answered = mono_now();
    a.admission.pass.counted();
    a.admission.pass.done();
    b.admission.pass.done();
    ASSERT_TRUE(run_until([&] { return bulk.done && user.done; }));
    EXPECT_GE(mono_now() - answered, 50ms);
    EXPECT_THAT(order, ElementsAre("a", "b", "user", "bulk"));
    view = gate->view();
    EXPECT_EQ(view.passed, 4u);
    EXPECT_EQ(view.waits, 2u);
    EXPECT_GT(view.closed_seconds, 0.0);
    EXPECT_GT(view.busy_seconds, 0.0);
    EXPECT_GE(view.busy_or_closed_seconds, view.closed_seconds);
}

TEST_F(GateTest, WhatCannotGoInTimeIsRefusedWithoutAWait) {
    make(1, 1h);
    (void)enter("a");
    auto& late = enter("late", Priority::user, 1000ms);
    ASSERT_TRUE(late.done);
    EXPECT_EQ(late.admission.error, errc::rate_limited);
    EXPECT_NEAR(static_cast<double>(late.admission.retry_after.count()), 3600e3, 100.0);
    EXPECT_EQ(gate->view().refused, 1u);
    const auto closed = gate->view().closed_seconds;
    const auto at = mono_now();
    ASSERT_TRUE(run_until([&] { return mono_now() - at > 5ms; }));
    EXPECT_GT(gate->view().closed_seconds, closed + 0.004) << "whoever was told to come later found it closed";
}

TEST_F(GateTest, A429RefusesWaitersItOutlastsAndKeepsTheOthers) {
    make(1, 5s);
    auto& first = enter("first");
    auto& hasty = enter("hasty", Priority::user, 7s);
    auto& patient = enter("patient", Priority::user, 100h);
    ASSERT_TRUE(first.done && !hasty.done);
    BudgetReading reading;
    reading.pause = 1h;
    reading.banned = true;
    gate->learn(reading, Told::refused);
    first.admission.pass.done();
    settle();
    ASSERT_TRUE(hasty.done);
    EXPECT_EQ(hasty.admission.error, errc::banned);
    EXPECT_GT(hasty.admission.retry_after, 3599s);
    EXPECT_FALSE(patient.done);
    const auto view = gate->view();
    EXPECT_TRUE(view.banned);
    EXPECT_GT(view.paused_for, 3599s);
    gate->stop();
    settle();
    EXPECT_EQ(patient.admission.error, errc::stopped);
}

TEST_F(GateTest, CancellationFreesThePlace) {
    make(1, 30ms);
    auto& first = enter("first");
    auto& cancelled = enter("cancelled");
    auto& next = enter("next");
    cancelled.cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_TRUE(cancelled.done);
    EXPECT_EQ(cancelled.admission.error, errc::cancelled);
    EXPECT_EQ(gate->view().waiting[1], 1u);
    first.admission.pass.done();
    ASSERT_TRUE(run_until([&] { return next.done; }));
    EXPECT_FALSE(next.admission.error);
}

TEST_F(GateTest, StopEndsWaitersAndLaterOnesAndAPassMayOutliveTheGate) {
    make(1, 1h);
    auto& first = enter("first");
    auto& waiting = enter("waiting", Priority::user, 2h);
    gate->stop();
    settle();
    EXPECT_EQ(waiting.admission.error, errc::stopped);
    EXPECT_EQ(enter("later").admission.error, errc::stopped);
    gate.reset();
    first.admission.pass.counted();
    first.admission.pass.done();
}

TEST_F(GateTest, AsksTheOthersAndWaitsAsTheySay) {
    make(100, 1s, &ledger);
    ledger.slow = true;
    ledger.wait(20ms, {80});
    ledger.wait(0ms, {81});
    ledger.wait(0ms, {82});
    const auto begun = mono_now();
    auto& a = enter("a");
    auto& b = enter("b");
    ASSERT_TRUE(run_until([&] { return b.done; }));
    EXPECT_GE(mono_now() - begun, 20ms);
    EXPECT_TRUE(a.done && !a.admission.error);
    EXPECT_THAT(order, ElementsAre("a", "b"));
    EXPECT_THAT(ledger.asked, ElementsAre("venue:rest 1 of 90", "venue:rest 1 of 90", "venue:rest 1 of 90"));
    const auto view = gate->view();
    EXPECT_TRUE(view.shared);
    EXPECT_EQ(view.windows[0].used, 82) << "of all together";
    EXPECT_EQ(view.windows[0].remaining, 8);
    EXPECT_EQ(view.in_flight, 2u);
}

TEST_F(GateTest, TheOthersMayRefuseForTooLong) {
    make(100, 1s, &ledger);
    ledger.wait(1h);
    auto& a = enter("a");
    ASSERT_TRUE(a.done);
    EXPECT_EQ(a.admission.error, errc::rate_limited);
    EXPECT_GT(a.admission.retry_after, 3599s);
    EXPECT_EQ(gate->view().windows[0].used, 0) << "given back";
    EXPECT_EQ(gate->view().in_flight, 0u);
}

TEST_F(GateTest, WhenTheOthersAreAwayOurOwnAccountGoesOn) {
    make(2, 1h, &ledger);
    for (int i = 0; i < 3; ++i)
        ledger.answers.emplace_back(errc::unavailable);
    EXPECT_FALSE(enter("a").admission.error);
    EXPECT_FALSE(enter("b").admission.error);
    EXPECT_EQ(enter("c").admission.error, errc::rate_limited);
    EXPECT_EQ(gate->view().shared_failures, 2u);
    BudgetReading reading;
    reading.pause = 3s;
    reading.spent_bytes = 77;
    gate->learn(reading, Told::refused);
    EXPECT_THAT(ledger.asked,
        ElementsAre("venue:rest 1 of 2", "venue:rest 1 of 2", "venue:rest pause 3000", "venue:rest spent 77"));
}

TEST_F(GateTest, ATurnThatIsCancelledIsGivenToTheNext) {
    make(100, 1s, &ledger);
    ledger.slow = true;
    auto& a = requests.emplace_back();
    Ask ask;
    asio::co_spawn(io, gate->enter(std::move(ask)),
        asio::bind_cancellation_slot(
            a.cancel.slot(), [&](std::exception_ptr e, Gate::Admission) { a.done = e != nullptr; }));
    settle();
    a.cancel.emit(asio::cancellation_type::terminal);
    auto& b = enter("b");
    ASSERT_TRUE(run_until([&] { return b.done; }));
    EXPECT_TRUE(a.done);
    EXPECT_FALSE(b.admission.error);
    EXPECT_EQ(gate->view().in_flight, 1u);
}

TEST_F(GateTest, ASnapshotKeepsTheQuota) {
    make(2, 24h);
    (void)enter("a");
    (void)enter("b");
    const auto text = gate->snapshot();
    make(2, 24h);
    ASSERT_TRUE(gate->restore(text));
    EXPECT_EQ(enter("c").admission.error, errc::rate_limited);
}

} // namespace
} // namespace tickgate::budget
