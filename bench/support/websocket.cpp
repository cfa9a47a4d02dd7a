#include "support/websocket.hpp"

#include <stdexcept>

#include <openssl/evp.h>

namespace tickgate::bench {

std::string websocket_accept(std::string_view key) {
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1)
        throw std::runtime_error("SHA-1 is not available");
    unsigned char encoded[64];
    const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
    return {encoded, encoded + length};
}

void append_frame(std::string& out, std::uint8_t op, std::string_view payload, bool from_client) {
    const auto put = [&out](std::size_t value) { out.push_back(static_cast<char>(value & 0xff)); };
    const std::size_t mask_bit = from_client ? 0x80 : 0;
    put(0x80U | op);
    if (payload.size() < 126) {
        put(mask_bit | payload.size());
    } else if (payload.size() <= 0xffff) {
        put(mask_bit | 126);
        put(payload.size() >> 8);
        put(payload.size());
    } else {
        put(mask_bit | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            put(payload.size() >> shift);
    }
    if (from_client)
        out.append(4, '\0');
    out.append(payload);
}

void unmask(char* payload, const FrameHeader& header) noexcept {
    for (std::size_t i = 0; i < header.payload_size; ++i)
        payload[i] = static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ header.mask[i & 3]);
}

} // namespace tickgate::bench
