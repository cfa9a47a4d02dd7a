// Names, fields and limits of every operation.
#pragma once

#include "ops/operations.hpp"

#include <vector>

namespace tickgate::ops {

std::vector<OperationSpec> operation_table();

} // namespace tickgate::ops
