// What gateways that share a store agree on about their jobs: who works on which, and what the others do.
#include "backfill/jobs_impl.hpp"
#include "backfill/jobs_text.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace tickgate::backfill {

using namespace std::chrono_literals;

namespace {

using Impl = Jobs::Impl;
using JobPtr = Impl::JobPtr;

bool is_job(const std::string& id) { return id.rfind("bf-", 0) == 0; }

asio::awaitable<void> pass(Impl::Self self, std::chrono::milliseconds time) {
    self->next_look.expires_after(time);
    (void)co_await self->next_look.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Whether the rows have to be read, by what is known of them; forgets those of others that are gone.
bool has_news(Impl& impl, const std::vector<store::JobGlance>& glances) {
    bool news = false;
    std::set<std::string> there;
    for (const auto& glance : glances) {
        if (!is_job(glance.id))
            continue;
        there.insert(glance.id);
        const auto known = impl.jobs.find(glance.id);
        if (known == impl.jobs.end()) {
            news = news || !impl.not_understood.contains(glance.id);
            continue;
        }
        const auto& job = *known->second;
        if (job.elsewhere)
            news = news || job.view.updated != glance.updated_at || (!glance.held && !has_ended(job.view.state));
    }
    std::erase_if(impl.jobs, [&](const auto& entry) {
        const auto& job = *entry.second;
        return job.elsewhere && !job.at_work && !there.contains(entry.first);
    });
    return news;
}

// The view of a row; null for what is no job, is not understood, or is known here better.
JobPtr job_of(Impl& impl, const store::JobRow& row) {
    if (!is_job(row.id))
        return nullptr;
    const auto known = impl.jobs.find(row.id);
    if (known != impl.jobs.end() && (!known->second->elsewhere || known->second->at_work))
        return nullptr;
    auto view = job_from(row.text);
    if (!view) {
        if (impl.not_understood.insert(row.id).second)
            log::warn("backfill", "job_not_understood", {{"job", row.id}});
        return nullptr;
    }
    const auto job = std::make_shared<Impl::Job>();
    job->view = std::move(*view);
    job->elsewhere = true;
    return job;
}

void hold(Impl& impl, Impl::Job& job, MonoTime asked) {
    job.elsewhere = false;
    job.held = true;
    job.sure_until = asked + impl.holder.length;
    job.row_of = job.view.updated;
}

void take_up(Impl& impl, std::vector<JobPtr> jobs, MonoTime asked, bool first) {
    std::sort(
        jobs.begin(), jobs.end(), [](const JobPtr& a, const JobPtr& b) { return a->view.created < b->view.created; });
    for (const auto& job : jobs) {
        hold(impl, *job, asked);
        job->view.state = JobState::waiting;
    }
    impl.waiting.insert(first ? impl.waiting.begin() : impl.waiting.end(), jobs.begin(), jobs.end());
    log::info("backfill", "jobs_taken_up", {{"jobs", jobs.size()}, {"at_start", first}});
    impl.changed.wake();
}

// Those of `jobs`, just taken, that have not ended before they were.
asio::awaitable<result<std::vector<JobPtr>>> still_open(Impl::Self self, std::vector<JobPtr> jobs) {
    std::vector<JobPtr> open;
    const auto rows = co_await self->history.store().jobs();
    for (const auto& job : jobs) {
        if (rows) {
            const auto row =
                std::find_if(rows->begin(), rows->end(), [&](const store::JobRow& r) { return r.id == job->view.id; });
            auto view = row == rows->end() ? std::nullopt : job_from(row->text);
            if (view)
                job->view = std::move(*view);
            if (view && !has_ended(job->view.state)) {
                open.push_back(job);
                continue;
            }
        }
        co_await Impl::let_go(self, job);
    }
    if (!rows)
        co_return rows.error();
    co_return open;
}

void lose(Impl& impl, Impl::Job& job) {
    job.lost = true;
    job.elsewhere = job.elsewhere || !job.at_work;
    log::warn("backfill", "job_taken_over", {{"job", job.view.id}});
    impl.halt(job);
}

} // namespace

asio::awaitable<void> Impl::enter(Self self) {
    while (self->in_turn)
        co_await self->changed.wait();
    self->in_turn = true;
}

asio::awaitable<error_code> Impl::look(Self self, bool own_too) {
    co_await enter(self);
    const Turn turn(*self);
    const auto glances = co_await store::glance_at_jobs(self->history.store());
    if (!glances)
        co_return glances.error();
    const bool news = has_news(*self, *glances);
    if (!news && !own_too) // at the start, what a look that failed has read is still to be taken
        co_return error_code();
    std::map<std::string, bool> open_to_us; // true: ours from before. What has a row was held when it got it.
    for (const auto& glance : *glances) {
        const bool own = glance.owner.empty() || glance.owner == self->holder.owner;
        if (!glance.held || (own_too && own))
            open_to_us[glance.id] = own;
    }
    const auto rows = co_await self->history.store().jobs();
    if (!rows)
        co_return rows.error();
    std::vector<JobPtr> wanted, taken;
    for (const auto& row : *rows) {
        const auto job = job_of(*self, row);
        if (!job)
            continue;
        self->jobs[row.id] = job;
        const auto& can_do = self->sharing.can_do;
        const auto open = open_to_us.find(row.id);
        if (!has_ended(job->view.state) && open != open_to_us.end() &&
            (open->second || !can_do || can_do(job->view.spec)))
            wanted.push_back(job);
    }
    error_code fault;
    const auto asked = mono_now();
    for (const auto& job : wanted) {
        const auto got = co_await store::take_job(self->history.store(), job->view.id, self->holder, own_too);
        if (!got)
            fault = got.error();
        else if (*got == store::Outcome::done)
            taken.push_back(job);
        if (fault || self->stopping)
            break;
    }
    if (taken.empty())
        co_return fault;
    auto left = co_await still_open(self, std::move(taken));
    if (!left)
        co_return left.error();
    if (!left->empty())
        take_up(*self, std::move(*left), asked, own_too);
    co_return fault;
}

asio::awaitable<void> Impl::load(Self self) {
    while (!self->stopping) {
        const auto fault = co_await look(self, true);
        if (!fault)
            break;
        if (!self->stopping) {
            log::warn("backfill", "jobs_not_read", {{"error", fault}});
            co_await pass(self, 5s);
        }
    }
}

asio::awaitable<void> Impl::renew(Self self) {
    std::vector<JobPtr> unwritten, stopped;
    {
        co_await enter(self);
        const Turn turn(*self);
        std::vector<JobPtr> ours;
        for (const auto& [id, job] : self->jobs)
            if (job->held)
                ours.push_back(job);
        if (ours.empty())
            co_return;
        const auto asked = mono_now();
        const auto held = co_await store::renew_jobs(self->history.store(), self->holder);
        if (!held) {
            log::warn("backfill", "jobs_not_renewed", {{"jobs", ours.size()}, {"error", held.error()}});
            co_return;
        }
        for (const auto& job : ours) {
            if (!job->held) // let go meanwhile
                continue;
            const auto at = std::find_if(
                held->begin(), held->end(), [&](const store::HeldJob& one) { return one.id == job->view.id; });
            const bool ended = has_ended(job->view.state);
            if (at == held->end()) {
                job->held = false;
                if (ended)
                    job->elsewhere = true; // whoever has it tells how it ends
                else
                    lose(*self, *job);
                if (job->cancelled) // who has it is told
                    (void)co_await store::stop_job(self->history.store(), job->view.id);
                continue;
            }
            job->sure_until = asked + self->holder.length;
            if (ended && !job->at_work)
                unwritten.push_back(job);
            else if (at->stop && !ended)
                stopped.push_back(job);
        }
        for (const auto& one : *held) { // taken by a call whose answer was lost: nobody would ever work on it
            const auto known = self->jobs.find(one.id);
            if (known == self->jobs.end() || known->second->elsewhere)
                (void)co_await store::release_job(self->history.store(), one.id, self->holder);
        }
    }
    for (const auto& job : unwritten) {
        const auto fault = co_await save(self, job);
        if (!fault)
            co_await let_go(self, job);
    }
    for (const auto& job : stopped)
        if (job->held && !has_ended(job->view.state)) // still
            co_await cancel_here(self, job);
}

asio::awaitable<void> Impl::keep_sharing(Self self) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!self->stopping) {
        co_await pass(self, std::max<std::chrono::milliseconds>(self->holder.length / 4, 1ms));
        if (self->stopping)
            break;
        co_await renew(self);
        if (self->stopping)
            break;
        if (const auto fault = co_await look(self, false))
            log::debug("backfill", "jobs_not_read", {{"error", fault}});
    }
}

asio::awaitable<bool> Impl::cancel_elsewhere(Self self, std::string id) {
    JobPtr job;
    {
        co_await enter(self);
        const Turn turn(*self);
        const auto at = self->jobs.find(id);
        if (at == self->jobs.end())
            co_return false;
        job = at->second;
        if (job->elsewhere || job->lost) { // not taken up meanwhile
            auto& db = self->history.store();
            const auto told = co_await store::stop_job(db, id);
            if (!told || *told == store::Outcome::done)
                co_return told.has_value();
            const auto asked = mono_now();
            const auto taken = co_await store::take_job(db, id, self->holder, false);
            if (!taken)
                co_return false;
            if (*taken == store::Outcome::refused) { // somebody else was quicker: that one is told
                const auto again = co_await store::stop_job(db, id);
                co_return again.has_value() && *again == store::Outcome::done;
            }
            std::vector<JobPtr> jobs(1, job);
            const auto open = co_await still_open(self, std::move(jobs));
            if (!open || open->empty())
                co_return false;
            job->lost = false;
            hold(*self, *job, asked);
        }
    }
    if (!job->held || has_ended(job->view.state))
        co_return false;
    co_await cancel_here(self, job);
    co_return true;
}

std::string owner_name(const std::string& prefix, const std::string& listen) {
    char host[256] = "localhost";
    (void)::gethostname(host, sizeof host - 1);
    std::string machine; // hosts that were copied may have one name
    std::ifstream("/etc/machine-id") >> machine;
    std::uint64_t digest = 14695981039346656037u; // FNV-1a: the same in every version
    for (const char c : machine + "\n" + prefix + "\n" + listen)
        digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211u;
    char text[17];
    (void)std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest));
    return std::string(host) + "-" + text;
}

} // namespace tickgate::backfill
