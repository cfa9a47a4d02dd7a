// The instruments the simulated venue offers.
#pragma once

#include "venue_kit/symbols.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::oanda_venue {

namespace kit = venue_kit;

struct Instrument {
    kit::SyntheticSymbol symbol; // price_decimals is displayPrecision
    std::string native;          // `EUR_USD`
    std::string type;            // CURRENCY, METAL, CFD
    std::string display;         // `EUR/USD`
    int pip_location = -4;
};

// `EUR_USD`, `XAU_USD`, `SPX500_USD`; a well-formed name that is none of the known ones is a CFD priced by its hash.
// Empty if it is not BASE_QUOTE in upper case.
std::optional<Instrument> instrument_of(std::string_view native);

// The usual pairs and metals, as many as asked, and as many of the usual CFDs.
std::vector<Instrument> usual_instruments(std::size_t count);

// An element of the `instruments` answer.
void append_instrument(std::string& out, const Instrument& instrument);

} // namespace tickgate::oanda_venue
