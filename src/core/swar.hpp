// Digits and text eight bytes at a time, in ordinary 64-bit registers (little endian).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

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

// Index of the first byte that ends or spoils a plain JSON string (quote, backslash, control or non-ASCII character);
// 8 if there is none.
inline int first_special(std::uint64_t block) noexcept {
    const auto zero_in = [](std::uint64_t x) { return (x - each(0x01)) & ~x; };
    const std::uint64_t marks =
        (zero_in(block ^ each('"')) | zero_in(block ^ each('\\')) | (block - each(0x20)) | block) & each(0x80);
    return std::countr_zero(marks) / 8;
}

} // namespace tickgate::swar
