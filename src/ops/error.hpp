// What an operation answers when it cannot do what was asked.
#pragma once

#include <tickgate/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tickgate::ops {

// Codes are stable: bad_request, unknown_op, malformed_symbol, unknown_symbol, ambiguous_symbol, not_found,
// not_supported, not_entitled, unauthorized, restricted, rate_limited, busy, unavailable, venue_error, refused,
// expired, not_owner, invalid_configuration, internal.
struct Error {
    std::string code, message; // message: a sentence for people, without the caller's text unless made fit for it
    std::string hint;          // what to do about it; may be empty
    std::optional<std::chrono::milliseconds> retry_after; // when the same request may succeed
    std::string members; // further members of the error over HTTP, JSON, each with a comma in front; may be empty

    Error() = default;
    Error(std::string_view c, std::string m, std::string h = {}) : code(c), message(std::move(m)), hint(std::move(h)) {}
};

// A value, or why there is none. `detail` adds to what the code says; it may be a venue's own words.
template <class T>
struct Outcome {
    T value{};
    error_code error;
    std::string detail;
    std::optional<std::chrono::milliseconds> retry_after;

    Outcome() = default;
    Outcome(T v) : value(std::move(v)) {}
    Outcome(error_code e, std::string d = {}) : error(e), detail(std::move(d)) {}
    Outcome(errc e, std::string d = {}) : error(e), detail(std::move(d)) {}
};

Error error_from(const error_code& ec, std::string_view detail = {},
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt);

// `{"code":…,"message":…,"hint":…,"retry_after_ms":…}`, secrets taken out.
std::string to_json(const Error& error);

} // namespace tickgate::ops
