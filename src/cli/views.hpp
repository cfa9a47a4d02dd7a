// How each list of the API is shown. `now` is what ages are measured from.
#pragma once

#include "cli/list_command.hpp"

#include <tickgate/time.hpp>

namespace tickgate::cli::views {

ListView feeds(UnixNanos now);
ListView providers();
ListView routes(UnixNanos now);
ListView subscriptions();
ListView leases(); // what POST /api/v1/subscriptions answers
ListView quotes(UnixNanos now);
ListView trades();
ListView events();
ListView limits();
ListView jobs();
ListView collectors(UnixNanos now);
ListView symbols();
ListView validations();

} // namespace tickgate::cli::views
