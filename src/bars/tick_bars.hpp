// Bars from ticks, for feeds that stream none: mid quotes or trades of one instrument and timeframe.
#pragma once

#include <tickgate/market_data.hpp>

#include <optional>

namespace tickgate::bars {

// Pure: fed with ticks and the time. A bar is closed by time, not by the next tick, a grace after its end so that ticks
// on their way are still in; a minute without a tick makes no bar. Placement by event time, else by receive time.
class TickBars;

} // namespace tickgate::bars
