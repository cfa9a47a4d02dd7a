// Times. Everything is UTC nanoseconds inside; users see integer microseconds with the unit in the key.
#pragma once

#include <chrono>
#include <cstdint>

namespace tickgate {

// A point on the UTC wall clock, nanoseconds since the Unix epoch.
using UnixNanos = std::chrono::sys_time<std::chrono::nanoseconds>;

// A point on the monotonic clock. Deadlines, leases and back-off use this one and never the wall clock.
using MonoTime = std::chrono::steady_clock::time_point;

// Both clocks, read together. Logic takes a Moment as argument and never reads a clock itself.
struct Moment {
    MonoTime mono;
    UnixNanos wall;
};

constexpr std::int64_t to_micros(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1000; }
constexpr UnixNanos from_micros(std::int64_t us) noexcept { return UnixNanos(std::chrono::nanoseconds(us * 1000)); }
constexpr UnixNanos from_millis(std::int64_t ms) noexcept { return UnixNanos(std::chrono::nanoseconds(ms * 1000000)); }

} // namespace tickgate
