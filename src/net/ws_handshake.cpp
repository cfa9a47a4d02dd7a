// OpenSSL's simple functions alone: those that look providers up load megabytes of it, also where no TLS is spoken.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "net/ws_handshake.hpp"

#include "net/ws_mask.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace tickgate::net {

namespace {

std::string base64(const unsigned char* data, std::size_t size) {
    std::string out(4 * ((size + 2) / 3) + 1, '\0'); // and a terminating zero
    const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(size));
    out.resize(static_cast<std::size_t>(n));
    return out;
}

} // namespace

std::string websocket_key() {
    MaskSource random;
    std::array<std::uint32_t, 4> words{};
    for (auto& word : words)
        word = random.next();
    return base64(reinterpret_cast<const unsigned char*>(words.data()), sizeof words);
}

std::string websocket_accept(std::string_view key) {
    constexpr std::string_view magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 §1.3
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA_CTX sum{};
    SHA1_Init(&sum);
    SHA1_Update(&sum, key.data(), key.size());
    SHA1_Update(&sum, magic.data(), magic.size());
    SHA1_Final(digest.data(), &sum);
    return base64(digest.data(), digest.size());
}

bool valid_websocket_key(std::string_view key) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.size() == 24 && key.ends_with("==") && key.find_first_not_of(alphabet) == 22;
}

} // namespace tickgate::net
