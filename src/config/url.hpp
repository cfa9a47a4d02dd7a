// The parts of a URL (RFC 3986).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::config {

struct UrlParts {
    std::string scheme; // in lower case
    bool has_user_info = false;
    std::string user, password; // percent-decoded
    std::string host;           // decoded, IPv6 without brackets
    bool ipv6 = false;
    std::optional<std::uint16_t> port; // never 0
    std::string path;                  // still encoded
    std::string query;                 // still encoded, without `?`
    bool has_fragment = false;

    // The URL again, without user info and fragment.
    std::string to_string() const;
    bool loopback() const;
};

// Empty if `text` is no absolute URL with an authority (`scheme://…`) or its port is out of range.
std::optional<UrlParts> split_url(std::string_view text);

// 127.0.0.0/8, ::1 or localhost. `host` is a literal without brackets or a name.
bool is_loopback(std::string_view host);
bool is_ip_literal(std::string_view host);

} // namespace tickgate::config
