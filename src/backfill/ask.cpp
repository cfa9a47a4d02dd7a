#include "backfill/ask.hpp"

#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>

namespace tickgate::backfill {

using namespace std::chrono_literals;
using store::Span;

namespace {

constexpr int retries = 3;

bool worth_a_retry(const error_code& ec) noexcept {
    if (ec.category() != tickgate_category())
        return true;
    switch (static_cast<errc>(ec.value())) {
    case errc::not_supported:
    case errc::not_entitled:
    case errc::bad_request:
    case errc::unknown_symbol:
    case errc::unauthorized:
    case errc::restricted:
    case errc::banned:
    case errc::configuration:
    case errc::message_too_large:
    case errc::stopped:
    case errc::cancelled:
        return false;
    default:
        return true;
    }
}

std::chrono::milliseconds jittered(std::chrono::milliseconds most) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<std::int64_t> wait(most.count() / 2, most.count());
    return std::chrono::milliseconds(wait(random));
}

using Impl = History::Impl;

// Waits before attempt `n` + 1; false: the pause is too long, or the run was halted.
asio::awaitable<bool> pause_before_retry(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, int n) {
    auto wait = jittered(self->options.back_off * (1 << n));
    if (const auto pause = self->pause_of(fetch->offer.source.name)) {
        if (*pause > self->options.patience)
            co_return false;
        wait += *pause;
        run->progress.waiting = *pause;
        self->report(*run);
    }
    const auto until = mono_now() + wait;
    while (!self->halted(*run, *fetch) && mono_now() < until) {
        asio::steady_timer timer(self->control, std::min<std::chrono::nanoseconds>(until - mono_now(), 100ms));
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    run->progress.waiting = 0ms;
    co_return !self->halted(*run, *fetch);
}

asio::awaitable<result<Got>> ask_once(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    const auto& source = fetch->offer.source;
    const auto& request = run->request;
    auto place = co_await Lane::enter(self->lane(source.name, request.priority), request.client, 1);
    const auto length = usual_length(fetch->series.timeframe).count();
    const auto estimate = static_cast<std::size_t>((span.to - span.from).count() / length + 1);
    auto bars = co_await Lane::enter(
        self->bars_lane(source.name, request.priority), std::string(), std::min(estimate, fetch->page_bars));
    if (self->halted(*run, *fetch))
        co_return errc::cancelled;
    auto rest = source.rest(request.priority, request.client);
    if (!rest)
        co_return errc::unavailable;
    WatchedRest watched(std::move(rest), *source.provider, self->paused_until[source.name]);
    BarRequest question;
    question.instrument = fetch->series.instrument;
    question.timeframe = fetch->series.timeframe;
    question.from = span.from;
    question.to = span.to;
    question.variant = fetch->series.variant;
    Got got;
    got.known_at = self->now() - fetch->offer.delay;
    ++self->stats.pages;
    ++self->stats.in_flight;
    ++run->progress.requests;
    auto page = co_await source.provider->get_bars(std::move(question), watched);
    --self->stats.in_flight;
    if (!page)
        co_return page.error();
    place.leave();
    got.page = std::move(*page);
    got.bars = std::move(bars);
    co_return got;
}

} // namespace

asio::awaitable<result<Got>> ask(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    for (int n = 0;; ++n) {
        auto got = co_await ask_once(self, run, fetch, span);
        if (got || n == retries || !worth_a_retry(got.error()) || self->halted(*run, *fetch))
            co_return got;
        const auto fault = got.error();
        const bool again = co_await pause_before_retry(self, run, fetch, n);
        if (!again)
            co_return fault;
        ++self->stats.retries;
    }
}

} // namespace tickgate::backfill
