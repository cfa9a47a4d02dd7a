// Parts of the API's description that are made of tables.
#pragma once

#include "api/endpoints.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace tickgate::api {

// `/api/v1/backfill/{id}`.
std::string path_template(const Endpoint& endpoint);

// The endpoint as an operation object: parameters, body, answers, scope.
boost::json::object operation_object(const Endpoint& endpoint);

// An element of an answer on Redis as it looks over HTTP: `x_us` becomes `x`, RFC 3339; where the element says so
// `symbol` is class:symbol.
boost::json::value http_schema(std::string_view name, const boost::json::value& schema);

} // namespace tickgate::api
