#include "venue_kit/market.hpp"

#include "venue_kit/hash.hpp"

#include <algorithm>
#include <array>

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

namespace {

// What three hours trade, if that is not too much; or all that was asked for.
TapeLimits limits_for(const MarketOptions& o) {
    const auto symbols = std::max<std::size_t>(o.symbols.size(), 1);
    const auto share = [symbols](std::size_t total, std::size_t least, std::size_t most) {
        return std::clamp(total / symbols, least, most);
    };
    const auto traded = [&](std::chrono::seconds time) {
        const auto quotes_only =
            std::any_of(o.symbols.begin(), o.symbols.end(), [](const auto& s) { return !s.trades; });
        const auto permille = quotes_only ? 1000u : std::min(o.trade_permille * 3 / 2, 1500u);
        return static_cast<std::size_t>(o.rate * permille / 1000 * static_cast<std::uint64_t>(time.count()) / symbols);
    };
    using namespace std::chrono_literals;
    const auto asked = o.history.count() > 0 ? traded(o.history + 1h) : 0;
    return {std::max(share(2'000'000, 200, std::max<std::size_t>(10'000, traded(3h))), asked),
        std::max(share(2'000'000, 120, 10'000), static_cast<std::size_t>(o.history / 1min) + 1440)};
}

constexpr std::chrono::seconds warm_up{60}; // until every symbol has a quote of the market's own

} // namespace

SyntheticMarket::SyntheticMarket(MarketOptions options, UnixNanos start)
    : options_(std::move(options)), start_(start), live_from_(start), last_(start) {
    if (options_.history.count() > 0)
        live_from_ = bar_open(start - options_.history, Timeframe::m1);
    if (options_.rate > 0)
        index_ = index_at(start);
    const auto limits = limits_for(options_);
    // One id a millisecond of uptime: as long as no symbol trades faster than that, a later start has greater ids.
    const auto first_id = std::max<std::int64_t>(to_micros(live_from_) / 1000 - 1'500'000'000'000, 1);
    for (auto& symbol : options_.symbols)
        symbol.offset += options_.offset_spreads * symbol.spread;
    quotes_.resize(size());
    next_trade_.assign(size(), first_id);
    next_aggregate_.assign(size(), first_id * 3 / 4);
    for (std::size_t i = 0; i < size(); ++i) {
        tapes_.push_back(std::make_unique<Tape>(options_.seed, options_.symbols[i], live_from_, limits));
        tapes_.back()->leave_out(*holes_);
        names_.emplace(options_.symbols[i].joined(), i);
        quotes_[i].update_id = first_id * 4;
        change_quote(i, mix(options_.seed, i), start);
    }
}

std::optional<std::size_t> SyntheticMarket::find(std::string_view joined) const {
    const auto it = names_.find(std::string(joined));
    return it == names_.end() ? std::nullopt : std::optional(it->second);
}

std::uint64_t SyntheticMarket::index_at(UnixNanos t) const noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(t.time_since_epoch().count(), 0));
    const auto second = ns / 1'000'000'000, rest = ns % 1'000'000'000;
    return second * options_.rate + (rest * options_.rate + 999'999'999) / 1'000'000'000;
}

UnixNanos SyntheticMarket::next_due() const noexcept {
    if (closed_ || options_.rate == 0)
        return last_ + 20ms;
    const auto rate = options_.rate;
    return UnixNanos(
        std::chrono::seconds(index_ / rate) + std::chrono::nanoseconds(index_ % rate * 1'000'000'000 / rate));
}

void SyntheticMarket::prefill(MarketListener& listener) {
    if (options_.rate == 0 || size() == 0 || live_from_ >= start_)
        return;
    struct Nobody final : MarketListener {
        void on_quote(std::size_t, const MarketQuote&) override {}
        void on_trade(std::size_t, std::span<const Fill>) override {}
    } nobody;
    last_ = live_from_ - warm_up;
    index_ = index_at(last_);
    for (auto due = next_due(); due < start_; due = next_due())
        event(std::max(due, last_), index_++, due < live_from_ ? static_cast<MarketListener&>(nobody) : listener);
    events_ = 0;
}

void SyntheticMarket::advance(UnixNanos now, MarketListener& listener) {
    if (options_.rate == 0 || size() == 0)
        return;
    if (closed_) { // what would have happened is left out
        last_ = std::max(last_, now);
        index_ = index_at(now);
        return;
    }
    if (now - next_due() > 1s)
        index_ = index_at(now);
    for (auto due = next_due(); due <= now; due = next_due())
        event(std::max(due, last_), index_++, listener);
}

void SyntheticMarket::burst(std::size_t count, UnixNanos now, MarketListener& listener) {
    if (size() == 0 || closed_)
        return;
    for (; count > 0; --count)
        event(std::max(now, last_), mix(0x6275727374u, burst_++), listener);
}

void SyntheticMarket::change_quote(std::size_t i, std::uint64_t random, UnixNanos time) {
    auto& quote = quotes_[i];
    const auto& symbol = options_.symbols[i];
    const auto middle = tapes_[i]->price(time);
    const auto depth = static_cast<std::uint64_t>(symbol.typical_lots) * 4;
    quote.update_id += 1 + static_cast<std::int64_t>(random & 3);
    const auto spread = std::max<std::int64_t>(symbol.spread, 1);
    const auto wobble = static_cast<std::uint64_t>(spread + 1); // 2 for the least spread
    quote.bid = std::max<std::int64_t>(middle - static_cast<std::int64_t>((random >> 2) % wobble), 1);
    quote.ask = quote.bid + spread + static_cast<std::int64_t>((random >> 3) % wobble);
    quote.bid_lots = 1 + static_cast<std::int64_t>((random >> 4 & 0xffffff) % depth);
    quote.ask_lots = 1 + static_cast<std::int64_t>((random >> 28 & 0xffffff) % depth);
    quote.time = time;
}

void SyntheticMarket::event(UnixNanos time, std::uint64_t number, MarketListener& listener) {
    last_ = time;
    if (!holes_->empty() && holes_->contains(time))
        return;
    ++events_;
    const auto which = mix(options_.seed ^ 0x5851f42d4c957f2du, number);
    const bool warming = time < live_from_;
    const auto i = static_cast<std::size_t>((which >> 32) % size());
    const auto random = mix(which);
    const bool quotes_only = !options_.symbols[i].trades;
    if (quotes_only || (which & 0xffff) % 1000 >= options_.trade_permille) {
        change_quote(i, random, time);
        if (quotes_only && !warming) { // bars are made of bids
            const auto id = next_trade_[i]++;
            tapes_[i]->add({id, id, quotes_[i].bid, 1, time, false});
        }
        listener.on_quote(i, quotes_[i]);
        return;
    }

    if (warming)
        return;
    const auto& quote = quotes_[i];
    const bool sold = (random & 1) != 0;
    const std::size_t extra = (random >> 1) & 7;
    const std::size_t count = options_.single_fills || extra > 1 ? 1 : 2 + extra;
    std::array<Fill, 3> fills;
    for (std::size_t n = 0; n < count; ++n) {
        auto& fill = fills[n];
        fill.id = next_trade_[i]++;
        fill.aggregate = next_aggregate_[i];
        fill.price = sold ? quote.bid : quote.ask;
        fill.lots = 1 + static_cast<std::int64_t>((random >> (8 + 16 * n) & 0xffff) *
                                                      static_cast<std::uint64_t>(options_.symbols[i].typical_lots) >>
                                                  15);
        const auto step = options_.symbols[i].lot_step;
        if (step > 1 && (random >> 5 & 7) != 0)
            fill.lots = std::max(fill.lots / step, std::int64_t{1}) * step;
        fill.time = time;
        fill.buyer_is_maker = sold;
        tapes_[i]->add(fill);
    }
    ++next_aggregate_[i];
    listener.on_trade(i, std::span(fills.data(), count));
}

} // namespace tickgate::venue_kit
