// Bar timeframes and where their bars begin and end.
#pragma once

#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tickgate {

enum class Timeframe : std::uint8_t {
    s1,
    s5,
    s15,
    s30,
    m1,
    m3,
    m5,
    m15,
    m30,
    h1,
    h2,
    h4,
    h6,
    h8,
    h12,
    d1,
    d3,
    w1,
    mo1
};

inline constexpr std::array<Timeframe, 19> all_timeframes{Timeframe::s1, Timeframe::s5, Timeframe::s15, Timeframe::s30,
    Timeframe::m1, Timeframe::m3, Timeframe::m5, Timeframe::m15, Timeframe::m30, Timeframe::h1, Timeframe::h2,
    Timeframe::h4, Timeframe::h6, Timeframe::h8, Timeframe::h12, Timeframe::d1, Timeframe::d3, Timeframe::w1,
    Timeframe::mo1};

std::string_view to_string(Timeframe tf) noexcept; // `1s` … `1M`, as on the wire

// Exact wire names, and on top of them the usual spellings (`5min`, `1Min`, `1day`, `60m`, `1hour`, `1mo`).
std::optional<Timeframe> timeframe_from(std::string_view text) noexcept;

// Length of a bar; empty for `1M`, whose length is the calendar's.
std::optional<std::chrono::seconds> length_of(Timeframe tf) noexcept;

// End of the bar that opens at `open`, UTC alignment; `1M` by the calendar.
UnixNanos bar_end(UnixNanos open, Timeframe tf) noexcept;

// Open of the UTC-aligned bar that contains `t`: `1w` opens on Monday, `3d` counts from the Unix epoch.
UnixNanos bar_open(UnixNanos t, Timeframe tf) noexcept;

} // namespace tickgate
