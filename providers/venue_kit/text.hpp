// Text pieces of venue payloads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::venue_kit {

void append_integer(std::string& out, std::int64_t value);

// value * 10^-decimals with all its `decimals` fraction digits, then `zeros` more: (35210, 5, 3) is `0.35210000`.
// Without any fraction digit there is no point.
void append_fixed(std::string& out, std::int64_t value, int decimals, int zeros);

// A quoted JSON string with the escapes RFC 8259 asks for.
void append_json_string(std::string& out, std::string_view text);

// The text of `key`'s value in a flat JSON object (first match; strings without their quotes, no unescaping).
// Empty if absent. For captured frames, whose form is known; not a parser.
std::string_view json_field(std::string_view object, std::string_view key) noexcept;

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

} // namespace tickgate::venue_kit
