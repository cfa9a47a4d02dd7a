// What is served below /api/v1: which path and method mean which operation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tickgate::api {

// How the elements of an operation become a body.
enum class Shape : std::uint8_t {
    list,   // {"data":[…]}
    object, // the first element alone
    bars,   // see bars_answer.hpp
};

struct Endpoint {
    std::string_view route;  // label of the request metric
    std::string_view path;   // below /api/v1; `*` at its end: one more segment, the value of `path_field`
    std::string_view method; // GET serves HEAD, too
    std::string_view op;
    Shape shape = Shape::list;
    std::string_view path_field{};
    int status = 200; // of success
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
