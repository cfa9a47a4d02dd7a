// The settings `history` and `collect`.
#pragma once

#include "config/schema.hpp"

namespace tickgate::config {

void add_history_fields(Fields& fields, Config& config);

} // namespace tickgate::config
