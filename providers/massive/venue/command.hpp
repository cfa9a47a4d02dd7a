// The command `tickgate venue massive`.
#pragma once

namespace tickgate::massive_venue {

// Runs a venue until SIGINT or SIGTERM. `argv` holds what stands after `tickgate venue massive`, with a name first.
// Returns 0, 2 (usage), 69 (a port or file cannot be had).
int run_venue_command(int argc, const char* const* argv);

} // namespace tickgate::massive_venue
