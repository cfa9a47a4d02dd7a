// What a new configuration changes, and what of that can be had without a restart.
#pragma once

#include "config/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

// One setting that differs, by its key in effective_settings(). Empty: it was not there, or is not there any more. Of a
// secret: `***` where it was set, `(changed)` where another one takes its place.
struct Change {
    std::string key, before, now;
};

// Sorted by key. Secrets are compared, not shown.
std::vector<Change> diff_of(const Config& before, const Config& now);

// True if a key is this one, or below it.
bool touches(const std::vector<Change>& changes, std::string_view key);

// What is in force once `file` was applied: what needs a restart stays as it is in `in_force` (schema.hpp tells which
// settings do). Has its own digest. Where the address that stays is public and `file` has no token any more, the whole
// of `http` stays; so do certificate and key where TLS would be turned on or off.
Config merged(const Config& in_force, const Config& file);

} // namespace tickgate::config
