// Environment variables in scalars.
#pragma once

#include "config/config.hpp"

#include <string>
#include <string_view>

namespace tickgate::config {

struct Expansion {
    std::string text;
    std::string problem; // not empty: what is wrong; names variables, never their values
};

// `${VAR}` (must be set), `${VAR:-default}` and `${VAR:?message}` (must not be empty), `$$` for a dollar sign. Any
// other dollar sign stands for itself. What a variable holds is not expanded again. A default or message ends at the
// first `}`.
Expansion expand(std::string_view raw, const EnvironmentLookup& environment);

} // namespace tickgate::config
