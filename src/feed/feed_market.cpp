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
    take_notice(notice, true);
}

void Feed::on_notice(const MarketNotice& notice) { take_notice(notice, false); }

// `listed`: REST's word, which a loss of the connection does not outdate; else the stream's.
void Feed::take_notice(const MarketNotice& notice, bool listed) {
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
    auto& word = listed ? slots.listing : slots.notice;
    if (ends ? !slots.halted() || (listed && word.empty()) : notice.what != What::luld && word == told)
        return;
    if (notice.what == What::halted || notice.what == What::closed) {
        word = told;
        health_.pause(id);
        if (shown) {
            slots.state = InstrumentState::closed; // told again where only the reason changed
            sink_.state(id, InstrumentState::closed, slots.why_halted(), options_.provider);
        }
    } else if (ends) {
        word.clear();
        if (!listed)
            slots.listing.clear(); // the stream's word is the newer one
        if (shown)
            settle_state(id);
    }
    sink_.event(e);
}

void Feed::on_health(const FeedHealth::Change& change) {
    using What = FeedHealth::Change::What;
    const auto& slots = by_instrument_[index_of(change.instrument)];
    const bool shown = slots.state == InstrumentState::live || slots.state == InstrumentState::stale ||
                       slots.state == InstrumentState::closed;
    if (!slots.known || !shown || slots.halted())
        return; // down or refused says more, and so does the venue's own word
    const auto quiet = std::to_string(change.quiet_for.count()) + " ms without data";
    Event e;
    e.instrument = change.instrument;
    e.feed = name_;
    e.provider = options_.provider;
    switch (change.what) {
    case What::stale:
        set_state(change.instrument, InstrumentState::stale, quiet);
        e.event = "stale";
        e.cause = quiet;
        break;
    case What::fresh:
        set_state(change.instrument, InstrumentState::live, "data again");
        e.event = "fresh";
        e.cause = quiet;
        break;
    case What::closed:
        set_state(change.instrument, InstrumentState::closed, market_closed);
        e.event = "closed";
        e.cause = "calendar";
        break;
    case What::opened:
        set_state(change.instrument, InstrumentState::live, change.by_data ? "data flows" : "the market is open");
        e.event = "opened";
        e.cause = change.by_data ? "data" : "calendar";
        break;
    }
    sink_.event(e);
}

void Feed::scan(Moment now) {
    phases_.refresh(now.wall);
    health_.set_phases(phases_.phases());
    health_.scan(now.mono, [this](const FeedHealth::Change& change) { on_health(change); });
    revive(now);
    update_status({});
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
            if (c.in_use && c.shard == shard.number() && !by_instrument_[index_of(c.wanted.what.instrument)].halted())
                watch(c.wanted.what.instrument);
    }
}

} // namespace tickgate::feed
