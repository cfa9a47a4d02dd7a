// What a feed makes of its markets: halts and closings the venue tells, and connections on which nothing flows.
#include "feed/feed.hpp"

#include "core/log.hpp"
#include "core/secret.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::feed {

namespace {

std::string_view to_string(MarketNotice::What what) noexcept {
    switch (what) {
    case MarketNotice::What::halted:
        return "halted";
    case MarketNotice::What::resumed:
        return "resumed";
    case MarketNotice::What::closed:
        return "closed";
    case MarketNotice::What::opened:
        return "opened";
    case MarketNotice::What::luld:
        break;
    }
    return "luld";
}

// `lower 12.30 upper 13.10`, and what the venue said.
std::string bands(const MarketNotice& notice, const std::string& text) {
    std::string out;
    const auto add = [&out](std::string_view word, const OptionalDecimal& price) {
        if (price)
            out += (out.empty() ? "" : " ") + std::string(word) + " " + price->to_string();
    };
    add("lower", notice.lower);
    add("upper", notice.upper);
    return out.empty() || text.empty() ? out + text : out + ": " + text;
}

} // namespace

void Feed::set_trading(InstrumentId id, bool trading, std::string_view status) {
    if (index_of(id) >= by_instrument_.size() || !by_instrument_[index_of(id)].known)
        return;
    MarketNotice notice;
    notice.instrument = id;
    notice.what = trading ? MarketNotice::What::opened : MarketNotice::What::closed;
    notice.text = status;
    on_notice(notice);
}

void Feed::on_notice(const MarketNotice& notice) {
    const auto id = notice.instrument;
    if (index_of(id) >= by_instrument_.size() || !by_instrument_[index_of(id)].known)
        return;
    using What = MarketNotice::What;
    const auto text = redact(notice.text);
    Event e;
    e.event = to_string(notice.what);
    e.instrument = id;
    e.feed = name_;
    e.provider = options_.provider;
    e.cause = "venue";
    e.text = notice.what == What::luld ? bands(notice, text) : text;
    e.from = notice.event_time;
    auto& slots = by_instrument_[index_of(id)];
    const bool shown = slots.state == InstrumentState::live || slots.state == InstrumentState::stale ||
                       slots.state == InstrumentState::closed;
    // Said before, or nothing to take back: a session tells how each instrument stands when it begins.
    const auto told = std::string(e.event) + (text.empty() ? "" : ": " + text);
    const bool ends = notice.what == What::opened || notice.what == What::resumed;
    if (ends ? slots.notice.empty() : notice.what != What::luld && slots.notice == told)
        return;
    if (notice.what == What::halted || notice.what == What::closed) {
        slots.notice = told;
        health_.pause(id);
        if (shown) {
            slots.state = InstrumentState::closed; // told again where only the reason changed
            sink_.state(id, InstrumentState::closed, slots.notice, options_.provider);
        }
    } else if (notice.what != What::luld && !slots.notice.empty()) {
        slots.notice.clear();
        if (shown)
            settle_state(id);
    }
    sink_.event(e);
}

// A connection that answers while nothing flows for any of its instruments: a new one is worth a try, and if that does
// not help, another one later and later.
void Feed::revive(Moment now) {
    struct Look {
        bool any_known = false, all_stale = true, flowing = false;
    };
    std::vector<Look> looks(shards_.size());
    for (const auto& c : channels_) {
        if (!c.in_use)
            continue;
        auto& look = looks[static_cast<std::size_t>(c.shard)];
        const auto standing = health_.standing(c.wanted.what.instrument, now.mono);
        look.any_known = look.any_known || standing.known;
        look.all_stale = look.all_stale && (!standing.known || standing.stale);
        look.flowing = look.flowing || standing.flowing;
    }
    for (std::size_t i = 0; i < looks.size(); ++i) {
        auto& shard = *shards_[i];
        const auto& look = looks[i];
        if (look.any_known && !look.all_stale)
            shard.revival = {};
        if (!shard.connected() || !look.any_known || !look.all_stale || look.flowing ||
            now.mono < shard.revival.not_before)
            continue;
        const auto pause = FeedHealth::least * (1 << std::min(++shard.revival.tries, 5));
        shard.revival.not_before = now.mono + std::min<std::chrono::seconds>(pause, FeedHealth::most);
        log::warn("feed", "all_stale", {{"feed", name_}, {"shard", shard.number()}, {"tries", shard.revival.tries}});
        shard.fail(errc::silent, "no data for any instrument");
        for (const auto& c : channels_)
            if (c.in_use && c.shard == shard.number() &&
                by_instrument_[index_of(c.wanted.what.instrument)].notice.empty())
                watch(c.wanted.what.instrument);
    }
}

} // namespace tickgate::feed
