// Who may see what.
#pragma once

#include "core/secret.hpp"

#include <string_view>

namespace tickgate::api {

// True if `authorization` is `Bearer <token>` with this token. The time it takes tells nothing of the token. An empty
// token is never right.
bool bearer_matches(std::string_view authorization, const Secret& token);

// True for 127.0.0.0/8, ::1 and IPv4 loopback mapped into IPv6: an address, or `address:port` with IPv6 in brackets.
bool is_loopback_peer(std::string_view peer) noexcept;

// As above for the host of a listening address: a literal without brackets, or `localhost`.
bool is_loopback_host(std::string_view host) noexcept;

} // namespace tickgate::api
