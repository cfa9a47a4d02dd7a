// Instruments of simulated venues.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

// Tick and lot are powers of ten: 10^-price_decimals and 10^-size_decimals. Their sum is at most 8, so that a turnover
// has at most 8 fraction digits.
struct SyntheticSymbol {
    std::string base, quote; // `BTC`, `USDT`
    int price_decimals = 4;
    int size_decimals = 2;
    std::int64_t base_price = 1;   // in ticks
    std::int64_t typical_lots = 1; // a usual trade

    std::string canonical() const { return base + '-' + quote; }
    std::string joined() const { return base + quote; } // `BTCUSDT`
};

// `count` pairs against USDT: well-known ones at sensible prices first, then generated ones (`SYM0020USDT`).
std::vector<SyntheticSymbol> crypto_symbols(std::size_t count);

// One pair by its joined name (`BTCUSDT`, `BLZETH`): known ones as above, others split at a usual quote asset and
// priced by a hash of the name. The quote asset is empty when none is recognised.
SyntheticSymbol crypto_symbol(std::string_view joined);

} // namespace tickgate::venue_kit
