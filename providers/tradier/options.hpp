// Dates and strikes of listed options.
#pragma once

#include <tickgate/decimal.hpp>

#include <chrono>
#include <string_view>
#include <vector>

namespace tickgate::tradier {

// `expirations`: plain dates, or objects with a `date`. Errors: malformed_payload.
result<std::vector<std::chrono::year_month_day>> parse_expirations(std::string_view body);
// Errors: malformed_payload, number_overflow.
result<std::vector<Decimal>> parse_strikes(std::string_view body);

} // namespace tickgate::tradier
