// Times as text: RFC 3339 in UTC, as people and HTTP clients read them.
#pragma once

#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace tickgate::ops {

// `2026-11-21T17:30:00Z`; a fraction of a second with as many digits as it needs. Remembers the last day, so that a
// series of times costs little.
class TimeWriter {
public:
    void append(std::string& out, UnixNanos t);

private:
    std::int64_t day_ = std::numeric_limits<std::int64_t>::min();
    std::array<char, 16> date_{}; // `2026-11-21T`
    std::size_t date_size_ = 0;
};

std::string time_text(UnixNanos t);

} // namespace tickgate::ops
