// Metric families as the text that Prometheus scrapes.
#pragma once

#include "api/api.hpp"

#include <string>
#include <vector>

namespace tickgate::api {

inline constexpr const char* exposition_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string exposition(const std::vector<Family>& families);

} // namespace tickgate::api
