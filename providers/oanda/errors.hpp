// OANDA's statuses and messages in the contract's terms.
#pragma once

#include <tickgate/provider.hpp>

#include <string>
#include <string_view>

namespace tickgate::oanda {

struct VenueError {
    error_code code;
    std::string text; // the venue's words, at most 300 characters
};

// What an answer that is not 200 means. The body's form is {"errorMessage":"…"}; outages answer with HTML.
// 401, 403 and 404 (unknown account) are unauthorized: only a person can mend them; not so 403 and 404 in HTML.
VenueError error_of(const RestResponse& answer);

// What the end of the stream means: the venue ends streams at will, in order or by a reset.
SessionEnd end_of(std::uint16_t close_code, std::string_view reason);

// 429 and 503 pause the budget: by Retry-After where there is one (none is documented), else for a second.
BudgetReading budget_of(const RestResponse& answer);

} // namespace tickgate::oanda
