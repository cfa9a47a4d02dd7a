#include "binance/errors.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace tickgate::binance {

namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end != text.data() && value >= 0 ? std::optional(value) : std::nullopt;
}

errc code_of(int status, int venue_code) noexcept {
    switch (venue_code) {
    case -1003:
        return status == 418 ? errc::banned : errc::rate_limited;
    case -1006:
    case -1007:
        return errc::timed_out;
    case -1120:
        return errc::not_supported;
    case -1121:
    case -1220:
        return errc::unknown_symbol;
    case -2014:
    case -2015:
        return errc::unauthorized;
    default:
        break;
    }
    switch (status) {
    case 401:
        return errc::unauthorized;
    case 403:
    case 451:
        return errc::restricted;
    case 404: // a path that this host does not have, or no more
    case 410:
        return errc::not_supported;
    case 418:
        return errc::banned;
    case 429:
        return errc::rate_limited;
    default:
        return status >= 500 ? errc::venue_error : errc::bad_request;
    }
}

} // namespace

VenueError error_of(const RestResponse& answer) {
    VenueError e;
    simdjson::dom::parser parser;
    simdjson::dom::object body;
    if (parser.parse(answer.body).get(body) == simdjson::SUCCESS) {
        std::int64_t code = 0;
        std::string_view text;
        if (body["code"].get(code) == simdjson::SUCCESS)
            e.venue_code = static_cast<int>(code);
        if (body["msg"].get(text) == simdjson::SUCCESS)
            e.text = text;
    } else {
        e.text = answer.body;
    }
    if (e.text.size() > 300)
        e.text.resize(300);
    e.code = code_of(answer.status, e.venue_code);
    return e;
}

SessionEnd end_of(std::uint16_t close_code, std::string_view reason) {
    SessionEnd end;
    end.detail = "close " + std::to_string(close_code) + (reason.empty() ? "" : " " + std::string(reason));
    switch (close_code) {
    case 1008:
        end.reason = errc::rate_limited;
        break; // policy: `Too many requests`
    case 1002:
    case 1003:
    case 1007:
        end.reason = errc::protocol_error;
        break;
    case 1009:
        end.reason = errc::message_too_large;
        break;
    case 1011:
    case 1013:
        end.reason = errc::venue_error;
        break;
    default:
        end.reason = errc::closed_by_venue;
        break;
    }
    return end;
}

BudgetReading budget_of(const RestResponse& answer) {
    BudgetReading reading;
    if (auto used = number_in(answer.header("x-mbx-used-weight-1m")))
        reading.used_weight = used;
    if (answer.status == 429 || answer.status == 418) {
        // Without a usable Retry-After: two minutes, the shortest ban.
        const auto seconds = number_in(answer.header("retry-after")).value_or(answer.status == 418 ? 120 : 10);
        reading.pause = std::chrono::seconds(std::min<std::int64_t>(std::max<std::int64_t>(seconds, 1), 4 * 86400));
        reading.banned = answer.status == 418;
    }
    return reading;
}

} // namespace tickgate::binance
