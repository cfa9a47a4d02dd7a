// What passes, and what time brings.
#include "feed/repairs.hpp"

#include "feed/repairs_impl.hpp"

#include <algorithm>

namespace tickgate::feed {

using namespace std::chrono_literals;

namespace {

constexpr auto scan_interval = 1s;
constexpr auto unclaimed = 10min; // a channel that is opened later than this begins anew

} // namespace

Repairs::Repairs(const InstrumentTable& instruments, MarketSink& out, RepairSink* sink, RepairOptions options,
    std::function<Moment()> clock)
    : instruments_(instruments), out_(out), sink_(sink), options_(options), clock_(std::move(clock)) {}
Repairs::~Repairs() = default;

Channel Repairs::open_channel(Subscription what, std::string_view provider, std::string_view native) {
    const auto channel = out_.open_channel(what, provider, native);
    if (sink_ == nullptr || what.kind == Kind::quote || channel == no_channel)
        return channel;
    const auto index = static_cast<std::uint32_t>(channel);
    if (tracks_.size() <= index)
        tracks_.resize(index + 1);
    auto& slot = tracks_[index];
    if (!slot) {
        slot = std::make_unique<Track>();
        slot->what = what;
        if (what.kind == Kind::trade)
            slot->trade = std::make_unique<TradeTrack>();
        else
            slot->bar = std::make_unique<BarTrack>();
        const auto i = index_of(what.instrument);
        if (by_instrument_.size() <= i)
            by_instrument_.resize(i + 1);
        by_instrument_[i].push_back(index);
    }
    auto& track = *slot;
    track.open = true;
    if (track.bar && track.provider != provider) {
        if (!track.provider.empty())
            ask_before_switch(index, track);
        ++track.bar->service;
        track.bar->orders = 0;
        track.bar->another = true;
    }
    if (track.trade && track.provider != provider)
        forget_number(*track.trade);
    track.provider = provider;
    track.native = native;
    const auto known =
        std::find_if(track.natives.begin(), track.natives.end(), [&](const auto& n) { return n.first == provider; });
    if (known == track.natives.end())
        track.natives.emplace_back(provider, native);
    else
        known->second = native;
    if (const auto it = previous_.find(what); it != previous_.end()) {
        const auto mark = std::move(it->second);
        previous_.erase(it);
        first_message_is_after(track, index, mark);
    }
    // The bar of this moment began before it was wanted, and whoever asked for history did not get it.
    if (options_.at_open && track.bar && !track.bar->any && !track.bar->joint) {
        const auto at = clock_().wall;
        track.bar->joint = std::pair(at, at);
    }
    return channel;
}

void Repairs::close_channel(Channel channel, const Subscription& what) {
    const auto index = static_cast<std::uint32_t>(channel);
    if (sink_ != nullptr) {
        close_other(what.key(), "released");
        if (index < tracks_.size() && tracks_[index])
            forget(index, *tracks_[index]);
    }
    out_.close_channel(channel);
}

void Repairs::forget(std::uint32_t channel, Track& track) {
    while (!track.gaps.empty())
        close(*track.gaps.back(), "released", "nobody wants the channel any more");
    if (track.bar) {
        if (track.bar->orders > 0)
            std::erase_if(orders_, [&](const auto& o) {
                if (o.second.channel != channel)
                    return false;
                sink_->cancel(o.first);
                return true;
            });
        if (track.bar->from_ticks && track.bar->any && !track.bar->told_by_rest)
            sink_->record_end(track.provider, track.what);
        const bool listed = track.bar->listed;
        *track.bar = BarTrack();
        track.bar->listed = listed; // taken out by the next scan
    } else {
        *track.trade = TradeTrack();
    }
    track.open = false;
}

void Repairs::released(InstrumentId instrument) {
    std::vector<std::uint64_t> keys;
    for (const auto& [key, opened] : others_)
        if (opened.instrument == instrument)
            keys.push_back(key);
    for (const auto key : keys)
        close_other(key, "released");
}

// A hole of a channel that nobody repairs.
void Repairs::close_other(std::uint64_t key, std::string_view cause) {
    const auto it = others_.find(key);
    if (it == others_.end())
        return;
    Event e = std::move(it->second);
    others_.erase(it);
    e.event = "gap_closed";
    e.cause = cause;
    e.to = clock_().wall;
    e.filled = 0;
    out_.event(e);
}

Repairs::Track* Repairs::find(const Subscription& what) noexcept {
    const auto i = index_of(what.instrument);
    if (i >= by_instrument_.size())
        return nullptr;
    for (const auto channel : by_instrument_[i])
        if (tracks_[channel]->what == what)
            return tracks_[channel]->open ? tracks_[channel].get() : nullptr;
    return nullptr;
}

std::uint32_t Repairs::channel_of(const Subscription& what) const noexcept {
    for (const auto channel : by_instrument_[index_of(what.instrument)])
        if (tracks_[channel]->what == what)
            return channel;
    return static_cast<std::uint32_t>(no_channel);
}

std::uint64_t Repairs::print_of(const Trade& t) noexcept {
    const auto second = static_cast<std::uint64_t>(second_of(t.event_time.value_or(t.received_time)));
    auto hash = static_cast<std::uint64_t>(t.price.mantissa()) * 0x9E3779B97F4A7C15ull;
    hash ^= static_cast<std::uint64_t>(t.size.mantissa()) * 0xC2B2AE3D27D4EB4Full;
    hash += static_cast<std::uint64_t>(t.price.exponent() * 256 + t.size.exponent());
    return (second << 32) | ((hash ^ (hash >> 29)) & 0xffffffffu);
}

void Repairs::event(const Event& e) {
    const bool hole = e.kind && !e.source && e.instrument && (e.event == "gap_opened" || e.event == "gap_closed");
    if (stopped_ && hole)
        return; // all are closed
    if (sink_ == nullptr || e.source || !e.instrument)
        return out_.event(e);
    if (e.event == "route") {
        out_.event(e);
        return told_route(e);
    }
    if (!hole)
        return out_.event(e);
    return e.event == "gap_opened" ? gap_opened(e) : gap_closed(e);
}

void Repairs::remember(Subscription what, PreviousMark mark) {
    if (sink_ == nullptr || what.kind == Kind::quote)
        return;
    const auto at = clock_();
    if (at.wall - mark.at >= (what.kind == Kind::trade ? options_.previous_trades : options_.previous))
        return;
    previous_[what] = std::move(mark);
    forget_previous_ = at.mono + unclaimed;
}

void Repairs::scan_gaps(Moment now) {
    std::vector<Gap*> late;
    for (const auto& [id, gap] : gaps_)
        if ((gap->phase == Gap::Phase::waiting || gap->phase == Gap::Phase::repairing) && gap->until <= now.mono)
            late.push_back(gap.get());
    for (auto* gap : late) {
        if (gap->phase == Gap::Phase::waiting) {
            const auto& gaps = tracks_[gap->channel]->gaps;
            const auto away = [](const Gap* g) { return g->phase == Gap::Phase::open; };
            if (std::any_of(gaps.begin(), gaps.end(), away))
                gap->until += options_.first_trade; // what ends that one ends this one too
            else
                hand_over(*gap);
            continue;
        }
        ++stats_.gave_up;
        close(*gap, "deadline", "the repair took too long");
    }
}

void Repairs::tick(Moment now) {
    if (sink_ == nullptr || now.mono < next_scan_)
        return;
    next_scan_ = now.mono + scan_interval;
    if (now.mono >= forget_previous_) {
        previous_.clear();
        forget_previous_ = MonoTime::max();
    }
    scan_gaps(now);
    ask_due(now);
}

void Repairs::stop() {
    if (sink_ == nullptr)
        return;
    std::vector<Gap*> open;
    for (const auto& [id, gap] : gaps_)
        open.push_back(gap.get());
    std::sort(open.begin(), open.end(), [](const Gap* a, const Gap* b) { return a->id < b->id; });
    for (auto* gap : open)
        close(*gap, "shutdown", "the gateway stops");
    while (!others_.empty())
        close_other(others_.begin()->first, "shutdown");
    for (const auto& [number, order] : orders_)
        sink_->cancel(number);
    orders_.clear();
    previous_.clear();
    due_.clear();
    sink_ = nullptr;
    stopped_ = true;
}

RepairStats Repairs::stats() const {
    RepairStats s = stats_;
    s.pending = orders_.size();
    s.gaps_open = others_.size();
    for (const auto& [id, gap] : gaps_)
        s.gaps_open += gap->phase != Gap::Phase::remembered;
    return s;
}

} // namespace tickgate::feed
