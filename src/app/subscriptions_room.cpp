// The limits of feeds: what they hold, who gives way, who comes when there is room again.
#include "app/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::app {

std::optional<std::size_t> Subscriptions::capacity(const FeedKey& feed) const {
    const auto provider = find_provider(providers_, feed.first);
    const auto* spec = provider == nullptr ? nullptr : provider->feed_of(feed.second);
    if (spec == nullptr || spec->streams_per_connection == 0 || spec->max_connections == 0)
        return std::nullopt;
    return spec->streams_per_connection * spec->max_connections;
}

std::size_t Subscriptions::weight(const Source& source, const std::set<Subscription>& subscriptions) const {
    std::size_t sum = 0;
    for (const auto& s : subscriptions)
        sum += static_cast<std::size_t>(source.provider->provider->weight_of(source.info.feed, s));
    return sum;
}

void Subscriptions::change_used(const FeedKey& feed, std::size_t before, std::size_t now) {
    used_[feed] += now - before;
    if (now < before)
        freed_.insert(feed);
}

// Room for what the source would be asked for: standbys give way to those that serve, the newest demand to configured
// symbols. Nobody gives way in vain. False: there is none.
bool Subscriptions::make_room(const Entry& entry, const Source& source, const std::set<Subscription>& wanted) {
    const FeedKey feed{source.provider->name, source.info.feed};
    const auto limit = capacity(feed);
    const auto needed = weight(source, wanted), held = weight(source, source.subscribed);
    if (!limit || needed <= held || used_[feed] - held + needed <= *limit)
        return true;
    const bool serves =
        entry.route.empty() || entry.route.front() == source.provider->name || entry.serving == source.provider->name;
    if (!serves && !source.standby)
        return false;
    struct Victim {
        Entry* entry;
        Source* source;
        bool standby;
        std::size_t weight;
    };
    std::vector<Victim> victims;
    std::size_t sum = 0;
    for (auto& [name, other] : entries_) {
        if (&other == &entry)
            continue;
        for (auto& s : other.sources) {
            if (s.provider != source.provider || s.info.feed != source.info.feed)
                continue;
            const auto w = weight(s, s.subscribed);
            const bool standby = !other.route.empty() && other.route.front() != s.provider->name &&
                                 other.serving != s.provider->name && !s.standby;
            if (w > 0 && (standby || (entry.configured && !other.configured))) {
                victims.push_back({&other, &s, standby, w});
                sum += w;
            }
        }
    }
    const auto excess = used_[feed] - held + needed - *limit;
    if (sum < excess)
        return false;
    std::sort(victims.begin(), victims.end(), [](const Victim& a, const Victim& b) {
        return a.standby != b.standby ? a.standby : a.entry->age > b.entry->age;
    });
    std::size_t gained = 0;
    for (const auto& v : victims) {
        if (gained >= excess)
            break;
        gained += v.weight;
        ++stats_.evictions;
        RouteOrder order;
        order.instrument = v.entry->id;
        release_source(*v.entry, *v.source, order);
        order.route = v.entry->route;
        order.published.assign(v.entry->published.begin(), v.entry->published.end());
        v.entry->lacks = true;
        if (v.entry->route.empty())
            tell_state(*v.entry, order, InstrumentState::refused,
                "gave way to a configured symbol: the limit of " + source.provider->name + "." + source.info.feed +
                    " is reached",
                source.provider->name);
        emit(std::move(order));
    }
    freed_.erase(feed); // it is taken at once
    return true;
}

// Room has appeared: who lacks some is tried again in order, until a feed is full once more.
void Subscriptions::use_freed_room() {
    while (!freed_.empty() && !std::exchange(using_freed_, true)) {
        const auto freed = std::exchange(freed_, {});
        const auto concerned = [&](const Entry& entry) {
            return entry.lacks && std::any_of(entry.sources.begin(), entry.sources.end(), [&](const Source& s) {
                return s.lookup == Lookup::found && freed.contains(FeedKey(s.provider->name, s.info.feed));
            });
        };
        for (auto* entry : in_order(concerned)) {
            const bool room = std::any_of(freed.begin(), freed.end(), [&](const FeedKey& feed) {
                const auto limit = capacity(feed);
                return !limit || used_[feed] < *limit;
            });
            if (!room)
                break;
            settle(*entry);
        }
        using_freed_ = false;
    }
}

} // namespace tickgate::app
