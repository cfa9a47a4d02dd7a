// Times as callers write them, and the span that two of them mean for an instrument.
#pragma once

#include "ops/error.hpp"

#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace tickgate::ops {

// An instant, or a date: the trading day of whatever instrument is meant.
struct TimePoint {
    std::optional<UnixNanos> instant;
    std::optional<std::chrono::year_month_day> date; // valid; set if `instant` is not
};

struct ParsedTime {
    TimePoint value;
    std::optional<Error> error; // set: no value
};

// RFC 3339 with an offset (`2026-11-21T17:30:00Z`, `2026-11-21 12:30:00.5-05:00`), a date (`2026-11-21`), or integer
// microseconds since 1970. Errors (bad_request) name `field`. Years 1970 to 2199.
ParsedTime parse_time(std::string_view field, std::string_view text);

// Longer ranges are refused.
inline constexpr std::chrono::seconds longest_range = std::chrono::hours(24) * 366 * 30;

struct TimeRange {
    UnixNanos from{}, to{}; // `to` is exclusive
    std::optional<Error> error;
};

// `start` inclusive; `end` exclusive if it is an instant, included if it is a date; empty: now. What lies after `now`
// is cut off. Errors (bad_request): malformed, reversed or empty, all of it in the future, longer than longest_range.
TimeRange read_range(std::string_view start, std::string_view end, AssetClass asset_class, UnixNanos now);

} // namespace tickgate::ops
