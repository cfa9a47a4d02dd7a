#include "massive/errors.hpp"

#include "core/secret.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive {

namespace {

using namespace std::chrono_literals;

// A surplus connection evicts another one, which then comes back: quick attempts would chase each other for ever.
constexpr auto connection_pause = 60s;
// A plan without this cluster: nothing but a person changes it.
constexpr auto entitlement_pause = 1h;

errc code_of(int status) noexcept {
    switch (status) {
    case 401:
        return errc::unauthorized;
    case 403:
        return errc::not_entitled;
    case 404:
        return errc::unknown_symbol;
    case 413:
    case 499:
        return errc::venue_error;
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
        std::string_view text;
        if (body["error"].get(text) == simdjson::SUCCESS || body["message"].get(text) == simdjson::SUCCESS)
            e.text = text;
    } else {
        e.text = answer.body;
    }
    // Before it is cut: half a secret is not known as one.
    e.text = redact(std::string_view(e.text).substr(0, 4096));
    if (e.text.size() > 300)
        e.text.resize(300);
    e.code = code_of(answer.status);
    return e;
}

std::optional<SessionEnd> end_of_status(std::string_view status, std::string_view message) {
    SessionEnd end;
    end.detail = std::string(status) + ": " + redact(message.substr(0, 4096)).substr(0, 200);
    if (status == "auth_failed") {
        // The other text is `Your plan doesn't include websocket access.`
        const bool plan = message.find("websocket access") != std::string_view::npos;
        end.reason = plan ? errc::not_entitled : errc::unauthorized;
        if (plan)
            end.pause = entitlement_pause;
        return end;
    }
    if (status == "auth_timeout") {
        end.reason = errc::timed_out;
        return end;
    }
    if (status == "max_connections") {
        end.reason = errc::too_many_connections;
        end.pause = connection_pause;
        return end;
    }
    return std::nullopt;
}

SessionEnd end_of_close(std::uint16_t close_code, std::string_view reason) {
    SessionEnd end;
    end.detail = "close " + std::to_string(close_code) + (reason.empty() ? "" : " " + std::string(reason));
    switch (close_code) {
    case 1008:
        end.reason = errc::too_many_connections;
        end.pause = connection_pause;
        break;
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
    if (answer.status != 429)
        return reading;
    const auto text = answer.header("retry-after");
    std::int64_t seconds = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (ec != std::errc() || end == text.data() || seconds < 1)
        seconds = 60; // limits are counted by the minute
    reading.pause = std::chrono::seconds(std::min<std::int64_t>(seconds, 86400));
    return reading;
}

} // namespace tickgate::massive
