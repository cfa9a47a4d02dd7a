// Names of publisher sessions: text that sorts by start time.
#pragma once

#include <tickgate/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::redis {

// Ten characters of milliseconds and four of `random`, Crockford base 32. Greater as text than `previous` even if the
// wall clock was set back since; an empty or foreign `previous` does not matter.
std::string make_session(UnixNanos now, std::uint64_t random, std::string_view previous = {});

} // namespace tickgate::redis
