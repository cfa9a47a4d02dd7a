// The section `http`.
#pragma once

#include "config/schema.hpp"

#include <cstddef>

namespace tickgate::config {

// Shorter tokens can be guessed: told on this machine, refused where other machines can try.
inline constexpr std::size_t shortest_token = 16;

void add_http_fields(Fields& fields, Http& http); // `http` outlives them

// What one value alone does not tell: tokens that are alike, an open door.
void check_http(const Http& http, Context& context);

} // namespace tickgate::config
