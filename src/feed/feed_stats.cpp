// What a feed tells of itself, counted when somebody asks.
#include "feed/feed.hpp"

#include "core/clock.hpp"

#include <algorithm>

namespace tickgate::feed {

FeedStats Feed::stats() const {
    FeedStats s = stats_;
    s.bytes_in = s.frames_in = s.reads = 0;
    s.sent_lately = 0;
    const auto at = mono_now();
    for (const auto& shard : shards_) {
        shard->add_stats(s.bytes_in, s.frames_in, s.reads);
        s.sent_lately = std::max(s.sent_lately, shard->sent_lately(at));
    }
    count_instruments(s);
    return s;
}

bool Feed::is_market_open(InstrumentId id) const noexcept {
    const auto market = by_instrument_[index_of(id)].market;
    return phases_.phases()[static_cast<std::size_t>(market)] != calendar::Phase::closed;
}

void Feed::count_instruments(FeedStats& s) const {
    for (std::uint32_t i = 0; i < by_instrument_.size(); ++i) {
        if (!by_instrument_[i].known)
            continue;
        ++s.instruments[static_cast<std::size_t>(by_instrument_[i].state)];
        s.open_instruments += is_market_open(InstrumentId{i});
    }
    for (const auto& c : channels_)
        if (c.in_use && c.gap_open)
            ++(is_market_open(c.wanted.what.instrument) ? s.gaps_open : s.gaps_open_closed_market);
}

std::optional<InstrumentStats> Feed::stats_of(InstrumentId id) const {
    if (index_of(id) >= by_instrument_.size() || !by_instrument_[index_of(id)].known)
        return std::nullopt;
    const auto& slots = by_instrument_[index_of(id)];
    InstrumentStats s;
    const auto add = [&](std::uint32_t slot) {
        if (slot != no_slot)
            s.messages[static_cast<std::size_t>(channels_[slot].wanted.what.kind)] += channels_[slot].messages;
    };
    add(slots.quote);
    add(slots.trade);
    for (const auto& bar : slots.bars)
        add(bar.second);
    if (const auto last = health_.last_data(id)) {
        const Moment at = now();
        s.last = at.wall - (at.mono - *last);
    }
    return s;
}

} // namespace tickgate::feed
