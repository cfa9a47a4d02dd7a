#include "redis/budget_ledger.hpp"

#include "budget/gate.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

namespace tickgate::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = LimitSpec::Kind;
using Answer = budget::SharedLedger::Answer;

LimitSpec limit(Kind kind, std::int64_t n, std::chrono::milliseconds window = 60s) {
    LimitSpec l;
    l.kind = kind;
    l.limit = n;
    l.window = window;
    return l;
}
LimitSpec volume(std::int64_t n) {
    auto l = limit(Kind::month, n);
    l.unit = LimitSpec::Unit::bytes;
    return l;
}

class Ledger : public ::testing::Test {
protected:
    Ledger() {
        log::capture([this](log::Level, const std::string& line) { lines.push_back(line); });
        first = make();
        second = make();
        EXPECT_TRUE(run_until([&] { return first->connected() && second->connected(); }));
    }
    ~Ledger() override {
        first->stop();
        second->stop();
        EXPECT_TRUE(run_until([&] { return ended == 2; }));
        log::capture({});
    }
    std::unique_ptr<BudgetLedger> make() {
        BudgetLedgerOptions o;
        o.redis.url = server.url();
        o.redis.deadline = 500ms;
        o.back_off_cap = 50ms;
        auto ledger = std::make_unique<BudgetLedger>(io.get_executor(), std::move(o));
        asio::co_spawn(io, ledger->run(), [this](std::exception_ptr e) {
            ++ended;
            if (e)
                std::rethrow_exception(e);
        });
        return ledger;
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
    result<Answer> take(BudgetLedger& ledger, std::int64_t weight, std::vector<LimitSpec> limits,
        std::int64_t bytes = 0, const std::string& name = "binance:spot") {
        std::optional<result<Answer>> out;
        asio::co_spawn(io, ledger.take(name, {weight, bytes}, std::move(limits)),
            [&](std::exception_ptr e, result<Answer> answer) {
                if (e)
                    std::rethrow_exception(e);
                out = std::move(answer);
            });
        EXPECT_TRUE(run_until([&] { return out.has_value(); }));
        return out.value_or(errc::timed_out);
    }
    std::size_t count(const std::string& text) const {
        return static_cast<std::size_t>(std::count_if(
            lines.begin(), lines.end(), [&](const auto& l) { return l.find(text) != std::string::npos; }));
    }

    test::RedisServer server;
    asio::io_context io;
    std::unique_ptr<BudgetLedger> first, second;
    std::vector<std::string> lines;
    int ended = 0;
};

TEST_F(Ledger, TwoConnectionsDrawFromOneRollingWindow) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 10, 1500ms)};
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(take(*first, 1, limits)->wait, 0ms);
        EXPECT_EQ(take(*second, 1, limits)->wait, 0ms);
    }
    const auto refused = take(*first, 1, limits);
    ASSERT_TRUE(refused);
    EXPECT_GT(refused->wait, 0ms);
    EXPECT_LE(refused->wait, 1600ms);
    EXPECT_THAT(refused->used, ElementsAre(10));
    EXPECT_EQ(take(*second, 1, limits, 0, "binance:usdm")->wait, 0ms) << "another budget";
    const auto at = mono_now();
    ASSERT_TRUE(run_until([&] { return mono_now() >= at + refused->wait; }));
    EXPECT_EQ(take(*second, 1, limits)->wait, 0ms) << "no longer than it said";
    EXPECT_EQ(server.cli({"TYPE", "md:budget:binance:spot"}).text, "hash");
    EXPECT_GT(std::stoll(server.cli({"PTTL", "md:budget:binance:spot"}).text), 0);
}

TEST_F(Ledger, NoWindowHoldsMoreThanTheLimitWhoeverTakes) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 20, 300ms)};
    std::vector<std::pair<MonoTime, MonoTime>> taken; // asked, answered
    for (int i = 0; i < 300; ++i) {
        const auto asked = mono_now();
        const auto answer = take(i % 2 == 0 ? *first : *second, 1, limits);
        ASSERT_TRUE(answer);
        if (answer->wait == 0ms)
            taken.emplace_back(asked, mono_now());
    }
    ASSERT_GE(taken.size(), 20u);
    for (std::size_t i = 20; i < taken.size(); ++i)
        EXPECT_GE(taken[i].second - taken[i - 20].first, 300ms);
}

TEST_F(Ledger, AllLimitsMustAllowAndNothingIsTakenElse) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 100), limit(Kind::day, 3), limit(Kind::month, 50)};
    EXPECT_EQ(take(*first, 2, limits)->wait, 0ms);
    const auto refused = take(*second, 2, limits);
    EXPECT_THAT(refused->used, ElementsAre(2, 2, 2));
    const auto now = wall_now();
    const auto left = std::chrono::ceil<std::chrono::days>(now) - now;
    EXPECT_GT(refused->wait, left - 5s) << "until midnight";
    EXPECT_LE(refused->wait, left + 5s);
    EXPECT_EQ(take(*second, 1, limits)->wait, 0ms);
    EXPECT_THAT(take(*second, 1, limits)->used, ElementsAre(3, 3, 3));
}

TEST_F(Ledger, AMonthEndsAsTheCalendarSays) {
    const std::vector<LimitSpec> limits{limit(Kind::month, 1)};
    EXPECT_EQ(take(*first, 1, limits)->wait, 0ms);
    const auto now = wall_now();
    const auto left = budget::period_of(Kind::month, now).end - now;
    const auto refused = take(*second, 1, limits);
    EXPECT_GT(refused->wait, left - 5s);
    EXPECT_LE(refused->wait, left + 5s);
    const auto number = std::to_string(budget::period_of(Kind::month, now).number);
    EXPECT_EQ(server.cli({"HGET", "md:budget:binance:spot", "weight:month:0:" + number}).text, "1");
}

TEST_F(Ledger, ABucketGivesItsBurstAndThenItsRate) {
    auto bucket = limit(Kind::bucket, 10, 1s);
    bucket.burst = 5;
    const std::vector<LimitSpec> limits{bucket};
    EXPECT_EQ(take(*first, 5, limits)->wait, 0ms);
    auto answer = take(*second, 3, limits);
    EXPECT_GT(answer->wait, 0ms);
    EXPECT_LE(answer->wait, 300ms);
    ASSERT_TRUE(run_until([&] { return take(*second, 3, limits)->wait == 0ms; }));
}

TEST_F(Ledger, BytesMustHaveRoomAndAreToldAfterwards) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 0), volume(1000)};
    EXPECT_EQ(take(*first, 1, limits, 900)->wait, 0ms);
    first->spend("binance:spot", 800, limits);
    ASSERT_TRUE(run_until([&] { return take(*second, 1, limits, 1)->used.at(1) == 800; }));
    EXPECT_EQ(take(*second, 1, limits, 200)->wait, 0ms);
    EXPECT_GT(take(*second, 1, limits, 201)->wait, 0ms);
    second->spend("binance:spot", 200, limits);
    ASSERT_TRUE(run_until([&] { return take(*first, 1, limits)->wait > 0ms; })) << "not even of unknown size";
}

TEST_F(Ledger, APauseIsForEverybody) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 100)};
    first->pause("binance:spot", 60s);
    first->pause("binance:spot", 1s); // does not cut it short
    ASSERT_TRUE(run_until([&] { return take(*second, 1, limits)->wait > 0ms; }));
    const auto wait = take(*second, 1, limits)->wait;
    EXPECT_GT(wait, 50s);
    EXPECT_LE(wait, 60s);
    EXPECT_EQ(take(*second, 1, limits, 0, "binance:usdm")->wait, 0ms);
}

TEST_F(Ledger, WithoutRedisTakesFailAtOnceAndComeBack) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 100), volume(1000)};
    EXPECT_EQ(take(*first, 1, limits)->wait, 0ms);
    server.kill();
    EXPECT_FALSE(take(*first, 1, limits));
    ASSERT_TRUE(run_until([&] { return !first->connected(); }));
    for (int i = 0; i < 20; ++i) {
        const auto begun = mono_now();
        EXPECT_EQ(take(*first, 1, limits).error(), errc::unavailable);
        EXPECT_LT(mono_now() - begun, 200ms);
    }
    first->spend("binance:spot", 70, limits); // told later
    first->pause("binance:spot", 1h);
    server.start();
    ASSERT_TRUE(run_until([&] { return first->connected(); }));
    ASSERT_TRUE(run_until([&] {
        const auto answer = take(*first, 1, limits);
        return answer && answer->used.at(1) == 70;
    }));
    EXPECT_GT(take(*first, 1, limits)->wait, 3500s);
    EXPECT_GE(first->stats().reconnects, 1u);
    EXPECT_GE(first->stats().failures, 21u);
    ASSERT_TRUE(run_until([&] { return second->connected() && count("shared_back") >= 1; }));
    EXPECT_LE(count("shared_lost"), 2u) << "once each";
    EXPECT_GE(count("shared_lost"), 1u);
}

TEST_F(Ledger, AFrozenRedisHoldsNobodyUp) {
    const std::vector<LimitSpec> limits{limit(Kind::rolling, 100)};
    server.freeze();
    const auto begun = mono_now();
    EXPECT_FALSE(take(*first, 1, limits));
    EXPECT_LT(mono_now() - begun, 3s);
    EXPECT_EQ(take(*first, 1, limits).error(), errc::unavailable) << "and the next ones not at all";
    server.resume();
    ASSERT_TRUE(run_until([&] { return first->connected(); }));
    EXPECT_TRUE(take(*first, 1, limits));
}

TEST_F(Ledger, ARefusedCommandIsToldAndTheConnectionStays) {
    server.cli({"SET", "md:budget:binance:spot", "no hash"});
    EXPECT_EQ(take(*first, 1, {limit(Kind::rolling, 100)}).error(), errc::unavailable);
    EXPECT_EQ(count("shared_refused"), 1u);
    EXPECT_TRUE(first->connected());
    EXPECT_EQ(first->stats().reconnects, 0u);
}

TEST_F(Ledger, GatesShareAndGoOnAlone) {
    const auto gate_with = [&](BudgetLedger& ledger) {
        budget::GateOptions o;
        o.provider = "binance";
        o.spec.name = "spot";
        o.spec.weight_limit = 9;
        o.spec.window = 1h;
        o.shared = &ledger;
        return std::make_unique<budget::Gate>(io.get_executor(), std::move(o));
    };
    auto a = gate_with(*first), b = gate_with(*second);
    std::vector<budget::Gate::Admission> passes;
    const auto enter = [&](budget::Gate& gate) {
        const auto had = passes.size();
        budget::Ask ask;
        ask.go_by = mono_now() + 5s;
        asio::co_spawn(io, gate.enter(std::move(ask)), [&](std::exception_ptr e, budget::Gate::Admission admission) {
            EXPECT_FALSE(e);
            passes.push_back(std::move(admission));
        });
        EXPECT_TRUE(run_until([&] { return passes.size() > had; }));
        return passes.back().error;
    };
    for (int i = 0; i < 9; ++i)
        EXPECT_FALSE(enter(i % 2 == 0 ? *a : *b));
    EXPECT_EQ(enter(*a), errc::rate_limited) << "though it took five of nine itself";
    EXPECT_GT(passes.back().retry_after, 3500s);
    EXPECT_TRUE(a->view().shared);
    EXPECT_EQ(a->view().windows[0].used, 9);
    server.kill();
    ASSERT_TRUE(run_until([&] {
        (void)take(*first, 0, {limit(Kind::rolling, 9)});
        (void)take(*second, 0, {limit(Kind::rolling, 9)});
        return !first->connected() && !second->connected();
    }));
    EXPECT_FALSE(enter(*b)) << "by its own account four of nine are used";
    EXPECT_FALSE(b->view().shared);
    EXPECT_EQ(b->view().shared_failures, 1u);
    server.start();
}

} // namespace
} // namespace tickgate::redis
