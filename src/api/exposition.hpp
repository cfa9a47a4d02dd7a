// Metric families as the text that Prometheus scrapes.
#pragma once

#include "api/api.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::api {

inline constexpr const char* exposition_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string exposition(const std::vector<Family>& families);

// A family without samples, with the type and the help that the table of metrics (metrics/table.hpp) has of it.
// Throws std::logic_error if it has none of that name.
Family family_of(std::string_view name);

} // namespace tickgate::api
