// The same bar again and again.
#pragma once

#include "quality/findings.hpp"

namespace tickgate::quality {

// Bars in order of time. A price may stand still for hours (pegged coins, thin contracts), but not with the very same
// range and volume.
class Repeats {
public:
    void add(const Bar& bar, Sink& sink);

private:
    std::optional<Bar> last_;
    std::uint64_t same_ = 0;   // bars with the prices of the one before, up to the last
    std::uint64_t copies_ = 0; // of them those with its volume too
};

} // namespace tickgate::quality
