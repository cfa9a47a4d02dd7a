// The order of two prices where it is asked for with every message.
#pragma once

#include <tickgate/decimal.hpp>

#include <compare>

namespace tickgate {

// As a <=> b, without a call where both have the same exponent, as prices of one market do.
inline std::strong_ordering quick_order(const Decimal& a, const Decimal& b) noexcept {
    return a.exponent() == b.exponent() ? a.mantissa() <=> b.mantissa() : a <=> b;
}

} // namespace tickgate
