// The candle endpoints: parameters, alignment, answers.
#pragma once

#include "oanda/venue/book.hpp"

#include "net/http_server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::oanda_venue {

struct Granularity {
    std::string_view name;
    std::chrono::seconds length; // of a month: 31 days, for the check of the span
};
std::optional<Granularity> granularity_of(std::string_view name) noexcept;

// Where candles begin and end. Up to an hour by UTC; longer ones from `hour` of the day in New York or UTC.
struct Aligner {
    Granularity granularity;
    int hour = 17;
    bool new_york = true;
    unsigned weekday = 5; // of a week's beginning, Sunday is 0

    UnixNanos open_of(UnixNanos t) const; // of the candle that contains t
    UnixNanos end_of(UnixNanos open) const;
};

// When a candle that ended is complete.
struct Completion {
    std::chrono::milliseconds after{0}, overdue{0}; // its end: at least, at most without a further price

    bool reached(UnixNanos end, UnixNanos last_tick, UnixNanos now) const noexcept {
        return end + after <= now && (last_tick >= end || end + overdue <= now);
    }
};

struct CandleAnswer {
    int status = 200;
    std::string body;
};

// `/candles` of one instrument. Refusals carry the venue's own words.
CandleAnswer candles(
    Book& book, const net::HttpRequest& request, const Completion& completion, UnixNanos now, bool unix_time);

// One specification of `/candles/latest` (`EUR_USD:M1:BA` without the instrument): the last finished and the running
// candle. Empty if the specification is bad.
std::optional<std::string> latest(Book& book, std::string_view granularity, std::string_view components,
    const net::HttpRequest& request, const Completion& completion, UnixNanos now, bool unix_time);

} // namespace tickgate::oanda_venue
