// What Tradier's refusals mean in the contract's terms: plain text, HTML, JSON faults, and errors inside a 200.
#pragma once

#include <tickgate/provider.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::tradier {

struct VenueError {
    error_code code;
    std::string text; // the venue's words, at most 256 bytes
};

// A REST answer that is not 2xx.
VenueError error_of(const RestResponse& answer);

// A 2xx answer that says an error all the same (`errors`, `error`, `fault`; text or HTML where JSON was asked for).
std::optional<VenueError> error_in(const RestResponse& answer);

// The words of `{"error":"…"}` on the stream or in an answer.
error_code code_of_words(std::string_view text) noexcept;

// What a close frame means (RFC 6455 §7.4.1).
SessionEnd end_of(std::uint16_t close_code, std::string_view reason);

// X-Ratelimit-* headers, and the end of the window that a `Quota Violation` names. `now`: their clock is ours.
BudgetReading budget_of(const RestResponse& answer, UnixNanos now);

} // namespace tickgate::tradier
