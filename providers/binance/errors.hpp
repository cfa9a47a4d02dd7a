// Binance's error codes and statuses in the contract's terms.
#pragma once

#include <tickgate/provider.hpp>

#include <string>

namespace tickgate::binance {

struct VenueError {
    error_code code;
    int venue_code = 0; // `code` of the body, 0 if none
    std::string text;   // the venue's words, at most 300 characters
};

// What a REST answer that is not 2xx means. The body's form is {"code":-1121,"msg":"…"}; 403 and 410 come as HTML.
VenueError error_of(const RestResponse& answer);

// What a close frame means (RFC 6455 §7.4.1; 1008 `Too many requests` is Binance's limit breach).
SessionEnd end_of(std::uint16_t close_code, std::string_view reason);

// Weight headers, Retry-After and bans.
BudgetReading budget_of(const RestResponse& answer);

} // namespace tickgate::binance
