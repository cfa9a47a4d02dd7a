#include "bars/wide_sum.hpp"

#include <cstdint>

namespace tickgate::bars {

namespace {

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

constexpr i128 widest = static_cast<i128>(~u128{0} >> 1);
constexpr std::int64_t digits_17 = 100000000000000000;  // 10^17: the smallest number of 18 digits
constexpr std::int64_t digits_18 = 1000000000000000000; // 10^18

// False: the result does not fit; `m` is then of no use.
bool scale_up(i128& m, int places) noexcept {
    for (; places > 0 && m != 0; --places) {
        if (m > widest / 10 || m < -(widest / 10))
            return false;
        m *= 10;
    }
    return true;
}

OptionalDecimal decimal_of(i128 m, int exponent) noexcept {
    while (m != 0 && m % 10 == 0) {
        m /= 10;
        ++exponent;
    }
    if (m == 0)
        return Decimal();
    if (m >= digits_18 || m <= -digits_18 || exponent < -Decimal::max_exponent || exponent > Decimal::max_exponent)
        return std::nullopt;
    return Decimal::from_parts(static_cast<std::int64_t>(m), exponent);
}

} // namespace

void WideSum::add(const Decimal& value) noexcept { add(static_cast<Wide>(value.mantissa()), value.exponent()); }

// Mantissas are below 10^18: the product is below 10^36 and fits.
void WideSum::add_product(const Decimal& a, const Decimal& b) noexcept {
    add(static_cast<Wide>(a.mantissa()) * b.mantissa(), a.exponent() + b.exponent());
}

void WideSum::add(Wide mantissa, int exponent) noexcept {
    if (!known_ || mantissa == 0)
        return;
    if (mantissa_ == 0)
        exponent_ = exponent;
    if (exponent < exponent_) {
        known_ = scale_up(mantissa_, exponent_ - exponent);
        exponent_ = exponent;
    } else {
        known_ = scale_up(mantissa, exponent - exponent_);
    }
    known_ = known_ && !__builtin_add_overflow(mantissa_, mantissa, &mantissa_);
}

OptionalDecimal WideSum::value() const noexcept { return known_ ? decimal_of(mantissa_, exponent_) : std::nullopt; }

OptionalDecimal ratio(const WideSum& a, const WideSum& b) noexcept {
    const auto divisor_value = b.value();
    if (!a.known_ || !divisor_value || divisor_value->mantissa() <= 0)
        return std::nullopt;
    const bool negative = a.mantissa_ < 0;
    const u128 dividend = negative ? ~static_cast<u128>(a.mantissa_) + 1 : static_cast<u128>(a.mantissa_);
    const u128 divisor = static_cast<u128>(divisor_value->mantissa());
    int exponent = a.exponent_ - divisor_value->exponent();
    u128 quotient = dividend / divisor, rest = dividend % divisor;
    if (quotient == 0 && rest == 0)
        return Decimal();
    // Digits after the point until there are 18 significant ones or nothing is left.
    while (quotient < static_cast<u128>(digits_17) && rest != 0) {
        rest *= 10; // below 10^19
        quotient = quotient * 10 + rest / divisor;
        rest %= divisor;
        --exponent;
    }
    // Digits too many: the last one dropped and whatever was below it decide the rounding.
    int half = rest == 0 ? 0 : rest * 2 < divisor ? 1 : rest * 2 == divisor ? 2 : 3; // nothing, below, at, above half
    while (quotient >= static_cast<u128>(digits_18)) {
        const int digit = static_cast<int>(quotient % 10);
        quotient /= 10;
        ++exponent;
        const bool more = half != 0;
        half = digit == 0 ? (more ? 1 : 0) : digit < 5 ? 1 : digit > 5 || more ? 3 : 2;
    }
    if (half == 3 || (half == 2 && quotient % 2 == 1))
        ++quotient;
    const auto m = static_cast<i128>(quotient);
    return decimal_of(negative ? -m : m, exponent);
}

} // namespace tickgate::bars
