#include "api/access.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <string>

namespace tickgate::api {

namespace {

using Digest = std::array<unsigned char, 32>;

bool digest(std::string_view text, Digest& out) {
    unsigned int size = 0;
    return EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) == 1 && size == out.size();
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

bool bearer_matches(std::string_view authorization, const Secret& token) {
    constexpr std::string_view scheme = "bearer ";
    if (token.empty() || authorization.size() <= scheme.size())
        return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if (lower(authorization[i]) != scheme[i])
            return false;
    auto given = authorization.substr(scheme.size());
    while (given.starts_with(' '))
        given.remove_prefix(1);
    while (given.ends_with(' '))
        given.remove_suffix(1);
    Digest a{}, b{}; // of one length, whatever was sent
    return digest(given, a) && digest(token.reveal(), b) && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_loopback_host(std::string_view host) noexcept {
    if (host == "localhost")
        return true;
    if (host.size() > 64)
        return false;
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (ec)
        return false;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
    return address.is_loopback();
}

bool is_loopback_peer(std::string_view peer) noexcept {
    if (peer.starts_with('[')) {
        const auto end = peer.find(']');
        return end != std::string_view::npos && is_loopback_host(peer.substr(1, end - 1));
    }
    if (peer.find(':') == peer.rfind(':'))
        peer = peer.substr(0, peer.find(':'));
    return peer != "localhost" && is_loopback_host(peer);
}

} // namespace tickgate::api
