// The wall clock of New York, by which FX weeks and US sessions are told.
#pragma once

#include <tickgate/time.hpp>

#include <chrono>

namespace tickgate::calendar {

// The time zone data of the system, where it has some and as far as it reaches; else the rule of 2007 (second Sunday
// of March to first Sunday of November). Thread-safe; the first call reads the data and never throws.

std::chrono::seconds new_york_offset(UnixNanos t); // from UTC: -5 or -4 hours

// `clock` past midnight of `date` as wall clock (24 h and more reach into the days after). Of a time that a change of
// the clock skips or repeats, the first moment that fits; markets do not open or close at such times.
UnixNanos new_york_time(std::chrono::sys_days date, std::chrono::seconds clock);

std::chrono::sys_days new_york_date(UnixNanos t);

// The rule alone.
std::chrono::seconds new_york_offset_by_rule(UnixNanos t) noexcept;

} // namespace tickgate::calendar
