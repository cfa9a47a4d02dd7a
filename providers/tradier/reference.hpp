// Small REST answers: the stream's session, securities, clock, calendar.
#pragma once

#include <tickgate/provider.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier {

// `{"stream":{"url":…,"sessionid":…}}`; an old answer may have the id at the end of the url's path alone.
// Errors: malformed_payload.
result<std::string> parse_session(std::string_view body);

// Rows of `search` and `lookup`. Those whose name fits no canonical form are counted in `skipped`.
// Errors: malformed_payload.
result<std::vector<InstrumentInfo>> parse_securities(std::string_view body, std::size_t& skipped);

struct Clock {
    std::string state;       // premarket, open, postmarket, closed
    std::string description; // for people
    std::chrono::year_month_day date;
    UnixNanos time{};
    std::string next_change, next_state; // `16:00`, Eastern
};
// Errors: malformed_payload.
result<Clock> parse_clock(std::string_view body);

// The days of a month that differ from the usual week: closed weekdays, other hours than 09:30 to 16:00. One entry a
// class of equity, option, index. Errors: malformed_payload.
result<std::vector<MarketDay>> parse_calendar(std::string_view body);

} // namespace tickgate::tradier
