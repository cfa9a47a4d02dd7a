#include "tradier/errors.hpp"

#include "core/secret.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace tickgate::tradier {

namespace dom = simdjson::dom;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_text = 256;

// `word` is in lower case.
bool holds(std::string_view text, std::string_view word) noexcept {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

std::string_view first_text(dom::element e) {
    std::string_view text;
    if (dom::array list; e.get(list) == simdjson::SUCCESS)
        return list.size() > 0 ? first_text(list.at(0)) : text;
    if (e.get(text) != simdjson::SUCCESS)
        return {};
    return text;
}

// What a JSON object says of an error: the words, and where.
struct Words {
    bool any = false, fault = false;
    std::string text, code;
};

Words words_in(std::string_view body) {
    Words words;
    dom::parser parser;
    dom::element root, inner;
    if (body.find('{') == std::string_view::npos ||
        parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object())
        return words;
    if (root["fault"].get(inner) == simdjson::SUCCESS && inner.is_object()) {
        words.any = words.fault = true;
        std::string_view text;
        if (inner["faultstring"].get(text) == simdjson::SUCCESS)
            words.text = text;
        if (inner["detail"]["errorcode"].get(text) == simdjson::SUCCESS)
            words.code = text;
    } else if (root["errors"].get(inner) == simdjson::SUCCESS && !inner.is_null()) {
        words.any = true;
        dom::element error;
        words.text =
            inner.is_object() && inner["error"].get(error) == simdjson::SUCCESS ? first_text(error) : first_text(inner);
    } else if (root["error"].get(inner) == simdjson::SUCCESS && !inner.is_null()) {
        words.any = true;
        words.text = first_text(inner);
    }
    return words;
}

std::optional<std::int64_t> number_in(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
}

// The number at the end of `Quota Violation … 1369168800001`.
std::optional<std::int64_t> number_at_end(std::string_view text) noexcept {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    while (!text.empty() && !is_digit(text.back()))
        text.remove_suffix(1);
    auto begin = text.size();
    while (begin > 0 && is_digit(text[begin - 1]))
        --begin;
    return begin < text.size() ? number_in(text.substr(begin)) : std::nullopt;
}

bool is_quota(std::string_view text) noexcept {
    return holds(text, "quota violation") || holds(text, "quotaviolation");
}

errc code_of_status(int status) noexcept {
    switch (status) {
    case 401:
        return errc::unauthorized;
    case 403:
        return errc::not_entitled;
    case 429:
        return errc::rate_limited;
    default:
        return status >= 500 ? errc::venue_error : errc::bad_request;
    }
}

VenueError make_error(error_code code, std::string text) {
    // Before it is cut: half a secret is not known as one.
    text = redact(std::string_view(text).substr(0, 4096));
    if (text.size() > most_text)
        text.resize(most_text);
    return {code, std::move(text)};
}

error_code code_of_fault(const Words& words, int status) noexcept {
    if (holds(words.code, "access_token") || holds(words.text, "access token"))
        return errc::unauthorized;
    if (is_quota(words.text) || holds(words.code, "quotaviolation") || holds(words.code, "spikearrest"))
        return errc::rate_limited;
    if (holds(words.text, "datastore"))
        return errc::venue_error;
    return status / 100 == 2 ? make_error_code(errc::venue_error) : make_error_code(code_of_status(status));
}

} // namespace

error_code code_of_words(std::string_view text) noexcept {
    if (holds(text, "too many session"))
        return errc::too_many_connections;
    if (is_quota(text) || holds(text, "rate limit"))
        return errc::rate_limited;
    if ((holds(text, "token") && !holds(text, "unexpected token")) || holds(text, "unauthorized"))
        return errc::unauthorized;
    if (holds(text, "not entitled") || holds(text, "permission") || holds(text, "forbidden"))
        return errc::not_entitled;
    if (holds(text, "session"))
        return errc::closed_by_venue; // an id that is unknown or too old: a new connection brings a new one
    if (holds(text, "symbol") || holds(text, "invalid parameter") || holds(text, "filter"))
        return errc::bad_request;
    return errc::venue_error;
}

VenueError error_of(const RestResponse& answer) {
    const auto words = words_in(answer.body);
    if (words.fault)
        return make_error(code_of_fault(words, answer.status), words.text);
    auto text = words.any ? words.text : answer.body;
    if (is_quota(text))
        return make_error(errc::rate_limited, std::move(text));
    if (holds(text, "too many session"))
        return make_error(errc::too_many_connections, std::move(text));
    return make_error(code_of_status(answer.status), std::move(text));
}

std::optional<VenueError> error_in(const RestResponse& answer) {
    const auto first = answer.body.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || answer.body[first] != '{') {
        if (is_quota(answer.body))
            return make_error(errc::rate_limited, answer.body);
        return make_error(errc::malformed_payload, answer.body);
    }
    // Data answers are large: only what begins like an error is parsed twice.
    const std::string_view head = std::string_view(answer.body).substr(first, 64);
    if (!holds(head, "\"fault\"") && !holds(head, "\"error\"") && !holds(head, "\"errors\""))
        return std::nullopt;
    const auto words = words_in(answer.body);
    if (!words.any)
        return std::nullopt;
    if (words.fault)
        return make_error(code_of_fault(words, answer.status), words.text);
    auto code = code_of_words(words.text);
    if (code == errc::closed_by_venue)
        code = errc::bad_request; // means something on the stream only
    return make_error(code, words.text);
}

SessionEnd end_of(std::uint16_t close_code, std::string_view reason) {
    SessionEnd end;
    end.detail = "close " + std::to_string(close_code) + (reason.empty() ? "" : " " + std::string(reason));
    if (holds(reason, "too many session")) {
        end.reason = errc::too_many_connections;
        return end;
    }
    switch (close_code) {
    case 1002:
    case 1003:
    case 1007:
        end.reason = errc::protocol_error;
        break;
    case 1008:
        end.reason = reason.empty() ? make_error_code(errc::rate_limited) : code_of_words(reason);
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

BudgetReading budget_of(const RestResponse& answer, UnixNanos now) {
    BudgetReading reading;
    if (const auto allowed = number_in(answer.header("x-ratelimit-allowed")); allowed && *allowed > 0)
        reading.limit = allowed;
    if (const auto used = number_in(answer.header("x-ratelimit-used")))
        reading.used_weight = used;
    auto expiry = number_in(answer.header("x-ratelimit-expiry"));
    const auto available = number_in(answer.header("x-ratelimit-available"));
    const bool refused = answer.status == 429 || (answer.status / 100 != 2 && is_quota(answer.body));
    if (refused && !expiry)
        expiry = number_at_end(answer.body);
    if (!refused && !(available && *available == 0 && expiry))
        return reading;
    // A window is a minute long: what an expiry says beyond that (seconds for milliseconds, another clock) is no time.
    auto pause = std::chrono::milliseconds(60s);
    const auto after = number_in(answer.header("retry-after")); // of a gateway before the venue
    if (refused && after && *after > 0 && *after <= 3600) {
        pause = std::chrono::seconds(*after);
    } else if (expiry && *expiry < 9'000'000'000'000) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(from_millis(*expiry) - now);
        if (left <= 2min && left > -2min)
            pause = std::max<std::chrono::milliseconds>(left, 1ms);
        else if (!refused)
            return reading;
    }
    if (refused)
        pause = std::max<std::chrono::milliseconds>(pause, 1s);
    reading.pause = pause;
    return reading;
}

} // namespace tickgate::tradier
