#include "ops/history_access.hpp"

#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace tickgate::ops {

namespace {
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
} // namespace

UnixNanos BackfillAccess::now() const { return parts_.history->now(); }
const calendar::MarketHours& BackfillAccess::hours() const { return parts_.history->hours(); }

namespace {

// What a caller and its fetch share: a page that waits for the request budget ends in its own time and is kept, the
// caller has an answer at its deadline.
struct Fetching {
    explicit Fetching(const asio::any_io_executor& executor) : ended(executor, MonoTime::max()) {}
    asio::steady_timer ended;
    asio::cancellation_signal stop;
    backfill::OnProgress progress; // empty: the caller has left
    backfill::Ensured answer;
    std::exception_ptr fault;
    bool done = false;
};

struct Caller {
    std::shared_ptr<Fetching> fetching;
    ~Caller() { fetching->progress = nullptr; }
};

} // namespace

asio::awaitable<backfill::Ensured> BackfillAccess::ensure(
    backfill::BarsRequest request, backfill::OnProgress progress) {
    const auto executor = co_await asio::this_coro::executor;
    const auto f = std::make_shared<Fetching>(executor);
    const Caller caller{f};
    f->progress = std::move(progress);
    backfill::OnProgress tell = [f](const backfill::Progress& how_far) {
        if (f->progress)
            f->progress(how_far);
    };
    auto done = [f](const std::exception_ptr& fault, backfill::Ensured answer) {
        f->done = true;
        f->fault = fault;
        f->answer = std::move(answer);
        f->ended.cancel();
    };
    auto asking = parts_.history->ensure(std::move(request), std::move(tell));
    asio::co_spawn(executor, std::move(asking), asio::bind_cancellation_slot(f->stop.slot(), std::move(done)));
    while (!f->done) {
        co_await f->ended.async_wait(use_result);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (f->done || state.cancelled() == asio::cancellation_type::none)
            continue;
        f->stop.emit(asio::cancellation_type::terminal);
        backfill::Ensured left;
        left.error = errc::cancelled;
        co_return left;
    }
    if (f->fault)
        std::rethrow_exception(f->fault);
    co_return std::move(f->answer);
}

asio::awaitable<result<std::vector<store::StoredBar>>> BackfillAccess::read(
    store::SeriesKey series, store::Span span, std::size_t limit) {
    return parts_.history->store().read(std::move(series), span, limit);
}

asio::awaitable<result<std::vector<backfill::History::Known>>> BackfillAccess::coverage(
    InstrumentName instrument, std::optional<Timeframe> timeframe, store::Span span) {
    return parts_.history->coverage(std::move(instrument), timeframe, span);
}

asio::awaitable<backfill::History::TradesDone> BackfillAccess::trades(
    backfill::History::TradesRequest request, backfill::History::TakeTrade take) {
    return parts_.history->trades(std::move(request), std::move(take));
}

asio::awaitable<result<store::StoreStats>> BackfillAccess::store_stats() { return parts_.history->store().stats(); }
store::AsyncStats BackfillAccess::store_usage() const { return parts_.history->store().usage(); }
backfill::HistoryStats BackfillAccess::stats() const { return parts_.history->stats(); }

asio::awaitable<result<std::uint64_t>> BackfillAccess::erase(store::EraseFilter filter) {
    return parts_.history->store().erase(std::move(filter));
}

asio::awaitable<result<backfill::JobView>> BackfillAccess::add_job(backfill::JobSpec spec) {
    if (parts_.jobs == nullptr)
        co_return errc::unavailable;
    co_return co_await parts_.jobs->add(std::move(spec));
}

std::optional<backfill::JobView> BackfillAccess::find_job(const std::string& id) const {
    return parts_.jobs != nullptr ? parts_.jobs->find(id) : std::nullopt;
}

std::vector<backfill::JobView> BackfillAccess::jobs() const {
    return parts_.jobs != nullptr ? parts_.jobs->all() : std::vector<backfill::JobView>();
}

asio::awaitable<bool> BackfillAccess::cancel_job(std::string id) {
    if (parts_.jobs == nullptr)
        co_return false;
    co_return co_await parts_.jobs->cancel(std::move(id));
}

asio::awaitable<result<backfill::CollectorStatus>> BackfillAccess::start_collector(backfill::CollectorSpec spec) {
    if (parts_.collectors == nullptr)
        co_return errc::unavailable;
    co_return co_await parts_.collectors->start(std::move(spec));
}

asio::awaitable<bool> BackfillAccess::end_collector(std::string name) {
    if (parts_.collectors == nullptr)
        co_return false;
    co_return co_await parts_.collectors->end(std::move(name));
}

std::vector<backfill::CollectorStatus> BackfillAccess::collectors() const {
    return parts_.collectors != nullptr ? parts_.collectors->status() : std::vector<backfill::CollectorStatus>();
}

} // namespace tickgate::ops
