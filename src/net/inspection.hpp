// Looks at a service step by step, for people who want to know why it cannot be reached.
#pragma once

#include "net/byte_stream.hpp"

#include <tickgate/time.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickgate::net {

struct Certificate {
    std::string subject, issuer; // `CN=…`, as OpenSSL writes them on one line
    UnixNanos not_before{}, not_after{};
};

// What was found until the first step that failed.
struct Inspection {
    enum class Step : std::uint8_t { lookup, connect, handshake, done };
    Step step = Step::lookup; // that failed; `done`: none did
    error_code error;         // of it
    std::string detail;       // of it, a sentence
    std::vector<std::string> addresses;
    std::string peer; // the address that answered
    std::chrono::milliseconds lookup{0}, connect{0}, handshake{0};
    std::string tls; // `TLSv1.3, TLS_AES_256_GCM_SHA384`
    // The peer's own, also if it was not accepted.
    std::optional<Certificate> certificate;
};

// Looks the host up, connects, and shakes hands if the scheme is a secure one; then hangs up. Unix sockets have no
// lookup. The deadline is for all steps together.
asio::awaitable<Inspection> inspect(Url url, ConnectOptions options);

// The first certificate of a PEM file. Errors: unavailable (cannot be read), configuration (holds none).
result<Certificate> read_certificate(const std::string& file);

} // namespace tickgate::net
