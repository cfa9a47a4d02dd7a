// What a simulated Tradier venue is told beside what all venues are told.
#pragma once

#include <chrono>
#include <cstddef>

namespace tickgate::venue_kit {}

namespace tickgate::tradier_venue {

namespace kit = venue_kit;

// Defaults are the real venue's, `linger` excepted.
struct TradierOptions {
    std::size_t sessions = 1;                           // streams open at once of the one user; 0: no limit
    std::chrono::milliseconds linger{0};                // a stream that ended counts on so long (real: five minutes)
    std::chrono::milliseconds id_life{300'000};         // a session id must be used within
    std::chrono::milliseconds repeat{20'000};           // idle symbols are sent again
    std::chrono::milliseconds silent_after{86'400'000}; // a stream says nothing more; 0: never
    std::chrono::milliseconds http_idle{900'000};       // an HTTP stream without data is closed
    std::size_t requests_per_minute = 120;              // windows that begin with their first request; 0: no limit
    bool sandbox = false;                               // no streams, half the requests
    bool null_text = false;                             // "null" where null is meant
    bool old_session = false;                           // the session's id in the url alone
};

} // namespace tickgate::tradier_venue
