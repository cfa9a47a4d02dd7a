// The payloads of the simulated streams, field for field as the venue writes them.
#pragma once

#include "binance/venue/options.hpp"

#include "venue_kit/market.hpp"

#include <string>
#include <string_view>

namespace tickgate::binance_venue {

// How numbers of one symbol are printed: spot with 8 fraction digits, USD-M in native precision.
struct SymbolFormat {
    SymbolFormat(Kind market, const kit::SyntheticSymbol& symbol);

    void price(std::string& out, std::int64_t ticks) const;
    void size(std::string& out, std::int64_t lots) const;
    void turnover(std::string& out, std::int64_t value) const; // ticks * lots

    Kind kind;
    std::string name;  // `BTCUSDT`
    std::string lower; // `btcusdt`
    int price_decimals, price_zeros, size_decimals, size_zeros, turnover_decimals, turnover_zeros;
};

// Times of one payload: in microseconds if asked, and moved by a skew.
struct Clock {
    bool micros = false;
    std::int64_t skew_us = 0;

    std::int64_t plain(UnixNanos t) const noexcept { return micros ? to_micros(t) : floor_ms(to_micros(t)); }
    std::int64_t skewed(UnixNanos t) const noexcept {
        const auto us = to_micros(t) + skew_us;
        return micros ? us : floor_ms(us);
    }
    // The last instant before `t`.
    std::int64_t before(UnixNanos t) const noexcept { return plain(t) - 1; }

private:
    static std::int64_t floor_ms(std::int64_t us) noexcept { return us / 1000 - (us % 1000 < 0 ? 1 : 0); }
};

void book_ticker_frame(std::string& out, const SymbolFormat& f, const kit::MarketQuote& quote, Clock clock);
void trade_frame(std::string& out, const SymbolFormat& f, const kit::Fill& fill, Clock clock);
// All fills of one order.
void agg_trade_frame(std::string& out, const SymbolFormat& f, std::span<const kit::Fill> fills, Clock clock);
void kline_frame(std::string& out, const SymbolFormat& f, const kit::TapeBar& bar, Timeframe tf, bool final,
    UnixNanos event_time, Clock clock);
// A row of GET /klines.
void kline_row(std::string& out, const SymbolFormat& f, const kit::TapeBar& bar, Timeframe tf, Clock clock);

} // namespace tickgate::binance_venue
