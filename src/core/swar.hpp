// Digits and text eight bytes at a time, in ordinary 64-bit registers (little endian); text by sixteen where every
// processor of the architecture can.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tickgate::swar {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::uint64_t each(unsigned char c) noexcept { return 0x0101010101010101ull * c; }

inline std::uint64_t load(const char* p) noexcept {
    std::uint64_t block;
    std::memcpy(&block, p, 8);
    return block;
}

inline bool eight_digits(std::uint64_t block) noexcept {
    return ((block & each(0xf0)) | (((block + each(0x06)) & each(0xf0)) >> 4)) == each(0x33);
}

// The number that eight digits say, the first byte being the most significant digit.
inline std::uint32_t value_of_eight(std::uint64_t block) noexcept {
    block = (block & each(0x0f)) * 2561 >> 8;
    block = (block & 0x00ff00ff00ff00ffull) * 6553601 >> 16;
    return static_cast<std::uint32_t>((block & 0x0000ffff0000ffffull) * 42949672960001ull >> 32);
}

// How many digits the block begins with: 0 to 8.
inline int leading_digits(std::uint64_t block) noexcept {
    const std::uint64_t values = block ^ each('0'); // a carry goes only into bytes behind the first that is no digit
    return std::countr_zero(((values + each(0x76)) | values) & each(0x80)) / 8;
}

// Behind the digits that begin at `p`. Up to seven bytes behind `end` are read, and digits there are taken too: who
// calls looks where it stands.
inline const char* skip_digits(const char* p, const char* end) noexcept {
    while (p < end) {
        const int n = leading_digits(load(p));
        p += n;
        if (n < 8)
            break;
    }
    return p;
}

// The number that one to eighteen digits say; nothing beyond them is read. False: the text is anything else.
inline bool number_of(std::string_view text, std::uint64_t& value) noexcept {
    const std::size_t size = text.size(), head = size % 8;
    if (size == 0 || size > 18)
        return false;
    const char* p = text.data();
    std::uint64_t n = 0;
    if (size < 8) {
        for (const char c : text) {
            if (c < '0' || c > '9')
                return false;
            n = n * 10 + static_cast<std::uint64_t>(c - '0');
        }
        value = n;
        return true;
    }
    if (head != 0) {
        // Moved to the end of eight places; what is free there becomes zeros.
        const std::uint64_t block = (load(p) << (64 - 8 * head)) | (each('0') >> (8 * head));
        if (!eight_digits(block))
            return false;
        n = value_of_eight(block);
        p += head;
    }
    for (const char* const end = text.data() + size; p != end; p += 8) {
        const std::uint64_t block = load(p);
        if (!eight_digits(block))
            return false;
        n = n * 100000000 + value_of_eight(block);
    }
    value = n;
    return true;
}

// Eight digits as the bytes 0 to 9, the most significant first: the inverse, without the '0' of each. value < 10^8
inline std::uint64_t digits_of_eight(std::uint32_t value) noexcept {
    // Halves of four digits, quarters of two, single digits: each step divides all parts at once.
    const std::uint64_t halves = (value / 10000) | (static_cast<std::uint64_t>(value % 10000) << 32);
    const std::uint64_t hundreds = (halves * 5243 >> 19) & 0x0000007f0000007full;
    const std::uint64_t quarters = hundreds | ((halves - hundreds * 100) << 16);
    const std::uint64_t tens = (quarters * 103 >> 10) & 0x000f000f000f000full;
    return tens | ((quarters - tens * 10) << 8);
}

// Writes eight digits, leading zeros included.
inline char* put_eight(char* out, std::uint32_t value) noexcept {
    const std::uint64_t text = digits_of_eight(value) | each('0');
    std::memcpy(out, &text, 8);
    return out + 8;
}

// Without leading zeros, at least one digit. Writes eight bytes, of which the last may be of no meaning.
inline char* put_up_to_eight(char* out, std::uint32_t value) noexcept {
    const std::uint64_t digits = digits_of_eight(value);
    const int zeros = std::countr_zero(digits | (std::uint64_t{1} << 56)) / 8;
    const std::uint64_t text = (digits | each('0')) >> (8 * zeros);
    std::memcpy(out, &text, 8);
    return out + (8 - zeros);
}

// At most 20 digits; writes up to 24 bytes.
inline char* put_number(char* out, std::uint64_t value) noexcept {
    constexpr std::uint64_t block = 100000000;
    if (value < block)
        return put_up_to_eight(out, static_cast<std::uint32_t>(value));
    if (value < block * block) {
        out = put_up_to_eight(out, static_cast<std::uint32_t>(value / block));
        return put_eight(out, static_cast<std::uint32_t>(value % block));
    }
    out = put_up_to_eight(out, static_cast<std::uint32_t>(value / (block * block)));
    value %= block * block;
    out = put_eight(out, static_cast<std::uint32_t>(value / block));
    return put_eight(out, static_cast<std::uint32_t>(value % block));
}

// Index of the first byte that ends or spoils a plain JSON string (quote, backslash, control or non-ASCII character);
// 8 if there is none.
inline int first_special(std::uint64_t block) noexcept {
    const auto zero_in = [](std::uint64_t x) { return (x - each(0x01)) & ~x; };
    const std::uint64_t marks =
        (zero_in(block ^ each('"')) | zero_in(block ^ each('\\')) | (block - each(0x20)) | block) & each(0x80);
    return std::countr_zero(marks) / 8;
}

// The same for the sixteen bytes at `p`; 16 if there is none.
inline int first_special_of_sixteen(const char* p) noexcept {
#ifdef __SSE2__
    __m128i bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    const __m128i marks = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))); // signed: bytes from 0x80 on are below
    return std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(marks)) | 0x10000u);
#else
    const int i = first_special(load(p));
    return i < 8 ? i : 8 + first_special(load(p + 8));
#endif
}

} // namespace tickgate::swar
