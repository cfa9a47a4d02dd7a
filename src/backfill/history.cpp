#include "backfill/history_impl.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::backfill {

History::Impl::Impl(asio::any_io_executor loop, store::AsyncStore& s, const calendar::MarketHours& h,
    std::function<std::vector<Source>(const InstrumentName&)> r, HistoryOptions o)
    : control(std::move(loop)),
      store(s),
      hours(h),
      route(std::move(r)),
      options(std::move(o)),
      in_flight(control),
      idle(control) {
    if (!options.clock)
        options.clock = wall_now;
    options.max_parallel = std::max<std::size_t>(options.max_parallel, 1);
}

std::shared_ptr<Lane> History::Impl::lane(const std::string& provider, Priority priority) {
    auto& lane = lanes[{provider, priority}];
    if (!lane)
        lane = std::make_shared<Lane>(control, options.max_parallel);
    return lane;
}

std::shared_ptr<Lane> History::Impl::bars_lane(const std::string& provider, Priority priority) {
    auto& lane = bars_lanes[{provider, priority}];
    if (!lane)
        lane = std::make_shared<Lane>(control, options.max_bars_in_flight);
    return lane;
}

std::optional<std::chrono::milliseconds> History::Impl::pause_of(const std::string& provider) const {
    const auto it = paused_until.find(provider);
    const auto at = mono_now();
    if (it == paused_until.end() || it->second <= at)
        return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(it->second - at);
}

void History::Impl::report(Run& run) {
    if (!run.tell)
        return;
    auto progress = run.progress;
    progress.done = std::min(progress.done, progress.total);
    run.tell(progress);
}

asio::awaitable<void> History::Impl::shelter(Self self, std::shared_ptr<Work> work, asio::awaitable<void> task) {
    self->works.insert(work);
    auto done = [self, work](const std::exception_ptr& fault) {
        try {
            if (fault)
                std::rethrow_exception(fault);
        } catch (const std::exception& what) {
            work->broken = true;
            log::error("backfill", "task_failed", {{"error", what.what()}});
        }
        work->finished = true;
        self->works.erase(work);
        work->changed.wake();
        self->idle.wake();
    };
    asio::co_spawn(self->control, std::move(task), std::move(done));
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!work->finished) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none && !work->cancelled)
            work->cancel();
        co_await work->changed.wait();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
}

History::History(asio::any_io_executor control, store::AsyncStore& store, const calendar::MarketHours& hours,
    std::function<std::vector<Source>(const InstrumentName&)> route, HistoryOptions options)
    : impl_(std::make_shared<Impl>(std::move(control), store, hours, std::move(route), std::move(options))) {}

History::~History() { impl_->stopping = true; }

asio::awaitable<Ensured> History::ensure(BarsRequest request, OnProgress progress) {
    const auto self = impl_;
    const auto run = std::make_shared<Run>(self->control);
    run->request = std::move(request);
    run->tell = std::move(progress);
    ++self->stats.requests;
    if (self->stopping) {
        run->answer.error = errc::stopped;
    } else {
        co_await Impl::shelter(self, run, Impl::ensure(self, run));
        if (self->stopping)
            run->answer.error = errc::stopped;
        else if (run->cancelled)
            run->answer.error = errc::cancelled;
        else if (run->broken)
            run->answer.error = errc::unavailable;
    }
    if (run->answer.error)
        ++self->stats.failed;
    else if (run->answer.cached)
        ++self->stats.cached;
    co_return std::move(run->answer);
}

asio::awaitable<void> History::stop() {
    const auto self = impl_;
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    self->stopping = true;
    const auto works = self->works;
    for (const auto& work : works)
        work->cancel();
    while (!self->works.empty())
        co_await self->idle.wait();
    co_await asio::this_coro::throw_if_cancelled(throws);
}

void History::set_limits(std::size_t max_parallel, std::chrono::seconds settle) {
    impl_->options.max_parallel = std::max<std::size_t>(max_parallel, 1);
    impl_->options.settle = settle;
    for (const auto& [key, lane] : impl_->lanes)
        lane->set_capacity(impl_->options.max_parallel);
}

UnixNanos History::now() const { return impl_->now(); }
const HistoryStats& History::stats() const noexcept { return impl_->stats; }
const calendar::MarketHours& History::hours() const noexcept { return impl_->hours; }
store::AsyncStore& History::store() noexcept { return impl_->store; }

std::string time_text(UnixNanos t) {
    using namespace std::chrono;
    const auto at = floor<seconds>(t);
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{at - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count());
}

asio::awaitable<result<RestResponse>> WatchedRest::send(RestRequest request) {
    auto answer = co_await rest_->send(std::move(request));
    if (answer)
        note(provider_.read_budget(*answer));
    co_return answer;
}

asio::awaitable<result<RestResponse>> WatchedRest::send_streamed(RestRequest request, BodySink sink) {
    auto answer = co_await rest_->send_streamed(std::move(request), std::move(sink));
    if (answer)
        note(provider_.read_budget(*answer));
    co_return answer;
}

void WatchedRest::learn(std::size_t budget, const BudgetReading& reading) {
    note(reading);
    rest_->learn(budget, reading);
}

void WatchedRest::note(const BudgetReading& reading) {
    if (reading.pause)
        paused_until_ = std::max(paused_until_, mono_now() + *reading.pause);
}

} // namespace tickgate::backfill
