// The description of the HTTP API that /openapi.json serves (OpenAPI 3.1).
#pragma once

#include <string>
#include <string_view>

namespace tickgate::api {

// Made of the endpoint table, the field tables of the operations and the schemas in docs_page/schemas.json. Built once;
// lives as long as the process.
const std::string& openapi_json();

} // namespace tickgate::api
