#include "net/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace tickgate::net {

namespace {

// Length of the multi-byte sequence at `at`, 0 if it is malformed or longer than `left`.
std::size_t sequence_length(const unsigned char* at, std::size_t left) noexcept {
    const auto continues = [](unsigned char c) { return (c & 0xC0U) == 0x80U; };
    const unsigned char lead = at[0];
    if (lead >= 0xC2U && lead <= 0xDFU)
        return left >= 2 && continues(at[1]) ? 2 : 0;
    if (lead >= 0xE0U && lead <= 0xEFU) {
        if (left < 3 || !continues(at[1]) || !continues(at[2]))
            return 0;
        const bool overlong = lead == 0xE0U && at[1] < 0xA0U;
        const bool surrogate = lead == 0xEDU && at[1] > 0x9FU;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        if (left < 4 || !continues(at[1]) || !continues(at[2]) || !continues(at[3]))
            return 0;
        const bool overlong = lead == 0xF0U && at[1] < 0x90U;
        const bool too_high = lead == 0xF4U && at[1] > 0x8FU;
        return overlong || too_high ? 0 : 4;
    }
    return 0;
}

} // namespace

bool valid_utf8(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        if (text.size() - i >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + i, sizeof word);
            if ((word & 0x8080808080808080ULL) == 0) {
                i += 8;
                continue;
            }
        }
        unsigned char bytes[4] = {};
        const std::size_t left = text.size() - i;
        std::memcpy(bytes, text.data() + i, left < 4 ? left : 4);
        if (bytes[0] < 0x80U) {
            ++i;
            continue;
        }
        const std::size_t n = sequence_length(bytes, left);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

} // namespace tickgate::net
