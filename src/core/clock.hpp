// The one place that reads the clocks of the machine.
#pragma once

#include <tickgate/time.hpp>

#include <ctime>

namespace tickgate {

namespace detail {
inline std::chrono::nanoseconds read_clock(clockid_t id) noexcept {
    timespec ts{};
    ::clock_gettime(id, &ts);
    return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}
} // namespace detail

inline UnixNanos wall_now() noexcept { return UnixNanos(detail::read_clock(CLOCK_REALTIME)); }
inline MonoTime mono_now() noexcept { return MonoTime(detail::read_clock(CLOCK_MONOTONIC)); }
inline Moment now() noexcept { return {mono_now(), wall_now()}; }

} // namespace tickgate
