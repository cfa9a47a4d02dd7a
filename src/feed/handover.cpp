#include "feed/handover.hpp"

namespace tickgate::feed {

void Handover::begin(const Subscription& channel, std::uint64_t last_published) {
    const auto [it, added] = entries_.try_emplace(channel.key());
    if (added)
        ++open_;
    it->second.published = last_published;
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
    if (from == From::old_link) {
        if (e.taken_over || id <= e.published)
            return false;
        e.published = id;
        if (e.any_ahead && e.ahead == id)
            take_over();
        return true;
    }
    if (e.taken_over) {
        if (id <= e.published)
            return false;
        e.published = id;
        return true;
    }
    if (id <= e.published) {
        take_over();
        return false;
    }
    if (contiguous && e.published != 0 && id == e.published + 1) {
        take_over();
        e.published = id;
        return true;
    }
    e.ahead = id;
    e.any_ahead = true;
    return false;
}

bool Handover::lost_touch(const Subscription& channel) const {
    const auto it = entries_.find(channel.key());
    return it != entries_.end() && !it->second.taken_over && it->second.any_ahead && it->second.ahead > it->second.published;
}

} // namespace tickgate::feed
