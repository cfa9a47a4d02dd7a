#include "venue_kit/tape.hpp"

#include "venue_kit/bar_builder.hpp"
#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

namespace {
constexpr std::size_t most_hours = 100'000; // kept of the made-up past: eleven years
}

TapeBar TapeBar::flat(UnixNanos open_time, std::int64_t price) noexcept {
    TapeBar bar;
    bar.open_time = open_time;
    bar.open = bar.high = bar.low = bar.close = price;
    return bar;
}

void TapeBar::add(const Fill& fill) noexcept {
    if (count == 0) {
        open = high = low = fill.price;
        first_id = fill.id;
    }
    high = std::max(high, fill.price);
    low = std::min(low, fill.price);
    close = fill.price;
    last_id = fill.id;
    ++count;
    volume += fill.lots;
    turnover += fill.price * fill.lots;
    if (!fill.buyer_is_maker) {
        taker_volume += fill.lots;
        taker_turnover += fill.price * fill.lots;
    }
}

void TapeBar::append(const TapeBar& later) noexcept {
    if (later.count == 0)
        return;
    if (count == 0) {
        const auto keep = open_time;
        *this = later;
        open_time = keep;
        return;
    }
    high = std::max(high, later.high);
    low = std::min(low, later.low);
    close = later.close;
    volume += later.volume;
    turnover += later.turnover;
    taker_volume += later.taker_volume;
    taker_turnover += later.taker_turnover;
    count += later.count;
    if (first_id < 0)
        first_id = later.first_id;
    if (later.last_id >= 0)
        last_id = later.last_id;
}

Tape::Tape(std::uint64_t seed, const SyntheticSymbol& symbol, UnixNanos start, TapeLimits limits)
    : symbol_(symbol), path_(seed, symbol.canonical()), live_from_(bar_open(start, Timeframe::m1)), limits_(limits) {}

std::int64_t Tape::price(UnixNanos t) noexcept {
    return std::max<std::int64_t>(path_.price(symbol_.base_price, t) + symbol_.offset, 1);
}

void Tape::add(const Fill& fill) {
    trades_.push_back(fill);
    if (trades_.size() > limits_.trades) {
        const auto gone = trades_.front().aggregate;
        do
            trades_.pop_front();
        while (trades_.size() > 1 && trades_.front().aggregate == gone);
        forgotten_ = true;
    }

    const auto open = bar_open(fill.time, Timeframe::m1);
    if (minutes_.empty())
        minutes_.push_back(TapeBar::flat(std::min(live_from_, open), fill.price));
    while (minutes_.back().open_time < open) {
        const auto next = minutes_.back().open_time + 1min;
        // After a long silence only the newest minutes are worth keeping.
        if (open - next > 1min * static_cast<std::int64_t>(limits_.minutes)) {
            const auto price = minutes_.back().close;
            minutes_.clear();
            minutes_.push_back(TapeBar::flat(open, price));
            break;
        }
        minutes_.push_back(TapeBar::flat(next, minutes_.back().close));
        if (minutes_.size() > limits_.minutes)
            minutes_.pop_front();
    }
    minutes_.back().add(fill);
}

// A made-up bar: open and close lie on the path, so that a bar closes where the next one opens.
TapeBar Tape::synthetic(UnixNanos open, std::chrono::nanoseconds length) {
    auto bar = TapeBar::flat(open, price(open));
    if (open_at_ && !open_at_(bar_open(open, Timeframe::m1)))
        return bar;
    for (int i = 1; i <= 3; ++i) {
        const auto at = price(open + length * i / 3);
        bar.high = std::max(bar.high, at);
        bar.low = std::min(bar.low, at);
        bar.close = at;
    }
    const auto h = mix(path_.key() ^ static_cast<std::uint64_t>(length.count()),
        static_cast<std::uint64_t>(open.time_since_epoch().count()));
    bar.count = 1 + static_cast<std::int64_t>(h % 12);
    bar.volume =
        bar.count * (1 + static_cast<std::int64_t>((h >> 16) % static_cast<std::uint64_t>(symbol_.typical_lots)));
    bar.taker_volume = bar.volume * static_cast<std::int64_t>((h >> 48) % 101) / 100;
    const auto mean = (bar.open + bar.close) / 2;
    if (!symbol_.trades)
        bar.volume = bar.count;
    bar.turnover = bar.volume * mean;
    bar.taker_turnover = bar.taker_volume * mean;
    return bar;
}

std::int64_t Tape::price_before(UnixNanos t) {
    const auto it = std::lower_bound(
        trades_.begin(), trades_.end(), t, [](const Fill& fill, UnixNanos time) { return fill.time < time; });
    if (it != trades_.begin())
        return std::prev(it)->price;
    // Before the first trade of all the market has the price at which it began, whatever came later.
    if (forgotten_ && !minutes_.empty() && t >= minutes_.front().open_time) {
        const auto index = static_cast<std::size_t>((t - minutes_.front().open_time) / 1min);
        return minutes_[std::min(index, minutes_.size() - 1)].open;
    }
    return price(std::min(t, live_from_));
}

TapeBar Tape::minute(UnixNanos open) {
    if (is_hole(open))
        return TapeBar::flat(open, price(open));
    if (open < live_from_)
        return synthetic(open, 1min);
    if (minutes_.empty())
        return TapeBar::flat(open, price_before(live_from_));
    if (open < minutes_.front().open_time)
        return synthetic(open, 1min);
    const auto index = static_cast<std::size_t>((open - minutes_.front().open_time) / 1min);
    if (index < minutes_.size())
        return minutes_[index];
    return TapeBar::flat(open, minutes_.back().close);
}

TapeBar Tape::second(UnixNanos open) {
    if (is_hole(open))
        return TapeBar::flat(open, price(open));
    if (open < live_from_ || (forgotten_ && open < trades_.front().time))
        return synthetic(open, 1s);
    auto bar = TapeBar::flat(open, price_before(open));
    auto it = std::lower_bound(
        trades_.begin(), trades_.end(), open, [](const Fill& fill, UnixNanos time) { return fill.time < time; });
    for (; it != trades_.end() && it->time < open + 1s; ++it)
        bar.add(*it);
    return bar;
}

TapeBar Tape::whole_hour(UnixNanos open) {
    const auto key = open.time_since_epoch() / 1h;
    if (const auto it = hours_.find(key); it != hours_.end())
        return it->second;
    auto bar = synthetic(open, 1min);
    for (auto t = open + 1min; t < open + 1h; t += 1min)
        bar.append(synthetic(t, 1min));
    if (hours_.size() >= most_hours)
        hours_.clear();
    hours_.emplace(key, bar);
    return bar;
}

TapeBar Tape::span(UnixNanos open, UnixNanos end, UnixNanos now) {
    const bool seconds = end - open < 1min;
    const bool holes = holes_ != nullptr && !holes_->empty();
    TapeBar whole;
    bool begun = false;
    for (auto t = open; t < end && t <= now;) {
        // Hours of the made-up past are kept, so that days and months cost little.
        const bool hour =
            !seconds && !holes && t.time_since_epoch() % 1h == 0ns && t + 1h <= end && t + 1h <= live_from_;
        const auto part = seconds ? second(t) : hour ? whole_hour(t) : minute(t);
        if (begun)
            whole.append(part);
        else
            whole = part;
        begun = true;
        t += seconds ? std::chrono::nanoseconds(1s)
             : hour  ? std::chrono::nanoseconds(1h)
                     : std::chrono::nanoseconds(1min);
    }
    whole.open_time = open;
    return whole;
}

TapeBar Tape::bar(Timeframe tf, UnixNanos open, UnixNanos now) {
    return tf == Timeframe::s1 ? second(open) : span(open, bar_end(open, tf), now);
}

std::vector<TapeBar> Tape::bars(
    Timeframe tf, UnixNanos from, UnixNanos to, std::size_t limit, bool newest, UnixNanos now) {
    std::vector<TapeBar> out;
    from = std::max(from, history_begin);
    to = std::min(to, now);
    if (from > to || limit == 0)
        return out;
    const auto within_hole = [&](UnixNanos open) {
        return holes_ != nullptr && holes_->cover(open, bar_end(open, tf));
    };
    if (newest) {
        for (auto open = bar_open(to, tf); open >= from && out.size() < limit; open = bar_open(open - 1ns, tf))
            if (!within_hole(open))
                out.push_back(bar(tf, open, now));
        std::reverse(out.begin(), out.end());
        return out;
    }
    auto open = bar_open(from, tf);
    if (open < from)
        open = bar_end(open, tf);
    for (; open <= to && out.size() < limit; open = bar_end(open, tf))
        if (!within_hole(open))
            out.push_back(bar(tf, open, now));
    return out;
}

} // namespace tickgate::venue_kit
