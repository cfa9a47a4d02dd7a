#include "quality/gaps.hpp"

#include "calendar/new_york.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickgate::quality {

using namespace std::chrono;
using calendar::Market;
using calendar::Phase;
using calendar::Span;

namespace {

constexpr nanoseconds whole_day = hours(24); // a session's worth where the market never closes

// A dense series has nine bars of ten; there a hole of an hour's worth of bars stands out.
constexpr std::uint64_t dense = 9, stands_out = 60;

// Christmas and New Year, a Sunday's or Saturday's kept on Monday too: FX providers close for all or most of that day
// and open late. `date` is that on which the day from 17:00 to 17:00 ends.
bool is_thin_fx_day(sys_days date) noexcept {
    const auto is_feast = [](sys_days d) {
        const year_month_day ymd{d};
        return ymd.month() / ymd.day() == December / 25 || ymd.month() / ymd.day() == January / 1;
    };
    const bool after_weekend = weekday(date) == Monday && (is_feast(date - days(1)) || is_feast(date - days(2)));
    return is_feast(date) || after_weekend;
}

constexpr hours late_opening{2};

// The days since 1994 on which US exchanges were closed by no rule: mourning, attacks, storms.
constexpr std::array<sys_days, 11> closures{sys_days(year{1994} / April / 27), sys_days(year{2001} / September / 11),
    sys_days(year{2001} / September / 12), sys_days(year{2001} / September / 13), sys_days(year{2001} / September / 14),
    sys_days(year{2004} / June / 11), sys_days(year{2007} / January / 2), sys_days(year{2012} / October / 29),
    sys_days(year{2012} / October / 30), sys_days(year{2018} / December / 5), sys_days(year{2025} / January / 9)};

bool is_us(Market m) noexcept {
    return m == Market::us_equity || m == Market::us_option || m == Market::us_option_late || m == Market::us_index;
}

bool was_closed(Market market, UnixNanos t) {
    return is_us(market) && std::binary_search(closures.begin(), closures.end(), calendar::new_york_date(t));
}

bool is_fx(Market m) noexcept { return m == Market::fx || m == Market::metal; }

} // namespace

Gaps::Gaps(const Subject& subject, const calendar::MarketHours& hours) noexcept
    : subject_(subject), hours_(hours), market_(calendar::market_of(subject.instrument)) {}

void Gaps::explained(UnixNanos from, UnixNanos to) {
    if (from >= to)
        return;
    auto it = explained_.upper_bound(from);
    if (it != explained_.begin() && std::prev(it)->second >= from)
        --it;
    while (it != explained_.end() && it->first <= to) {
        from = std::min(from, it->first);
        to = std::max(to, it->second);
        it = explained_.erase(it);
    }
    explained_.emplace(from, to);
}

std::map<UnixNanos, UnixNanos>::const_iterator Gaps::explained_after(UnixNanos t) const {
    auto it = explained_.upper_bound(t);
    if (it != explained_.begin() && std::prev(it)->second > t)
        --it;
    return it;
}

const calendar::Session& Gaps::session_at(UnixNanos t) {
    if (!session_ || t < session_->since || t >= session_->until)
        session_ = hours_.at(market_, t);
    return *session_;
}

// Before and after the session of US stocks little trades; a bar missing there says nothing.
bool Gaps::is_expected(Phase phase) const noexcept { return phase == Phase::open; }

// As calendar::trades_within(), which asks for the session anew each time.
bool Gaps::trades_within(const Span& span) {
    for (UnixNanos t = span.from; t < span.to;) {
        const auto& session = session_at(t);
        if (session.phase != Phase::closed)
            return true;
        t = session.until;
    }
    return false;
}

void Gaps::hole(UnixNanos from, UnixNanos to, Sink& sink) {
    if (from >= to)
        return;
    if (subject_.timeframe <= Timeframe::h1)
        short_bars(from, to, sink);
    else
        long_bars(from, to, sink);
}

void Gaps::short_bars(UnixNanos from, UnixNanos to, Sink& sink) {
    const auto tf = subject_.timeframe;
    for (UnixNanos t = from; t < to;) {
        const auto session = session_at(t);
        const UnixNanos until = std::min(session.until, to);
        if (is_expected(session.phase) && !was_closed(market_, t)) { // the bars that hold a moment of it
            const UnixNanos first = std::max(from, bar_open(t, tf));
            const UnixNanos end = until == to ? to : std::min(to, bar_end(bar_open(until - nanoseconds(1), tf), tf));
            stretch({{first, end}, session}, sink);
        }
        t = until;
    }
}

// What of the stretch nothing explains.
void Gaps::stretch(const Open& open, Sink& sink) {
    UnixNanos t = open.span.from;
    for (auto it = explained_after(t); t < open.span.to; ++it) {
        const bool none = it == explained_.end() || it->first >= open.span.to;
        const UnixNanos until = none ? open.span.to : it->first;
        if (t < until)
            lacking({t, until}, open.session, sink);
        if (none)
            break;
        t = it->second;
    }
}

void Gaps::lacking(const Span& span, const calendar::Session& session, Sink& sink) {
    const auto tf = subject_.timeframe;
    const auto length = length_of(tf).value_or(hours(1));
    UnixNanos first = bar_open(span.from, tf);
    if (first < span.from)
        first += length;
    const UnixNanos last = bar_open(span.to, tf); // the end of the last whole one
    if (first >= last)
        return;
    const auto bars = static_cast<std::uint64_t>((last - first) / length);
    const bool whole_session = session.since != UnixNanos::min() && span.from <= session.since &&
                               span.to >= session.until && session.until - session.since < whole_day;
    if (subject_.continuous || whole_session || span.to - span.from >= whole_day) {
        const auto middle = span.from + (span.to - span.from) / 2;
        const bool thin = is_fx(market_) && is_thin_fx_day(floor<days>(
                                                middle + calendar::new_york_offset(middle) + hours(7) - late_opening));
        if (!thin || span.to - span.from > 2 * whole_day) {
            report({first, last}, bars, sink);
            return;
        }
    }
    quiet_ += bars;
    if (bars > longest_.bars)
        longest_ = {{first, last}, bars};
}

void Gaps::long_bars(UnixNanos from, UnixNanos to, Sink& sink) {
    const auto tf = subject_.timeframe;
    const auto align = subject_.variant.align;
    Span bar = calendar::bar_at(tf, align, from);
    if (bar.from < from)
        bar = calendar::next_bar(tf, align, bar);
    std::optional<Span> run;
    std::uint64_t bars = 0;
    for (; bar.to <= to; bar = calendar::next_bar(tf, align, bar)) {
        const auto known = explained_after(bar.from);
        const bool is_explained = known != explained_.end() && known->first < bar.to;
        const bool thin = is_fx(market_) && tf <= Timeframe::d1 && !subject_.continuous &&
                          is_thin_fx_day(floor<days>(bar.from + calendar::new_york_offset(bar.from) + hours(7)));
        const bool closed = tf <= Timeframe::d1 && was_closed(market_, bar.from);
        if (is_explained || thin || closed || !trades_within(bar))
            continue;
        if (run && run->to != bar.from) {
            report(*run, std::exchange(bars, 0), sink);
            run.reset();
        }
        run = run ? Span{run->from, bar.to} : bar;
        ++bars;
    }
    if (run)
        report(*run, bars, sink);
}

// Options go without a trade for days: there it is worth a note.
void Gaps::report(const Span& span, std::uint64_t bars, Sink& sink) {
    const bool sure = subject_.continuous || subject_.instrument.asset_class != AssetClass::option;
    if (sure)
        missing_ += bars;
    sink.add({Check::gap, sure ? Severity::warning : Severity::note, span.from, span.to, bars}, [&] {
        return fmt::format("{} {} of {} missing from {} to {} while the market was open", bars,
            bars == 1 ? "bar" : "bars", to_string(subject_.timeframe), time_text(span.from), time_text(span.to));
    });
}

void Gaps::finish(std::uint64_t bars, Sink& sink) {
    if (longest_.bars < stands_out || bars < dense * quiet_)
        return;
    sink.add({Check::gap, Severity::note, longest_.span.from, longest_.span.to, longest_.bars}, [&] {
        return fmt::format("no bar for {} of {} from {} to {}, which is long for a series as dense as this one",
            longest_.bars, to_string(subject_.timeframe), time_text(longest_.span.from), time_text(longest_.span.to));
    });
}

} // namespace tickgate::quality
