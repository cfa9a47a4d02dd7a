// Two gateways on one store.
#include "backfill/job_sharing.hpp"
#include "fake_provider.hpp"

namespace tickgate::backfill {
namespace {

class JobSharingTest : public HistoryTest {
protected:
    // As a process of its own, but for the loop and the connections.
    struct Gateway {
        Gateway(JobSharingTest& t, const std::string& owner, std::chrono::milliseconds length,
            std::function<bool(const JobSpec&)> can_do = {})
            : test(t),
              history(
                  t.io->get_executor(), *t.db, t.hours, [&t](const InstrumentName&) { return t.sources(); }, t.options),
              jobs(t.io->get_executor(), history, JobsOptions()) {
            JobSharing sharing;
            sharing.owner = owner;
            sharing.length = length;
            sharing.can_do = std::move(can_do);
            share(jobs, std::move(sharing));
            asio::co_spawn(*t.io, jobs.run(), [this](const std::exception_ptr& fault) {
                EXPECT_FALSE(fault);
                ended = true;
            });
        }
        ~Gateway() {
            jobs.stop();
            test.run_until([this] { return ended; });
            bool stopped = false;
            asio::co_spawn(*test.io, history.stop(), [&](const std::exception_ptr&) { stopped = true; });
            test.run_until([&] { return stopped; });
        }
        std::string add(store::Span span) {
            JobSpec spec;
            spec.instruments = {btc};
            spec.timeframes = {Timeframe::m1};
            spec.span = span;
            const auto job = test.run(jobs.add(std::move(spec)));
            EXPECT_TRUE(job) << job.error().message();
            return job ? job->id : std::string();
        }
        std::optional<JobState> state(const std::string& id) const {
            const auto job = jobs.find(id);
            return job ? std::optional(job->state) : std::nullopt;
        }

        JobSharingTest& test;
        History history;
        Jobs jobs;
        bool ended = false;
    };

    void close_gate() {
        first.gate = std::make_shared<Signal>(io->get_executor());
        first.closed = true;
    }
    void open_gate() {
        first.closed = false;
        first.gate->wake();
    }
    // A process of the owner that was killed while it worked on a job.
    std::string left_behind(const std::string& owner, std::chrono::milliseconds length) {
        std::string id;
        {
            Gateway gateway(*this, owner, length);
            close_gate();
            id = gateway.add(minutes(0, 2000));
            run_until([this] { return first.at_once == 4; });
            gateway.jobs.stop();
            open_gate();
        }
        first.asked.clear();
        return id;
    }
};

TEST_F(JobSharingTest, AJobIsDoneByOneOfThemAndToldByBoth) {
    Gateway a(*this, "a", 1h), b(*this, "b", 8ms);
    close_gate();
    const auto id = a.add(minutes(0, 2000));
    run_until([&] { return first.at_once == 4 && b.state(id) == JobState::running; });
    const auto looked = db->usage().reads + 20;
    run_until([&] { return db->usage().reads > looked; }); // often enough to take it, were it free
    EXPECT_EQ(first.at_once, 4);
    open_gate();
    run_until([&] { return a.state(id) == JobState::done && b.state(id) == JobState::done; });
    EXPECT_EQ(first.asked.size(), 20u);
    EXPECT_EQ(b.jobs.find(id)->progress.bars, 2000u);
}

TEST_F(JobSharingTest, TheJobOfOneThatDiedIsTakenOverWhenItsTimeIsOver) {
    const auto id = left_behind("a", 30ms);
    Gateway b(*this, "b", 30ms);
    run_until([&] { return b.state(id) == JobState::done; });
    expect_truth(first, ensure(minutes(0, 2000)), minutes(0, 2000));
}

TEST_F(JobSharingTest, UntilThenOnlyTheSameGatewayTakesItUpAndAtOnce) {
    const auto id = left_behind("a", 1h);
    Gateway b(*this, "b", 8ms);
    run_until([&] { return b.state(id).has_value(); });
    const auto other = b.add(minutes(0, 100)); // so that its rounds can be counted
    const auto looked = db->usage().reads + 20;
    run_until([&] { return db->usage().reads > looked && b.state(other) == JobState::done; });
    EXPECT_EQ(b.state(id), JobState::waiting);
    Gateway a(*this, "a", 1h);
    run_until([&] { return a.state(id) == JobState::done && b.state(id) == JobState::done; });
}

TEST_F(JobSharingTest, OneWithoutTheProviderLeavesItToOthers) {
    const auto id = left_behind("a", 0ms);
    Gateway b(*this, "b", 8ms, [](const JobSpec&) { return false; });
    run_until([&] { return b.state(id).has_value(); });
    const auto looked = db->usage().reads + 20;
    run_until([&] { return db->usage().reads > looked; });
    EXPECT_EQ(b.state(id), JobState::waiting);
    Gateway c(*this, "c", 8ms, [](const JobSpec& spec) { return spec.instruments.front() == btc; });
    run_until([&] { return b.state(id) == JobState::done; });
}

TEST_F(JobSharingTest, OneThatHungLetsGoOfWhatAnotherTookMeanwhile) {
    Gateway a(*this, "a", 40ms);
    close_gate();
    const auto id = a.add(minutes(0, 2000));
    run_until([this] { return first.at_once == 4; });
    store::LeaseHolder twin;
    twin.owner = "a";
    twin.process = "another";
    twin.length = 1h;
    const auto taken = run(store::take_job(*db, id, twin, true));
    ASSERT_TRUE(taken && *taken == store::Outcome::done);
    const auto looked = db->usage().reads + 20;
    run_until([&] { return db->usage().reads > looked; });
    open_gate();
    run_until([this] { return first.at_once == 0; });
    const auto again = db->usage().reads + 20;
    run_until([&] { return db->usage().reads > again; });
    EXPECT_EQ(first.asked.size(), 4u) << "it went on";
    EXPECT_EQ(a.state(id), JobState::running) << "of the other";
    EXPECT_FALSE(run(store::release_job(*db, id, twin)));
    run_until([&] { return a.state(id) == JobState::done; });
    EXPECT_EQ(first.asked.size(), 20u);
}

TEST_F(JobSharingTest, CancellingReachesTheOneThatWorksOnIt) {
    Gateway a(*this, "a", 4s), b(*this, "b", 8ms);
    close_gate();
    const auto id = a.add(minutes(0, 2000));
    run_until([&] { return first.at_once == 4 && b.state(id) == JobState::running; });
    EXPECT_TRUE(run(b.jobs.cancel(id)));
    const auto renewed = db->usage().writes + 2;
    run_until([&] { return db->usage().writes > renewed; });
    open_gate();
    run_until([&] { return a.state(id) == JobState::cancelled && b.state(id) == JobState::cancelled; });
    EXPECT_EQ(first.asked.size(), 4u);
    EXPECT_FALSE(run(b.jobs.cancel(id)));
}

TEST_F(JobSharingTest, WhatNobodyHoldsIsCancelledByWhoeverIsAsked) {
    const auto id = left_behind("a", 0ms);
    Gateway b(*this, "b", 1h, [](const JobSpec&) { return false; });
    run_until([&] { return b.state(id).has_value(); });
    EXPECT_TRUE(run(b.jobs.cancel(id)));
    EXPECT_EQ(b.state(id), JobState::cancelled);
    Gateway a(*this, "a", 1h);
    run_until([&] { return a.state(id) == JobState::cancelled; });
}

TEST(JobOwner, IsTheSameAfterARestartAndOfOneGatewayOnly) {
    EXPECT_EQ(owner_name("md", "127.0.0.1:8787"), owner_name("md", "127.0.0.1:8787"));
    EXPECT_NE(owner_name("md", "127.0.0.1:8787"), owner_name("md", "127.0.0.1:8788"));
    EXPECT_NE(owner_name("md", "127.0.0.1:8787"), owner_name("md2", "127.0.0.1:8787"));
}

} // namespace
} // namespace tickgate::backfill
