// Bars that are missing: what lies between two bars, judged by the market's hours.
#pragma once

#include "calendar/bar_spans.hpp"
#include "quality/findings.hpp"

#include <map>

namespace tickgate::quality {

class Gaps {
public:
    // Both must outlive it.
    Gaps(const Subject& subject, const calendar::MarketHours& hours) noexcept;

    void explained(UnixNanos from, UnixNanos to);

    // No bar opens in [from, to): the end of a bar (or of nothing) and the begin of the next.
    void hole(UnixNanos from, UnixNanos to, Sink& sink);

    // Tells of a hole that is long for a series as dense as this one.
    void finish(std::uint64_t bars, Sink& sink);

    std::uint64_t missing() const noexcept { return missing_; }

private:
    struct Open { // a stretch of time in which bars are expected, and the session it is of
        calendar::Span span;
        calendar::Session session;
    };
    struct Hole {
        calendar::Span span;
        std::uint64_t bars = 0;
    };

    void short_bars(UnixNanos from, UnixNanos to, Sink& sink);
    void long_bars(UnixNanos from, UnixNanos to, Sink& sink);
    void stretch(const Open& open, Sink& sink);
    void lacking(const calendar::Span& span, const calendar::Session& session, Sink& sink);
    void report(const calendar::Span& span, std::uint64_t bars, Sink& sink);
    const calendar::Session& session_at(UnixNanos t);
    bool trades_within(const calendar::Span& span);
    bool is_expected(calendar::Phase phase) const noexcept;
    // The first explained span that ends after `t`.
    std::map<UnixNanos, UnixNanos>::const_iterator explained_after(UnixNanos t) const;

    const Subject& subject_;
    const calendar::MarketHours& hours_;
    calendar::Market market_;
    std::map<UnixNanos, UnixNanos> explained_; // from → to, apart from each other
    std::optional<calendar::Session> session_; // the one asked for last
    std::uint64_t missing_ = 0;
    std::uint64_t quiet_ = 0; // bars of holes in which there may have been no trades
    Hole longest_;            // of them
};

} // namespace tickgate::quality
