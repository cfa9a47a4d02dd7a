// The parts of Jobs: the book of jobs (jobs.cpp) and the work on one (jobs_run.cpp).
#pragma once

#include "backfill/jobs.hpp"
#include "backfill/signal.hpp"

#include <tickgate/time.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <deque>
#include <list>
#include <map>

namespace tickgate::backfill {

struct Jobs::Impl : std::enable_shared_from_this<Jobs::Impl> {
    struct Job {
        JobView view;
        bool cancelled = false;
        std::size_t next = 0, children = 0, failed = 0, incomplete = 0; // series
        std::map<std::size_t, Progress> working;                        // by series
        Progress ended;                                                 // of the series that ended, together
        std::list<asio::cancellation_signal> signals;                   // of the children
        MonoTime saved{};
    };
    using Self = std::shared_ptr<Impl>;
    using JobPtr = std::shared_ptr<Job>;

    Impl(asio::any_io_executor loop, History& h, JobsOptions o)
        : control(std::move(loop)), history(h), options(o), changed(control) {}

    bool halted(const Job& job) const noexcept { return stopping || job.cancelled; }
    void sum_up(Job& job);

    static asio::awaitable<void> load(Self self);
    static asio::awaitable<error_code> save(Self self, JobPtr job);
    static asio::awaitable<void> forget_old(Self self);
    void start(const JobPtr& job);

    // jobs_run.cpp: to the end of the job, or until it is halted; its state says which.
    static asio::awaitable<void> work(Self self, JobPtr job);

    asio::any_io_executor control;
    History& history;
    JobsOptions options;
    std::map<std::string, JobPtr> jobs;
    std::deque<JobPtr> waiting;
    std::size_t running = 0;
    bool stopping = false;
    Signal changed;
};

bool has_ended(JobState state) noexcept;

} // namespace tickgate::backfill
