// docs/metrics.md, from the table.
#pragma once

#include <string>

namespace tickgate::metrics {

std::string document();

} // namespace tickgate::metrics
