// Collectors as rows of the store: JSON text.
#pragma once

#include "backfill/collectors.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::backfill {

std::string to_text(const CollectorSpec& spec);
// Empty: not a collector of a version that this one knows.
std::optional<CollectorSpec> collector_from(std::string_view text);

} // namespace tickgate::backfill
