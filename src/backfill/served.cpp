// What the store has after asking: into the answer, or to the next provider.
#include "backfill/history_impl.hpp"

#include <algorithm>

namespace tickgate::backfill {

using store::Cause;
using store::CoverageSpan;
using store::Span;

namespace {

using Impl = History::Impl;

constexpr std::size_t pieces_in_full = 50000;

bool nobodys_fault(Cause cause) noexcept {
    return cause == Cause::none || cause == Cause::no_trades || cause == Cause::session_closed;
}

// Into the answer, which does not grow without bound. When it was learned is kept as the oldest of what was joined.
void tell(Run& run, CoverageSpan piece) {
    auto& out = run.answer.coverage;
    if (!out.empty() && out.back().span.to == piece.span.from) {
        auto& last = out.back();
        const bool coarse = out.size() >= pieces_in_full && nobodys_fault(last.cause) && nobodys_fault(piece.cause);
        if (last.cause == piece.cause || coarse) {
            if (last.cause != piece.cause)
                last.cause = Cause::none;
            last.known_at = std::min(last.known_at, piece.known_at);
            last.span.to = piece.span.to;
            return;
        }
    }
    out.push_back(piece);
}

void tell_part(Run& run, const Fetch& fetch, const Span& span) {
    auto& parts = run.answer.parts;
    const auto& offer = fetch.offer;
    if (!parts.empty() && parts.back().span.to == span.from && parts.back().series == offer.series)
        parts.back().span.to = span.to;
    else
        parts.push_back({offer.series, span, !offer.base && offer.history.continuous});
}

// What was never set appears as not_fetched.
std::vector<CoverageSpan> without_holes(const std::vector<CoverageSpan>& known, const Span& within) {
    std::vector<CoverageSpan> out;
    auto at = within.from;
    for (const auto& piece : known) {
        append(out, {{at, piece.span.from}, Cause::not_fetched, UnixNanos()});
        append(out, piece);
        at = piece.span.to;
    }
    append(out, {{at, within.to}, Cause::not_fetched, UnixNanos()});
    return out;
}

// Whether it can be told as it is, or another provider may know better.
bool is_served(const CoverageSpan& piece, const Run& run, const Fetch& fetch, UnixNanos reaches_back) {
    switch (piece.cause) {
    case Cause::not_fetched:
    case Cause::not_entitled:
        return false;
    case Cause::provider_hole:
        if (piece.span.from < reaches_back)
            return false;
        break;
    default:
        break;
    }
    const bool asked_now = piece.known_at + run.view.delay >= run.view.started;
    return asked_now || !fetch.fault || store::still_holds(piece, run.view.now);
}

template <class Each>
asio::awaitable<void> each_piece(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span, Each each) {
    const auto grid = fetch->offer.grid();
    const auto reach = usual_length(grid.timeframe) * static_cast<std::int64_t>(window_bars);
    for (auto from = span.from; from < span.to && !run->store_fault;) {
        const auto to = span.to - from <= reach ? span.to : std::max(floor_open(grid, from + reach), from + reach / 2);
        const Span window{from, to};
        const auto pieces = co_await Impl::known(self, run, fetch->offer.series, window);
        if (run->store_fault)
            co_return;
        for (const auto& piece : without_holes(pieces, window))
            each(piece);
        from = to;
    }
}

} // namespace

asio::awaitable<std::vector<Span>> Impl::serve(Self self, RunPtr run, FetchPtr fetch, std::vector<Span> spans) {
    std::vector<Span> left;
    const auto reaches_back = fetch->offer.reaches_back_to(run->view.now);
    const auto each = [&](const CoverageSpan& piece) {
        if (is_served(piece, *run, *fetch, reaches_back)) {
            tell_part(*run, *fetch, piece.span);
            tell(*run, piece);
        } else {
            append(left, piece.span);
            fetch->not_entitled = fetch->not_entitled || piece.cause == Cause::not_entitled;
        }
    };
    for (const auto& span : spans)
        co_await each_piece(self, run, fetch, span, each);
    co_return left;
}

asio::awaitable<void> Impl::admit(Self self, RunPtr run, FetchPtr fetch, std::vector<Span> spans) {
    const auto each = [&](const CoverageSpan& piece) {
        tell_part(*run, *fetch, piece.span);
        tell(*run, piece);
    };
    for (const auto& span : spans)
        co_await each_piece(self, run, fetch, span, each);
}

} // namespace tickgate::backfill
