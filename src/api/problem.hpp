// Errors as answers: application/problem+json (RFC 9457), and the JSON text they are made of.
#pragma once

#include "net/http_server.hpp"

#include <string>
#include <string_view>

namespace tickgate::api {

// Appends `text` as a JSON string. What is not valid UTF-8 becomes U+FFFD, byte by byte of the faulty part.
void append_json_string(std::string& out, std::string_view text);

struct Problem {
    int status = 500;
    std::string_view code;   // for programs: `unauthorized`, `not_found`, …
    std::string_view detail; // for people
};

// `members` are further members of the object, each with a comma in front, or empty.
net::HttpResponse problem_response(const Problem& problem, std::string_view request_id, std::string_view members = {});

// The client's X-Request-Id if it matches [A-Za-z0-9._-]{1,64}, else a new one of 16 hex digits.
std::string request_id_of(const net::HttpRequest& request);

} // namespace tickgate::api
