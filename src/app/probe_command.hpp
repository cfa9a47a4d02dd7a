// `tickgate probe` and `tickgate doctor`: looks at the world without a daemon.
#pragma once

#include "app/daemon_command.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tickgate::app {

struct ProbeArguments {
    CommonArguments common;
    std::vector<std::string> providers; // empty: all that are on
    std::vector<std::string> symbols;   // to try with; empty: those of the configuration
    std::chrono::milliseconds duration{10000};
    bool force = false; // the live part, too, where a gateway that runs may hold the only connection
    bool verbose = false;
};

int run_probe(const ProbeArguments& arguments);
int run_doctor(const CommonArguments& common);

} // namespace tickgate::app
