#include "backfill/planner.hpp"

#include "calendar/bar_spans.hpp"

#include <algorithm>

namespace tickgate::backfill {

using namespace std::chrono_literals;
using store::Span;

UnixNanos floor_open(const Grid& grid, UnixNanos t) { return calendar::bar_at(grid.timeframe, grid.align, t).from; }

UnixNanos ceil_open(const Grid& grid, UnixNanos t) {
    const auto bar = calendar::bar_at(grid.timeframe, grid.align, t);
    return bar.from == t ? t : bar.to;
}

Span whole_bars(const Grid& grid, const Span& span) {
    Span out{ceil_open(grid, span.from), ceil_open(grid, span.to)};
    if (out.to < out.from)
        out.to = out.from;
    return out;
}

std::chrono::nanoseconds usual_length(Timeframe timeframe) {
    const auto length = tickgate::length_of(timeframe);
    return length ? std::chrono::nanoseconds(*length) : std::chrono::nanoseconds(28 * 24h);
}

void append(std::vector<Span>& out, const Span& span) {
    if (span.from >= span.to)
        return;
    if (!out.empty() && out.back().to >= span.from)
        out.back().to = std::max(out.back().to, span.to);
    else
        out.push_back(span);
}

std::vector<Span> without(const std::vector<Span>& a, const std::vector<Span>& b) {
    std::vector<Span> out;
    auto taken = b.begin();
    for (const auto& span : a) {
        auto at = span.from;
        while (taken != b.end() && taken->to <= at)
            ++taken;
        for (auto it = taken; it != b.end() && it->from < span.to; ++it) {
            append(out, {at, std::min(it->from, span.to)});
            at = std::max(at, it->to);
        }
        append(out, {at, span.to});
    }
    return out;
}

std::vector<Span> clipped(const std::vector<Span>& spans, const Span& within) {
    std::vector<Span> out;
    for (const auto& span : spans)
        append(out, {std::max(span.from, within.from), std::min(span.to, within.to)});
    return out;
}

std::chrono::nanoseconds length_of(const std::vector<Span>& spans) {
    std::chrono::nanoseconds sum{};
    for (const auto& span : spans)
        sum += span.to - span.from;
    return sum;
}

std::vector<Span> missing(
    const std::vector<store::CoverageSpan>& known, const Span& within, const Grid& grid, const View& view) {
    store::CoverageMap map;
    std::vector<Span> fresh; // learned since the question was put: good enough, whatever its age
    for (const auto& piece : known) {
        if (piece.cause != store::Cause::not_fetched && piece.known_at + view.delay >= view.started)
            append(fresh, piece.span);
        else if (view.use_cache)
            map.set(piece);
    }
    auto wanted = map.missing(within, view.now);
    const Span young{std::max(within.from, view.now - view.settle), within.to};
    if (young.from < young.to) {
        auto settled = clipped(wanted, {within.from, young.from});
        append(settled, young);
        wanted = std::move(settled);
    }
    std::vector<Span> out;
    for (const auto& span : without(wanted, fresh))
        append(
            out, {std::max(floor_open(grid, span.from), within.from), std::min(ceil_open(grid, span.to), within.to)});
    return out;
}

std::vector<Span> pages_of(const std::vector<Span>& wanted, const Grid& grid, std::size_t bars) {
    const auto reach = usual_length(grid.timeframe) * static_cast<std::int64_t>(std::max<std::size_t>(bars, 1));
    std::vector<Span> out;
    std::size_t i = 0;
    auto at = wanted.empty() ? UnixNanos() : wanted.front().from;
    while (i < wanted.size()) {
        at = std::max(at, wanted[i].from);
        auto end = floor_open(grid, at + reach);
        if (end <= at) // a bar that is longer than usual
            end = calendar::bar_at(grid.timeframe, grid.align, at).to;
        Span page{at, at};
        for (; i < wanted.size() && wanted[i].from < end; ++i) {
            page.to = std::min(wanted[i].to, end);
            if (wanted[i].to > end)
                break;
        }
        out.push_back(page);
        at = page.to;
    }
    return out;
}

std::optional<Span> window_before(const Span& span, UnixNanos end, const Grid& grid, std::size_t bars) {
    if (end <= span.from)
        return std::nullopt;
    const auto reach = usual_length(grid.timeframe) * static_cast<std::int64_t>(std::max<std::size_t>(bars, 1));
    auto from = end - span.from <= reach ? span.from : floor_open(grid, end - reach);
    from = std::max(from, span.from);
    if (from >= end)
        from = span.from;
    return Span{from, end};
}

} // namespace tickgate::backfill
