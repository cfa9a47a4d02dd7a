#include "app/repair.hpp"

#include "backfill/sources.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

constexpr int most_waits = 40; // for a publisher that is behind, of 50 ms
// A venue tells its latest trades by REST a moment after its stream: asked at once, the end of a hole would seem empty.
constexpr auto trades_settle = 2s;

backfill::LiveRecorder::Write write_to(store::AsyncStore& store) {
    return [&store](store::Batch batch) { return store.write(std::move(batch)); };
}

} // namespace

RepairDesk::RepairDesk(RepairParts parts)
    : hot_(std::move(parts.hot)),
      control_(std::move(parts.control)),
      providers_(parts.providers),
      instruments_(parts.instruments),
      history_(parts.history),
      repairer_(control_, history_, *this, backfill::RepairerOptions()),
      recorder_(control_, write_to(parts.store), parts.hours, backfill::LiveRecorderOptions()),
      ended_(control_) {}
RepairDesk::~RepairDesk() = default;

asio::awaitable<void> RepairDesk::run_recorder() { return recorder_.run(); }

asio::awaitable<void> RepairDesk::run() {
    recording_ = true;
    asio::co_spawn(control_, run_recorder(), [this](std::exception_ptr bug) {
        recording_ = false;
        ended_.wake();
        if (!bug)
            return;
        try {
            std::rethrow_exception(bug);
        } catch (const std::exception& e) {
            log::error("repair", "recorder_failed", {{"error", e.what()}});
        }
    });
    co_await repairer_.run();
    recorder_.stop();
    while (recording_)
        co_await ended_.wait();
}

void RepairDesk::stop() {
    stopping_ = true;
    repairer_.stop();
    recorder_.stop();
}

bool RepairDesk::order(feed::RepairOrder order) {
    const bool reconcile = order.why == feed::RepairOrder::Why::reconcile;
    if (stopping_)
        return false;
    backfill::RepairTask task;
    task.number = order.number;
    task.reconcile = reconcile;
    task.instrument = instruments_.name_of(order.what.instrument);
    task.kind = order.what.kind;
    task.timeframe = order.what.timeframe;
    task.providers = std::move(order.providers);
    task.span = {order.from, order.to};
    task.variant = order.variant;
    task.first_id = order.first_id;
    task.last_id = order.last_id;
    if (task.kind == Kind::trade && !task.last_id)
        task.pause = trades_settle;
    asio::post(control_, [this, task = std::move(task)]() mutable {
        const auto number = task.number;
        if (repairer_.add(std::move(task)))
            return;
        backfill::RepairOutcome refused;
        refused.error = errc::overflow;
        refused.detail = "too many repairs wait already";
        done(number, std::move(refused));
    });
    return true;
}

void RepairDesk::cancel(std::uint64_t number) {
    asio::post(control_, [this, number] { repairer_.cancel(number); });
}

bool RepairDesk::tells_trades(std::string_view provider, InstrumentId) {
    const auto entry = find_provider(providers_, provider);
    if (entry == nullptr)
        return false;
    const auto& can = entry->provider->capabilities();
    return can.trades_history || can.trades_by_id;
}

bool RepairDesk::tells_bars(
    std::string_view provider, InstrumentId instrument, Timeframe timeframe, const std::optional<BarVariant>& variant) {
    const auto entry = find_provider(providers_, provider);
    if (entry == nullptr)
        return false;
    backfill::Source source; // as it is, or built from finer ones
    source.name = entry->name;
    source.provider = entry->provider.get();
    return backfill::offer_of(source, instruments_.name_of(instrument), timeframe, variant).has_value();
}

// Told to `control` together: those of one pass of the hot loop.
void RepairDesk::keep(Record record) {
    records_.push_back(std::move(record));
    if (records_.size() > 1)
        return;
    asio::post(
        hot_, [this] { asio::post(control_, [this, records = std::exchange(records_, {})] { write_down(records); }); });
}

void RepairDesk::record(std::string_view provider, std::string_view, const Bar& bar) {
    Record r;
    r.provider = provider;
    r.series = {bar.instrument, Kind::bar, bar.timeframe};
    r.bar = bar;
    keep(std::move(r));
}

void RepairDesk::record_outage(std::string_view provider, Subscription what, UnixNanos from, UnixNanos to) {
    Record r;
    r.what = Record::What::outage;
    r.provider = provider;
    r.series = what;
    r.span = {from, to};
    keep(std::move(r));
}

void RepairDesk::record_end(std::string_view provider, Subscription what) {
    Record r;
    r.what = Record::What::end;
    r.provider = provider;
    r.series = what;
    keep(std::move(r));
}

void RepairDesk::write_down(const std::vector<Record>& records) {
    for (const auto& r : records) {
        const auto name = instruments_.name_of(r.series.instrument);
        switch (r.what) {
        case Record::What::bar:
            recorder_.bar(r.provider, name, r.bar);
            break;
        case Record::What::outage:
            recorder_.outage(r.provider, name, r.series.timeframe, r.span);
            break;
        case Record::What::end:
            recorder_.end(r.provider, name, r.series.timeframe);
            break;
        }
    }
}

// On the hot loop.
template <class Message>
asio::awaitable<bool> RepairDesk::give(std::uint64_t number, std::string provider, std::span<const Message> messages) {
    asio::steady_timer timer(hot_);
    for (int i = 0; i < most_waits && router_->behind() && !stopping_; ++i) {
        timer.expires_after(50ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return router_->repaired(number, provider, messages);
}

template <class Message>
asio::awaitable<bool> RepairDesk::pass(std::uint64_t number, std::string provider, std::span<const Message> messages) {
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto giving = give(number, std::move(provider), messages);
    const bool wanted = co_await asio::co_spawn(hot_, std::move(giving), token);
    co_return wanted;
}

asio::awaitable<bool> RepairDesk::take(std::uint64_t number, std::string provider, std::span<const Trade> trades) {
    return pass(number, std::move(provider), trades);
}
asio::awaitable<bool> RepairDesk::take(std::uint64_t number, std::string provider, std::span<const Bar> bars) {
    return pass(number, std::move(provider), bars);
}

void RepairDesk::done(std::uint64_t number, backfill::RepairOutcome outcome) {
    feed::RepairResult result;
    result.provider = std::move(outcome.provider);
    result.complete = outcome.complete;
    result.error = outcome.error;
    result.detail = std::move(outcome.detail);
    asio::post(hot_, [this, number, result = std::move(result)] { router_->repair_done(number, result); });
}

} // namespace tickgate::app
