#include <tickgate/decimal.hpp>

#include "core/swar.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace tickgate {

namespace {

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

constexpr std::array<std::int64_t, 19> powers = [] {
    std::array<std::int64_t, 19> p{};
    p[0] = 1;
    for (std::size_t i = 1; i < p.size(); ++i)
        p[i] = p[i - 1] * 10;
    return p;
}();
constexpr std::int64_t limit = powers[18]; // |mantissa| < 10^18

constexpr int usual_places = 16; // exponents and zeros up to it are printed in pieces of a fixed size

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reduces a 128-bit mantissa to Decimal's form. Error: number_overflow.
result<Decimal> normalise(i128 mantissa, int exponent) noexcept {
    while (mantissa >= limit || mantissa <= -limit) { // 128-bit division is slow: only as far as needed
        if (mantissa % 10 != 0)
            return errc::number_overflow;
        mantissa /= 10;
        ++exponent;
    }
    auto small = static_cast<std::int64_t>(mantissa);
    if (small == 0)
        return Decimal();
    while (small % 10 == 0) {
        small /= 10;
        ++exponent;
    }
    if (exponent > Decimal::max_exponent || exponent < -Decimal::max_exponent)
        return errc::number_overflow;
    return Decimal::from_parts(small, exponent);
}

constexpr std::uint64_t block = 100000000; // eight digits

struct Digits {
    u128 text; // the most significant digit in the lowest byte; nothing behind the last one
    int count;
};

// Digits of a value below 10^16 without a way through memory, where a load that spans several stores has to wait.
Digits text_of(std::uint64_t value) noexcept {
    const auto front = [](std::uint32_t part) {
        const std::uint64_t digits = swar::digits_of_eight(part);
        const int zeros = std::countr_zero(digits | (std::uint64_t{1} << 56)) / 8;
        return Digits{(digits | swar::each('0')) >> (8 * zeros), 8 - zeros};
    };
    if (value < block)
        return front(static_cast<std::uint32_t>(value));
    auto [text, count] = front(static_cast<std::uint32_t>(value / block));
    text |= static_cast<u128>(swar::digits_of_eight(static_cast<std::uint32_t>(value % block)) | swar::each('0'))
            << (8 * count);
    return {text, count + 8};
}

char* fill_zeros(char* out, int n) noexcept {
    std::memset(out, '0', static_cast<std::size_t>(n));
    return out + n;
}

int compare_magnitudes(std::uint64_t a, int ea, std::uint64_t b, int eb) noexcept {
    // Scales the side with the greater exponent; past 19 digits its magnitude decides.
    if (ea == eb)
        return a < b ? -1 : a > b ? 1 : 0;
    if (ea < eb)
        return -compare_magnitudes(b, eb, a, ea);
    u128 scaled = a;
    for (int shift = ea - eb; shift > 0; --shift) {
        scaled *= 10;
        if (scaled > b)
            return 1;
    }
    return scaled < b ? -1 : 0;
}

} // namespace

Decimal Decimal::from_parts(std::int64_t mantissa, int exponent) noexcept {
    Decimal d;
    if (mantissa == 0)
        return d;
    while (mantissa % 10 == 0) {
        mantissa /= 10;
        ++exponent;
    }
    d.mantissa_ = mantissa;
    d.exponent_ = static_cast<std::int8_t>(exponent);
    return d;
}

// Digits, a point and eight digits: how crypto venues write prices. False if the text has another form.
bool Decimal::parse_eight_places(std::string_view text, Decimal& d) noexcept {
    const std::size_t whole = text.size() - 9; // digits before the point
    if (text.size() < 10 || whole > 8 || text[whole] != '.' || (text[0] == '0' && whole > 1))
        return false;
    const auto fraction = swar::load(text.data() + whole + 1);
    // The digits before the point, moved to the end of eight places; what is free there becomes zeros.
    const auto free_bits = static_cast<unsigned>(8 * (8 - whole));
    const auto zeros_before = free_bits == 0 ? 0 : swar::each('0') >> (64 - free_bits);
    const auto before = (swar::load(text.data()) << free_bits) | zeros_before;
    if (!swar::eight_digits(fraction) || !swar::eight_digits(before))
        return false;
    std::int64_t mantissa = swar::value_of_eight(before);
    int exponent = 0;
    const int zeros = std::countl_zero(fraction ^ swar::each('0')) / 8; // at the end of the text
    if (zeros < 8) {
        exponent = zeros - 8;
        const auto shift = static_cast<unsigned>(8 * zeros);
        const auto digits = zeros == 0 ? fraction : (fraction << shift) | (swar::each('0') >> (64 - shift));
        mantissa = mantissa * powers[static_cast<std::size_t>(-exponent)] + swar::value_of_eight(digits);
    } else {
        for (; mantissa != 0 && mantissa % 10 == 0; ++exponent)
            mantissa /= 10;
    }
    d.mantissa_ = mantissa;
    d.exponent_ = static_cast<std::int8_t>(exponent);
    d.zeros_ = static_cast<std::uint8_t>(zeros);
    d.minus_zero_ = false;
    return true;
}

errc Decimal::parse_any(std::string_view text, Decimal& d) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    const bool negative = p != end && *p == '-';
    if (negative)
        ++p;
    if (p == end || !is_digit(*p))
        return errc::malformed_number;
    if (*p == '0' && end - p > 1 && is_digit(p[1]))
        return errc::malformed_number; // no leading zeros in JSON

    // Significant digits go into the mantissa; zeros wait in `pending` until a digit follows them.
    std::uint64_t mantissa = 0;
    int digits = 0;  // significant digits in mantissa
    int pending = 0; // zeros seen since the last significant digit
    bool too_long = false;
    const auto take = [&](char c) {
        if (c == '0') {
            if (digits != 0)
                ++pending;
            return;
        }
        digits += pending + 1;
        if (digits > max_digits) {
            too_long = true;
            digits = max_digits;
            return;
        }
        mantissa = mantissa * static_cast<std::uint64_t>(powers[static_cast<std::size_t>(pending + 1)]) +
                   static_cast<std::uint64_t>(c - '0');
        pending = 0;
    };
    for (; p != end && is_digit(*p); ++p)
        take(*p);
    int fraction = 0; // digits after the point
    if (p != end && *p == '.') {
        const char* const first = ++p;
        for (; p != end && is_digit(*p); ++p)
            take(*p);
        if (p == first)
            return errc::malformed_number;
        if (p - first > max_exponent)
            return errc::number_overflow;
        fraction = static_cast<int>(p - first);
    }
    int shift = 0;
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        const bool down = p != end && *p == '-';
        if (p != end && (*p == '-' || *p == '+'))
            ++p;
        if (p == end || !is_digit(*p))
            return errc::malformed_number;
        for (; p != end && is_digit(*p); ++p)
            shift = shift < 10000 ? shift * 10 + (*p - '0') : shift;
        if (down)
            shift = -shift;
    }
    if (p != end)
        return errc::malformed_number;
    if (too_long || pending > 2 * max_exponent)
        return errc::number_overflow;

    const int last_place = shift - fraction; // power of ten of the last written digit
    if (mantissa == 0) {
        if (last_place < -max_exponent || last_place > max_exponent)
            return errc::number_overflow;
        d.mantissa_ = 0;
        d.exponent_ = 0;
        d.zeros_ = static_cast<std::uint8_t>(last_place < 0 ? -last_place : 0);
        d.minus_zero_ = negative;
        return errc();
    }
    const int exponent = last_place + pending;
    if (exponent > max_exponent || exponent < -max_exponent || last_place < -max_exponent)
        return errc::number_overflow;
    d.mantissa_ = negative ? -static_cast<std::int64_t>(mantissa) : static_cast<std::int64_t>(mantissa);
    d.exponent_ = static_cast<std::int8_t>(exponent);
    // Zeros that stand in the fraction; those before the point follow from the exponent.
    const int fraction_zeros = exponent >= 0 ? (last_place < 0 ? -last_place : 0) : exponent - last_place;
    d.zeros_ = static_cast<std::uint8_t>(fraction_zeros);
    d.minus_zero_ = false;
    return errc();
}

errc Decimal::parse(std::string_view text, Decimal& into) noexcept {
    return parse_eight_places(text, into) ? errc() : parse_any(text, into);
}

result<Decimal> Decimal::parse(std::string_view text) noexcept {
    Decimal d;
    if (const auto fault = parse(text, d); fault != errc())
        return fault;
    return d;
}

char* Decimal::print(char* out) const noexcept {
    if (mantissa_ < 0 || minus_zero_)
        *out++ = '-';
    if (mantissa_ == 0) {
        *out++ = '0';
        if (zeros_ != 0) {
            *out++ = '.';
            out = fill_zeros(out, zeros_);
        }
        return out;
    }
    const auto magnitude =
        mantissa_ < 0 ? 0 - static_cast<std::uint64_t>(mantissa_) : static_cast<std::uint64_t>(mantissa_);
    if (magnitude < block * block && exponent_ >= -usual_places && exponent_ <= usual_places && zeros_ <= usual_places)
        [[likely]]
        return print_usual(magnitude, out);

    char digits[24];
    const int n = static_cast<int>(swar::put_number(digits, magnitude) - digits);
    const auto copy = [&](int from, int count) {
        std::memcpy(out, digits + from, static_cast<std::size_t>(count));
        out += count;
    };
    if (exponent_ >= 0) {
        copy(0, n);
        out = fill_zeros(out, exponent_);
        if (zeros_ != 0)
            *out++ = '.';
    } else if (n > -exponent_) {
        copy(0, n + exponent_);
        *out++ = '.';
        copy(n + exponent_, -exponent_);
    } else {
        *out++ = '0';
        *out++ = '.';
        out = fill_zeros(out, -exponent_ - n);
        copy(0, n);
    }
    return fill_zeros(out, zeros_);
}

// Pieces of a fixed size: what is too much of one is overwritten by the next.
char* Decimal::print_usual(std::uint64_t magnitude, char* out) const noexcept {
    const auto [text, n] = text_of(magnitude);
    const int point = n + exponent_; // digits before it
    if (exponent_ >= 0) {
        std::memcpy(out, &text, sizeof text);
        std::memset(out + n, '0', usual_places);
        out += point;
        if (zeros_ != 0)
            *out++ = '.';
    } else if (point > 0) {
        const u128 behind = text >> (8 * point);
        std::memcpy(out, &text, sizeof text);
        out[point] = '.';
        std::memcpy(out + point + 1, &behind, sizeof behind);
        out += n + 1;
    } else {
        std::memset(out, '0', 2 + usual_places);
        out[1] = '.';
        out += 2 - point;
        std::memcpy(out, &text, sizeof text);
        out += n;
    }
    std::memset(out, '0', usual_places);
    return out + zeros_;
}

std::string Decimal::to_string() const {
    char text[max_text];
    return std::string(text, print(text));
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept {
    const int sign_a = a.mantissa_ < 0 ? -1 : a.mantissa_ > 0;
    const int sign_b = b.mantissa_ < 0 ? -1 : b.mantissa_ > 0;
    if (sign_a != sign_b || sign_a == 0)
        return sign_a <=> sign_b;
    const auto magnitude = [](std::int64_t m) { return static_cast<std::uint64_t>(m < 0 ? -m : m); };
    const int c = compare_magnitudes(magnitude(a.mantissa_), a.exponent_, magnitude(b.mantissa_), b.exponent_);
    return sign_a * c <=> 0;
}

result<Decimal> Decimal::add(Decimal a, Decimal b) noexcept {
    if (a.mantissa_ == 0)
        return b;
    if (b.mantissa_ == 0)
        return a;
    if (a.exponent_ < b.exponent_)
        std::swap(a, b);
    const int shift = a.exponent_ - b.exponent_;
    if (shift > 19) // 10^18 * 10^19 still fits 128 bits; beyond, more than 18 digits are certain
        return errc::number_overflow;
    i128 scaled = a.mantissa_;
    for (int i = 0; i < shift; ++i)
        scaled *= 10;
    return normalise(scaled + b.mantissa_, b.exponent_);
}

result<Decimal> Decimal::multiply(Decimal a, Decimal b) noexcept {
    return normalise(static_cast<i128>(a.mantissa_) * b.mantissa_, a.exponent_ + b.exponent_);
}

result<Decimal> Decimal::divide(Decimal a, Decimal b) noexcept {
    if (b.mantissa_ == 0)
        return errc::number_overflow;
    if (a.mantissa_ == 0)
        return Decimal();
    const bool negative = (a.mantissa_ < 0) != (b.mantissa_ < 0);
    u128 n = static_cast<u128>(a.mantissa_ < 0 ? -a.mantissa_ : a.mantissa_);
    const u128 d = static_cast<u128>(b.mantissa_ < 0 ? -b.mantissa_ : b.mantissa_);
    int exponent = a.exponent_ - b.exponent_;
    // Scale the numerator so that the quotient has 18 or 19 digits; n < 10^38 fits 128 bits.
    const u128 wanted = static_cast<u128>(powers[17]) * d;
    while (n * 10000 < wanted) {
        n *= 10000;
        exponent -= 4;
    }
    while (n < wanted) {
        n *= 10;
        --exponent;
    }
    u128 q = n / d;
    u128 rest = n % d;
    u128 unit = d;
    while (q >= static_cast<u128>(limit)) { // one digit too many: it joins the rest
        rest += (q % 10) * unit;
        unit *= 10;
        q /= 10;
        ++exponent;
    }
    if (rest * 2 > unit || (rest * 2 == unit && (q & 1) != 0))
        ++q;
    const auto mantissa = static_cast<i128>(q);
    return normalise(negative ? -mantissa : mantissa, exponent);
}

result<Decimal> Decimal::mid(Decimal a, Decimal b) noexcept {
    const auto sum = add(a, b);
    if (!sum)
        return sum;
    // Half of m*10^e is (5m)*10^(e-1).
    return normalise(static_cast<i128>(sum->mantissa_) * 5, sum->exponent_ - 1);
}

} // namespace tickgate
