// Holes from their gap_opened to their gap_closed.
#include "feed/repairs.hpp"

#include "feed/repairs_impl.hpp"

#include <algorithm>

namespace tickgate::feed {

using namespace std::chrono_literals;

namespace {

constexpr auto on_its_way = 2s;                // what is younger comes on the feed, which is back
constexpr std::size_t after_prints_most = 512; // of one second

constexpr std::string_view interrupted = "interrupted";

UnixNanos start_of(std::int64_t second) noexcept { return UnixNanos(std::chrono::seconds(second)); }

Subscription subscription_of(const Event& e) {
    Subscription what;
    what.instrument = *e.instrument;
    what.kind = *e.kind;
    what.timeframe = e.timeframe.value_or(Timeframe::m1);
    return what;
}

} // namespace

Repairs::Gap& Repairs::add_gap(Track& track, const Event& e) {
    auto owned = std::make_unique<Gap>();
    auto& gap = *owned;
    gap.id = next_number_++;
    gap.channel = channel_of(track.what);
    gap.opened = e;
    gap.lost = e.lost;
    gap.before_provider = track.provider;
    if (track.trade && track.trade->any) {
        const auto& t = *track.trade;
        gap.before_at = t.at;
        if (e.cause != configuration_cause)
            gap.before_id = t.id;
        gap.contiguous = t.contiguous;
        const auto second = second_of(t.at);
        const auto known = std::min<std::size_t>(t.count, t.prints.size());
        for (std::size_t i = 0; i < known; ++i)
            if (static_cast<std::int64_t>(t.prints[i] >> 32) == second)
                gap.before_prints.push_back(t.prints[i]);
        gap.prints_full = gap.before_prints.size() == t.prints.size();
    } else if (track.bar && track.bar->any) {
        gap.before_at = track.bar->final ? track.bar->close_time : track.bar->open_time;
    } else if (e.from) {
        gap.before_at = e.from;
    }
    track.gaps.push_back(&gap);
    gaps_.emplace(gap.id, std::move(owned));
    return gap;
}

void Repairs::gap_opened(const Event& e) {
    const auto what = subscription_of(e);
    const auto now = clock_().wall;
    out_.event(e);
    if (what.kind != Kind::bar)
        ask_around(what, e.from.value_or(now), now, false);
    auto* track = find(what);
    if (track == nullptr) {
        close_other(what.key(), interrupted);
        others_[what.key()] = e;
        return;
    }
    end_endless(*track);
    add_gap(*track, e);
}

void Repairs::gap_closed(const Event& e) {
    const auto what = subscription_of(e);
    auto* track = find(what);
    Gap* gap = nullptr;
    if (track != nullptr)
        for (auto* g : track->gaps)
            if (g->phase == Gap::Phase::open && (gap == nullptr || g->opened.provider == e.provider))
                gap = g;
    const auto other = others_.find(what.key());
    if (what.kind != Kind::bar) {
        const auto now = clock_().wall;
        const auto* opened = gap != nullptr ? &gap->opened : other != others_.end() ? &other->second : &e;
        ask_around(what, opened->from.value_or(now), now, true);
    }
    if (gap == nullptr) {
        if (other == others_.end())
            return; // closed already, when the channel was released or given to another source
        others_.erase(other);
        return out_.event(e);
    }
    if (e.lost)
        gap->lost = e.lost;
    gap->ended = clock_().wall;
    await_end(*track, *gap);
}

// A hole whose end nobody has seen may not reach into the next one.
void Repairs::end_endless(Track& track) {
    if (track.endless != nullptr)
        close(*track.endless, interrupted, "the feed broke again before anything came: the next repair goes on");
}

// The feed is back: what it sends next tells where the hole ends.
void Repairs::await_end(Track& track, Gap& gap) {
    if (auto* earlier = std::exchange(track.waiting, &gap); earlier != nullptr) {
        // Nothing was published between the two: this one's repair covers both.
        if (earlier->before_at && (!gap.before_at || *earlier->before_at < *gap.before_at)) {
            gap.before_at = earlier->before_at;
            gap.before_id = earlier->before_id;
            gap.before_provider = earlier->before_provider;
            gap.before_prints = earlier->before_prints;
            gap.prints_full = earlier->prints_full;
        }
        close(*earlier, interrupted, "the feed broke again before anything came: the next repair covers it");
        track.waiting = &gap;
    }
    gap.phase = Gap::Phase::waiting;
    const auto length = length_of(track.what.timeframe).value_or(options_.first_bar);
    const auto patience =
        track.trade ? options_.first_trade : std::min<std::chrono::seconds>(length + 5s, options_.first_bar);
    gap.until = clock_().mono + patience;
}

void Repairs::first_message_is_after(Track& track, std::uint32_t channel, const PreviousMark& mark) {
    if (!track.gaps.empty() || (track.trade ? track.trade->any : track.bar->any))
        return;
    Event e;
    e.event = "gap_opened";
    e.instrument = track.what.instrument;
    e.kind = track.what.kind;
    if (track.what.kind == Kind::bar)
        e.timeframe = track.what.timeframe;
    e.provider = mark.provider.empty() ? track.provider : mark.provider;
    e.cause = "restart";
    e.from = mark.at;
    auto& gap = add_gap(track, e);
    gap.channel = channel;
    gap.phase = Gap::Phase::remembered;
    gap.before_provider = e.provider;
    gap.before_at = track.trade ? mark.at : mark.final ? mark.until : mark.at;
    gap.before_id = mark.id.value_or(0);
    gap.before_unknown = true;
    gap.until = MonoTime::max();
    track.waiting = &gap;
    // The last bars before the end may not have been compared any more.
    if (track.bar)
        track.bar->joint = std::pair(mark.at - options_.limit, mark.final ? mark.until : mark.at);
}

// Of the messages behind a hole the first one ends it; those in the same second may come again in an answer.
void Repairs::note_after(Track& track, const Trade& trade) {
    const auto at = trade.event_time.value_or(trade.received_time);
    const auto ends = [&](Gap& gap) {
        gap.after_at = at;
        gap.after_id = trade.src_seq.value_or(0);
        gap.after_provider = track.provider;
        gap.contiguous = trade.contiguous_ids;
    };
    if (auto* gap = std::exchange(track.endless, nullptr); gap != nullptr) {
        ends(*gap);
        track.watching = gap;
    }
    if (track.waiting != nullptr) {
        ends(*track.waiting);
        first_message(track);
    }
    if (track.watching == nullptr)
        return;
    auto& prints = track.watching->after_prints;
    if (second_of(at) != second_of(*track.watching->after_at) || prints.size() >= after_prints_most)
        track.watching = nullptr;
    else
        prints.push_back(print_of(trade));
}

void Repairs::first_message(Track& track) {
    auto& gap = *std::exchange(track.waiting, nullptr);
    if (gap.phase == Gap::Phase::remembered) {
        gap.ended = gap.opened.to = clock_().wall;
        gap.phase = Gap::Phase::waiting;
        out_.event(gap.opened);
    }
    hand_over(gap);
}

void Repairs::hand_over(Gap& gap) {
    auto& track = *tracks_[gap.channel];
    if (track.waiting == &gap)
        track.waiting = nullptr;
    gap.phase = Gap::Phase::repairing;
    gap.until = clock_().mono + options_.limit;
    auto order = order_of(track, gap);
    if (!order)
        return; // closed
    const auto number = order->number;
    if (orders_.size() >= options_.most || !sink_->order(std::move(*order))) {
        ++stats_.dropped;
        return close(gap, "too_many_repairs", "too many repairs wait already");
    }
    ++stats_.gaps;
    gap.order = number;
    auto& entry = orders_[number];
    entry.channel = gap.channel;
    entry.gap = &gap;
    if (track.trade)
        (gap.after_at ? track.watching : track.endless) = &gap;
}

// What is to be fetched; empty: nothing, and the hole is closed.
std::optional<RepairOrder> Repairs::order_of(const Track& track, Gap& gap) {
    const auto now = clock_().wall;
    RepairOrder o;
    o.number = next_number_++;
    o.what = track.what;
    const auto add = [&](const std::string& provider) {
        const auto is_it = [&](const auto& n) { return n.first == provider; };
        if (std::none_of(track.natives.begin(), track.natives.end(), is_it))
            return; // of an earlier session: what it told could not be published under its name
        if (std::find(o.providers.begin(), o.providers.end(), provider) != o.providers.end())
            return;
        const bool tells =
            track.trade ? sink_->tells_trades(provider, track.what.instrument)
                        : sink_->tells_bars(provider, track.what.instrument, track.what.timeframe, track.bar->variant);
        if (tells)
            o.providers.push_back(provider);
    };
    const bool same = gap.after_provider.empty() || gap.after_provider == gap.before_provider;
    const bool by_id = track.trade && gap.contiguous && same && gap.before_id != 0;
    if (by_id && gap.after_id > gap.before_id)
        gap.lost = gap.after_id - gap.before_id - 1;
    add(track.provider); // it serves: the one that was left may not answer for minutes
    add(gap.opened.provider);
    add(gap.before_provider);
    const auto nothing = [&](std::string_view cause, std::string text) {
        stats_.unrepairable += !text.empty();
        close(gap, cause, std::move(text));
        return std::nullopt;
    };
    if (!gap.before_at)
        return nothing("", "");
    if (by_id && gap.after_id != 0 && gap.lost.value_or(0) == 0)
        return nothing("", "");
    if (o.providers.empty())
        return nothing("no_history", "no provider of the route tells what was missed");
    if (track.bar) {
        o.from = *gap.before_at;
        o.to = gap.after_at.value_or(now);
        if (track.bar->variant)
            o.variant = track.bar->variant;
        if (o.from >= o.to)
            return nothing("", "");
        return o;
    }
    // A delayed feed will bring what is younger than its delay.
    const auto delay = std::max(track.trade->received - track.trade->at, std::chrono::nanoseconds(0));
    o.from = start_of(second_of(*gap.before_at));
    o.to = gap.after_at ? start_of(second_of(*gap.after_at) + 1) : now - on_its_way - delay;
    if (by_id && o.providers.front() == gap.before_provider) {
        o.first_id = gap.before_id + 1;
        if (gap.after_id > gap.before_id)
            o.last_id = gap.after_id - 1;
        o.providers.resize(1);
    }
    if (o.from >= o.to && !o.last_id)
        return nothing("", "");
    return o;
}

// The one gap_closed of it. An empty cause: that of its opening.
void Repairs::close(Gap& gap, std::string_view cause, std::string text) {
    Event e = gap.opened;
    e.event = "gap_closed";
    if (!cause.empty())
        e.cause = cause;
    e.text = std::move(text);
    e.from = gap.opened.from;
    e.to = gap.ended.value_or(clock_().wall);
    e.lost = gap.lost;
    if (gap.order != 0 && gap.lost && tracks_[gap.channel]->trade) // given up halfway
        e.lost = *gap.lost - std::min(*gap.lost, gap.filled);
    e.filled = gap.filled;
    const bool told = gap.phase != Gap::Phase::remembered;
    if (gap.order != 0)
        sink_->cancel(gap.order);
    drop(gap);
    if (told)
        out_.event(e);
}

void Repairs::drop(Gap& gap) {
    auto& track = *tracks_[gap.channel];
    if (track.waiting == &gap)
        track.waiting = nullptr;
    if (track.watching == &gap)
        track.watching = nullptr;
    if (track.endless == &gap)
        track.endless = nullptr;
    std::erase(track.gaps, &gap);
    if (gap.order != 0)
        orders_.erase(gap.order);
    gaps_.erase(gap.id);
}

// Where nobody lost a connection, but one source was left for another that had been heard of later.
void Repairs::told_route(const Event& e) {
    const auto i = index_of(*e.instrument);
    const Moment at = clock_();
    if (i >= by_instrument_.size())
        return;
    const auto heard = e.from.value_or(at.wall);
    const bool joint = e.cause != "preferred" && e.cause != "return" && e.cause != "configuration";
    for (const auto channel : by_instrument_[i]) {
        auto& track = *tracks_[channel];
        if (!track.open)
            continue;
        if (track.bar) { // asked of the new source, see open_channel()
            if (track.bar->any)
                track.bar->joint = std::pair(heard, at.wall);
            continue;
        }
        const auto told = [](const Gap* g) { return g->phase != Gap::Phase::repairing; };
        if (!joint || !track.trade->any || std::any_of(track.gaps.begin(), track.gaps.end(), told))
            continue;
        Event opened;
        opened.event = "gap_opened";
        opened.instrument = e.instrument;
        opened.kind = Kind::trade;
        opened.provider = e.to_provider;
        opened.cause = "route";
        opened.from = heard;
        opened.to = at.wall;
        out_.event(opened);
        end_endless(track);
        auto& gap = add_gap(track, opened);
        gap.ended = at.wall;
        await_end(track, gap);
    }
}

} // namespace tickgate::feed
