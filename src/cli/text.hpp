// Words, numbers and times as people read them on a terminal. No I/O, no clock.
#pragma once

#include "cli/json.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::cli {

std::string grouped(std::uint64_t n);              // `1,234,567`
std::string clock_text(std::int64_t seconds);      // `01:02:03`
std::string long_span_text(std::int64_t seconds);  // `2d 03h`, below a day as clock_text
std::string age_text(std::chrono::milliseconds a); // `0.3s`, `12s`, `2m05s`, `3h07m`, `2d04h`

// Printable ASCII stays, anything else becomes `?`: what comes from a channel must not steer the terminal.
std::string harmless(std::string_view text);
// The same for words of the daemon: letters of all languages stay, control characters and broken UTF-8 become `?`.
std::string printable(std::string_view text);
// How many columns a printable text takes, one a code point; cut to `most` of them, with `…` at the end.
std::size_t width_of(std::string_view text) noexcept;
std::string cut_to(std::string_view text, std::size_t most);

// RFC 3339 in UTC (`2026-11-21T17:30:00.25Z`) or microseconds since 1970.
std::optional<UnixNanos> time_from(const Json& value) noexcept;
// How long ago that was; `-` if it is no time, never below zero.
std::string ago(const Json& value, UnixNanos now);
std::string utc_text(UnixNanos at); // `2026-11-21T17:30:00Z`

} // namespace tickgate::cli
