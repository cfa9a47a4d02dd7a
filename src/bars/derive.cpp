#include "bars/derive.hpp"

#include "calendar/bar_spans.hpp"

#include <algorithm>

namespace tickgate::bars {

namespace {

using namespace std::chrono;

bool is_empty_of_trades(const Bar& bar) noexcept { return bar.trades == 0 && (!bar.volume || bar.volume->is_zero()); }

bool fits(Timeframe base, Timeframe timeframe) noexcept {
    if (base >= timeframe)
        return false;
    if (base == Timeframe::d1)
        return true; // 3d, 1w, 1M
    if (base > Timeframe::h1)
        return false;
    const auto length = length_of(base).value_or(seconds(0));
    const auto whole = std::min(length_of(timeframe).value_or(hours(1)), seconds(hours(1)));
    return length > seconds(0) && whole % length == seconds(0);
}

} // namespace

// All clocks are whole hours apart, so that the answer is the same on each.
std::optional<Timeframe> base_of(Timeframe timeframe, Alignment /*align*/, const std::vector<Timeframe>& have) {
    std::optional<Timeframe> best;
    for (const auto base : have)
        if (fits(base, timeframe) && (!best || base > *best))
            best = base;
    return best;
}

std::optional<Bar> Deriver::add(const Bar& finer) {
    if (last_ && finer.open_time <= *last_)
        return std::nullopt;
    std::optional<Bar> done;
    if (forming_ && finer.open_time >= bar_.close_time)
        done = finish();
    if (forming_)
        join(finer);
    else
        begin(finer);
    last_ = finer.open_time;
    return done;
}

std::optional<Bar> Deriver::finish() {
    if (!forming_)
        return std::nullopt;
    forming_ = false;
    return result();
}

void Deriver::begin(const Bar& first) {
    const auto span = calendar::bar_at(target_, align_, first.open_time);
    bar_ = first;
    bar_.timeframe = target_;
    bar_.align = target_ <= Timeframe::h1 ? Alignment::utc : align_;
    bar_.open_time = span.from;
    bar_.close_time = span.to;
    bar_.source = BarSource::derived;
    bar_.flags.set(Flag::derived);
    forming_ = true;
    traded_ = !is_empty_of_trades(first);
    volume_ = notional_ = WideSum();
    volume_known_ = vwap_known_ = true;
    trades_ = 0;
    join(first);
}

void Deriver::join(const Bar& part) {
    if (!is_empty_of_trades(part)) {
        if (!traded_) // what was there so far were quiet prices of an empty bar
            bar_.open = bar_.high = bar_.low = part.open;
        traded_ = true;
        bar_.high = std::max(bar_.high, part.high);
        bar_.low = std::min(bar_.low, part.low);
        bar_.close = part.close;
    }
    if (part.volume) {
        volume_.add(*part.volume);
        if (part.vwap)
            notional_.add_product(*part.vwap, *part.volume);
        else if (!part.volume->is_zero())
            vwap_known_ = false;
        if (bar_.volume_unit == VolumeUnit::none)
            bar_.volume_unit = part.volume_unit;
    } else {
        volume_known_ = false;
    }
    if (trades_ && (!part.trades || __builtin_add_overflow(*trades_, *part.trades, &*trades_)))
        trades_.reset();
    for (int i = 0; i < flag_count; ++i)
        if (const auto flag = static_cast<Flag>(1u << i); part.flags.has(flag))
            bar_.flags.set(flag);
    if (part.event_time && (!bar_.event_time || *bar_.event_time < *part.event_time))
        bar_.event_time = part.event_time;
    bar_.received_time = std::max(bar_.received_time, part.received_time);
    bar_.final = bar_.final && part.final;
}

Bar Deriver::result() const {
    Bar bar = bar_;
    bar.volume = volume_known_ ? volume_.value() : std::nullopt;
    if (!bar.volume)
        bar.volume_unit = VolumeUnit::none;
    bar.vwap = volume_known_ && vwap_known_ ? ratio(notional_, volume_) : std::nullopt;
    bar.trades = trades_;
    return bar;
}

} // namespace tickgate::bars
