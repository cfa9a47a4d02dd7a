#include "feed/feed_health.hpp"

#include <algorithm>

namespace tickgate::feed {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

void FeedHealth::watch(InstrumentId id, std::optional<milliseconds> limit, MonoTime now, calendar::Market market) {
    if (entries_.size() <= index_of(id))
        entries_.resize(index_of(id) + 1);
    auto& e = entries_[index_of(id)];
    e.watched = true;
    e.limit = limit;
    e.last = now;
    e.seen = e.count;
    e.market = market;
    if (phase_of(e) != calendar::Phase::closed || e.evidence < enough_evidence) {
        e.closed = phase_of(e) == calendar::Phase::closed;
        e.evidence = 0;
    }
    e.stale = e.stale && !e.closed;
}

void FeedHealth::forget(InstrumentId id) {
    if (index_of(id) < entries_.size())
        entries_[index_of(id)] = Entry();
}

// True: nothing is expected now.
bool FeedHealth::scan_closed(Entry& e, InstrumentId id, MonoTime now, const OnChange& on_change) {
    const bool by_calendar = phase_of(e) == calendar::Phase::closed;
    const auto quiet = duration_cast<milliseconds>(now - e.last);
    if (!by_calendar)
        e.evidence = 0;
    else if (e.count != e.seen)
        e.evidence = std::min(e.evidence + 1, enough_evidence);
    else if (quiet >= evidence_lasts)
        e.evidence = 0;
    const bool closed = by_calendar && e.evidence < enough_evidence;
    if (closed && e.count != e.seen) {
        e.seen = e.count;
        e.last = now;
    }
    if (closed == e.closed)
        return closed;
    e.closed = closed;
    e.stale = false;
    if (!closed) { // a pause begins anew
        e.seen = e.count;
        e.last = now;
    }
    using What = Change::What;
    on_change({id, closed ? What::closed : What::opened, quiet, by_calendar && !closed});
    return closed;
}

void FeedHealth::scan_open(Entry& e, InstrumentId id, MonoTime now, const OnChange& on_change) {
    const bool regular = phase_of(e) == calendar::Phase::open;
    const auto quiet = duration_cast<milliseconds>(now - e.last);
    if (e.count != e.seen) {
        if (regular) {
            e.mean = e.lessons == 0 ? std::max(quiet, milliseconds(1)) : (e.mean * 7 + quiet) / 8;
            e.lessons += e.lessons < enough_lessons;
        }
        e.seen = e.count;
        e.last = now;
        if (e.stale) {
            e.stale = false;
            on_change({id, Change::What::fresh, quiet});
        }
        return;
    }
    const bool known = e.limit || e.lessons >= enough_lessons;
    // Off hours with data: the end of the data is the end of the session, not a fault.
    if (!known || e.stale || phase_of(e) == calendar::Phase::closed)
        return;
    const milliseconds learned = std::clamp<milliseconds>(e.mean * 30, least, most);
    if (quiet > e.limit.value_or(learned) * (regular ? 1 : quiet_phase_factor)) {
        e.stale = true;
        on_change({id, Change::What::stale, quiet});
    }
}

void FeedHealth::scan(MonoTime now, const std::function<void(const Change&)>& on_change) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        auto& e = entries_[i];
        const auto id = static_cast<InstrumentId>(i);
        if (e.watched && e.count != e.seen)
            e.last_data = now;
        if (e.watched && !scan_closed(e, id, now, on_change))
            scan_open(e, id, now, on_change);
    }
}

} // namespace tickgate::feed
