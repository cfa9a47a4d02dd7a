// The parts of Jobs: the book of jobs (jobs.cpp), the work on one (jobs_run.cpp), and what gateways that share the
// store agree on (jobs_shared.cpp).
#pragma once

#include "backfill/job_sharing.hpp"
#include "backfill/jobs.hpp"
#include "backfill/signal.hpp"

#include <tickgate/time.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <list>
#include <map>
#include <set>

namespace tickgate::backfill {

struct Jobs::Impl : std::enable_shared_from_this<Jobs::Impl> {
    struct Job {
        JobView view;
        bool cancelled = false;
        bool elsewhere = false; // another gateway holds it, or nobody: the view is what the store told
        bool lost = false;      // it was held here, and another took it meanwhile
        bool held = false;      // by this process, in the store
        bool at_work = false;   // of this process
        std::size_t next = 0, children = 0, failed = 0, incomplete = 0; // series
        std::map<std::size_t, Progress> working;                        // by series
        Progress ended;                                                 // of the series that ended, together
        std::list<asio::cancellation_signal> signals;                   // of the children
        MonoTime saved{};
        MonoTime sure_until{}; // `held`: nobody else can have taken it before
        UnixNanos row_of{};    // the time of its row: each later than the one before, so that others see the change
    };
    using Self = std::shared_ptr<Impl>;
    using JobPtr = std::shared_ptr<Job>;

    Impl(asio::any_io_executor loop, History& h, JobsOptions o);

    static std::shared_ptr<Impl> of(Jobs& jobs) { return jobs.impl_; }
    bool halted(const Job& job) const noexcept { return stopping || job.cancelled || job.lost; }
    void halt(Job& job);
    void sum_up(Job& job);

    // Not if another gateway may have taken it meanwhile: renew() finds out, and saves what has ended.
    static asio::awaitable<error_code> save(Self self, JobPtr job);
    // After its last save().
    static asio::awaitable<void> let_go(Self self, JobPtr job);
    static asio::awaitable<void> cancel_here(Self self, JobPtr job);
    static asio::awaitable<void> forget_old(Self self);
    void start(const JobPtr& job);

    // jobs_run.cpp: to the end of the job, or until it is halted; its state says which.
    static asio::awaitable<void> work(Self self, JobPtr job);

    // jobs_shared.cpp: takes up what an earlier process left, until the store could be read.
    static asio::awaitable<void> load(Self self);
    // Renews what is held, tells what others do, takes up what nobody holds; until stop().
    static asio::awaitable<void> keep_sharing(Self self);
    // One at a time asks for leases, and makes of the answer what it is, before the next one asks.
    static asio::awaitable<void> enter(Self self);
    struct Turn {
        explicit Turn(Impl& i) : impl(i) {}
        ~Turn() {
            impl.in_turn = false;
            impl.changed.wake();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Impl& impl;
    };
    static asio::awaitable<void> renew(Self self);
    static asio::awaitable<error_code> look(Self self, bool own_too);
    static asio::awaitable<bool> cancel_elsewhere(Self self, std::string id);
    // Those of Jobs; not to be given up halfway.
    static asio::awaitable<result<JobView>> add(Self self, JobSpec spec);
    static asio::awaitable<bool> cancel(Self self, std::string id);

    asio::any_io_executor control;
    History& history;
    JobsOptions options;
    JobSharing sharing;
    store::LeaseHolder holder; // `process` names this run
    asio::steady_timer next_look;
    bool at_sharing = false, in_turn = false;
    std::set<std::string> not_understood; // rows, as the log told
    std::map<std::string, JobPtr> jobs;
    std::deque<JobPtr> waiting;
    std::size_t running = 0;
    bool stopping = false;
    Signal changed;
};

bool has_ended(JobState state) noexcept;

} // namespace tickgate::backfill
