// Pages: asked for in parallel, examined, and written as they come.
#include "backfill/ask.hpp"

#include "core/log.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace tickgate::backfill {

using namespace std::chrono_literals;
using store::Batch;
using store::Cause;
using store::CoverageSpan;
using store::Span;

namespace {

constexpr std::size_t bars_a_write = 8192, not_entitled_in_a_row = 3;
constexpr int pages_without_bars = 64, pages_at_most = 4096; // of one question
constexpr auto same_moment = 500ms;                          // requests this close to each other are one

using Impl = History::Impl;

// Writes in batches of a bounded size; the coverage of each speaks of its own bars.
asio::awaitable<void> store_page(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Examined page, Asked asked) {
    auto from = asked.span.from;
    std::size_t i = 0;
    while (from < page.complete_to && !run->store_fault) {
        const auto end = std::min(i + bars_a_write, page.bars.size());
        const auto to = end < page.bars.size() ? page.bars[end].open_time : page.complete_to;
        const Span span{from, to};
        Batch batch;
        batch.series = fetch->series;
        batch.bars.reserve(end - i);
        for (; i < end; ++i)
            batch.bars.push_back({page.bars[i], asked.known_at, 1});
        batch.coverage = clipped(page.coverage, span);
        batch.replaces.push_back(span);
        const auto bars = batch.bars.size();
        co_await Impl::write(self, run, std::move(batch));
        if (run->store_fault)
            co_return;
        run->progress.bars += bars;
        run->progress.done += to - from;
        run->answer.fetched += bars;
        self->stats.bars_fetched += bars;
        self->report(*run);
        from = to;
    }
}

void count(HistoryStats& stats, const Examined& page) {
    stats.bars_rejected += page.rejected;
    stats.strays += page.strays;
    stats.duplicates += page.duplicates;
    stats.disorder += page.disorder;
}

// Where the next question begins; nothing: the answers do not advance.
std::optional<UnixNanos> next_from(const BarPage& page, const Span& span) {
    if (!page.next || *page.next >= span.to)
        return span.to;
    if (*page.next > span.from)
        return page.next;
    UnixNanos last = span.from;
    for (const auto& bar : page.bars)
        if (bar.open_time >= span.from && bar.open_time < span.to)
            last = std::max(last, std::max(bar.close_time, bar.open_time + 1ns));
    return last > span.from ? std::optional(std::min(last, span.to)) : std::nullopt;
}

// Asks for a span until it is told whole. The error is why it is not.
asio::awaitable<error_code> fetch_page(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    int asked = 0, empty = 0;
    while (span.from < span.to) {
        if (self->halted(*run, *fetch))
            co_return errc::cancelled;
        auto got = co_await ask(self, run, fetch, span);
        if (!got)
            co_return got.error();
        empty = got->page.bars.empty() ? empty + 1 : 0;
        const auto next = next_from(got->page, span);
        if (!next || empty > pages_without_bars || ++asked > pages_at_most) {
            ++self->stats.stalled;
            co_return errc::malformed_payload;
        }
        Asked what{fetch->series.instrument, fetch->series.timeframe, fetch->series.variant,
            fetch->offer.history.continuous, {span.from, *next}, got->known_at};
        auto page = examine(std::move(got->page.bars), what, self->hours);
        count(self->stats, page);
        const auto complete_to = page.complete_to;
        co_await store_page(self, run, fetch, std::move(page), what);
        if (complete_to < *next) {
            run->forming_from = std::min(run->forming_from.value_or(complete_to), complete_to);
            co_return error_code();
        }
        span.from = *next;
    }
    co_return error_code();
}

asio::awaitable<error_code> fetch_part(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span);

// An answer too long for one request: in two halves.
asio::awaitable<error_code> fetch_halves(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    const Grid grid{fetch->series.timeframe, fetch->series.variant.align};
    const auto middle = floor_open(grid, span.from + (span.to - span.from) / 2);
    if (middle <= span.from || middle >= span.to)
        co_return errc::message_too_large;
    const Span later{middle, span.to}, earlier{span.from, middle};
    const auto fault = co_await fetch_part(self, run, fetch, later);
    if (fault)
        co_return fault;
    co_return co_await fetch_part(self, run, fetch, earlier);
}

asio::awaitable<error_code> fetch_part(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    const auto fault = co_await fetch_page(self, run, fetch, span);
    if (fault == errc::message_too_large)
        co_return co_await fetch_halves(self, run, fetch, span);
    co_return fault;
}

// Waits until nobody else is fetching what touches the span. Answers since when what was learned is fresh.
asio::awaitable<UnixNanos> wait_for_others(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    auto fresh = run->view.started;
    if (run->view.use_cache)
        fresh -= same_moment;
    bool waited = false;
    while (const auto other = self->in_flight.find(fetch->series, span)) {
        if (!waited)
            ++self->stats.merged;
        waited = true;
        run->asked = true;
        while (other->open)
            co_await other->ended.wait();
        if (self->halted(*run, *fetch))
            break;
        const auto& fault = other->fault;
        if (fault && recovery_of(fault) != Recovery::stop && fault != errc::not_entitled)
            fetch->fault = fault;
        fresh = std::min(fresh, other->since);
    }
    co_return fresh;
}

asio::awaitable<void> refused(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    co_await Impl::mark(self, run, fetch->series, span, Cause::not_entitled, self->now());
    if (++fetch->refused >= not_entitled_in_a_row)
        fetch->refused_all = true;
    run->progress.done += span.to - span.from;
}

asio::awaitable<void> page_task(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    auto view = run->view;
    view.started = co_await wait_for_others(self, run, fetch, span);
    if (self->halted(*run, *fetch))
        co_return;
    // Claimed before the ledger is read: between the two somebody else could begin.
    auto held = self->in_flight.claim(fetch->series, span, self->now());
    const auto what_is_known = co_await Impl::known(self, run, fetch->series, span);
    const Grid grid{fetch->series.timeframe, fetch->series.variant.align};
    const auto todo = missing(what_is_known, span, grid, view);
    if (todo.empty() || self->halted(*run, *fetch)) {
        run->progress.done += span.to - span.from;
        co_return;
    }
    run->asked = true;
    const Span left{todo.front().from, todo.back().to};
    run->progress.total -= (span.to - span.from) - (left.to - left.from);
    if (fetch->refused_all) {
        co_await refused(self, run, fetch, left);
        co_return;
    }
    const auto fault = co_await fetch_part(self, run, fetch, left);
    if (fault == errc::not_entitled)
        co_await refused(self, run, fetch, left);
    else if (fault && !fetch->fault && fault != errc::cancelled)
        fetch->fault = fault;
    else if (!fault)
        fetch->refused = 0;
    held.give_back(fault);
}

void start_page(const Impl::Self& self, const Impl::RunPtr& run, const Impl::FetchPtr& fetch, Span span) {
    ++fetch->active;
    auto done = [self, run, fetch](const std::exception_ptr& broken) {
        --fetch->active;
        try {
            if (broken)
                std::rethrow_exception(broken);
        } catch (const std::exception& what) {
            log::error("backfill", "page_failed", {{"series", fetch->series.to_string()}, {"error", what.what()}});
            if (!fetch->fault)
                fetch->fault = errc::unavailable;
        }
        run->changed.wake();
    };
    asio::co_spawn(self->control, page_task(self, run, fetch, span), std::move(done));
}

} // namespace

asio::awaitable<void> Impl::fetch_spans(Self self, RunPtr run, FetchPtr fetch, std::vector<Span> spans) {
    const Grid grid{fetch->series.timeframe, fetch->series.variant.align};
    const auto at_once = self->options.max_parallel + 2; // some write or wait for others while the rest ask
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        auto end = span->to;
        while (const auto window = window_before(*span, end, grid, std::max(window_bars, fetch->page_bars))) {
            end = window->from;
            if (self->halted(*run, *fetch))
                break;
            const auto what_is_known = co_await known(self, run, fetch->series, *window);
            const auto pages = pages_of(missing(what_is_known, *window, grid, run->view), grid, fetch->page_bars);
            run->progress.total -= (window->to - window->from) - length_of(pages);
            for (auto page = pages.rbegin(); page != pages.rend(); ++page) {
                while (fetch->active >= at_once)
                    co_await run->changed.wait();
                if (self->halted(*run, *fetch))
                    break;
                start_page(self, run, fetch, *page);
            }
        }
    }
    while (fetch->active > 0)
        co_await run->changed.wait();
}

asio::awaitable<std::vector<CoverageSpan>> Impl::known(
    Self self, RunPtr run, store::SeriesKey series, store::Span within) {
    auto pieces = co_await self->store.coverage(std::move(series), within);
    if (!pieces) {
        run->store_fault = pieces.error();
        co_return std::vector<CoverageSpan>();
    }
    co_return std::move(*pieces);
}

asio::awaitable<void> Impl::write(Self self, RunPtr run, Batch batch) {
    const auto written = co_await self->store.write(std::move(batch));
    if (!written)
        run->store_fault = written.error();
}

asio::awaitable<void> Impl::mark(
    Self self, RunPtr run, store::SeriesKey series, Span span, Cause cause, UnixNanos known_at) {
    const auto pieces = co_await known(self, run, series, span);
    std::vector<Span> learned;
    for (const auto& piece : pieces)
        if (piece.cause != Cause::not_fetched && piece.cause != Cause::not_entitled &&
            piece.cause != Cause::provider_hole)
            append(learned, piece.span);
    Batch batch;
    batch.series = std::move(series);
    for (const auto& piece : without(std::vector<Span>(1, span), learned))
        batch.coverage.push_back({piece, cause, known_at});
    if (!batch.coverage.empty() && !run->store_fault)
        co_await write(self, run, std::move(batch));
}

} // namespace tickgate::backfill
