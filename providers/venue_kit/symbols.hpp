// Instruments of simulated venues, the same ones at the same prices at each of them.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

// Tick and lot are powers of ten: 10^-price_decimals and 10^-size_decimals. Their sum is at most 8, so that a turnover
// has at most 8 fraction digits.
struct SyntheticSymbol {
    std::string base, quote; // `BTC`, `USDT`; others than pairs have the whole name in `base` and no quote
    int price_decimals = 4;
    int size_decimals = 2;
    std::int64_t base_price = 1;   // in ticks
    std::int64_t typical_lots = 1; // a usual trade
    AssetClass asset_class = AssetClass::crypto;
    std::int64_t spread = 1;   // ticks, at least; up to twice that
    bool trades = true;        // false: quotes only (fx, indices); its bars are made of quotes, volume is their number
    std::int64_t lot_step = 1; // most trades (seven of eight) are of a multiple of so many lots
    std::int64_t offset = 0;   // ticks by which this venue quotes above the path all venues share

    std::string canonical() const { return quote.empty() ? base : base + '-' + quote; }
    std::string joined() const { return base + quote; } // `BTCUSDT`
};

// `count` pairs against `quote`: well-known ones at sensible prices first, then generated ones (`SYM0020USDT`).
std::vector<SyntheticSymbol> crypto_symbols(std::size_t count, std::string_view quote = "USDT");

// One pair by its joined name (`BTCUSDT`, `BLZETH`): known ones as above, others split at a usual quote asset and
// priced by a hash of the name. The quote asset is empty when none is recognised.
SyntheticSymbol crypto_symbol(std::string_view joined);

// Pairs and metals, the usual ones first (`EUR-USD`, `USD-JPY`, …, `XAU-USD`), then crosses; there are some 350.
std::vector<SyntheticSymbol> fx_symbols(std::size_t count);
// `EURUSD`, `EUR-USD`, `EUR_USD`, `EUR/USD`. Empty for anything but two different known currencies.
std::optional<SyntheticSymbol> fx_symbol(std::string_view name);

// US stocks and funds: `AAPL`, …, `BRK.B`, then generated tickers of four letters that begin with Z.
std::vector<SyntheticSymbol> equity_symbols(std::size_t count);
SyntheticSymbol equity_symbol(std::string_view ticker); // unknown tickers are priced by a hash of the name

std::vector<SyntheticSymbol> index_symbols(std::size_t count); // `SPX`, …, then `IDX0012`
SyntheticSymbol index_symbol(std::string_view name);

struct OptionContract {
    std::string root;                 // `AAPL`
    int year = 0, month = 0, day = 0; // of expiry, `year` with the century
    bool call = true;
    std::int64_t strike_mils = 0; // thousandths of a dollar

    std::string occ() const;        // `AAPL240119C00190000`
    std::string expiration() const; // `2024-01-19`
};
std::optional<OptionContract> parse_occ(std::string_view name);
// Priced by strike and time left at `now`; the market then moves that price on a path of its own.
SyntheticSymbol option_symbol(const OptionContract& contract, UnixNanos now);
// Calls and puts around the money of the first equities, for the next four third Fridays. `count` contracts in all.
std::vector<SyntheticSymbol> option_symbols(std::size_t count, UnixNanos now);

} // namespace tickgate::venue_kit
