#include "venue_kit/market.hpp"

#include "venue_kit/hash.hpp"

#include <algorithm>
#include <array>

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

namespace {

TapeLimits limits_for(std::size_t symbols) {
    const auto share = [symbols](std::size_t total, std::size_t least, std::size_t most) {
        return std::clamp(total / std::max<std::size_t>(symbols, 1), least, most);
    };
    return {share(2'000'000, 200, 10'000), share(2'000'000, 120, 10'000)};
}

} // namespace

SyntheticMarket::SyntheticMarket(MarketOptions options, UnixNanos start)
    : options_(std::move(options)), base_(start), last_(start) {
    const auto limits = limits_for(size());
    // One id a millisecond of uptime: as long as no symbol trades faster than that, a later start has greater ids.
    const auto first_id = std::max<std::int64_t>(to_micros(start) / 1000 - 1'500'000'000'000, 1);
    for (auto& symbol : options_.symbols)
        symbol.offset += options_.offset_spreads * symbol.spread;
    quotes_.resize(size());
    next_trade_.assign(size(), first_id);
    next_aggregate_.assign(size(), first_id * 3 / 4);
    for (std::size_t i = 0; i < size(); ++i) {
        tapes_.push_back(std::make_unique<Tape>(options_.seed, options_.symbols[i], start, limits));
        names_.emplace(options_.symbols[i].joined(), i);
        quotes_[i].update_id = first_id * 4;
        change_quote(i, mix(options_.seed, i), start);
    }
}

std::optional<std::size_t> SyntheticMarket::find(std::string_view joined) const {
    const auto it = names_.find(std::string(joined));
    return it == names_.end() ? std::nullopt : std::optional(it->second);
}

UnixNanos SyntheticMarket::next_due() const noexcept {
    if (closed_)
        return base_ + 20ms;
    const auto passed = index_ - base_index_;
    const auto rate = options_.rate;
    return base_ + std::chrono::seconds(passed / rate) + std::chrono::nanoseconds(passed % rate * 1'000'000'000 / rate);
}

void SyntheticMarket::advance(UnixNanos now, MarketListener& listener) {
    if (options_.rate == 0 || size() == 0)
        return;
    if (closed_) { // what would have happened is left out
        base_ = now;
        base_index_ = index_;
        return;
    }
    if (now - next_due() > 1s) {
        base_ = now;
        base_index_ = index_;
    }
    for (auto due = next_due(); due <= now; due = next_due())
        event(std::max(due, last_), listener);
}

void SyntheticMarket::burst(std::size_t count, UnixNanos now, MarketListener& listener) {
    if (size() == 0 || closed_)
        return;
    for (; count > 0; --count)
        event(std::max(now, last_), listener);
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

void SyntheticMarket::event(UnixNanos time, MarketListener& listener) {
    last_ = time;
    const auto which = mix(options_.seed ^ 0x5851f42d4c957f2du, index_++);
    const auto i = static_cast<std::size_t>((which >> 32) % size());
    const auto random = mix(which);
    const bool quotes_only = !options_.symbols[i].trades;
    if (quotes_only || (which & 0xffff) % 1000 >= options_.trade_permille) {
        change_quote(i, random, time);
        if (quotes_only) { // bars are made of bids
            const auto id = next_trade_[i]++;
            tapes_[i]->add({id, id, quotes_[i].bid, 1, time, false});
        }
        listener.on_quote(i, quotes_[i]);
        return;
    }

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
