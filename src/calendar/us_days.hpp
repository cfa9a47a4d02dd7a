// The year of the US stock exchanges, by rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace tickgate::calendar {

struct UsDay {
    enum class Kind : std::uint8_t { regular, early_close, holiday, weekend };
    Kind kind = Kind::regular;
    std::string_view name; // of a holiday or of what an early close leads to; else empty
};

// The rules in force since 1998 (Juneteenth since 2022): ten holidays, a Saturday's kept on Friday and a Sunday's on
// Monday, save that a New Year on Saturday is not kept; early closes at 13:00 on 3 July and 24 December where these
// are Monday to Thursday, and on the day after Thanksgiving. Days of mourning, storms and the like are no rule.
UsDay us_day(std::chrono::sys_days date) noexcept;

std::chrono::sys_days easter_sunday(std::chrono::year y) noexcept; // Gregorian

} // namespace tickgate::calendar
