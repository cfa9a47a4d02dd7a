// What only several settings together can tell.
#pragma once

#include "config/context.hpp"

namespace tickgate::config {

// Turns providers off that cannot run, fills in routes and takes those providers out of them, checks what must fit
// together. Tells problems and notices. Rules about values that are faulty themselves stay silent.
void apply_rules(Config& config, Context& context);

// No secrets in the clear to another machine, unless that is allowed.
void check_redis_plaintext(const Redis& redis, Context& context);

} // namespace tickgate::config
