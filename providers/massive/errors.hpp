// Massive's errors, by REST and on the stream, in the contract's terms.
#pragma once

#include <tickgate/provider.hpp>

#include <string>

namespace tickgate::massive {

struct VenueError {
    error_code code;
    std::string text; // the venue's words, at most 300 characters
};

// What a REST answer that is not 2xx means: {"status":"ERROR","error":"…"} or
// {"status":"NOT_AUTHORIZED","message":"…"}, on some routes plain text or HTML.
VenueError error_of(const RestResponse& answer);

// A status object that ends the session (`auth_failed`, `auth_timeout`, `max_connections`); empty for all others.
std::optional<SessionEnd> end_of_status(std::string_view status, std::string_view message);

// What a close frame means (RFC 6455 §7.4.1; 1008 follows `max_connections`).
SessionEnd end_of_close(std::uint16_t close_code, std::string_view reason);

// Retry-After, and the wait of a 429 that has none. Massive documents no other headers.
BudgetReading budget_of(const RestResponse& answer);

} // namespace tickgate::massive
