// What commands that ask the daemon have in common: where it is, and how its answer is written.
#pragma once

#include "cli/command_tree.hpp"
#include "cli/daemon_client.hpp"
#include "cli/output.hpp"
#include "config/config.hpp"

#include <functional>
#include <string>

namespace tickgate::app {

inline const std::string default_config = "/etc/tickgate/tickgate.yaml";

struct CommonArguments {
    // Where the daemon is: --url and --token-file, else what the configuration says.
    std::string config = default_config, url, token_file, ca_file;
    std::string output = "table", color = "auto";
};

// Standard output as it was asked for: colour on terminals, unless NO_COLOR or --color say otherwise.
cli::Output output_of(const CommonArguments& common);

// Every problem, one a line, on standard error.
void print_problems(const config::Loaded& loaded);

using Work = std::function<asio::awaitable<int>(cli::DaemonClient& client, cli::Output output)>;
// Runs `work` with the daemon found, answers the exit code. `interrupt`: as cli::run_command().
int on_daemon(const CommonArguments& common, const Work& work, std::function<void()> interrupt = {});

} // namespace tickgate::app
