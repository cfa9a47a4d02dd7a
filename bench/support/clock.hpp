// Clocks and process accounting of the benchmark programs.
#pragma once

#include <cstdint>
#include <ctime>

namespace tickgate::bench {

inline std::int64_t read_clock_ns(clockid_t id) noexcept {
    timespec ts{};
    ::clock_gettime(id, &ts);
    return std::int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

// Nanoseconds since the epoch; comparable between processes of one machine.
inline std::int64_t wall_ns() noexcept { return read_clock_ns(CLOCK_REALTIME); }
inline std::int64_t mono_ns() noexcept { return read_clock_ns(CLOCK_MONOTONIC); }

// User plus system time of this process so far, in nanoseconds.
inline std::int64_t cpu_ns() noexcept { return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

} // namespace tickgate::bench
