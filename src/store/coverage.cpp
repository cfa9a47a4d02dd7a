#include "store/coverage.hpp"

#include <algorithm>
#include <array>

namespace tickgate::store {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, cause_count> cause_names{"none", "session_closed", "no_trades", "provider_hole",
    "not_entitled", "not_fetched", "gateway_outage", "rejected"};

constexpr std::chrono::minutes settling = 5min, day = 24h, retry = 1h;

bool asked_hourly(Cause cause) noexcept {
    return cause == Cause::not_entitled || cause == Cause::provider_hole || cause == Cause::rejected;
}

// Until here the span was settled when it was asked for.
UnixNanos settled_until(const CoverageSpan& what) noexcept {
    return what.cause == Cause::session_closed ? UnixNanos::max() : what.known_at - settling;
}

CoverageSpan clipped(CoverageSpan what, const Span& within) {
    what.span.from = std::max(what.span.from, within.from);
    what.span.to = std::min(what.span.to, within.to);
    return what;
}

bool same(const CoverageSpan& a, const CoverageSpan& b) noexcept {
    return a.cause == b.cause && a.known_at == b.known_at;
}

void append(std::vector<Span>& out, Span span) {
    if (span.from >= span.to)
        return;
    if (!out.empty() && out.back().to == span.from)
        out.back().to = span.to;
    else
        out.push_back(span);
}

} // namespace

std::string_view to_string(Cause c) noexcept {
    const auto i = static_cast<std::size_t>(c);
    return i < cause_names.size() ? cause_names[i] : "unknown";
}

std::optional<Cause> cause_from(std::string_view text) noexcept {
    const auto at = std::find(cause_names.begin(), cause_names.end(), text);
    if (at == cause_names.end())
        return std::nullopt;
    return static_cast<Cause>(at - cause_names.begin());
}

bool still_holds(const CoverageSpan& what, UnixNanos now) noexcept {
    if (what.cause == Cause::not_fetched || what.span.to > settled_until(what))
        return false;
    if (asked_hourly(what.cause))
        return now < what.known_at + retry;
    return what.known_at - day >= what.span.to || now < what.known_at + day;
}

CoverageMap::Spans::const_iterator CoverageMap::first_touching(UnixNanos from) const {
    auto it = spans_.upper_bound(from);
    if (it != spans_.begin() && std::prev(it)->second.span.to > from)
        --it;
    return it;
}

void CoverageMap::forget(Span span) {
    if (span.from >= span.to)
        return;
    auto it = spans_.lower_bound(span.from);
    if (it != spans_.begin()) {
        auto& before = std::prev(it)->second;
        if (before.span.to > span.from) {
            CoverageSpan rest = before;
            before.span.to = span.from;
            if (rest.span.to > span.to) {
                rest.span.from = span.to;
                spans_.emplace_hint(it, span.to, rest);
                return;
            }
        }
    }
    while (it != spans_.end() && it->first < span.to) {
        CoverageSpan rest = it->second;
        it = spans_.erase(it);
        if (rest.span.to > span.to) {
            rest.span.from = span.to;
            spans_.emplace_hint(it, span.to, rest);
            return;
        }
    }
}

void CoverageMap::set(const CoverageSpan& what) {
    if (what.span.from >= what.span.to)
        return;
    forget(what.span);
    if (what.cause == Cause::not_fetched && what.known_at == UnixNanos())
        return;
    auto after = spans_.lower_bound(what.span.to);
    CoverageSpan joined = what;
    if (after != spans_.end() && after->first == joined.span.to && same(after->second, joined)) {
        joined.span.to = after->second.span.to;
        after = spans_.erase(after);
    }
    if (after != spans_.begin()) {
        auto& before = std::prev(after)->second;
        if (before.span.to == joined.span.from && same(before, joined)) {
            before.span.to = joined.span.to;
            return;
        }
    }
    spans_.emplace_hint(after, joined.span.from, joined);
}

std::vector<CoverageSpan> CoverageMap::known(Span within) const {
    std::vector<CoverageSpan> out;
    for (auto it = first_touching(within.from); it != spans_.end() && it->first < within.to; ++it)
        if (within.from < within.to)
            out.push_back(clipped(it->second, within));
    return out;
}

std::vector<CoverageSpan> CoverageMap::query(Span within) const {
    std::vector<CoverageSpan> out;
    UnixNanos at = within.from;
    const auto never_set = [&](UnixNanos until) {
        if (at < until)
            out.push_back({{at, until}, Cause::not_fetched, UnixNanos()});
    };
    for (const auto& piece : known(within)) {
        never_set(piece.span.from);
        out.push_back(piece);
        at = piece.span.to;
    }
    never_set(within.to);
    return out;
}

std::vector<Span> CoverageMap::missing(Span within, UnixNanos now) const {
    std::vector<Span> out;
    for (const auto& piece : query(within)) {
        if (piece.cause == Cause::not_fetched) {
            append(out, piece.span);
            continue;
        }
        // Up to `stays` it holds for good, up to `settled` for some time, then not at all.
        const auto settled = std::clamp(settled_until(piece), piece.span.from, piece.span.to);
        const auto stays =
            asked_hourly(piece.cause) ? piece.span.from : std::clamp(piece.known_at - day, piece.span.from, settled);
        CoverageSpan middle = piece;
        middle.span = {stays, settled};
        if (!still_holds(middle, now))
            append(out, middle.span);
        append(out, {settled, piece.span.to});
    }
    return out;
}

} // namespace tickgate::store
