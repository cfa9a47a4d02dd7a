// Massive's times: Unix epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by their size.
#pragma once

#include <tickgate/time.hpp>

#include <cstdint>
#include <optional>

namespace tickgate::massive {

// Below 10^11 seconds, below 10^14 milliseconds, below 10^17 microseconds, else nanoseconds. Empty where 64-bit
// nanoseconds would overflow (after the year 2262) or the time is negative.
constexpr std::optional<UnixNanos> venue_time(std::int64_t t) noexcept {
    constexpr std::int64_t most = 9'223'372'036'854'775'807;
    if (t < 0)
        return std::nullopt;
    const std::int64_t unit = t < 100'000'000'000           ? 1'000'000'000
                              : t < 100'000'000'000'000     ? 1'000'000
                              : t < 100'000'000'000'000'000 ? 1'000
                                                            : 1;
    if (t > most / unit)
        return std::nullopt;
    return UnixNanos(std::chrono::nanoseconds(t * unit));
}

constexpr std::int64_t to_millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000; }

} // namespace tickgate::massive
