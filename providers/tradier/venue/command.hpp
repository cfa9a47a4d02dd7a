// The command `tickgate venue tradier`.
#pragma once

namespace tickgate::tradier_venue {

// Runs until SIGINT or SIGTERM. `argv` holds what stands after `tickgate venue tradier`, with a name first.
// Returns 0, 2 (usage), 69 (a port or file cannot be had).
int run_venue_command(int argc, const char* const* argv);

} // namespace tickgate::tradier_venue
