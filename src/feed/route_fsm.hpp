// Which provider serves an instrument. Decides; does no I/O.
#pragma once

#include "core/status.hpp"

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace tickgate::feed {

class RouteFsm {
public:
    struct Rules {
        std::chrono::milliseconds return_after{30000}; // a better source must have been live so long to be taken again
        Decimal jump_guard = Decimal::from_integer(2); // percent between the last mids of the two sources
        bool warm = true;                              // standbys are kept subscribed
    };
};

} // namespace tickgate::feed
