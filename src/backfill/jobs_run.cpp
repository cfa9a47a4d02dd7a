// The work on one job: its series, some at a time, each until it is told or will not be.
#include "backfill/jobs_impl.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::backfill {

using namespace std::chrono_literals;

namespace {

using Impl = Jobs::Impl;

constexpr auto saved_every = 2s;
constexpr std::size_t missing_at_most = 100;
constexpr int pauses_at_most = 200; // a quota that is used up is waited for, not for ever
constexpr auto longest_pause = std::chrono::milliseconds(1h);

bool worth_another_try(const error_code& ec) noexcept {
    return ec == errc::rate_limited || ec == errc::banned || ec == errc::timed_out || ec == errc::unavailable ||
           ec == errc::venue_error || ec == errc::closed_by_venue || ec == errc::malformed_payload ||
           ec == errc::protocol_error || ec == errc::tls_failed || ec == errc::store_failed || ec == errc::store_full ||
           ec == errc::store_corrupt || ec == errc::overflow; // a damaged file is replaced
}

asio::awaitable<void> pause(Impl::Self self, Impl::JobPtr job, std::chrono::milliseconds wait) {
    const auto until = mono_now() + wait;
    while (!self->halted(*job) && mono_now() < until) {
        asio::steady_timer timer(self->control, std::min<std::chrono::nanoseconds>(until - mono_now(), 200ms));
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

BarsRequest request_of(const JobView& view, std::size_t series) {
    const auto& spec = view.spec;
    BarsRequest request;
    request.instrument = spec.instruments[series % spec.instruments.size()];
    request.timeframe = spec.timeframes[series / spec.instruments.size()];
    request.span = spec.span;
    request.variant = spec.variant;
    request.provider = spec.provider;
    request.use_cache = spec.use_cache;
    request.since = view.created;
    request.method = spec.method;
    request.symbols = spec.instruments.size();
    request.priority = Priority::bulk;
    request.client = spec.client.empty() ? view.id : spec.client;
    return request;
}

using Names = std::shared_ptr<const std::vector<InstrumentName>>;

asio::awaitable<Ensured> ensure_series(Impl::Self self, Impl::JobPtr job, std::size_t series, Names alongside) {
    for (int attempt = 1, pauses = 0;; ++attempt) {
        auto request = request_of(job->view, series);
        request.alongside = alongside;
        OnProgress tell = [self, job, series](const Progress& progress) {
            job->working[series] = progress;
            self->sum_up(*job);
        };
        auto answer = co_await self->history.ensure(std::move(request), std::move(tell));
        if (!answer.error || self->halted(*job) || !worth_another_try(answer.error))
            co_return answer;
        const bool asked_to_wait = answer.retry_after && ++pauses <= pauses_at_most;
        if (!asked_to_wait && attempt >= self->options.attempts)
            co_return answer;
        const auto wait = asked_to_wait ? std::min(*answer.retry_after, longest_pause) : self->options.retry;
        log::info(
            "backfill", "job_waits", {{"job", job->view.id}, {"error", answer.error}, {"retry_in_ms", wait.count()}});
        job->working[series].waiting = wait;
        self->sum_up(*job);
        co_await pause(self, job, wait);
        if (self->halted(*job))
            co_return answer;
        if (asked_to_wait)
            --attempt;
    }
}

void take_answer(Impl::Job& job, std::size_t series, const Ensured& answer) {
    const auto& last = job.working[series];
    job.ended.done += last.total; // whatever came of it, it is over
    job.ended.total += last.total;
    job.ended.bars += last.bars;
    job.ended.requests += last.requests;
    job.working.erase(series);
    ++job.view.series_done;
    bool any = false, hole = false;
    for (const auto& piece : answer.coverage) {
        any = any || piece.cause == store::Cause::none;
        const bool fine = piece.cause == store::Cause::none || piece.cause == store::Cause::no_trades ||
                          piece.cause == store::Cause::session_closed;
        hole = hole || piece.cause == store::Cause::not_fetched || piece.cause == store::Cause::not_entitled;
        if (!fine && job.view.missing.size() < missing_at_most)
            job.view.missing.push_back(piece);
    }
    if (answer.error && !any)
        ++job.failed;
    else if (answer.error || hole)
        ++job.incomplete;
    if (answer.error && job.view.error.empty()) {
        const auto i = series % job.view.spec.instruments.size();
        job.view.error = job.view.spec.instruments[i].to_string() + ": " +
                         (answer.detail.empty() ? answer.error.message() : answer.detail);
    }
}

asio::awaitable<void> child(Impl::Self self, Impl::JobPtr job, Names alongside) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (job->next < job->view.series && !self->halted(*job)) {
        const auto series = job->next++;
        const auto answer = co_await ensure_series(self, job, series, alongside);
        if (self->halted(*job))
            break;
        take_answer(*job, series, answer);
        self->sum_up(*job);
        if (!job->lost && mono_now() - job->saved >= saved_every)
            (void)co_await Impl::save(self, job);
    }
}

void start_child(const Impl::Self& self, const Impl::JobPtr& job, const Names& alongside) {
    ++job->children;
    auto& signal = job->signals.emplace_back();
    auto done = [self, job](const std::exception_ptr& broken) {
        --job->children;
        try {
            if (broken)
                std::rethrow_exception(broken);
        } catch (const std::exception& what) {
            log::error("backfill", "job_broken", {{"job", job->view.id}, {"error", what.what()}});
            ++job->failed;
            if (job->view.error.empty())
                job->view.error = "an unexpected fault";
        }
        self->changed.wake();
    };
    asio::co_spawn(
        self->control, child(self, job, alongside), asio::bind_cancellation_slot(signal.slot(), std::move(done)));
}

void conclude(Impl& impl, Impl::Job& job) {
    auto& view = job.view;
    if (job.lost)
        job.elsewhere = true; // its view is told by who has it
    else if (job.cancelled)
        view.state = JobState::cancelled;
    else if (impl.stopping)
        view.state = JobState::waiting;
    else if (job.failed >= view.series)
        view.state = JobState::failed;
    else
        view.state = job.failed + job.incomplete > 0 ? JobState::partial : JobState::done;
    if (has_ended(view.state))
        view.ended = impl.history.now();
    view.progress.waiting = 0ms;
    if (job.lost)
        return;
    log::info("backfill", "job_ended",
        {{"job", view.id}, {"state", to_string(view.state)}, {"series", view.series}, {"done", view.series_done},
            {"bars", view.progress.bars}, {"requests", view.progress.requests}});
}

} // namespace

asio::awaitable<void> Impl::work(Self self, JobPtr job) {
    auto& view = job->view;
    view.state = JobState::running;
    view.started = view.started.value_or(self->history.now());
    view.series_done = 0;
    view.missing.clear();
    view.error.clear();
    (void)co_await save(self, job);
    log::info("backfill", "job_started", {{"job", view.id}, {"series", view.series}});
    Names alongside;
    if (view.spec.instruments.size() > 1)
        alongside = std::make_shared<const std::vector<InstrumentName>>(view.spec.instruments);
    const auto at_once = std::clamp<std::size_t>(self->options.series_at_once, 1, view.series);
    for (std::size_t i = 0; i < at_once; ++i)
        start_child(self, job, alongside);
    while (job->children > 0) {
        co_await self->changed.wait();
        if (!job->lost && mono_now() - job->saved >= saved_every)
            (void)co_await save(self, job);
    }
    job->signals.clear();
    conclude(*self, *job);
    if (job->lost)
        co_return;
    const auto fault = co_await save(self, job);
    if (!fault && has_ended(view.state))
        co_await let_go(self, job);
}

} // namespace tickgate::backfill
