#include "backfill/jobs.hpp"

#include "backfill/job_sharing.hpp"
#include "backfill/jobs_text.hpp"
#include "fake_provider.hpp"

namespace tickgate::backfill {
namespace {

class JobsTest : public HistoryTest {
protected:
    ~JobsTest() override {
        if (jobs)
            kill();
    }
    void start() {
        jobs = std::make_unique<Jobs>(io->get_executor(), *history, how);
        share(*jobs, sharing);
        ended = false;
        asio::co_spawn(*io, jobs->run(), [this](const std::exception_ptr& fault) {
            EXPECT_FALSE(fault);
            ended = true;
        });
    }
    void stop() {
        jobs->stop();
        run_until([this] { return ended; });
        jobs.reset();
    }
    // As a process ends by force.
    void kill() {
        jobs.reset();
        end();
    }
    JobSpec spec(store::Span span, std::vector<InstrumentName> names = {btc}) {
        JobSpec s;
        s.instruments = std::move(names);
        s.timeframes = {Timeframe::m1};
        s.span = span;
        return s;
    }
    std::string add(JobSpec s) {
        const auto job = run(jobs->add(std::move(s)));
        EXPECT_TRUE(job) << job.error().message();
        return job ? job->id : std::string();
    }
    JobView wait_for(const std::string& id) {
        run_until([&] { return jobs->find(id)->ended.has_value(); });
        return *jobs->find(id);
    }

    JobsOptions how;
    JobSharing sharing;
    std::unique_ptr<Jobs> jobs;
    bool ended = false;
};

TEST_F(JobsTest, AJobFetchesAllItsSeries) {
    start();
    const auto id = add(spec(minutes(0, 300), {btc, {AssetClass::crypto, "ETH-USDT"}}));
    EXPECT_EQ(id.substr(0, 3), "bf-");
    EXPECT_EQ(id.size(), 15u);
    const auto job = wait_for(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.series_done, 2u);
    EXPECT_EQ(job.progress.bars, 600u);
    EXPECT_EQ(job.progress.done, job.progress.total);
    EXPECT_TRUE(job.missing.empty());
    EXPECT_TRUE(ensure(minutes(0, 300)).cached);
    EXPECT_FALSE(run(jobs->cancel(id)));
    stop();
}

TEST_F(JobsTest, WhatAnEarlierProcessLeftGoesOn) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    start();
    first.closed = false;
    int answered = 0;
    first.fault_of = [&](const BarRequest&) {
        first.closed = ++answered >= 10; // the rest is held back
        return error_code();
    };
    const auto id = add(spec(minutes(0, 5000)));
    run_until([&] { return first.closed && first.at_once == 4; });
    kill();
    first.closed = false;
    first.fault_of = nullptr;
    const auto before = first.asked.size();
    begin();
    start();
    run_until([&] { return jobs->find(id).has_value(); });
    const auto job = wait_for(id);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_LT(first.asked.size() - before, 45u); // not all 50 again
    expect_truth(first, ensure(minutes(0, 5000)), minutes(0, 5000));
    stop();
}

TEST_F(JobsTest, StoppedJobsGoOnAfterTheNextStart) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    start();
    const auto id = add(spec(minutes(0, 2000)));
    run_until([&] { return first.at_once == 4; });
    jobs->stop();
    first.closed = false;
    first.gate->wake();
    run_until([this] { return ended; });
    EXPECT_EQ(jobs->find(id)->state, JobState::waiting);
    jobs.reset();
    start();
    run_until([&] { return jobs->find(id).has_value(); });
    EXPECT_EQ(wait_for(id).state, JobState::done);
    stop();
}

TEST_F(JobsTest, ACancelledJobKeepsWhatCame) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    start();
    const auto id = add(spec(minutes(0, 2000)));
    run_until([&] { return first.at_once == 4; });
    EXPECT_TRUE(run(jobs->cancel(id)));
    first.closed = false;
    first.gate->wake();
    const auto job = wait_for(id);
    EXPECT_EQ(job.state, JobState::cancelled);
    EXPECT_EQ(first.asked.size(), 4u);
    stop();
}

TEST_F(JobsTest, FaultsAreTriedAgainAndThenTold) {
    how.retry = 1ms;
    how.attempts = 2;
    start();
    first.fault_of = [](const BarRequest& r) {
        return r.from < at(100min) ? make_error_code(errc::unavailable) : error_code();
    };
    const auto half = wait_for(add(spec(minutes(0, 200))));
    EXPECT_EQ(half.state, JobState::partial);
    EXPECT_NE(half.error.find("crypto:BTC-USDT"), std::string::npos);
    ASSERT_EQ(half.missing.size(), 1u);
    EXPECT_EQ(half.missing[0].cause, store::Cause::not_fetched);
    EXPECT_EQ(half.missing[0].span, minutes(0, 100));
    const auto none = wait_for(add(spec(minutes(0, 50))));
    EXPECT_EQ(none.state, JobState::failed);
    stop();
}

// A disk that is full, a file that was damaged and replaced, a store with too much to do: all of that passes.
TEST_F(JobsTest, FaultsOfTheStoreThatPassAreWaitedFor) {
    how.retry = 1ms;
    start();
    for (const auto fault : {errc::store_full, errc::store_corrupt, errc::overflow}) {
        int faults = 0;
        first.fault_of = [&](const BarRequest&) { return ++faults <= 4 ? make_error_code(fault) : error_code(); };
        const auto job =
            wait_for(add(spec(minutes(100 * static_cast<int>(fault), 100 * static_cast<int>(fault) + 50))));
        EXPECT_EQ(job.state, JobState::done) << job.error;
    }
    stop();
}

TEST_F(JobsTest, BadAndTooManyJobsAreRefused) {
    how.most = 1;
    how.running = 1;
    start();
    EXPECT_EQ(run(jobs->add(JobSpec())).error(), errc::bad_request);
    EXPECT_EQ(run(jobs->add(spec(minutes(5, 5)))).error(), errc::bad_request);
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    const auto id = add(spec(minutes(0, 10)));
    EXPECT_EQ(run(jobs->add(spec(minutes(0, 10)))).error(), errc::overflow);
    first.closed = false;
    run_until([&] { return first.at_once == 1 || jobs->find(id)->ended; });
    first.gate->wake();
    wait_for(id);
    stop();
}

TEST(JobText, ComesBackAsItWas) {
    JobView job;
    job.id = "bf-000000000000";
    job.spec.instruments = {btc, spy};
    job.spec.timeframes = {Timeframe::m1, Timeframe::mo1};
    job.spec.span = minutes(0, 10);
    job.spec.variant = BarVariant{PriceType::mid, Alignment::ny17, true};
    job.spec.method = Method::flat_files;
    job.spec.use_cache = false;
    job.spec.client = "a \"client\"";
    job.state = JobState::partial;
    job.progress.bars = 12;
    job.series_done = 3;
    job.missing.push_back({minutes(1, 2), store::Cause::rejected, at(5min)});
    job.error = "why";
    job.created = at(1min);
    job.started = at(2min);
    const auto back = job_from(to_text(job));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_text(*back), to_text(job));
    EXPECT_EQ(back->spec.variant, job.spec.variant);
    EXPECT_EQ(back->spec.timeframes, job.spec.timeframes);
    EXPECT_EQ(back->missing, job.missing);
    EXPECT_FALSE(back->ended);
    EXPECT_EQ(back->series, 4u);
    for (const auto* bad : {"", "[]", "{}", "{\"v\":2}", "{\"v\":1,\"id\":\"x\",\"state\":\"done\"}", "nonsense"})
        EXPECT_FALSE(job_from(bad)) << bad;
}

} // namespace
} // namespace tickgate::backfill
