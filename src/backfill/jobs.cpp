#include "backfill/jobs_impl.hpp"
#include "backfill/jobs_text.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace tickgate::backfill {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t series_at_most = 100000;
constexpr std::string_view prefix = "bf-";

std::string random_name(std::string_view begin) {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
    std::uniform_int_distribution<std::size_t> pick(0, letters.size() - 1);
    std::string id(begin);
    for (int i = 0; i < 12; ++i)
        id += letters[pick(random)];
    return id;
}

template <class T>
void without_repeats(std::vector<T>& values) {
    std::set<T> seen;
    std::erase_if(values, [&](const T& v) { return !seen.insert(v).second; });
}

} // namespace

bool has_ended(JobState state) noexcept { return state != JobState::waiting && state != JobState::running; }

Jobs::Impl::Impl(asio::any_io_executor loop, History& h, JobsOptions o)
    : control(std::move(loop)), history(h), options(o), next_look(control), changed(control) {
    holder.process = random_name("");
}

void share(Jobs& jobs, JobSharing how) {
    const auto impl = Jobs::Impl::of(jobs);
    impl->holder.owner = how.owner;
    impl->holder.length = how.length;
    impl->sharing = std::move(how);
}

void Jobs::Impl::halt(Job& job) {
    for (auto& signal : job.signals)
        signal.emit(asio::cancellation_type::terminal);
    changed.wake();
}

void Jobs::Impl::sum_up(Job& job) {
    auto sum = job.ended;
    sum.waiting = 0ms;
    for (const auto& [series, progress] : job.working) {
        sum.done += progress.done;
        sum.total += progress.total;
        sum.bars += progress.bars;
        sum.requests += progress.requests;
        sum.waiting = std::max(sum.waiting, progress.waiting);
    }
    job.view.progress = sum;
    job.view.updated = history.now();
}

asio::awaitable<error_code> Jobs::Impl::save(Self self, JobPtr job) {
    job->saved = mono_now();
    if (job->row_of != UnixNanos() && job->saved >= job->sure_until) // without a row nobody else knows of it
        co_return errc::timed_out;
    job->view.updated = job->row_of = std::max(self->history.now(), job->row_of + std::chrono::nanoseconds(1));
    store::JobRow row;
    row.id = job->view.id;
    row.updated_at = job->view.updated;
    row.text = to_text(job->view);
    const auto fault = co_await self->history.store().put_job(std::move(row));
    if (fault)
        log::warn("backfill", "job_not_saved", {{"job", job->view.id}, {"error", fault}});
    co_return fault;
}

asio::awaitable<void> Jobs::Impl::let_go(Self self, JobPtr job) {
    job->held = false;
    if (const auto fault = co_await store::release_job(self->history.store(), job->view.id, self->holder))
        log::warn("backfill", "job_not_released", {{"job", job->view.id}, {"error", fault}});
}

asio::awaitable<void> Jobs::Impl::cancel_here(Self self, JobPtr job) {
    job->cancelled = true;
    self->halt(*job);
    if (job->at_work) // which sees to it
        co_return;
    job->view.state = JobState::cancelled;
    job->view.ended = self->history.now();
    const auto fault = co_await save(self, job);
    if (!fault)
        co_await let_go(self, job);
}

asio::awaitable<void> Jobs::Impl::forget_old(Self self) {
    std::vector<std::pair<UnixNanos, std::string>> ended;
    for (const auto& [id, job] : self->jobs)
        if (has_ended(job->view.state))
            ended.emplace_back(job->view.updated, id);
    if (ended.size() <= self->options.kept)
        co_return;
    std::sort(ended.begin(), ended.end());
    ended.resize(ended.size() - self->options.kept);
    for (const auto& [at, id] : ended) {
        self->jobs.erase(id);
        (void)co_await self->history.store().remove_job(id);
    }
}

void Jobs::Impl::start(const JobPtr& job) {
    ++running;
    job->at_work = true;
    auto done = [self = shared_from_this(), job](const std::exception_ptr& broken) {
        --self->running;
        job->at_work = false;
        try {
            if (broken)
                std::rethrow_exception(broken);
        } catch (const std::exception& what) {
            log::error("backfill", "job_broken", {{"job", job->view.id}, {"error", what.what()}});
            job->view.state = JobState::failed;
            job->view.error = "an unexpected fault";
            job->view.ended = self->history.now();
        }
        self->changed.wake();
    };
    asio::co_spawn(control, work(shared_from_this(), job), std::move(done));
}

Jobs::Jobs(asio::any_io_executor control, History& history, JobsOptions options)
    : impl_(std::make_shared<Impl>(std::move(control), history, options)) {}

Jobs::~Jobs() { impl_->stopping = true; }

asio::awaitable<void> Jobs::run() {
    const auto self = impl_;
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await Impl::load(self);
    if (!self->stopping) {
        self->at_sharing = true;
        auto done = [self](const std::exception_ptr& broken) {
            self->at_sharing = false;
            self->changed.wake();
            try {
                if (broken)
                    std::rethrow_exception(broken);
            } catch (const std::exception& what) {
                log::error("backfill", "jobs_not_shared", {{"error", what.what()}});
            }
        };
        asio::co_spawn(self->control, Impl::keep_sharing(self), std::move(done));
    }
    for (;;) {
        while (!self->stopping && self->running < std::max<std::size_t>(self->options.running, 1) &&
               !self->waiting.empty()) {
            const auto job = self->waiting.front();
            self->waiting.pop_front();
            if (job->view.state == JobState::waiting && !job->elsewhere)
                self->start(job);
        }
        if (self->stopping && self->running == 0 && !self->at_sharing)
            break;
        co_await self->changed.wait();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            stop();
        else if (!self->stopping)
            co_await Impl::forget_old(self);
    }
}

void Jobs::stop() {
    impl_->stopping = true;
    impl_->next_look.cancel();
    for (const auto& [id, job] : impl_->jobs)
        impl_->halt(*job);
    impl_->changed.wake();
}

// What was taken has to be worked on, also if nobody waits for the answer any more.
asio::awaitable<result<JobView>> Jobs::add(JobSpec spec) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    auto adding = Impl::add(impl_, std::move(spec));
    auto added = co_await std::move(adding);
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return added;
}

asio::awaitable<bool> Jobs::cancel(std::string id) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    auto cancelling = Impl::cancel(impl_, std::move(id));
    const bool cancelled = co_await std::move(cancelling);
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return cancelled;
}

asio::awaitable<result<JobView>> Jobs::Impl::add(Self self, JobSpec spec) {
    without_repeats(spec.instruments);
    without_repeats(spec.timeframes);
    const auto series = spec.instruments.size() * spec.timeframes.size();
    if (series == 0 || series > series_at_most || spec.span.from >= spec.span.to ||
        spec.span.from >= self->history.now())
        co_return errc::bad_request;
    const auto open = std::count_if(
        self->jobs.begin(), self->jobs.end(), [](const auto& j) { return !has_ended(j.second->view.state); });
    if (static_cast<std::size_t>(open) >= self->options.most)
        co_return errc::overflow;
    if (self->stopping)
        co_return errc::stopped;
    const auto job = std::make_shared<Impl::Job>();
    job->view.id = random_name(prefix);
    job->view.series = series;
    job->view.spec = std::move(spec);
    job->view.created = self->history.now();
    self->jobs[job->view.id] = job; // known before it has a row, and held before others could take it up
    error_code fault;
    {
        co_await Impl::enter(self);
        const Impl::Turn turn(*self);
        const auto asked = mono_now();
        const auto taken = co_await store::take_job(self->history.store(), job->view.id, self->holder, false);
        fault = taken ? error_code() : taken.error(); // nobody else has heard of the name
        job->held = !fault;
        job->sure_until = asked + self->holder.length;
    }
    if (!fault) {
        fault = co_await Impl::save(self, job);
        if (fault)
            co_await Impl::let_go(self, job);
    }
    if (fault) {
        self->jobs.erase(job->view.id);
        co_return fault;
    }
    self->waiting.push_back(job);
    self->changed.wake();
    co_return job->view;
}

std::optional<JobView> Jobs::find(const std::string& id) const {
    const auto it = impl_->jobs.find(id);
    return it == impl_->jobs.end() ? std::nullopt : std::optional(it->second->view);
}

std::vector<JobView> Jobs::all() const {
    std::vector<JobView> out;
    for (const auto& [id, job] : impl_->jobs)
        out.push_back(job->view);
    std::stable_sort(out.begin(), out.end(), [](const JobView& a, const JobView& b) { return a.created > b.created; });
    return out;
}

asio::awaitable<bool> Jobs::Impl::cancel(Self self, std::string id) {
    const auto it = self->jobs.find(id);
    if (it == self->jobs.end() || has_ended(it->second->view.state))
        co_return false;
    const auto job = it->second;
    if (job->elsewhere || job->lost)
        co_return co_await Impl::cancel_elsewhere(self, std::move(id));
    co_await Impl::cancel_here(self, job);
    co_return true;
}

} // namespace tickgate::backfill
