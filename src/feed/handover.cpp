#include "feed/handover.hpp"

#include <algorithm>

namespace tickgate::feed {

namespace {
constexpr std::size_t index(Handover::From from) noexcept { return static_cast<std::size_t>(from); }
} // namespace

void Handover::begin(const Subscription& channel, std::uint64_t last_published) {
    const auto [it, added] = entries_.try_emplace(channel.key());
    if (added)
        ++open_;
    it->second.published = last_published;
}

void Handover::begin_on_new(const Subscription& channel) {
    forget(channel);
    entries_[channel.key()].taken_over = true;
}

void Handover::forget(const Subscription& channel) {
    const auto it = entries_.find(channel.key());
    if (it == entries_.end())
        return;
    open_ -= !it->second.taken_over;
    entries_.erase(it);
}

bool Handover::accept(const Subscription& channel, From from, std::uint64_t id, bool contiguous) {
    const auto it = entries_.find(channel.key());
    if (it == entries_.end())
        return true;
    auto& e = it->second;
    const auto take_over = [&] {
        e.taken_over = true;
        --open_;
    };
    const bool from_source = (from == From::new_link) == e.taken_over;
    if (id == 0)
        return from_source;
    e.seen[index(from)] = id;
    e.contiguous = contiguous;
    if (from_source) {
        if (id <= e.published)
            return false;
        e.published = id;
        if (!e.taken_over && e.seen[index(From::new_link)] == id)
            take_over();
        return true;
    }
    if (from == From::old_link)
        return false; // the new connection brings it
    if (id <= e.published) {
        take_over();
        return false;
    }
    if (contiguous && e.published != 0 && id == e.published + 1) {
        take_over();
        e.published = id;
        return true;
    }
    return false;
}

Handover::From Handover::source(const Subscription& channel) const {
    const auto it = entries_.find(channel.key());
    return it != entries_.end() && it->second.taken_over ? From::new_link : From::old_link;
}

Handover::Standing Handover::standing(const Subscription& channel, From survivor) const {
    Standing s;
    const auto it = entries_.find(channel.key());
    if (it == entries_.end())
        return s;
    const auto& e = it->second;
    const auto seen = e.seen[index(survivor)];
    s.told = std::max(e.published, seen);
    s.lost = seen > e.published;
    s.unseen = seen == 0;
    if (s.lost && e.contiguous && e.published != 0)
        s.count = seen - e.published;
    return s;
}

} // namespace tickgate::feed
