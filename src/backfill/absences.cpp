#include "backfill/absences.hpp"

#include "calendar/bar_spans.hpp"
#include "quality/quality.hpp"

#include <algorithm>

namespace tickgate::backfill {

using store::Cause;
using store::CoverageSpan;
using store::Span;

void append(std::vector<CoverageSpan>& out, const CoverageSpan& piece) {
    if (piece.span.from >= piece.span.to)
        return;
    if (!out.empty() && out.back().span.to == piece.span.from && out.back().cause == piece.cause &&
        out.back().known_at == piece.known_at)
        out.back().span.to = piece.span.to;
    else
        out.push_back(piece);
}

std::vector<CoverageSpan> clipped(const std::vector<CoverageSpan>& pieces, const Span& within) {
    std::vector<CoverageSpan> out;
    for (auto piece : pieces) {
        piece.span.from = std::max(piece.span.from, within.from);
        piece.span.to = std::min(piece.span.to, within.to);
        append(out, piece);
    }
    return out;
}

namespace {

// While the market trades: shorter than a bar means that no bar could begin there.
void explain_open(std::vector<CoverageSpan>& out, const Span& span, const Asked& asked) {
    if (span.from >= span.to)
        return;
    const auto bar = calendar::bar_at(asked.timeframe, asked.variant.align, span.from);
    const bool partial = bar.from != span.from && bar.to >= span.to;
    const auto cause = partial ? Cause::none : asked.continuous ? Cause::provider_hole : Cause::no_trades;
    append(out, {span, cause, asked.known_at});
}

} // namespace

void explain_gap(
    std::vector<CoverageSpan>& out, const Span& gap, const Asked& asked, const calendar::MarketHours& hours) {
    const Grid grid{asked.timeframe, asked.variant.align};
    const auto market = calendar::market_of(asked.instrument);
    auto at = gap.from, open_from = gap.from;
    while (at < gap.to) {
        const auto session = hours.at(market, at);
        const auto until = std::min(session.until, gap.to);
        if (session.phase == calendar::Phase::closed) {
            // Bars that lie in the closed time as a whole. `since` may be earlier than the gap.
            const auto since = std::max(session.since, gap.from);
            const Span closed{
                since == gap.from ? since : ceil_open(grid, since), until == gap.to ? until : floor_open(grid, until)};
            if (closed.from < closed.to) {
                explain_open(out, {open_from, closed.from}, asked);
                append(out, {closed, Cause::session_closed, asked.known_at});
                open_from = closed.to;
            }
        }
        if (until <= at)
            break;
        at = until;
    }
    explain_open(out, {open_from, gap.to}, asked);
}

namespace {

bool stray(const Bar& bar, const Asked& asked) {
    return bar.open_time < asked.span.from || bar.open_time >= asked.span.to || bar.timeframe != asked.timeframe ||
           bar.price_type != asked.variant.price_type || bar.adjusted != asked.variant.adjusted;
}

// In order, one an open time (the last one told), and nothing that still forms.
void put_in_order(Examined& page, const Asked& asked) {
    auto& bars = page.bars;
    page.strays = static_cast<std::uint64_t>(std::erase_if(bars, [&](const Bar& b) { return stray(b, asked); }));
    const auto earlier = [](const Bar& a, const Bar& b) { return a.open_time < b.open_time; };
    for (std::size_t i = 1; i < bars.size(); ++i)
        page.disorder += bars[i].open_time < bars[i - 1].open_time ? 1u : 0u;
    if (page.disorder > 0)
        std::stable_sort(bars.begin(), bars.end(), earlier);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        if (i + 1 < bars.size() && bars[i + 1].open_time == bars[i].open_time) {
            ++page.duplicates;
            continue;
        }
        if (kept != i)
            bars[kept] = bars[i];
        ++kept;
    }
    bars.resize(kept);
    page.complete_to = asked.span.to;
    const auto forming = std::find_if(bars.begin(), bars.end(), [](const Bar& b) { return !b.final; });
    if (forming != bars.end()) {
        page.complete_to = forming->open_time;
        bars.erase(forming, bars.end());
    }
}

} // namespace

Examined examine(std::vector<Bar> bars, const Asked& asked, const calendar::MarketHours& hours) {
    Examined page;
    page.bars = std::move(bars);
    put_in_order(page, asked);
    auto at = asked.span.from;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < page.bars.size(); ++i) {
        const Bar bar = page.bars[i];
        if (bar.open_time > at)
            explain_gap(page.coverage, {at, bar.open_time}, asked, hours);
        auto end = bar.close_time;
        if (end <= bar.open_time)
            end = calendar::bar_at(asked.timeframe, asked.variant.align, bar.open_time).to;
        const auto limit = i + 1 < page.bars.size() ? page.bars[i + 1].open_time : page.complete_to;
        end = std::max(std::min(end, limit), bar.open_time);
        const bool refused = quality::refuse(bar, asked.instrument.asset_class).has_value();
        append(page.coverage, {{bar.open_time, end}, refused ? Cause::rejected : Cause::none, asked.known_at});
        at = end;
        if (refused) {
            ++page.rejected;
            continue;
        }
        page.bars[kept++] = bar;
    }
    page.bars.resize(kept);
    if (at < page.complete_to)
        explain_gap(page.coverage, {at, page.complete_to}, asked, hours);
    return page;
}

} // namespace tickgate::backfill
