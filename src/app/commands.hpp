// The subcommands of `tickgate`, each answering an exit code.
#pragma once

#include <optional>
#include <string>

namespace tickgate::app {

struct RunOptions {
    std::string config = "/etc/tickgate/tickgate.yaml";
    std::optional<std::string> log_level;
};

int run_gateway(const RunOptions& options);
int check_config(const std::string& file, bool show);

} // namespace tickgate::app
