#include "massive/venue/past.hpp"

#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t first_millisecond = 1'500'000'000'000; // where ids of live markets count from, too
constexpr std::int64_t least_fills = 4;                       // open, high, low, close

std::int64_t millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000; }

// Price k of n: open, high and low (which first, chance says), something between them, close.
std::int64_t price_at(const kit::TapeBar& bar, std::int64_t k, std::int64_t n, std::uint64_t random) noexcept {
    if (k == 0)
        return bar.open;
    if (k == n - 1)
        return bar.close;
    const bool high_first = (random & 1) != 0;
    if (k <= 2)
        return (k == 1) == high_first ? bar.high : bar.low;
    const auto range = static_cast<std::uint64_t>(bar.high - bar.low + 1);
    return bar.low + static_cast<std::int64_t>(kit::mix(random, static_cast<std::uint64_t>(k)) % range);
}

} // namespace

std::vector<kit::Fill> past_fills(kit::Tape& tape, std::uint64_t hash, UnixNanos minute) {
    const auto bar = tape.minute(minute);
    const auto n = std::max(bar.count, least_fills);
    const auto random = kit::mix(hash, static_cast<std::uint64_t>(millis(minute)));
    const bool quotes = !tape.symbol().trades;
    const auto volume = quotes ? n : std::max(bar.volume, n);
    const auto spacing = std::chrono::nanoseconds(1min) / n;
    std::vector<kit::Fill> out;
    out.reserve(static_cast<std::size_t>(n));
    for (std::int64_t k = 0; k < n; ++k) {
        const auto own = kit::mix(random, static_cast<std::uint64_t>(k + 100));
        kit::Fill fill;
        // Not at the minute's very begin: the quote before it belongs to the same minute.
        fill.time = minute + spacing * k + 2ms +
                    std::chrono::nanoseconds(own % static_cast<std::uint64_t>(spacing.count() / 2));
        fill.id = fill.aggregate = millis(fill.time) - first_millisecond;
        fill.price = price_at(bar, k, n, random);
        fill.lots = k + 1 < n ? volume / n : volume - volume / n * (n - 1);
        fill.buyer_is_maker = (own >> 40 & 1) != 0;
        out.push_back(fill);
    }
    return out;
}

kit::MarketQuote past_quote(const kit::SyntheticSymbol& symbol, const kit::Fill& fill) {
    const auto random = kit::mix(static_cast<std::uint64_t>(fill.id), static_cast<std::uint64_t>(fill.price));
    const auto spread = std::max<std::int64_t>(symbol.spread, 1);
    const auto depth = static_cast<std::uint64_t>(symbol.typical_lots) * 4;
    kit::MarketQuote quote;
    quote.update_id = fill.id * 4;
    quote.bid = symbol.trades && !fill.buyer_is_maker ? std::max<std::int64_t>(fill.price - spread, 1) : fill.price;
    quote.ask = symbol.trades && !fill.buyer_is_maker ? std::max(fill.price, quote.bid + 1) : fill.price + spread;
    quote.bid_lots = 1 + static_cast<std::int64_t>(random % depth);
    quote.ask_lots = 1 + static_cast<std::int64_t>((random >> 32) % depth);
    quote.time = symbol.trades ? fill.time - 1ms : fill.time;
    return quote;
}

kit::TapeBar fold(UnixNanos open, std::span<const kit::Fill> fills) {
    auto bar = kit::TapeBar::flat(open, fills.empty() ? 0 : fills.front().price);
    for (const auto& fill : fills)
        bar.add(fill);
    return bar;
}

} // namespace tickgate::massive_venue
