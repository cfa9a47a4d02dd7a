#include "backfill/repair.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

namespace tickgate::backfill {
namespace {

using namespace std::chrono_literals;

const UnixNanos day{std::chrono::sys_days(std::chrono::year{2026} / 11 / 18)};

// Ids 1 to 10,000, three a second; answers pages of any size.
class FakeHistory final : public RepairHistory {
public:
    struct Fault {
        error_code error;
        std::optional<std::chrono::milliseconds> retry_after;
        std::size_t after = 0; // trades that come before it
    };

    asio::awaitable<Ensured> ensure(BarsRequest request) override {
        asked.push_back(request.provider + ' ' + (request.priority == Priority::repair ? "repair" : "bulk"));
        spans.push_back(request.span);
        Ensured answer;
        if (const auto fault = next_fault(request.provider)) {
            answer.error = fault->error;
            answer.retry_after = fault->retry_after;
            co_return answer;
        }
        Part part;
        part.series.provider = request.provider;
        part.series.timeframe = request.timeframe;
        part.span = request.span;
        answer.parts.push_back(part);
        co_return answer;
    }
    asio::awaitable<error_code> read(
        std::vector<Part> parts, std::function<bool(const Part&, const store::StoredBar&)> take) override {
        for (const auto& part : parts)
            for (auto open = part.span.from; open < part.span.to; open += 1min) {
                store::StoredBar stored;
                stored.bar.open_time = open;
                stored.bar.close_time = open + 1min;
                stored.bar.final = true;
                if (!take(part, stored))
                    co_return error_code();
            }
        co_return error_code();
    }
    asio::awaitable<History::TradesDone> trades(History::TradesRequest request, History::TakeTrade take) override {
        asked.push_back(request.provider + ' ' + (request.first_id ? "ids" : "times"));
        History::TradesDone done;
        done.provider = request.provider;
        const auto fault = next_fault(request.provider);
        std::size_t told = 0;
        known += grows;
        for (std::uint64_t id = 1; id <= known; ++id) {
            const auto at = day + std::chrono::seconds(id / 3);
            if (request.first_id ? id < *request.first_id || id > *request.last_id
                                 : at < request.span.from || at >= request.span.to)
                continue;
            if (fault && told++ == fault->after)
                break;
            const auto name = "t" + std::to_string(id); // gone after the call
            Trade trade;
            trade.trade_id = name;
            trade.price = Decimal::from_integer(static_cast<std::int64_t>(id));
            trade.event_time = at;
            if (numbered)
                trade.src_seq = id;
            if (!take(request.provider, trade))
                co_return done;
        }
        if (fault)
            done.error = fault->error;
        done.complete = !fault;
        co_return done;
    }

    std::optional<Fault> next_fault(const std::string& provider) {
        auto& list = faults[provider];
        if (list.empty())
            return std::nullopt;
        const auto fault = list.front();
        list.pop_front();
        return fault;
    }
    bool numbered = true;
    std::uint64_t known = 10000, grows = 0; // the newest id, and how many come before each question
    std::vector<std::string> asked;
    std::vector<store::Span> spans;
    std::map<std::string, std::deque<Fault>> faults;
};

class Output final : public RepairOutput {
public:
    asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Trade> batch) override {
        largest = std::max(largest, batch.size());
        for (const auto& trade : batch)
            trades[number].push_back(provider + ' ' + std::string(trade.trade_id));
        co_return wanted;
    }
    asio::awaitable<bool> take(std::uint64_t number, std::string provider, std::span<const Bar> batch) override {
        largest = std::max(largest, batch.size());
        for (const auto& bar : batch)
            bars[number].push_back(bar.open_time);
        tellers.push_back(provider);
        co_return wanted;
    }
    void done(std::uint64_t number, RepairOutcome outcome) override {
        ends[number].push_back(std::move(outcome));
        order.push_back(number);
    }
    bool wanted = true;
    std::size_t largest = 0;
    std::map<std::uint64_t, std::vector<std::string>> trades;
    std::map<std::uint64_t, std::vector<UnixNanos>> bars;
    std::map<std::uint64_t, std::vector<RepairOutcome>> ends;
    std::vector<std::uint64_t> order;
    std::vector<std::string> tellers;
};

class RepairerTest : public ::testing::Test {
protected:
    void SetUp() override {
        options.first_pause = 1ms;
        options.longest_pause = 2ms;
    }
    void start() {
        repairer = std::make_unique<Repairer>(loop.get_executor(), history, output, options);
        asio::co_spawn(loop, repairer->run(), [this](std::exception_ptr e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    bool until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 5s;
        loop.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            loop.run_one_for(2ms);
        return done();
    }
    void TearDown() override {
        if (!repairer)
            return;
        repairer->stop();
        EXPECT_TRUE(until([&] { return ended; }));
    }
    RepairTask trades(std::uint64_t number, std::uint64_t first, std::uint64_t last) const {
        RepairTask task;
        task.number = number;
        task.kind = Kind::trade;
        task.providers = {"one", "two"};
        task.first_id = first;
        task.last_id = last;
        task.span = {day, day + 1h};
        return task;
    }
    RepairTask bars(std::uint64_t number, int from, int to) const {
        RepairTask task;
        task.number = number;
        task.providers = {"one", "two"};
        task.span = {day + std::chrono::minutes(from), day + std::chrono::minutes(to)};
        return task;
    }
    bool ended_well(std::uint64_t number) {
        return output.ends[number].size() == 1 && output.ends[number].front().complete;
    }
    // `one t5 … one t9` without hole or repeat.
    void expect_ids(std::uint64_t number, std::uint64_t first, std::uint64_t last, const std::string& provider) {
        const auto& got = output.trades[number];
        ASSERT_EQ(got.size(), last - first + 1);
        for (std::size_t i = 0; i < got.size(); ++i)
            ASSERT_EQ(got[i], provider + " t" + std::to_string(first + i));
    }

    asio::io_context loop{1};
    FakeHistory history;
    Output output;
    RepairerOptions options;
    std::unique_ptr<Repairer> repairer;
    bool ended = false;
};

TEST_F(RepairerTest, TradesByIdComeInPagesAndInOrder) {
    options.page = 300;
    options.batch = 64;
    start();
    ASSERT_TRUE(repairer->add(trades(7, 100, 1099)));
    ASSERT_TRUE(until([&] { return ended_well(7); }));
    expect_ids(7, 100, 1099, "one");
    EXPECT_EQ(output.largest, 64u);
    EXPECT_EQ(history.asked, std::vector<std::string>(4, "one ids"));
}

TEST_F(RepairerTest, TradesByTimeArePagedWithoutRepeatsThoughManyShareATime) {
    history.numbered = false;
    options.page = 100; // ends within a second
    start();
    auto task = trades(7, 0, 0);
    task.first_id = task.last_id = std::nullopt;
    task.span = {day + 10s, day + 110s};
    repairer->add(task);
    ASSERT_TRUE(until([&] { return ended_well(7); }));
    expect_ids(7, 30, 329, "one");
}

TEST_F(RepairerTest, AnInterruptedRepairGoesOnWhereItWas) {
    history.faults["one"] = {{errc::timed_out, {}, 50}, {errc::rate_limited, {}, 30}};
    auto task = trades(7, 1, 200);
    task.providers = {"one"};
    start();
    repairer->add(task);
    ASSERT_TRUE(until([&] { return ended_well(7); }));
    expect_ids(7, 1, 200, "one");
    EXPECT_EQ(repairer->stats().retries, 2u);
}

TEST_F(RepairerTest, AnotherProviderHelpsOnlyWhereNothingWasTold) {
    history.faults["one"] = {{errc::not_entitled, {}, 0}};
    start();
    repairer->add(trades(1, 1, 20));
    ASSERT_TRUE(until([&] { return ended_well(1); }));
    expect_ids(1, 1, 20, "two");
    history.asked.clear();
    history.faults["one"] = {{errc::not_entitled, {}, 5}}; // in the middle
    repairer->add(trades(2, 1, 20));
    ASSERT_TRUE(until([&] { return output.ends[2].size() == 1; }));
    EXPECT_FALSE(output.ends[2].front().complete);
    EXPECT_EQ(output.ends[2].front().error, errc::not_entitled);
    EXPECT_EQ(output.trades[2].size(), 5u);
    EXPECT_EQ(history.asked, std::vector<std::string>{"one ids"});
}

TEST_F(RepairerTest, TooManyTradesEndIt) {
    options.most_trades = 500;
    options.page = 200;
    start();
    repairer->add(trades(1, 1, 9000));
    ASSERT_TRUE(until([&] { return output.ends[1].size() == 1; }));
    EXPECT_EQ(output.ends[1].front().error, errc::overflow);
    EXPECT_EQ(output.trades[1].size(), 600u);
}

TEST_F(RepairerTest, BarsComeByTheirSpanInPieces) {
    options.page = 50;
    options.batch = 20;
    start();
    repairer->add(bars(3, 0, 120));
    ASSERT_TRUE(until([&] { return ended_well(3); }));
    EXPECT_EQ(output.bars[3].size(), 120u);
    EXPECT_TRUE(std::is_sorted(output.bars[3].begin(), output.bars[3].end()));
    ASSERT_EQ(history.spans.size(), 3u);
    EXPECT_EQ(history.asked.front(), "one repair");
    auto quiet = bars(4, 0, 10);
    quiet.reconcile = true;
    repairer->add(quiet);
    ASSERT_TRUE(until([&] { return ended_well(4); }));
    EXPECT_EQ(history.asked.back(), "one bulk");
}

TEST_F(RepairerTest, AFaultThatLastsIsToldWhenTheTimeIsOver) {
    MonoTime now{};
    options.clock = [&now] { return now; };
    options.limit = 60s;
    for (int i = 0; i < 100; ++i) {
        history.faults["one"].push_back({errc::unavailable, {}, 0});
        history.faults["two"].push_back({errc::rate_limited, {}, 0});
    }
    start();
    repairer->add(bars(3, 0, 10));
    ASSERT_TRUE(until([&] { return repairer->stats().retries > 2; }));
    EXPECT_TRUE(output.ends.empty());
    now += 61s;
    ASSERT_TRUE(until([&] { return output.ends[3].size() == 1; }));
    EXPECT_FALSE(output.ends[3].front().complete);
    EXPECT_EQ(output.ends[3].front().error, errc::unavailable) << "the last word: who is out of reach is asked last";
}

TEST_F(RepairerTest, WhatNoProviderCanTellEndsAtOnce) {
    history.faults["one"] = {{errc::not_supported, {}, 0}};
    history.faults["two"] = {{errc::unknown_symbol, {}, 0}};
    start();
    repairer->add(bars(3, 0, 10));
    ASSERT_TRUE(until([&] { return output.ends[3].size() == 1; }));
    EXPECT_EQ(output.ends[3].front().error, errc::unknown_symbol);
    EXPECT_EQ(repairer->stats().retries, 0u);
}

TEST_F(RepairerTest, APauseThatOutlastsTheLimitIsNotWaitedFor) {
    history.faults["one"] = {{errc::rate_limited, std::chrono::milliseconds(1h), 0}};
    auto task = bars(3, 0, 10);
    task.providers = {"one"};
    start();
    repairer->add(task);
    ASSERT_TRUE(until([&] { return output.ends[3].size() == 1; }));
    EXPECT_EQ(output.ends[3].front().error, errc::rate_limited);
}

TEST_F(RepairerTest, ATaskThatIsTriedAgainKeepsNobodyWaiting) {
    options.first_pause = options.longest_pause = 1h;
    options.limit = std::chrono::hours(5);
    options.workers = 1;
    history.faults["one"] = {{errc::timed_out, {}, 0}};
    auto dead = bars(1, 0, 10);
    dead.providers = {"one"};
    auto well = bars(2, 0, 10);
    well.providers = {"two"};
    start();
    repairer->add(dead);
    repairer->add(well);
    ASSERT_TRUE(until([&] { return ended_well(2); }));
    EXPECT_TRUE(output.ends[1].empty());
    EXPECT_EQ(repairer->stats().waiting, 1u);
}

TEST_F(RepairerTest, WhoCannotBeReachedIsAskedLast) {
    history.faults["one"] = {{errc::unavailable, {}, 0}};
    start();
    repairer->add(bars(1, 0, 10));
    ASSERT_TRUE(until([&] { return ended_well(1); }));
    EXPECT_EQ(output.tellers, std::vector<std::string>{"two"});
    history.asked.clear();
    repairer->add(bars(2, 0, 10));
    ASSERT_TRUE(until([&] { return ended_well(2); }));
    EXPECT_EQ(history.asked, std::vector<std::string>{"two repair"});
    auto only = bars(3, 0, 10);
    only.providers = {"one"}; // it is well again
    repairer->add(only);
    ASSERT_TRUE(until([&] { return ended_well(3); }));
    repairer->add(bars(4, 0, 10));
    ASSERT_TRUE(until([&] { return ended_well(4); }));
    EXPECT_EQ(history.asked.back(), "one repair");
}

TEST_F(RepairerTest, TradesTheRestDoesNotTellSoFarAreAskedAgain) {
    history.known = 10;
    history.grows = 5;
    start();
    repairer->add(trades(1, 1, 25));
    ASSERT_TRUE(until([&] { return ended_well(1); }));
    expect_ids(1, 1, 25, "one");
    history.grows = 0;
    history.asked.clear();
    repairer->add(trades(2, 20, 30)); // the venue has no more
    ASSERT_TRUE(until([&] { return ended_well(2); }));
    expect_ids(2, 20, 25, "one");
    EXPECT_EQ(history.asked.size(), 3u);
}

TEST_F(RepairerTest, ATaskMayBeAskedLater) {
    start();
    auto later = bars(1, 0, 10);
    later.pause = 20ms;
    const auto begin = std::chrono::steady_clock::now();
    repairer->add(later);
    repairer->add(bars(2, 0, 10));
    ASSERT_TRUE(until([&] { return ended_well(1) && ended_well(2); }));
    EXPECT_EQ(output.order, (std::vector<std::uint64_t>{2, 1}));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
}

TEST_F(RepairerTest, CancelledTasksTellNothing) {
    options.first_pause = 1h; // it would wait for long
    options.longest_pause = 1h;
    options.limit = std::chrono::hours(5);
    options.workers = 1;
    history.faults["one"] = {{errc::timed_out, {}, 0}, {errc::timed_out, {}, 0}};
    auto task = bars(1, 0, 10);
    task.providers = {"one"};
    start();
    repairer->add(task);
    task.number = 2;
    repairer->add(task);
    ASSERT_TRUE(until([&] { return repairer->stats().retries == 2; }));
    EXPECT_EQ(repairer->stats().waiting, 2u);
    repairer->cancel(2);
    EXPECT_EQ(repairer->stats().waiting, 1u);
    repairer->cancel(1);
    EXPECT_EQ(repairer->stats().waiting, 0u);
    ASSERT_TRUE(until([&] { return repairer->stats().running == 0; }));
    EXPECT_TRUE(output.ends.empty());
    EXPECT_EQ(repairer->stats().cancelled, 2u);
}

TEST_F(RepairerTest, WhatNobodyWaitsForIsNotContinued) {
    options.page = 10;
    output.wanted = false;
    start();
    repairer->add(trades(1, 1, 1000));
    ASSERT_TRUE(until([&] { return repairer->stats().cancelled == 1; }));
    EXPECT_EQ(history.asked.size(), 1u);
    EXPECT_TRUE(output.ends.empty());
}

TEST_F(RepairerTest, BoundsHoldAndTheNewestComparisonsGoFirst) {
    options.most = 2;
    options.most_reconcile = 3;
    options.reconcilers = 1;
    repairer = std::make_unique<Repairer>(loop.get_executor(), history, output, options);
    EXPECT_TRUE(repairer->add(bars(1, 0, 1)));
    EXPECT_TRUE(repairer->add(bars(2, 0, 1)));
    EXPECT_FALSE(repairer->add(bars(3, 0, 1)));
    for (std::uint64_t n = 11; n <= 14; ++n) {
        auto task = bars(n, 0, 1);
        task.reconcile = true;
        EXPECT_TRUE(repairer->add(task));
    }
    ASSERT_EQ(output.order, std::vector<std::uint64_t>{11}) << "the oldest made room";
    EXPECT_EQ(output.ends[11].front().error, errc::overflow);
    asio::co_spawn(loop, repairer->run(), [this](std::exception_ptr) { ended = true; });
    ASSERT_TRUE(until([&] { return output.order.size() == 6; }));
    std::vector<std::uint64_t> compared;
    std::copy_if(output.order.begin() + 1, output.order.end(), std::back_inserter(compared),
        [](std::uint64_t n) { return n > 10; });
    EXPECT_EQ(compared, (std::vector<std::uint64_t>{14, 13, 12}));
}

TEST_F(RepairerTest, StopEndsWhatWaits) {
    options.first_pause = 1h;
    options.longest_pause = 1h;
    options.limit = std::chrono::hours(5);
    options.workers = 1;
    history.faults["one"] = {{errc::timed_out, {}, 0}, {errc::timed_out, {}, 0}};
    auto task = bars(1, 0, 10);
    task.providers = {"one"};
    start();
    repairer->add(task);
    task.number = 2;
    repairer->add(task);
    ASSERT_TRUE(until([&] { return repairer->stats().retries == 2; }));
    repairer->stop();
    ASSERT_TRUE(until([&] { return ended; }));
    EXPECT_TRUE(output.ends.empty());
    EXPECT_FALSE(repairer->add(bars(3, 0, 10)));
}

} // namespace
} // namespace tickgate::backfill
