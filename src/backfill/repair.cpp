#include "backfill/repair.hpp"

#include "backfill/repair_job.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::backfill {

namespace {

// Another try, also of somebody else's account, cannot help soon: only another provider can.
bool is_final(const error_code& ec) {
    return ec == errc::not_supported || ec == errc::not_entitled || ec == errc::unknown_symbol ||
           ec == errc::unauthorized || ec == errc::restricted || ec == errc::bad_request || ec == errc::configuration;
}

// Asking it costs time, and the next one will hardly fare better.
bool is_out_of_reach(const error_code& ec) {
    return ec && (ec.category() != tickgate_category() || ec == errc::unavailable || ec == errc::timed_out);
}

} // namespace

Repairer::Repairer(asio::any_io_executor control, RepairHistory& history, RepairOutput& output, RepairerOptions options)
    : control_(std::move(control)),
      history_(history),
      output_(output),
      options_(std::move(options)),
      change_(control_),
      alarm_(control_) {}
Repairer::~Repairer() = default;

MonoTime Repairer::now() const { return options_.clock ? options_.clock() : mono_now(); }

bool Repairer::add(RepairTask task) {
    auto& queue = task.reconcile ? reconciles_ : gaps_;
    if (stopping_ || (!task.reconcile && queue.size() >= options_.most)) {
        ++stats_.refused;
        return false;
    }
    ++stats_.tasks;
    auto job = std::make_shared<Job>();
    job->task = std::move(task);
    job->until = now() + options_.limit;
    job->not_before = mono_now() + job->task.pause;
    const bool reconcile = job->task.reconcile;
    queue.push_back(std::move(job));
    if (reconcile && queue.size() > options_.most_reconcile) {
        const auto oldest = std::move(queue.front());
        queue.pop_front();
        oldest->outcome.error = errc::overflow;
        oldest->outcome.detail = "too many bars wait to be compared";
        end(oldest);
    }
    alarm_.cancel(); // which wakes the workers
    change_.wake();
    return true;
}

void Repairer::cancel(std::uint64_t number) {
    const auto is_it = [&](const JobPtr& j) { return j->task.number == number; };
    for (const auto& job : running_)
        if (is_it(job))
            job->cancelled = true;
    const auto removed = std::erase_if(gaps_, is_it) + std::erase_if(reconciles_, is_it);
    stats_.cancelled += removed;
    change_.wake();
}

void Repairer::stop() {
    stopping_ = true;
    alarm_.cancel();
    change_.wake();
}

asio::awaitable<void> Repairer::run() {
    const auto ended = [this](std::exception_ptr bug) {
        --workers_;
        change_.wake();
        if (!bug)
            return;
        try {
            std::rethrow_exception(bug);
        } catch (const std::exception& e) {
            log::error("repair", "worker_failed", {{"error", e.what()}});
        }
    };
    workers_ = options_.workers + options_.reconcilers + 1;
    for (std::size_t i = 0; i < options_.workers + options_.reconcilers; ++i)
        asio::co_spawn(control_, work(i >= options_.workers), ended);
    asio::co_spawn(control_, alarm(), ended);
    while (workers_ > 0)
        co_await change_.wait();
    stats_.cancelled += gaps_.size() + reconciles_.size();
    gaps_.clear();
    reconciles_.clear();
}

bool Repairer::is_unwell(const std::string& provider) const {
    const auto it = unwell_.find(provider);
    return it != unwell_.end() && mono_now() < it->second;
}

bool Repairer::may_ask(const Job& job, const std::string& provider) {
    const bool excluded = std::find(job.excluded.begin(), job.excluded.end(), provider) != job.excluded.end();
    return !excluded && (job.teller.empty() || job.teller == provider); // another one cannot go on with what one told
}

// Whom to ask, in this order.
std::vector<std::string> Repairer::turn_of(const Job& job) const {
    std::vector<std::string> turn;
    for (const auto& provider : job.task.providers)
        if (may_ask(job, provider))
            turn.push_back(provider);
    std::stable_partition(turn.begin(), turn.end(), [this](const std::string& p) { return !is_unwell(p); });
    return turn;
}

bool Repairer::is_ready(const Job& job) const {
    if (now() >= job.until)
        return true; // to be ended
    if (mono_now() < job.not_before)
        return false;
    if (unwell_.empty())
        return true;
    const std::string* first = nullptr;
    for (const auto& provider : job.task.providers) {
        if (!may_ask(job, provider))
            continue;
        if (!is_unwell(provider))
            return true;
        if (first == nullptr)
            first = &provider;
    }
    return first == nullptr ||
           std::none_of(running_.begin(), running_.end(), [&](const JobPtr& j) { return j->asking == *first; });
}

// Holes in the order in which they were told, so that none starves; bars to compare newest first.
Repairer::JobPtr Repairer::next(bool reconcile) {
    auto& queue = reconcile ? reconciles_ : gaps_;
    const auto ready = [this](const JobPtr& job) { return is_ready(*job); };
    auto it = queue.end();
    if (!reconcile) {
        it = std::find_if(queue.begin(), queue.end(), ready);
    } else if (const auto newest = std::find_if(queue.rbegin(), queue.rend(), ready); newest != queue.rend()) {
        it = std::prev(newest.base());
    }
    if (it == queue.end())
        return nullptr;
    auto job = std::move(*it);
    queue.erase(it);
    return job;
}

asio::awaitable<void> Repairer::work(bool reconcile) {
    while (!stopping_) {
        const auto job = next(reconcile);
        if (!job) {
            co_await change_.wait();
            continue;
        }
        running_.push_back(job);
        co_await perform(job);
        std::erase(running_, job);
        job->asking.clear();
        change_.wake(); // who waited for its provider
    }
}

void Repairer::end(JobPtr job) {
    if (job->cancelled || stopping_) {
        ++stats_.cancelled;
        return;
    }
    ++(job->outcome.complete ? stats_.complete : stats_.failed);
    output_.done(job->task.number, std::move(job->outcome));
}

asio::awaitable<void> Repairer::perform(JobPtr job) {
    bool again = false;
    if (now() < job->until)
        again = co_await attempt(job);
    else if (!job->outcome.error)
        job->outcome.error = errc::timed_out;
    if (again && !job->cancelled && !stopping_) {
        job->wait = job->wait.count() == 0 ? options_.first_pause : std::min(job->wait * 2, options_.longest_pause);
        const auto time = std::max(job->wait, job->retry_after.value_or(std::chrono::milliseconds(0)));
        if (now() + time < job->until) { // else the last fault says why
            ++stats_.retries;
            put_back(job, time);
            co_return;
        }
    }
    end(job);
}

// Its place is kept; the worker goes on with others.
void Repairer::put_back(JobPtr job, std::chrono::milliseconds time) {
    job->not_before = mono_now() + time;
    auto& queue = job->task.reconcile ? reconciles_ : gaps_;
    const auto later = [](const JobPtr& a, const JobPtr& b) { return a->task.number < b->task.number; };
    queue.insert(std::upper_bound(queue.begin(), queue.end(), job, later), job);
    alarm_.cancel();
}

// Wakes the workers when a pause is over.
asio::awaitable<void> Repairer::alarm() {
    const auto token = asio::as_tuple(asio::use_awaitable);
    while (!stopping_) {
        const auto at = mono_now();
        auto next = MonoTime::max();
        for (const auto* queue : {&gaps_, &reconciles_})
            for (const auto& job : *queue)
                if (job->not_before > at)
                    next = std::min(next, job->not_before);
        alarm_.expires_at(next);
        (void)co_await alarm_.async_wait(token);
        change_.wake();
    }
}

// One round over the providers. True: another round may help.
asio::awaitable<bool> Repairer::attempt(JobPtr job) {
    const auto providers = turn_of(*job);
    bool again = false;
    for (const auto& provider : providers) {
        if (!job->teller.empty() && job->teller != provider)
            continue;
        job->outcome = RepairOutcome();
        job->outcome.provider = job->asking = provider;
        job->retry_after.reset();
        if (job->task.kind == Kind::trade)
            co_await fetch_trades(job, provider);
        else
            co_await fetch_bars(job, provider);
        const auto& error = job->outcome.error;
        if (is_out_of_reach(error))
            unwell_[provider] = mono_now() + options_.unwell;
        else if (!error)
            unwell_.erase(provider);
        if (job->outcome.complete || job->cancelled || stopping_ || error == errc::overflow)
            co_return false;
        if (is_final(error))
            job->excluded.push_back(provider);
        else
            again = true;
    }
    co_return again;
}

RepairerStats Repairer::stats() const {
    auto s = stats_;
    s.waiting = gaps_.size();
    s.waiting_reconcile = reconciles_.size();
    s.running = running_.size();
    return s;
}

} // namespace tickgate::backfill
