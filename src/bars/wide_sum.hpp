// Exact sums of decimals and of their products, wider than one decimal holds.
#pragma once

#include <tickgate/decimal.hpp>

namespace tickgate::bars {

// Starts at zero. A sum that leaves the range of 128 bits is unknown from then on.
class WideSum {
public:
    void add(const Decimal& value) noexcept;
    void add_product(const Decimal& a, const Decimal& b) noexcept;

    // Empty: unknown, or more than 18 significant digits.
    OptionalDecimal value() const noexcept;
    bool is_zero() const noexcept { return known_ && mantissa_ == 0; }

    // a / b rounded half to even at 18 significant digits. Empty: unknown, or b is not above zero or needs more than 18
    // digits itself.
    friend OptionalDecimal ratio(const WideSum& a, const WideSum& b) noexcept;

private:
    __extension__ typedef __int128 Wide;
    void add(Wide mantissa, int exponent) noexcept;

    Wide mantissa_ = 0;
    int exponent_ = 0; // of ten; the smallest so far
    bool known_ = true;
};
OptionalDecimal ratio(const WideSum& a, const WideSum& b) noexcept;

} // namespace tickgate::bars
