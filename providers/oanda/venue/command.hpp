// The command `tickgate venue oanda`.
#pragma once

namespace tickgate::oanda_venue {

// Runs a venue until SIGINT or SIGTERM. `argv` holds what stands after `tickgate venue oanda`, with a name first.
// Returns 0, 2 (usage), 69 (a port or file cannot be had).
int run_venue_command(int argc, const char* const* argv);

} // namespace tickgate::oanda_venue
