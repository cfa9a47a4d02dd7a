// Fields of an operation from a query or a JSON body.
#pragma once

#include "api/endpoints.hpp"
#include "net/http_server.hpp"
#include "ops/operations.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tickgate::api {

enum class Format : std::uint8_t { json, ndjson, csv };

struct FormatChoice {
    Format format = Format::json;
    int status = 0; // 400: `format` names none that is offered; 406: nor does Accept
};
// By parameter `format` of the query, else the first of Accept that is offered, else JSON.
FormatChoice format_of(const net::HttpRequest& request, bool only_json);

struct Parameters {
    ops::Request request;
    std::chrono::milliseconds deadline{30000};
    bool several = false; // asked with `symbols`: answers are a list
    int status = 0;       // of the error: 400, 415
    std::optional<ops::Error> error;
};

// `format`, `deadline_ms` and `client` are taken out; `start_date`, `end_date` and the like become the fields they
// mean. Names and values are checked later, by the operation.
Parameters read_parameters(const Endpoint& endpoint, const std::string& path_value, const net::HttpRequest& request);

} // namespace tickgate::api
