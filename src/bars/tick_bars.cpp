#include "bars/tick_bars.hpp"

#include "calendar/bar_spans.hpp"

#include <algorithm>

namespace tickgate::bars {

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

// A venue's clock further ahead of ours than this is not believed: the tick is placed by its receive time.
constexpr nanoseconds believed_ahead = 2s;
constexpr nanoseconds most_lag = 30min; // of a delayed feed

bool elapsed(UnixNanos now, UnixNanos since, nanoseconds span) noexcept {
    return since == UnixNanos::min() || now < since ||
           now - since >= span; // a clock set back does not hold messages up
}

} // namespace

TickBars::TickBars(InstrumentId instrument, Timeframe timeframe, Input input, Options options) noexcept
    : instrument_(instrument),
      timeframe_(timeframe),
      input_(input),
      options_(options),
      length_(length_of(timeframe).value_or(hours(24 * 31))),
      remember_(std::clamp<nanoseconds>(2 * length_, 5s, 10min)) {
    if (timeframe <= Timeframe::h1)
        options_.align = Alignment::utc;
}

UnixNanos TickBars::place(const Tick& tick) noexcept {
    const UnixNanos at = tick.event_time.value_or(tick.received);
    lag_ = tick.flags.has(Flag::delayed) ? std::clamp<nanoseconds>(tick.received - at, 0ns, most_lag) : 0ns;
    return at > tick.received + believed_ahead ? tick.received : at;
}

TickBars::Slot* TickBars::slot_for(const Tick& tick, UnixNanos at, Added& why_not) noexcept {
    for (std::size_t i = count_; i-- > 0;) {
        auto& s = slots_[i];
        if (at >= s.close_time)
            break;
        if (at >= s.open_time) {
            if (s.final && tick.received - lag_ > s.close_time + remember_)
                break;
            return &s;
        }
    }
    const auto span = calendar::bar_at(timeframe_, options_.align, at);
    if (span.to + remember_ < tick.received - lag_) {
        ++late_;
        why_not = Added::late;
        return nullptr;
    }
    return insert(span.from, span.to, why_not);
}

TickBars::Slot* TickBars::insert(UnixNanos open_time, UnixNanos close_time, Added& why_not) noexcept {
    std::size_t place = count_;
    while (place > 0 && slots_[place - 1].open_time > open_time)
        --place;
    if (count_ == slots_.size()) {
        const auto& oldest = slots_.front();
        if (place == 0) {
            ++late_;
            why_not = Added::late;
            return nullptr;
        }
        if (!oldest.final || oldest.changed) {
            why_not = Added::full;
            return nullptr;
        }
        std::move(slots_.begin() + 1, slots_.begin() + static_cast<std::ptrdiff_t>(place), slots_.begin());
        --place;
    } else {
        std::move_backward(slots_.begin() + static_cast<std::ptrdiff_t>(place),
            slots_.begin() + static_cast<std::ptrdiff_t>(count_),
            slots_.begin() + static_cast<std::ptrdiff_t>(count_ + 1));
        ++count_;
    }
    auto& slot = slots_[place];
    slot = Slot();
    slot.open_time = open_time;
    slot.close_time = close_time;
    return &slot;
}

// Ticks out of order keep the open the earliest and the close the latest price; of equal times the order received.
void TickBars::price(Slot& slot, const Decimal& price, UnixNanos at) noexcept {
    if (!slot.priced) {
        slot.priced = true;
        slot.open = slot.high = slot.low = slot.close = price;
        slot.open_tick = slot.close_tick = at;
        return;
    }
    if (price > slot.high)
        slot.high = price;
    if (price < slot.low)
        slot.low = price;
    if (at >= slot.close_tick) {
        slot.close = price;
        slot.close_tick = at;
    }
    if (at < slot.open_tick) {
        slot.open = price;
        slot.open_tick = at;
    }
}

void TickBars::finish(Slot& slot, const Tick& tick) noexcept {
    ++slot.ticks;
    slot.changed = true;
    if (tick.event_time && (!slot.event_time || *slot.event_time < *tick.event_time))
        slot.event_time = tick.event_time;
    for (const auto f : {Flag::delayed, Flag::synthetic, Flag::indicative})
        if (tick.flags.has(f))
            slot.flags.set(f);
    if (slot.open_time <= mixed_through_)
        slot.flags.set(Flag::mixed);
}

TickBars::Added TickBars::add_price(const Tick& tick, const Decimal& value) noexcept {
    const UnixNanos at = place(tick);
    Added why_not = Added::taken;
    auto* slot = slot_for(tick, at, why_not);
    if (slot == nullptr)
        return why_not;
    price(*slot, value, at);
    finish(*slot, tick);
    return Added::taken;
}

TickBars::Added TickBars::add(const Quote& q) noexcept {
    if (q.flags.has(Flag::snapshot) || q.flags.has(Flag::backfill))
        return Added::ignored;
    const Tick tick{q.event_time, q.received_time, q.flags};
    if (input_ == Input::last)
        return q.last ? add_price(tick, *q.last) : Added::ignored;
    if (!q.bid || !q.ask)
        return Added::ignored;
    const auto mid = Decimal::mid(*q.bid, *q.ask);
    return mid ? add_price(tick, *mid) : Added::ignored;
}

// A print that does not move the last price counts for the volume only.
TickBars::Added TickBars::add(const Trade& t) noexcept {
    if (t.action != TradeAction::create || t.flags.has(Flag::snapshot) || t.flags.has(Flag::backfill))
        return Added::ignored;
    const Tick tick{t.event_time, t.received_time, t.flags};
    const UnixNanos at = place(tick);
    Added why_not = Added::taken;
    auto* slot = slot_for(tick, at, why_not);
    if (slot == nullptr)
        return why_not;
    slot->volume.add(t.size);
    if (t.updates_last) {
        slot->eligible_volume.add(t.size);
        slot->notional.add_product(t.price, t.size);
        price(*slot, t.price, at);
    }
    finish(*slot, tick);
    return Added::taken;
}

std::optional<Bar> TickBars::due(UnixNanos now) noexcept {
    const UnixNanos clock = now - lag_;
    for (std::size_t i = 0; i < count_; ++i) {
        auto& s = slots_[i];
        if (s.final) {
            if (!s.changed || !elapsed(now, s.told, options_.pace))
                continue;
        } else if (s.ended || clock >= s.close_time + options_.grace) {
            s.final = true; // without a price it is no bar, unless a late tick brings one
        } else if (!s.changed || !s.priced || length_ <= options_.pace || !elapsed(now, told_, options_.pace)) {
            continue;
        }
        s.changed = false;
        if (!s.priced)
            continue;
        (s.final ? s.told : told_) = now;
        return bar_of(s, now);
    }
    return std::nullopt;
}

Bar TickBars::bar_of(const Slot& s, UnixNanos now) const noexcept {
    Bar b;
    b.instrument = instrument_;
    b.timeframe = timeframe_;
    b.open_time = s.open_time;
    b.close_time = s.close_time;
    b.open = s.open;
    b.high = s.high;
    b.low = s.low;
    b.close = s.close;
    if (input_ == Input::trades) {
        b.volume = s.volume.value();
        b.volume_unit = b.volume ? VolumeUnit::base : VolumeUnit::none;
        b.vwap = ratio(s.notional, s.eligible_volume);
        b.trades = s.ticks;
    } else {
        b.volume = Decimal::from_integer(s.ticks);
        b.volume_unit = VolumeUnit::ticks;
    }
    b.price_type = input_ == Input::mid ? PriceType::mid : PriceType::trade;
    b.align = options_.align;
    b.source = BarSource::ticks;
    b.final = s.final;
    b.event_time = s.event_time;
    b.received_time = now;
    b.flags = s.flags;
    return b;
}

void TickBars::switched(UnixNanos now) noexcept {
    const UnixNanos clock = now - lag_;
    mixed_through_ = calendar::bar_at(timeframe_, options_.align, clock).from;
    for (std::size_t i = 0; i < count_; ++i) {
        auto& s = slots_[i];
        s.ended = s.close_time <= clock;
        if (s.open_time == mixed_through_ && !s.final) {
            s.flags.set(Flag::mixed);
            s.changed = true;
        }
    }
}

} // namespace tickgate::bars
