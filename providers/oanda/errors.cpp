#include "oanda/errors.hpp"

#include "core/secret.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace tickgate::oanda {

namespace {

errc code_of(int status, std::string_view text) noexcept {
    switch (status) {
    case 400:
        // `Invalid value specified for 'instrument'` of candles, `'instruments'` of prices.
        return text.starts_with("Invalid value specified for 'instrument") ? errc::unknown_symbol : errc::bad_request;
    case 401:
    case 403:
    case 404:
        return errc::unauthorized;
    case 408:
        return errc::timed_out;
    case 429:
        return errc::rate_limited;
    case 451:
        return errc::restricted;
    default:
        return status >= 500 ? errc::venue_error : errc::bad_request;
    }
}

} // namespace

VenueError error_of(const RestResponse& answer) {
    VenueError e;
    simdjson::dom::parser parser;
    simdjson::dom::object body;
    std::string_view text;
    if (parser.parse(answer.body).get(body) == simdjson::SUCCESS) {
        if (body["errorMessage"].get(text) == simdjson::SUCCESS)
            e.text = text;
    } else {
        e.text = answer.body;
    }
    // Before it is cut: half a secret is not known as one.
    e.text = redact(std::string_view(e.text).substr(0, 4096));
    if (e.text.size() > 300)
        e.text.resize(300);
    e.code = code_of(answer.status, e.text);
    // The venue answers with JSON: a page is of a gateway before it, as in an outage, and says nothing of the account.
    if ((answer.status == 403 || answer.status == 404) && e.text.starts_with('<'))
        e.code = errc::venue_error;
    return e;
}

SessionEnd end_of(std::uint16_t close_code, std::string_view reason) {
    SessionEnd end;
    end.reason = errc::closed_by_venue;
    end.detail = "the stream ended";
    if (!reason.empty())
        end.detail += ": " + std::string(reason);
    else if (close_code == 1006)
        end.detail += " without its last chunk";
    return end;
}

BudgetReading budget_of(const RestResponse& answer) {
    BudgetReading reading;
    if (answer.status != 429 && answer.status != 503)
        return reading;
    const auto text = answer.header("retry-after");
    std::int64_t seconds = 1;
    if (const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        ec != std::errc() || end == text.data())
        seconds = 1;
    reading.pause = std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, 3600));
    return reading;
}

} // namespace tickgate::oanda
