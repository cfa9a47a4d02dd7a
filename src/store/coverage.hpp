// Which spans of a series are known, and why bars are absent from the rest.
#pragma once

#include "store/series.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace tickgate::store {

enum class Cause : std::uint8_t {
    none,           // the bars are there
    session_closed, // the market was closed
    no_trades,      // it was open and nothing was traded
    provider_hole,  // the provider should have bars and has none, or does not reach back so far
    not_entitled,   // the plan or the account does not include it
    not_fetched,    // nobody asked so far, or asking failed
    gateway_outage, // the bars are made of our own ticks and none were received
    rejected,       // bars came and failed the checks
};
inline constexpr int cause_count = 8;
std::string_view to_string(Cause c) noexcept;
std::optional<Cause> cause_from(std::string_view text) noexcept;

struct CoverageSpan {
    Span span;
    Cause cause = Cause::none; // none: every bar of the span is stored
    UnixNanos known_at{};      // when the provider was asked; of not_fetched: when asking failed last, if ever
    friend bool operator==(const CoverageSpan&, const CoverageSpan&) = default;
};

// The ledger of one series in memory: a map of time without overlaps. Neighbours of equal cause and time are one.
// What was never set is not_fetched. Pure; O(log n) for a look-up, plus the spans it answers or replaces.
class CoverageMap {
public:
    // Replaces whatever was known of the span. An empty or reversed span changes nothing. not_fetched without a time is
    // the same as forget().
    void set(const CoverageSpan& what);
    // Nothing is known of the span any more.
    void forget(Span span);

    // Everything in [from, to), in order and without holes: what was never set appears as not_fetched.
    std::vector<CoverageSpan> query(Span within) const;
    // The same without what was never set: it has holes.
    std::vector<CoverageSpan> known(Span within) const;

    // What must be asked of the provider to answer [from, to) at `now`: not_fetched, and what is known no longer (see
    // still_holds, applied to each part of a span: what is old in it may hold while its end does not). In order;
    // neighbours are joined.
    std::vector<Span> missing(Span within, UnixNanos now) const;

    std::size_t size() const noexcept { return spans_.size(); }
    const std::map<UnixNanos, CoverageSpan>& spans() const noexcept { return spans_; } // by from

private:
    using Spans = std::map<UnixNanos, CoverageSpan>;
    Spans::const_iterator first_touching(UnixNanos from) const;

    Spans spans_;
};

// Whether what was learned at `known_at` of a span that ends at `end` can still be told at `now` without asking again:
// - what lay within 5 minutes before `known_at`, or after it, was not settled then; session_closed is the calendar's
//   and always settled;
// - what was asked at least a day after its end stays; anything else is asked once more when a day has passed;
// - not_entitled and provider_hole are asked again after an hour (plans change, venues mend), rejected too.
// The whole span must hold; parts of a longer one are told by CoverageMap::missing.
bool still_holds(const CoverageSpan& what, UnixNanos now) noexcept;

} // namespace tickgate::store
