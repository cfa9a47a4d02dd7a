// The parts of the file that name instruments: symbols, routes and staleness.
#pragma once

#include "config/schema.hpp"

namespace tickgate::config {

void add_symbol_fields(Fields& fields, Config& config);
void add_route_fields(Fields& fields, Config& config);
void add_stale_fields(Fields& fields, Config& config);

} // namespace tickgate::config
