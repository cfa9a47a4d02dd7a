// Series that a provider lacks, built from its finer bars.
#include "backfill/history_impl.hpp"

#include "bars/derive.hpp"
#include "calendar/bar_spans.hpp"
#include "quality/quality.hpp"

#include <algorithm>

namespace tickgate::backfill {

using store::Batch;
using store::Cause;
using store::CoverageSpan;
using store::Span;

namespace {

using Impl = History::Impl;

constexpr std::size_t base_bars_a_window = 20000;

// What is known of the base within one derived bar.
struct Slot {
    Span span;
    bool holes = false, refused = false, unknown = false, open = false; // open: the market traded
    UnixNanos known_at = UnixNanos::max();
    Cause unknown_cause = Cause::not_fetched;
};

std::vector<Slot> slots_of(const Span& window, const Grid& grid, const std::vector<CoverageSpan>& base) {
    std::vector<Slot> slots;
    std::size_t i = 0;
    for (auto at = window.from; at < window.to;) {
        Slot slot;
        const auto bar = calendar::bar_at(grid.timeframe, grid.align, at);
        slot.span = {bar.from, bar.to};
        auto seen = slot.span.from;
        while (i < base.size() && base[i].span.to <= slot.span.from)
            ++i;
        for (auto k = i; k < base.size() && base[k].span.from < slot.span.to; ++k) {
            const auto& piece = base[k];
            slot.unknown = slot.unknown || piece.span.from > seen;
            seen = std::max(seen, piece.span.to);
            slot.known_at = std::min(slot.known_at, piece.known_at);
            slot.holes = slot.holes || piece.cause == Cause::provider_hole || piece.cause == Cause::gateway_outage;
            slot.refused = slot.refused || piece.cause == Cause::rejected;
            slot.open = slot.open || piece.cause == Cause::no_trades;
            if (piece.cause == Cause::not_fetched || piece.cause == Cause::not_entitled) {
                slot.unknown = true;
                slot.unknown_cause = piece.cause;
            }
        }
        slot.unknown = slot.unknown || seen < slot.span.to;
        slots.push_back(slot);
        at = slot.span.to;
    }
    return slots;
}

// Whether a bar of the slot can be told at all. A hole of a continuous provider is an outage of its venue, in which
// nothing traded; elsewhere, and before its history begins, the bar would be made of a part of its trades.
std::optional<Cause> why_not(const Slot& slot, const Offer& offer, UnixNanos reaches_back) {
    if (slot.unknown)
        return slot.unknown_cause;
    if (slot.refused)
        return Cause::rejected;
    if (slot.holes && (!offer.history.continuous || slot.span.from < reaches_back))
        return Cause::provider_hole;
    return std::nullopt;
}

std::vector<Bar> derive(const std::vector<store::StoredBar>& finer, const Grid& grid) {
    bars::Deriver deriver(grid.timeframe, grid.align);
    std::vector<Bar> out;
    for (const auto& part : finer)
        if (const auto bar = deriver.add(part.bar))
            out.push_back(*bar);
    if (const auto bar = deriver.finish())
        out.push_back(*bar);
    return out;
}

Batch batch_of(const std::vector<Slot>& slots, const std::vector<Bar>& derived, const Offer& offer,
    UnixNanos reaches_back, UnixNanos now) {
    Batch batch;
    batch.series = offer.series;
    auto bar = derived.begin();
    for (const auto& slot : slots) {
        while (bar != derived.end() && bar->open_time < slot.span.from)
            ++bar;
        const bool has = bar != derived.end() && bar->open_time < slot.span.to;
        auto cause = why_not(slot, offer, reaches_back);
        if (!cause && has && quality::refuse(*bar, offer.series.instrument.asset_class))
            cause = Cause::rejected;
        if (!cause && has) {
            batch.bars.push_back({*bar, now, 1});
            batch.bars.back().bar.final = true;
        } else if (!cause) {
            cause = slot.holes ? Cause::provider_hole : slot.open ? Cause::no_trades : Cause::session_closed;
        }
        if (cause == Cause::not_fetched) // whatever was known of it before stays
            continue;
        append(batch.coverage, {slot.span, cause.value_or(Cause::none), slot.known_at});
        append(batch.replaces, slot.span);
    }
    return batch;
}

// Derives one span of whole bars from what the store has of the base.
asio::awaitable<void> derive_window(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span window) {
    const auto& offer = fetch->offer;
    const auto base = co_await Impl::known(self, run, *offer.base, window);
    if (run->store_fault)
        co_return;
    auto finer = co_await self->store.read(*offer.base, window, 0);
    if (!finer) {
        run->store_fault = finer.error();
        co_return;
    }
    const auto grid = offer.grid();
    const auto slots = slots_of(window, grid, base);
    auto batch = batch_of(slots, derive(*finer, grid), offer, offer.reaches_back_to(run->view.now), self->now());
    self->stats.bars_derived += batch.bars.size();
    co_await Impl::write(self, run, std::move(batch));
}

asio::awaitable<void> derive_span(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    const auto grid = fetch->offer.grid();
    const auto reach = usual_length(fetch->offer.base->timeframe) * static_cast<std::int64_t>(base_bars_a_window);
    for (auto from = span.from; from < span.to && !self->halted(*run);) {
        auto to = floor_open(grid, std::min(span.to, from + reach));
        if (to <= from)
            to = calendar::bar_at(grid.timeframe, grid.align, from).to;
        const Span window{from, to};
        co_await derive_window(self, run, fetch, window);
        from = to;
    }
}

} // namespace

asio::awaitable<void> Impl::derive_spans(Self self, RunPtr run, FetchPtr fetch, std::vector<Span> spans) {
    const auto grid = fetch->offer.grid();
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        auto end = span->to;
        while (const auto window = window_before(*span, end, grid, window_bars)) {
            end = window->from;
            if (self->halted(*run, *fetch))
                co_return;
            const auto what_is_known = co_await known(self, run, fetch->offer.series, *window);
            const auto todo = missing(what_is_known, *window, grid, run->view);
            run->progress.total -= (window->to - window->from) - length_of(todo);
            if (todo.empty())
                continue;
            co_await fetch_files(self, run, fetch, todo);
            if (!self->halted(*run, *fetch))
                co_await fetch_spans(self, run, fetch, todo);
            for (const auto& part : todo)
                co_await derive_span(self, run, fetch, part);
        }
    }
}

} // namespace tickgate::backfill
