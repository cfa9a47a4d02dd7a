// Jobs as rows of the store: JSON text.
#pragma once

#include "backfill/jobs.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::backfill {

std::string to_text(const JobView& job);
// Empty: not a job of a version that this one knows.
std::optional<JobView> job_from(std::string_view text);

} // namespace tickgate::backfill
