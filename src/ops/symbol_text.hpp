// An instrument of a provider as JSON text.
#pragma once

#include "ops/services.hpp"

#include <string>

namespace tickgate::ops {

std::string symbol_element(const SymbolInfo& symbol);

} // namespace tickgate::ops
