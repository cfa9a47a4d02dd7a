// Binance's times: Unix epoch in milliseconds, or microseconds where that was asked for.
#pragma once

#include <tickgate/time.hpp>

#include <cstdint>

namespace tickgate::binance {

// 10^14 ms is the year 5138, 10^14 µs is March 1973: a market-data time is told by its size.
constexpr std::int64_t micros_from = 100'000'000'000'000;

// Within the years 1970 to 2255 in either unit, so that nanoseconds fit.
constexpr bool plausible_time(std::int64_t t) noexcept {
    return t >= 0 && (t < 9'000'000'000'000 || (t >= micros_from && t < 9'000'000'000'000'000));
}

constexpr UnixNanos venue_time(std::int64_t t) noexcept { return t >= micros_from ? from_micros(t) : from_millis(t); }

constexpr std::int64_t to_millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1000000; }

} // namespace tickgate::binance
