// Readiness as JSON members.
#pragma once

#include "api/api.hpp"

#include <string>

namespace tickgate::api {

// `"ready":…,"reasons":[…],"feeds":{…}` and `"holder":…` when another instance publishes; no braces around.
std::string readiness_members(const Readiness& readiness);

// The reasons in one sentence.
std::string why_not_ready(const Readiness& readiness);

} // namespace tickgate::api
