// What is served below /api/v1: which path and method mean which operation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tickgate::api {

// How the elements of an operation become a body.
enum class Shape : std::uint8_t {
    list,   // {"data":[…]}; {"data":[…],"next_cursor":…} where the operation takes a cursor
    object, // the first element alone
    bars,   // see bars_answer.hpp
};

// What a token must allow.
enum class Scope : std::uint8_t {
    read,  // look, ask, subscribe
    admin, // change what the gateway does for all
};
std::string_view to_string(Scope scope) noexcept;

struct Endpoint {
    std::string_view route{};  // label of the request metrics
    std::string_view path{};   // below /api/v1; `*` at its end: one more segment, the value of `path_field`
    std::string_view method{}; // GET serves HEAD, too
    std::string_view op{};
    Shape shape = Shape::list;
    std::string_view path_field{};
    int status = 200; // of success
    Scope scope = Scope::read;
    bool etag = false; // GET: the answer stays the same for a while
};

std::span<const Endpoint> endpoints() noexcept;

struct Match {
    const Endpoint* endpoint = nullptr; // null: see `allow`
    std::string value;                  // of path_field, decoded
    std::string allow;                  // methods of a path that is there but not with this one; empty: no such path
};
// `path` as sent, below /api/v1 (`/bars`).
Match match_endpoint(std::string_view path, std::string_view method);

// `%41` and `+` decoded; a faulty escape stays as it is.
std::string percent_decoded(std::string_view text);

} // namespace tickgate::api
