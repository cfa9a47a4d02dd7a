// New York's clock and the days of each market.
#pragma once

#include "massive/venue/clusters.hpp"

#include <tickgate/time.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::massive_venue {

// What is added to UTC: -5 h, or -4 h from the second Sunday of March to the first one of November.
std::chrono::hours eastern_offset(UnixNanos t) noexcept;

// The local calendar day of a market: New York's; Chicago's for indices and futures; UTC for forex and crypto.
std::chrono::sys_days day_of(Cluster cluster, UnixNanos t) noexcept;
UnixNanos day_begin(Cluster cluster, std::chrono::sys_days day) noexcept; // its local midnight

// Whether a minute that opens at `t` is traded: stocks 04:00 to 20:00, options and indices 09:30 to 16:15, on weekdays,
// New York time; futures on weekdays; the others always. No holidays.
bool is_traded(Cluster cluster, UnixNanos t) noexcept;

std::string date_text(std::chrono::sys_days day);                       // `2025-11-21`
std::optional<std::chrono::sys_days> parse_date(std::string_view text); // of that form
std::string eastern_text(UnixNanos t);                                  // `2022-04-28T16:48:08-04:00`

} // namespace tickgate::massive_venue
