// URLs of endpoints.
#pragma once

#include <tickgate/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::net {

struct Url {
    std::string scheme; // ws wss http https redis rediss unix
    std::string host;   // without brackets; for unix the path of the socket
    std::uint16_t port = 0;
    std::string target; // path and query, at least "/"

    bool secure() const noexcept { return scheme == "wss" || scheme == "https" || scheme == "rediss"; }
    std::string authority() const; // `host:port`, port left out when the scheme's default, IPv6 bracketed

    // Errors: configuration. Default ports: 443, 80, 6379.
    static result<Url> parse(std::string_view text);
};

} // namespace tickgate::net
