#include "feed/feed.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <bit>

namespace tickgate::feed {

namespace {
using namespace std::chrono_literals;
constexpr auto pulse_interval = 50ms;
constexpr auto scan_interval = 1s;
} // namespace

Feed::Feed(asio::any_io_executor hot, asio::any_io_executor control, DataProvider& provider, Rest& rest,
    const InstrumentTable& instruments, MarketSink& sink, FeedOptions options)
    : hot_(std::move(hot)),
      control_(std::move(control)),
      instruments_(instruments),
      sink_(sink),
      options_(std::move(options)),
      name_(options_.provider + "." + options_.spec.part),
      phases_(options_.hours, options_.spec.delay),
      pulse_(hot_) {
    if (options_.timings.overlap == ShardFsm::Timings().overlap)
        options_.timings.overlap = options_.spec.overlap;
    Upstream first;
    first.provider = &provider;
    first.rest = &rest;
    first.tls = options_.tls;
    first.spec = options_.spec;
    upstream_ = std::make_shared<const Upstream>(std::move(first));
}

Feed::~Feed() = default;

asio::awaitable<void> Feed::run() {
    running_ = true;
    update_status("starting");
    if (!stopping_)
        for (auto& shard : shards_)
            shard->start(now());
    const auto token = asio::as_tuple(asio::use_awaitable);
    while (!stopping_ || children_ > 0) {
        pulse_.expires_after(pulse_interval);
        co_await pulse_.async_wait(token);
        const Moment at = now();
        for (auto& shard : shards_)
            shard->tick(at);
        if (at.mono >= next_scan_) {
            next_scan_ = at.mono + scan_interval;
            scan(at);
        } else if (status_dirty_) {
            update_status({});
        }
        sink_.flush(at);
    }
    running_ = false;
}

void Feed::stop() {
    stopping_ = true;
    for (auto& shard : shards_)
        shard->stop();
    pulse_.cancel();
}

void Feed::start_child(asio::awaitable<void> child) {
    ++children_;
    auto done = [this](std::exception_ptr e) {
        --children_;
        pulse_.cancel(); // run() may be waiting for this one
        if (!e)
            return;
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& what) {
            log::error("feed", "task_failed", {{"feed", name_}, {"error", what.what()}});
        }
    };
    asio::co_spawn(hot_, std::move(child), std::move(done));
}

std::size_t Feed::weight_of(const Subscription& what) const noexcept {
    return static_cast<std::size_t>(std::max(upstream_->provider->weight_of(options_.spec.part, what), 0));
}

// A shard of the right group with room, a new one if the limits allow it, else none.
Shard* Feed::shard_for(const Subscription& what, std::size_t weight) {
    const int group = upstream_->provider->group_of(options_.spec.part, what);
    const auto capacity = options_.spec.streams_per_connection;
    for (const auto& shard : shards_)
        if (shard->group() == group && (capacity == 0 || weight == 0 || shard->load() + weight <= capacity))
            return shard.get();
    if (capacity != 0 && weight > capacity)
        return nullptr;
    if (options_.spec.max_connections != 0 && shards_.size() >= options_.spec.max_connections)
        return nullptr;
    const int number = static_cast<int>(shards_.size());
    shards_.push_back(std::make_unique<Shard>(
        *this, number, group, options_.seed + static_cast<std::uint64_t>(number) * std::uint64_t{0x9E3779B97F4A7C15}));
    if (running_ && !stopping_)
        shards_.back()->start(now());
    return shards_.back().get();
}

void Feed::subscribe(const std::vector<Wanted>& wanted) {
    if (wanted.empty())
        return;
    for (const auto& w : wanted) {
        if (find(w.what) != nullptr)
            continue;
        const auto weight = weight_of(w.what);
        auto* shard = shard_for(w.what, weight);
        if (shard == nullptr) {
            tell_rejected(w.what, errc::too_many_connections, "every connection of this feed is full");
            if (const auto at = index_of(w.what.instrument);
                at >= by_instrument_.size() || !by_instrument_[at].known) // else what it has counts
                sink_.state(w.what.instrument, InstrumentState::refused, describe(errc::too_many_connections),
                    options_.provider);
            continue;
        }
        std::uint32_t slot = static_cast<std::uint32_t>(channels_.size());
        if (free_channels_.empty()) {
            channels_.emplace_back();
        } else {
            slot = free_channels_.back();
            free_channels_.pop_back();
            channels_[slot] = ChannelState();
        }
        auto& channel = channels_[slot];
        channel.wanted = w;
        channel.in_use = true;
        channel.shard = shard->number();
        channel.weight = weight;
        channel.channel = sink_.open_channel(w.what, options_.provider, w.native);
        const auto i = index_of(w.what.instrument);
        if (by_instrument_.size() <= i)
            by_instrument_.resize(i + 1);
        auto& slots = by_instrument_[i];
        if (w.what.kind == Kind::quote)
            slots.quote = slot;
        else if (w.what.kind == Kind::trade)
            slots.trade = slot;
        else
            slots.bars.emplace_back(w.what.timeframe, slot);
        if (!slots.known) {
            slots.known = true;
            slots.market = calendar::market_of(instruments_.name_of(w.what.instrument));
            slots.state = InstrumentState::down; // so that the first state is a change
            set_state(w.what.instrument, InstrumentState::pending, "subscribing");
        }
        shard->add(w, weight);
        if (shard->gave_up())
            set_state(w.what.instrument, InstrumentState::refused, last_reason_);
    }
    status_dirty_ = true;
    if (idle_) // a feed that is closed must not be taken for one that serves
        update_status({});
}

void Feed::unsubscribe(const std::vector<Subscription>& gone) {
    if (gone.empty())
        return;
    for (const auto& what : gone) {
        auto* channel = find(what);
        if (channel == nullptr)
            continue;
        const auto slot = static_cast<std::uint32_t>(channel - channels_.data());
        shards_[static_cast<std::size_t>(channel->shard)]->remove(what, channel->weight);
        sink_.close_channel(channel->channel);
        channel->in_use = false;
        free_channels_.push_back(slot);
        auto& slots = by_instrument_[index_of(what.instrument)];
        if (what.kind == Kind::quote)
            slots.quote = no_slot;
        else if (what.kind == Kind::trade) {
            slots.trade = no_slot;
            slots.last.reset();
        } else
            std::erase_if(slots.bars, [&](const auto& b) { return b.second == slot; });
        if (slots.quote == no_slot && slots.trade == no_slot && slots.bars.empty()) {
            slots = InstrumentSlots();
            health_.forget(what.instrument);
        } else {
            settle_state(what.instrument); // it may have waited for this one
        }
    }
    status_dirty_ = true;
}

Feed::ChannelState* Feed::find(const Subscription& what) {
    const auto i = index_of(what.instrument);
    if (i >= by_instrument_.size())
        return nullptr;
    const auto& slots = by_instrument_[i];
    std::uint32_t slot = no_slot;
    if (what.kind == Kind::quote)
        slot = slots.quote;
    else if (what.kind == Kind::trade)
        slot = slots.trade;
    else
        for (const auto& [timeframe, bar_slot] : slots.bars)
            if (timeframe == what.timeframe)
                slot = bar_slot;
    return slot == no_slot ? nullptr : &channels_[slot];
}

// Hot: counts, keeps the id, and lets repeats of a rotation not pass.
bool Feed::admit(Shard& shard, int place, ChannelState& channel, std::uint64_t id, bool contiguous) {
    if (!shard.accept(place, channel.wanted.what, id, contiguous))
        return false;
    if ((channel.gap_open || channel.told != 0) && !after_break(channel, id, contiguous)) [[unlikely]]
        return false;
    channel.last_id = id;
    channel.any_id = true;
    ++channel.messages;
    health_.touch(channel.wanted.what.instrument);
    return true;
}

void Feed::measure_latency(const std::optional<UnixNanos>& event_time, UnixNanos received) noexcept {
    if (!event_time)
        return;
    const auto us = (received - *event_time).count() / 1000;
    if (us < 0) {
        ++stats_.clock_ahead;
        return;
    }
    const auto bucket = std::min<std::size_t>(
        static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(us))), stats_.latency.size() - 1);
    ++stats_.latency[bucket];
    stats_.latency_sum_us += static_cast<std::uint64_t>(us);
}

// Without a number of the venue, times that never step back stand for one.
std::uint64_t Feed::id_of(
    const std::optional<std::uint64_t>& src_seq, const std::optional<UnixNanos>& event_time) const noexcept {
    if (src_seq)
        return *src_seq;
    return options_.spec.time_ordered && event_time
               ? static_cast<std::uint64_t>(std::max<std::int64_t>(event_time->time_since_epoch().count(), 0))
               : 0;
}

void Feed::on_quote(Shard& shard, int place, const Quote& quote) {
    const auto& slots = by_instrument_[index_of(quote.instrument)];
    if (slots.quote == no_slot)
        return;
    auto& channel = channels_[slots.quote];
    if (!admit(shard, place, channel, id_of(quote.src_seq, quote.event_time), false))
        return;
    ++stats_.messages[0];
    measure_latency(quote.event_time, quote.received_time);
    if (!slots.last) {
        sink_.publish(channel.channel, quote);
        return;
    }
    Quote with_last = quote;
    with_last.last = slots.last;
    sink_.publish(channel.channel, with_last);
}

void Feed::on_trade(Shard& shard, int place, const Trade& trade) {
    auto& slots = by_instrument_[index_of(trade.instrument)];
    if (slots.trade == no_slot)
        return;
    auto& channel = channels_[slots.trade];
    if (!admit(shard, place, channel, id_of(trade.src_seq, trade.event_time), trade.contiguous_ids))
        return;
    ++stats_.messages[1];
    if (trade.updates_last)
        slots.last = trade.price;
    measure_latency(trade.event_time, trade.received_time);
    sink_.publish(channel.channel, trade);
}

void Feed::on_bar(Shard& shard, int place, const Bar& bar) {
    const auto& slots = by_instrument_[index_of(bar.instrument)];
    for (const auto& [timeframe, slot] : slots.bars) {
        if (timeframe != bar.timeframe)
            continue;
        auto& channel = channels_[slot];
        // A bar has no number: its messages are told apart by the venue's time (a bar that is told once: by its end),
        // the final one after the others.
        const auto time = bar.event_time.value_or(bar.close_time).time_since_epoch().count() / 1000 * 2;
        if (!admit(shard, place, channel, static_cast<std::uint64_t>(time) + (bar.final ? 1 : 0), false))
            return;
        ++stats_.messages[2];
        measure_latency(bar.event_time, bar.received_time);
        sink_.publish(channel.channel, bar);
        return;
    }
}

void Feed::on_source_quote(const Quote& quote) {
    const auto i = index_of(quote.instrument);
    if (i >= by_instrument_.size() || !by_instrument_[i].known)
        return;
    const auto& slots = by_instrument_[i];
    Subscription what;
    what.instrument = quote.instrument;
    what.kind = Kind::quote;
    const auto* channel = slots.quote != no_slot ? &channels_[slots.quote] : nullptr;
    if (channel == nullptr && slots.trade != no_slot)
        channel = &channels_[slots.trade];
    if (channel == nullptr && !slots.bars.empty())
        channel = &channels_[slots.bars.front().second];
    if (channel == nullptr)
        return;
    sink_.publish_source(what, options_.provider, channel->wanted.native, quote);
}

MonoTime Feed::reserve_connect(MonoTime now) {
    const auto at = std::max(now, next_connect_);
    next_connect_ = at + options_.spec.connect_spacing;
    return at;
}

// One REST call seeds every quote that no frame has told yet: nothing is sent by the venue while nothing changes.
void Feed::seed_quiet(const Shard& shard) {
    std::vector<Seed> quiet;
    for (auto& c : channels_) {
        if (!c.in_use || c.shard != shard.number() || c.wanted.what.kind != Kind::quote || c.seeded || !c.acked ||
            c.messages != c.messages_before_link)
            continue;
        c.seeded = true;
        quiet.push_back({c.wanted.what, c.messages});
    }
    if (!quiet.empty() && !stopping_)
        start_child(seed_quotes(std::move(quiet)));
}

asio::awaitable<void> Feed::seed_quotes(std::vector<Seed> seeds) {
    QuoteRequest request;
    for (const auto& s : seeds)
        request.instruments.push_back(instruments_.name_of(s.what.instrument));
    const auto upstream = upstream_;
    auto asking = upstream->provider->get_quotes(std::move(request), *upstream->rest);
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    const auto quotes = co_await asio::co_spawn(control_, std::move(asking), token);
    if (!quotes) {
        log::warn("feed", "seed_failed", {{"feed", name_}, {"error", quotes.error()}});
        co_return;
    }
    const Moment at = now();
    for (const auto& [name, quote] : *quotes) {
        const auto id = instruments_.find(name);
        if (!id)
            continue;
        const auto asked =
            std::find_if(seeds.begin(), seeds.end(), [&](const Seed& s) { return s.what.instrument == *id; });
        if (asked == seeds.end())
            continue;
        // A frame that came meanwhile is newer than any answer, on whichever connection; without one, nothing is live.
        auto* channel = find(asked->what);
        if (channel == nullptr || !channel->acked || channel->messages != asked->messages)
            continue;
        Quote seed = quote;
        seed.instrument = *id;
        ++stats_.messages[0];
        sink_.publish(channel->channel, seed);
    }
    sink_.flush(at);
}

} // namespace tickgate::feed
