#include "feed/feed_health.hpp"

#include <algorithm>

namespace tickgate::feed {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

void FeedHealth::watch(InstrumentId id, std::optional<milliseconds> limit, MonoTime now) {
    if (entries_.size() <= index_of(id))
        entries_.resize(index_of(id) + 1);
    auto& e = entries_[index_of(id)];
    e.watched = true;
    e.limit = limit;
    e.last = now;
    e.seen = e.count;
}

void FeedHealth::forget(InstrumentId id) {
    if (index_of(id) < entries_.size())
        entries_[index_of(id)] = Entry();
}

void FeedHealth::scan(MonoTime now, const std::function<void(const Change&)>& on_change) {
    learned_ = silent_ = 0;
    flowing_ = false;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        auto& e = entries_[i];
        if (!e.watched)
            continue;
        const auto quiet = duration_cast<milliseconds>(now - e.last);
        if (e.count != e.seen) {
            e.mean = e.lessons == 0 ? std::max(quiet, milliseconds(1)) : (e.mean * 7 + quiet) / 8;
            e.lessons += e.lessons < enough_lessons;
            e.seen = e.count;
            e.last = now;
            if (e.stale) {
                e.stale = false;
                on_change({static_cast<InstrumentId>(i), false, quiet});
            }
        } else if (const bool known = e.limit || e.lessons >= enough_lessons; known && !e.stale) {
            const milliseconds learned = std::clamp<milliseconds>(e.mean * 30, least, most);
            if (quiet > e.limit.value_or(learned)) {
                e.stale = true;
                on_change({static_cast<InstrumentId>(i), true, quiet});
            }
        }
        const auto silent_for = duration_cast<milliseconds>(now - e.last);
        flowing_ = flowing_ || silent_for < least;
        if (e.limit || e.lessons >= enough_lessons) {
            ++learned_;
            silent_ += e.stale;
        }
    }
}

} // namespace tickgate::feed
