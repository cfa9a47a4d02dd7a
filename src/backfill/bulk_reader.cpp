#include "backfill/bulk_reader.hpp"

#include "calendar/bar_spans.hpp"
#include "core/log.hpp"
#include "quality/quality.hpp"
#include "store/erasures.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace tickgate::backfill {

using store::Batch;
using store::Cause;
using store::Span;

namespace {
constexpr std::size_t bars_a_write = 4096;
}

struct BulkReader::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor l, store::AsyncStore& s, const calendar::MarketHours& h, std::vector<Wanted> w,
        std::size_t most)
        : loop(l),
          store(s),
          hours(h),
          wanted(std::move(w)),
          seen(wanted.size()),
          pending(wanted.size()),
          most_bars(most),
          changed(l) {
        for (std::size_t i = 0; i < wanted.size(); ++i)
            by_name.emplace(wanted[i].series.instrument, i);
    }

    // Open times seconds after the beginning of what is asked: four bytes a bar until the end of the file.
    struct Seen {
        std::vector<std::uint32_t> stored, rejected;
    };

    void queue_pending();
    static asio::awaitable<void> write_queue(std::shared_ptr<State> self);
    Batch coverage_of(std::size_t i);

    asio::any_io_executor loop;
    store::AsyncStore& store;
    const calendar::MarketHours& hours;
    std::vector<Wanted> wanted;
    std::unordered_map<InstrumentName, std::size_t> by_name;
    std::vector<Seen> seen;
    std::vector<std::vector<store::StoredBar>> pending;
    std::vector<std::size_t> touched; // indexes of pending that hold bars
    std::deque<Batch> queue;
    std::size_t pending_bars = 0, queued_bars = 0, most_bars;
    std::vector<std::int64_t> erasures; // of each series, before the first row
    bool writing = false;
    error_code fault;
    std::uint64_t bars = 0, rejected = 0;
    Signal changed;
};

BulkReader::BulkReader(asio::any_io_executor loop, store::AsyncStore& store, const calendar::MarketHours& hours,
    std::vector<Wanted> wanted, std::size_t most_bars)
    : state_(std::make_shared<State>(std::move(loop), store, hours, std::move(wanted), most_bars)) {}

BulkReader::~BulkReader() = default;

std::uint64_t BulkReader::bars() const noexcept { return state_->bars; }
std::uint64_t BulkReader::rejected() const noexcept { return state_->rejected; }

error_code BulkReader::on_bar(const InstrumentName& instrument, const Bar& bar) {
    auto& s = *state_;
    if (s.fault)
        return s.fault;
    const auto found = s.by_name.find(instrument);
    if (found == s.by_name.end())
        return {};
    const auto i = found->second;
    const auto& asked = s.wanted[i].asked;
    if (bar.timeframe != asked.timeframe || bar.price_type != asked.variant.price_type ||
        bar.adjusted != asked.variant.adjusted)
        return errc::malformed_payload;
    if (bar.open_time < asked.span.from || bar.open_time >= asked.span.to)
        return {};
    const auto offset = std::chrono::duration_cast<std::chrono::seconds>(bar.open_time - asked.span.from).count();
    if (quality::refuse(bar, instrument.asset_class)) {
        ++s.rejected;
        s.seen[i].rejected.push_back(static_cast<std::uint32_t>(offset));
        return {};
    }
    s.seen[i].stored.push_back(static_cast<std::uint32_t>(offset));
    auto& waiting = s.pending[i];
    if (waiting.empty())
        s.touched.push_back(i);
    waiting.push_back({bar, asked.known_at, 1});
    waiting.back().bar.final = true;
    ++s.bars;
    if (++s.pending_bars >= bars_a_write)
        s.queue_pending();
    return s.pending_bars + s.queued_bars > s.most_bars ? make_error_code(errc::overflow) : error_code();
}

void BulkReader::State::queue_pending() {
    for (const auto i : touched) {
        Batch batch;
        batch.series = wanted[i].series;
        batch.bars = std::move(pending[i]);
        pending[i].clear();
        std::stable_sort(batch.bars.begin(), batch.bars.end(),
            [](const auto& a, const auto& b) { return a.bar.open_time < b.bar.open_time; });
        queued_bars += batch.bars.size();
        queue.push_back(std::move(batch));
    }
    touched.clear();
    pending_bars = 0;
    if (writing || queue.empty())
        return;
    writing = true;
    auto done = [self = shared_from_this()](const std::exception_ptr& broken) {
        self->writing = false;
        if (broken && !self->fault)
            self->fault = errc::store_failed;
        self->changed.wake();
    };
    asio::co_spawn(loop, write_queue(shared_from_this()), std::move(done));
}

asio::awaitable<void> BulkReader::State::write_queue(std::shared_ptr<State> self) {
    while (!self->queue.empty() && !self->fault) {
        auto batch = std::move(self->queue.front());
        self->queue.pop_front();
        const auto bars = batch.bars.size();
        const auto written = co_await self->store.write(std::move(batch));
        self->queued_bars -= bars;
        if (!written)
            self->fault = written.error();
    }
}

Batch BulkReader::State::coverage_of(std::size_t i) {
    const auto& [series, asked] = wanted[i];
    struct Opened {
        std::uint32_t offset;
        Cause cause;
    };
    std::vector<Opened> opened;
    for (const auto offset : seen[i].stored)
        opened.push_back({offset, Cause::none});
    for (const auto offset : seen[i].rejected)
        opened.push_back({offset, Cause::rejected});
    std::stable_sort(
        opened.begin(), opened.end(), [](const Opened& a, const Opened& b) { return a.offset < b.offset; });
    Batch batch;
    batch.series = series;
    auto at = asked.span.from;
    std::vector<Span> bars_there;
    for (const auto& one : opened) {
        const auto open = asked.span.from + std::chrono::seconds(one.offset);
        if (open < at) // told twice
            continue;
        if (open > at)
            explain_gap(batch.coverage, {at, open}, asked, hours);
        const auto bar = calendar::bar_at(asked.timeframe, asked.variant.align, open);
        const Span span{open, std::min(std::max(bar.to, open), asked.span.to)};
        append(batch.coverage, {span, one.cause, asked.known_at});
        if (one.cause == Cause::none)
            append(bars_there, span);
        at = span.to;
    }
    if (at < asked.span.to)
        explain_gap(batch.coverage, {at, asked.span.to}, asked, hours);
    batch.replaces = without(std::vector<Span>(1, asked.span), bars_there);
    return batch;
}

asio::awaitable<error_code> BulkReader::begin() {
    const auto self = state_;
    std::vector<store::SeriesKey> series;
    for (const auto& one : self->wanted)
        series.push_back(one.series);
    auto numbers = co_await store::erasures(self->store, std::move(series));
    if (!numbers)
        co_return numbers.error();
    self->erasures = std::move(*numbers);
    co_return error_code();
}

asio::awaitable<void> BulkReader::drain() {
    const auto self = state_;
    while (self->writing)
        co_await self->changed.wait();
}

asio::awaitable<error_code> BulkReader::finish() {
    const auto self = state_;
    self->queue_pending();
    while (self->writing)
        co_await self->changed.wait();
    for (std::size_t i = 0; i < self->wanted.size() && !self->fault; ++i) {
        auto batch = self->coverage_of(i);
        const auto written = co_await store::write_unless_erased(self->store, std::move(batch), self->erasures[i]);
        if (!written)
            self->fault = written.error();
        else if (*written == store::Outcome::refused)
            self->fault = errc::cancelled;
    }
    co_return self->fault;
}

} // namespace tickgate::backfill
