// The suite's part about what those who share a store agree on: jobs that are held, and erasings in between.
#include "store/erasures.hpp"
#include "store/job_leases.hpp"
#include "store_suite.hpp"

#include <atomic>
#include <ostream>
#include <thread>

namespace tickgate::store {

static std::ostream& operator<<(std::ostream& out, Outcome outcome) {
    return out << (outcome == Outcome::done ? "done" : "refused");
}

namespace {

using namespace std::chrono_literals;

JobLeases& leases_of(BarStore& store) { return dynamic_cast<JobLeases&>(store); }
Erasures& erasures_of(BarStore& store) { return dynamic_cast<Erasures&>(store); }

LeaseHolder holder(std::string owner, std::string process, std::chrono::milliseconds length = 1h) {
    LeaseHolder out;
    out.owner = std::move(owner);
    out.process = std::move(process);
    out.length = length;
    return out;
}

TEST_P(StoreSuite, AJobIsHeldByOneUntilItsTimeIsOver) {
    const auto one = open(), two = open();
    auto& here = leases_of(*one);
    auto& there = leases_of(*two);
    const auto a = holder("a", "a1"), b = holder("b", "b1");
    EXPECT_EQ(here.take_job("bf-1", a, false), Outcome::done);
    EXPECT_EQ(here.take_job("bf-1", a, false), Outcome::done) << "who holds it may ask again";
    EXPECT_EQ(there.take_job("bf-1", b, false), Outcome::refused);
    EXPECT_EQ(there.take_job("bf-1", b, true), Outcome::refused);
    EXPECT_EQ(here.take_job("bf-1", holder("a", "a1", 0ms), false), Outcome::done); // its time is over
    EXPECT_EQ(there.take_job("bf-1", b, false), Outcome::done);
    EXPECT_EQ(here.take_job("bf-1", a, true), Outcome::refused);
    EXPECT_EQ(here.renew_jobs(a)->size(), 0u) << "it has lost it";
    EXPECT_FALSE(here.release_job("bf-1", a)) << "and cannot take it away";
    EXPECT_EQ(here.take_job("bf-1", a, false), Outcome::refused);
    EXPECT_FALSE(there.release_job("bf-1", b));
    EXPECT_EQ(here.take_job("bf-1", a, false), Outcome::done);
}

TEST_P(StoreSuite, AGatewayThatBeginsAgainHasItsJobsAtOnce) {
    const auto store = open();
    auto& leases = leases_of(*store);
    EXPECT_EQ(leases.take_job("bf-1", holder("a", "a1"), false), Outcome::done);
    EXPECT_EQ(leases.take_job("bf-1", holder("a", "a2"), false), Outcome::refused);
    EXPECT_EQ(leases.take_job("bf-1", holder("a", "a2"), true), Outcome::done);
    EXPECT_EQ(leases.renew_jobs(holder("a", "a1"))->size(), 0u);
    EXPECT_EQ(leases.renew_jobs(holder("a", "a2"))->size(), 1u);
}

TEST_P(StoreSuite, RenewingHoldsWhatNobodyTookMeanwhileAndTellsWhoShallStop) {
    const auto store = open();
    auto& leases = leases_of(*store);
    EXPECT_FALSE(store->put_job({"bf-1", "{}", base}));
    EXPECT_FALSE(store->put_job({"bf-2", "{}", base + 1s}));
    EXPECT_EQ(leases.take_job("bf-1", holder("a", "a1", 0ms), false), Outcome::done);
    auto glances = leases.glance_at_jobs();
    ASSERT_TRUE(glances);
    ASSERT_EQ(glances->size(), 2u);
    EXPECT_FALSE(glances->at(0).held);
    EXPECT_EQ(glances->at(0).owner, "a") << "whose it was";
    EXPECT_EQ(glances->at(1).owner, "");
    EXPECT_EQ(glances->at(1).updated_at, base + 1s);
    EXPECT_EQ(leases.stop_job("bf-1"), Outcome::refused) << "nobody holds it";
    EXPECT_EQ(leases.renew_jobs(holder("a", "a1"))->size(), 1u);
    glances = leases.glance_at_jobs();
    EXPECT_TRUE(glances->at(0).held);
    EXPECT_FALSE(glances->at(1).held);
    EXPECT_EQ(leases.take_job("bf-1", holder("b", "b1"), false), Outcome::refused);
    EXPECT_EQ(leases.stop_job("bf-1"), Outcome::done);
    EXPECT_EQ(leases.stop_job("bf-2"), Outcome::refused);
    const auto held = leases.renew_jobs(holder("a", "a1"));
    ASSERT_EQ(held->size(), 1u);
    EXPECT_EQ(held->at(0).id, "bf-1");
    EXPECT_TRUE(held->at(0).stop);
    EXPECT_FALSE(store->remove_job("bf-1"));
    EXPECT_EQ(leases.renew_jobs(holder("a", "a1"))->size(), 0u);
}

TEST_P(StoreSuite, OfManyWhoAskForAJobOneIsGivenIt) {
    open();
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> given{0};
        std::vector<std::thread> gateways;
        for (int i = 0; i < 4; ++i)
            gateways.emplace_back([&, i] {
                const auto store = open();
                const auto name = std::to_string(i);
                const auto taken = leases_of(*store).take_job("bf-" + std::to_string(round), holder(name, name), false);
                EXPECT_TRUE(taken) << store->problem();
                given += taken && *taken == Outcome::done;
            });
        for (auto& gateway : gateways)
            gateway.join();
        EXPECT_EQ(given, 1);
    }
}

TEST_P(StoreSuite, CoverageThatAnErasingOvertookIsNotWritten) {
    const auto store = open();
    auto& erasures = erasures_of(*store);
    Batch covers = batch(0, 10); // as of bars that were written before
    covers.bars.clear();
    EXPECT_EQ(erasures.erasures(key()), std::int64_t{0});
    const auto write_bars = [&] {
        Batch bars = batch(0, 10);
        bars.coverage.clear();
        ASSERT_TRUE(store->write(bars)) << store->problem();
    };
    write_bars();
    EXPECT_EQ(erasures.write_unless_erased(covers, 0), Outcome::done);
    expect_true(*store, key());
    EXPECT_EQ(store->erase({}).value(), 10u);
    const auto before = erasures.erasures(key());
    EXPECT_EQ(before, std::int64_t{1});
    write_bars();
    EXPECT_EQ(store->erase({}).value(), 10u);
    EXPECT_EQ(erasures.write_unless_erased(covers, *before), Outcome::refused);
    EXPECT_TRUE(store->coverage(key())->spans().empty());
    EXPECT_EQ(store->erase({}).value(), 0u);
    EXPECT_EQ(erasures.erasures(key()), std::int64_t{2}) << "nothing was lost";
    write_bars();
    EXPECT_EQ(erasures.write_unless_erased(covers, 2), Outcome::done);
    expect_true(*store, key());
    EXPECT_EQ(erasures.erasures(key("ETH-USDT")), std::int64_t{0});
}

TEST_P(StoreSuite, WhatTheSecondVersionKeptIsThereAfterItsUpdate) {
    backend->sql(backend->version(1));
    backend->sql(backend->version(2));
    backend->sql("INSERT INTO schema_version VALUES(1, '2026-01-01T00:00:00Z'), (2, '2026-01-01T00:00:00Z')");
    backend->sql("INSERT INTO job VALUES('bf-1', '{}', 5)");
    backend->sql("INSERT INTO series(provider, class, symbol, timeframe, price_type, align, adjusted, bars) "
                 "VALUES('binance', 'crypto', 'BTC-USDT', '1m', 'trade', 'utc', '0', 0)");
    const auto store = open();
    ASSERT_EQ(store->jobs()->size(), 1u);
    EXPECT_EQ(leases_of(*store).take_job("bf-1", holder("a", "a1"), true), Outcome::done);
    EXPECT_EQ(erasures_of(*store).erasures(key()), std::int64_t{0});
    EXPECT_EQ(backend->sql("SELECT count(*) FROM schema_version"), (Table{{"3"}}));
}

} // namespace
} // namespace tickgate::store
