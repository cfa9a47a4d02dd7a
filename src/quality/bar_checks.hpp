// What one bar alone can be wrong in.
#pragma once

#include "quality/findings.hpp"

namespace tickgate::quality {

// What refuse() says, volume against trades, vwap, the variant it says it is of, and its place on the clock. False: the
// bar is refused.
bool check_bar(const Bar& bar, const Subject& subject, Sink& sink);

} // namespace tickgate::quality
