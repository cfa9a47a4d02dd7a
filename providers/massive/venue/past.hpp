// The made-up past trade by trade, so that bars of any length, ticks and files of it tell the same.
#pragma once

#include "venue_kit/market.hpp"

#include <span>

#include <vector>

namespace tickgate::massive_venue {

namespace kit = venue_kit;

// What was traded in a minute before the market began: a function of the tape's seed, the symbol and the minute. The
// fills run through open, high, low and close of the tape's bar. Ids grow with time, below those of the live market.
std::vector<kit::Fill> past_fills(kit::Tape& tape, std::uint64_t hash, UnixNanos minute);

// A quote that such a fill was made at, a millisecond before; of symbols without trades the fill is the quote.
kit::MarketQuote past_quote(const kit::SyntheticSymbol& symbol, const kit::Fill& fill);

// Folded into one bar; `fills` in the order of time. Without fills its count is 0.
kit::TapeBar fold(UnixNanos open, std::span<const kit::Fill> fills);

} // namespace tickgate::massive_venue
