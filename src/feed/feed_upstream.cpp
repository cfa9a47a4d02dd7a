// What a feed makes of settings that change while it runs.
#include "feed/feed.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <utility>

namespace tickgate::feed {

void Feed::use(Upstream upstream, Renewal how) {
    upstream.number = upstream_->number + 1;
    if (upstream.spec.delay != options_.spec.delay)
        phases_ = MarketPhases(options_.hours, upstream.spec.delay);
    options_.spec = upstream.spec;
    if (how != Renewal::later)
        replace_below_ = upstream.number;
    if (how == Renewal::reconnect)
        ids_since_ = upstream.number;
    upstream_ = std::make_shared<const Upstream>(std::move(upstream));
    status_dirty_ = true;
    for (auto& c : channels_) // another plan may count them otherwise
        if (c.in_use) {
            const auto before = std::exchange(c.weight, weight_of(c.wanted.what));
            shards_[static_cast<std::size_t>(c.shard)]->reweigh(before, c.weight);
        }
    if (how == Renewal::later || !running_ || stopping_)
        return;
    const Moment at = now();
    for (auto& shard : shards_) {
        const bool gave_up = shard->gave_up();
        shard->begin_anew(at);
        if (!gave_up)
            continue;
        log::info("feed", "tried_again", {{"feed", name_}, {"shard", shard->number()}});
        for (const auto& c : channels_)
            if (c.in_use && c.shard == shard->number())
                set_state(c.wanted.what.instrument, InstrumentState::pending, "connecting with other settings");
    }
    update_status("the configuration was changed");
}

void Feed::refresh_limits() {
    for (const auto& c : channels_)
        if (c.in_use && options_.stale_limit)
            health_.set_limit(c.wanted.what.instrument, options_.stale_limit(c.wanted.what.instrument));
}

// The ids of the new place are not those of the old one: what is missing cannot be counted, and nothing is a repeat.
void Feed::forget_ids(const Shard& shard) {
    for (auto& c : channels_)
        if (c.in_use && c.shard == shard.number()) {
            c.any_id = false;
            c.last_id = c.told = 0;
        }
}

} // namespace tickgate::feed
