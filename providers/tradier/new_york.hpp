// New York's wall clock by rule: Tradier writes naive Eastern times.
#pragma once

#include <tickgate/time.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::tradier {

using LocalSeconds = std::chrono::local_seconds;

// Offset from UTC in force at `t`: -4 h in summer time, -5 h else. The rule of 2007 (second Sunday of March to first
// Sunday of November, 02:00) and before it that of 1987; years before 1987 are not served by the venue.
std::chrono::hours new_york_offset(UnixNanos t) noexcept;

// What the clock on the wall shows, to the second.
LocalSeconds to_new_york(UnixNanos t) noexcept;

// The instant; of an hour that exists twice the first, of one that does not exist the one an hour later.
UnixNanos from_new_york(LocalSeconds t) noexcept;

// `2019-05-09`, `2019-05-09 09:30`, `2019-05-09T09:30:00`: whole text, a real date. Empty if it is none.
std::optional<LocalSeconds> parse_local(std::string_view text) noexcept;

// `2019-05-09`.
std::string date_text(std::chrono::year_month_day date);
// `2019-05-09 09:30`.
std::string minute_text(LocalSeconds t);

} // namespace tickgate::tradier
