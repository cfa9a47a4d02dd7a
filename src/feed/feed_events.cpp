// What a feed makes of its connections' fates: states, events, gaps, log lines.
#include "feed/feed.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::feed {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view nothing_wanted = "nothing wanted";

constexpr std::string_view gap_cause(bool moved) noexcept { return moved ? configuration_cause : "link_down"; }

Event channel_event(std::string_view what, const Subscription& s, std::string_view provider, std::string_view cause) {
    Event e;
    e.event = what;
    e.instrument = s.instrument;
    e.kind = s.kind;
    if (s.kind == Kind::bar)
        e.timeframe = s.timeframe;
    e.provider = provider;
    e.cause = cause;
    return e;
}

} // namespace

void Feed::set_state(InstrumentId id, InstrumentState state, std::string_view reason) {
    auto& slots = by_instrument_[index_of(id)];
    if (slots.state == state)
        return;
    slots.state = state;
    sink_.state(id, state, reason, options_.provider);
}

void Feed::watch(InstrumentId id) {
    const Moment at = now();
    phases_.refresh(at.wall);
    health_.set_phases(phases_.phases());
    health_.watch(id, options_.stale_limit ? options_.stale_limit(id) : std::nullopt, at.mono,
        calendar::market_of(instruments_.name_of(id)));
}

// Live (or closed, where its market is) once every channel of the instrument is acknowledged that the venue did not
// reject; one that went stale stays so until data comes. Refused when all were rejected.
void Feed::settle_state(InstrumentId id) {
    const auto& slots = by_instrument_[index_of(id)];
    bool acked = false, waiting = false;
    error_code rejected;
    const auto look = [&](std::uint32_t slot) {
        if (slot == no_slot)
            return;
        const auto& c = channels_[slot];
        acked = acked || c.acked;
        waiting = waiting || (!c.acked && !c.rejected);
        if (c.rejected)
            rejected = c.rejected;
    };
    look(slots.quote);
    look(slots.trade);
    for (const auto& bar : slots.bars)
        look(bar.second);
    if (waiting)
        return;
    if (!acked)
        return set_state(id,
            rejected == errc::unknown_symbol ? InstrumentState::unknown_symbol : InstrumentState::refused,
            describe(rejected));
    if (slots.halted())
        return set_state(id, InstrumentState::closed, slots.why_halted());
    watch(id);
    if (health_.is_closed(id))
        return set_state(id, InstrumentState::closed, market_closed);
    const bool stale = health_.is_stale(id);
    set_state(id, stale ? InstrumentState::stale : InstrumentState::live,
        stale ? "subscribed, no data so far" : "subscribed");
}

void Feed::update_status(std::string_view reason) {
    status_dirty_ = false;
    FeedStatus next = status_;
    next.wanted = next.acked = next.connections = 0;
    bool all_closed = true;
    for (const auto& c : channels_) {
        next.wanted += c.in_use;
        next.acked += c.in_use && c.acked;
        all_closed = all_closed &&
                     (!c.in_use || by_instrument_[index_of(c.wanted.what.instrument)].state == InstrumentState::closed);
    }
    bool any_serves = false, all_connected = true, any_gave_up = false, rests_refused = false;
    std::optional<MonoTime> last;
    for (const auto& shard : shards_) {
        if (shard->size() == 0) {
            rests_refused = rests_refused || shard->gave_up();
            continue;
        }
        any_serves = true;
        all_connected = all_connected && shard->connected();
        any_gave_up = any_gave_up || shard->gave_up();
        next.connections += shard->open_links();
        if (const auto at = shard->last_received(); at && (!last || *last < *at))
            last = at;
    }
    const Moment at = now();
    if (last)
        next.last_received = at.wall - (at.mono - *last);
    next.reconnects = stats_.reconnects;
    const bool was_idle = std::exchange(idle_, !any_serves);
    served_ = any_serves && (served_ || all_connected);
    if (any_serves)
        next.state = any_gave_up     ? FeedState::refused
                     : all_connected ? all_closed ? FeedState::closed : FeedState::live
                     : served_       ? FeedState::down
                                     : FeedState::connecting;
    else if (!rests_refused) // nobody misses it; one whose credentials were refused stays refused
        next.state = FeedState::closed;
    if (!any_serves && !rests_refused)
        next.reason = nothing_wanted;
    else if (!reason.empty())
        next.reason = reason;
    else if (was_idle && any_serves)
        next.reason = all_connected ? "subscribing" : "connecting";
    if (next.state != status_.state || status_.since == UnixNanos())
        next.since = at.wall;
    status_ = next;
    stats_.status = next;
    sink_.feed_status(name_, status_);
}

void Feed::on_link_up(Shard& shard, const std::string& peer) {
    log::info(
        "feed", "link_up", {{"feed", name_}, {"shard", shard.number()}, {"peer", peer}, {"streams", shard.size()}});
    for (auto& c : channels_)
        if (c.in_use && c.shard == shard.number()) {
            c.messages_before_link = c.messages;
            c.told = 0;
            c.acked = c.seeded = false;
        }
    Event e;
    e.event = "link_up";
    e.feed = name_;
    e.provider = options_.provider;
    e.cause = "connected";
    e.to = wall_now();
    sink_.event(e);
    update_status("connected");
    sink_.flush(now());
}

void Feed::on_acknowledged(Shard& shard, std::span<const Subscription> done) {
    for (const auto& what : done)
        if (auto* c = find(what)) {
            c->acked = true;
            c->rejected = {};
            settle_state(what.instrument);
        }
    log::debug("feed", "acknowledged", {{"feed", name_}, {"shard", shard.number()}, {"count", done.size()}});
}

void Feed::on_link_ready(Shard& shard) {
    log::info("feed", "subscribed", {{"feed", name_}, {"shard", shard.number()}, {"streams", shard.size()}});
    update_status("subscribed");
    seed_quiet(shard);
    sink_.flush(now());
}

void Feed::on_rotated(Shard& shard) {
    ++stats_.rotations;
    log::info("feed", "rotated", {{"feed", name_}, {"shard", shard.number()}});
    update_status("rotated");
    seed_quiet(shard);
}

void Feed::on_link_ended(Shard& shard, const EndedLink& ended) {
    if (ended.fate == Fate::closed) {
        ++stats_.ends[stopping_ ? "shutdown" : "replaced"];
        log::debug("feed", "link_closed", {{"feed", name_}, {"shard", shard.number()}});
        return;
    }
    const auto& end = ended.end;
    ++stats_.ends[end.reason.category() == tickgate_category() ? end.reason.message() : "network"];
    const char* what = ended.fate == Fate::replacement_failed ? "replacement_failed"
                       : ended.fate == Fate::connect_failed   ? "connect_failed"
                       : ended.fate == Fate::taken_over       ? "link_taken_over"
                                                              : "link_down";
    log::warn("feed", what,
        {{"feed", name_}, {"shard", shard.number()}, {"error", end.reason}, {"detail", end.detail},
            {"retry_in_ms", ended.retry_in ? ended.retry_in->count() : -1}});
    if (ended.fate == Fate::replacement_failed)
        return;
    const auto reason = describe(end.reason) + (end.detail.empty() ? "" : ": " + end.detail);
    last_reason_ = reason;
    if (ended.fate == Fate::lost) {
        ++stats_.reconnects;
        Event e;
        e.event = "link_down";
        e.feed = name_;
        e.provider = options_.provider;
        e.cause = describe(end.reason);
        e.text = end.detail;
        e.from = ended.last_heard;
        sink_.event(e);
    }
    const auto lost = [&](const ChannelState& c) {
        return c.in_use && c.shard == shard.number() && ended.fate != Fate::connect_failed &&
               (ended.fate == Fate::lost || shard.missing(c.wanted.what));
    };
    for (auto& c : channels_) // all of them first: a state may make another source serve, then they are not heard
        if (lost(c))
            open_gap(c, ended.last_heard, shard.moved());
    for (auto& c : channels_) {
        if (lost(c))
            lose(c, reason);
        else if (c.in_use && c.shard == shard.number() && ended.fate == Fate::connect_failed) {
            c.rejected = {}; // the next connection asks again
            set_state(c.wanted.what.instrument, InstrumentState::down, reason);
        }
    }
    update_status(reason);
    sink_.flush(now());
}

// Nothing is replayed by the venue: the channel has a hole from here on, of a size nobody knows so far.
void Feed::open_gap(ChannelState& channel, UnixNanos from, bool moved) {
    if ((!channel.any_id && !channel.acked) || channel.gap_open) // it had no data, or it is told
        return;
    channel.gap_open = true;
    channel.moved = moved;
    ++stats_.gaps;
    auto gap = channel_event("gap_opened", channel.wanted.what, options_.provider, gap_cause(moved));
    gap.feed = name_;
    gap.from = from;
    sink_.event(gap);
}

void Feed::lose(ChannelState& channel, std::string_view reason) {
    const auto id = channel.wanted.what.instrument;
    channel.acked = false;
    channel.rejected = {};
    by_instrument_[index_of(id)].last.reset();
    by_instrument_[index_of(id)].notice.clear(); // what is said meanwhile is not heard
    health_.pause(id);
    set_state(id, InstrumentState::down, reason);
}

// First message of a channel after a break; false if it was told before. Closes the hole, with its size where ids are
// contiguous.
bool Feed::after_break(ChannelState& channel, std::uint64_t id, bool contiguous) {
    if (id != 0 && id <= channel.told)
        return false;
    const auto told = std::exchange(channel.told, 0);
    if (told != 0 && channel.unseen && contiguous && id > told + 1 && !channel.gap_open)
        on_gap(channel.wanted.what, id - told - 1, "rotation");
    if (!channel.gap_open)
        return true;
    channel.gap_open = false;
    ++stats_.gaps_closed;
    auto e = channel_event("gap_closed", channel.wanted.what, options_.provider, gap_cause(channel.moved));
    e.feed = name_;
    e.to = wall_now();
    e.filled = 0;
    if (contiguous && channel.any_id && id > channel.last_id) {
        e.lost = id - channel.last_id - 1;
        stats_.lost += *e.lost;
    }
    sink_.event(e);
    return true;
}

// After a handover, orderly or not.
void Feed::take_up(ChannelState& channel, const Handover::Standing& standing, std::string_view cause) {
    const auto& what = channel.wanted.what;
    if (standing.lost) {
        on_gap(what, standing.count, cause);
        channel.last_id = standing.told;
        channel.any_id = true;
    }
    // Bars are numbered by the venue's clock, which may step back: for them a repeat is the lesser evil.
    if (what.kind != Kind::bar)
        channel.told = standing.told;
    channel.unseen = standing.unseen;
}

void Feed::on_gap(Subscription what, std::optional<std::uint64_t> lost, std::string_view cause) {
    ++stats_.gaps;
    ++stats_.gaps_closed; // at once: it is over when it is seen
    stats_.lost += lost.value_or(0);
    auto e = channel_event("gap_opened", what, options_.provider, cause);
    e.feed = name_;
    e.lost = lost;
    e.to = wall_now();
    sink_.event(e);
    e.event = "gap_closed";
    e.filled = 0;
    sink_.event(e);
    log::warn("feed", "gap",
        {{"feed", name_}, {"instrument", instruments_.name_of(what.instrument).to_string()},
            {"kind", to_string(what.kind)}, {"cause", cause}, {"lost", lost ? std::to_string(*lost) : "unknown"}});
}

void Feed::on_rejected(Subscription what, error_code reason, std::string_view venue_text) {
    auto* c = find(what);
    if (c == nullptr)
        return; // released meanwhile
    tell_rejected(what, reason, venue_text);
    c->acked = false;
    c->rejected = reason;
    settle_state(what.instrument);
}

void Feed::tell_rejected(const Subscription& what, const error_code& reason, std::string_view venue_text) {
    const auto text = redact(venue_text);
    const bool unknown = reason == errc::unknown_symbol;
    log::warn("feed", unknown ? "unknown_symbol" : "refused",
        {{"feed", name_}, {"instrument", instruments_.name_of(what.instrument).to_string()},
            {"kind", to_string(what.kind)}, {"error", reason}, {"venue_text", text}});
    auto e = channel_event(unknown ? "unknown_symbol" : "refused", what, options_.provider, describe(reason));
    e.feed = name_;
    e.text = text;
    sink_.event(e);
}

void Feed::on_no_first_frame(Subscription what) {
    auto* c = find(what);
    if (c == nullptr || c->announced_silent)
        return;
    c->announced_silent = true;
    log::info("feed", "no_first_frame",
        {{"feed", name_}, {"instrument", instruments_.name_of(what.instrument).to_string()},
            {"kind", to_string(what.kind)}, {"native", c->wanted.native}});
    auto e = channel_event("pending", what, options_.provider, "acknowledged, no data so far");
    e.feed = name_;
    sink_.event(e);
}

void Feed::on_skipped(Skip why, std::string_view what) {
    ++stats_.skipped[static_cast<std::size_t>(why)];
    if (why == Skip::repeated || why == Skip::unknown_type)
        return; // by design
    const auto at = mono_now();
    auto [it, first] = last_skip_log_.try_emplace(std::string(to_string(why)), at);
    if (!first && at - it->second < 10s)
        return;
    it->second = at;
    log::warn("feed", "frame_skipped",
        {{"feed", name_}, {"why", to_string(why)}, {"what", what},
            {"total", stats_.skipped[static_cast<std::size_t>(why)]}});
}

void Feed::on_gave_up(Shard& shard, const LinkEnd& end) {
    log::error("feed", "gave_up",
        {{"feed", name_}, {"shard", shard.number()}, {"error", end.reason}, {"detail", end.detail},
            {"hint", "check the credentials of providers." + options_.provider}});
    for (const auto& c : channels_)
        if (c.in_use && c.shard == shard.number())
            set_state(c.wanted.what.instrument, InstrumentState::refused, describe(end.reason));
    Event e;
    e.event = "refused";
    e.feed = name_;
    e.provider = options_.provider;
    e.cause = describe(end.reason);
    e.text = end.detail;
    sink_.event(e);
    update_status(describe(end.reason));
}

} // namespace tickgate::feed
