// What a trade's condition codes allow it to update, as the consolidated tape rules.
#pragma once

#include "massive/config.hpp"

namespace tickgate::massive {

struct UpdateRule {
    bool high_low = true;
    bool open_close = true; // also: the last price
    bool volume = true;
};

// Stocks: the rules of the sale conditions (CTA and UTP, in the vendor's numbering). Options: canceled and late prints
// update nothing but what the venue corrects itself. Other clusters have no such codes; unknown codes update all.
UpdateRule rule_of(Cluster cluster, std::int64_t condition) noexcept;

} // namespace tickgate::massive
