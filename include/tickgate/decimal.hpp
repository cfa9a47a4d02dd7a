// Exact decimal numbers as market data needs them: a price leaves with the digits it came with.
#pragma once

#include <tickgate/error.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace tickgate {

// value = mantissa * 10^exponent, the mantissa without trailing zeros, and the number of zeros to print after the last
// significant digit of the fraction, so that `1.08550` stays `1.08550`.
//
// Range: at most 18 significant digits (trailing zeros are not significant: `12345678901234.00000000` has 14) and an
// exponent in [-100, 100]. Whatever does not fit is an error when parsed, never rounded.
class Decimal {
public:
    static constexpr int max_digits = 18;
    static constexpr int max_exponent = 100;
    static constexpr std::size_t max_text = 256; // no value prints longer

    constexpr Decimal() noexcept = default;

    // mantissa * 10^exponent, printed without needless zeros. |mantissa| < 10^18.
    static Decimal from_parts(std::int64_t mantissa, int exponent) noexcept;
    static Decimal from_integer(std::int64_t value) noexcept { return from_parts(value, 0); }

    // Parses the grammar of a JSON number (RFC 8259 §6), whole text, nothing around it. Plain forms print back byte
    // for byte, `-0.00` included; exponent forms (`1.5e-7`) keep the exact value and print it plain.
    // Errors: malformed_number; number_overflow (more than 18 significant digits, exponent out of range).
    static result<Decimal> parse(std::string_view text) noexcept;
    // The same where it is to stand, which spares the hot path a copy: errc() or one of these errors, with which `into`
    // is not changed.
    static errc parse(std::string_view text, Decimal& into) noexcept;
    static errc parse(std::string_view text, std::optional<Decimal>& into) noexcept; // empty then

    constexpr std::int64_t mantissa() const noexcept { return mantissa_; }
    constexpr int exponent() const noexcept { return exponent_; }
    constexpr bool is_zero() const noexcept { return mantissa_ == 0; }
    constexpr bool is_negative() const noexcept { return mantissa_ < 0; }

    // Writes the digits at `out`, which has room for max_text bytes; returns the end. No terminator.
    char* print(char* out) const noexcept;
    std::string to_string() const;

    // Same digits on the wire, not only the same value: 1.5 and 1.50 are equal values of different text.
    constexpr bool same_text(const Decimal& o) const noexcept {
        return mantissa_ == o.mantissa_ && exponent_ == o.exponent_ && zeros_ == o.zeros_ &&
               minus_zero_ == o.minus_zero_;
    }

    // Value comparison, exact over the whole range.
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept;
    friend bool operator==(const Decimal& a, const Decimal& b) noexcept { return (a <=> b) == 0; }

    // Exact; error number_overflow if the result does not fit 18 digits.
    static result<Decimal> add(Decimal a, Decimal b) noexcept;
    static result<Decimal> multiply(Decimal a, Decimal b) noexcept;
    // a / b rounded half to even at 18 significant digits. Errors: number_overflow (b is zero, or out of range).
    static result<Decimal> divide(Decimal a, Decimal b) noexcept;
    // (a + b) / 2, exact.
    static result<Decimal> mid(Decimal a, Decimal b) noexcept;

private:
    static bool parse_eight_places(std::string_view text, Decimal& d) noexcept;
    static errc parse_any(std::string_view text, Decimal& d) noexcept;
    char* print_usual(std::uint64_t magnitude, char* out) const noexcept;

    std::int64_t mantissa_ = 0;
    std::int8_t exponent_ = 0;
    std::uint8_t zeros_ = 0; // fraction zeros printed after the significant digits
    bool minus_zero_ = false;
};

using OptionalDecimal = std::optional<Decimal>; // empty: the venue gives none (never 0 for "unknown")

inline errc Decimal::parse(std::string_view text, OptionalDecimal& into) noexcept {
    const auto fault = parse(text, into.emplace());
    if (fault != errc())
        into.reset();
    return fault;
}

static_assert(std::is_trivially_copyable_v<Decimal> && sizeof(Decimal) == 16);

} // namespace tickgate
