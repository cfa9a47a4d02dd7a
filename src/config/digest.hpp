// A short name for a configuration.
#pragma once

#include "config/config.hpp"

#include <string>

namespace tickgate::config {

// 16 hex digits of FNV-1a over effective_settings(). Stable over releases that do not change the settings; no secret
// goes into it.
std::string digest_of(const Config& config);

} // namespace tickgate::config
