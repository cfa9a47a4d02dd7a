// The number by which two messages of one bar are told apart: the greater one is newer.
#pragma once

#include <tickgate/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tickgate {

// Of what was told of a bar at `told`: milliseconds since the bar opened, at least 1. So live messages, corrections and
// history compare, over restarts and between gateways, without anybody remembering them.
constexpr std::uint64_t revision_at(UnixNanos open, UnixNanos told) noexcept {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(told - open).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed, 1));
}

} // namespace tickgate
