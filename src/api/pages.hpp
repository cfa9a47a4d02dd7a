// The pages of the daemon itself: the documentation of its API, and the file that page reads.
#pragma once

#include "net/http_server.hpp"

#include <optional>
#include <string_view>

namespace tickgate::api {

// The answer to a GET of /docs, /docs/page.css, /docs/page.js and /openapi.json; empty: no such page. They are part of
// the program and fetch nothing from elsewhere; their Content-Security-Policy forbids it, too.
std::optional<net::HttpResponse> page_of(std::string_view path);

} // namespace tickgate::api
