// The other form of a message: the envelope `market_data` (contract.md §8).
#pragma once

#include <tickgate/market_data.hpp>

#include <string>
#include <string_view>

namespace tickgate::stream {

// From a payload as on Redis; prices and sizes keep their digits. Keys that say nothing (no flags, an ordinary trade)
// are left out. Empty if the payload is not of that kind.
std::string market_data_envelope(Kind kind, std::string_view payload);

} // namespace tickgate::stream
