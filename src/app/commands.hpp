// The subcommands of `tickgate`, each answering an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tickgate::app {

struct RunOptions {
    std::string config = "/etc/tickgate/tickgate.yaml";
    std::optional<std::string> log_level;
};

struct TailArguments {
    std::string config = "/etc/tickgate/tickgate.yaml";
    std::string redis;  // replaces what the configuration says; without a password
    std::string prefix; // likewise
    std::string pattern;
    std::uint64_t count = 0;
    bool lines = false;
};

int run_gateway(const RunOptions& options);
int run_tail(const TailArguments& arguments);
int check_config(const std::string& file, bool show);

} // namespace tickgate::app
