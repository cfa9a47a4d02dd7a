// `tickgate`: one binary, its subcommands.
#include "app/command_line.hpp"
#include "app/gateway.hpp"
#include "app/venues.hpp"
#include "app/version.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

namespace {

using namespace tickgate;

constexpr int usage_error = static_cast<int>(app::Exit::usage);

int run_venue(int argc, char** argv) {
    std::string names;
    for (const auto& venue : app::venues()) {
        if (argc > 2 && venue.name == std::string_view(argv[2]))
            return venue.run(argc - 2, argv + 2);
        names += (names.empty() ? "" : ", ") + std::string(venue.name);
    }
    const bool help = argc > 2 && (std::strcmp(argv[2], "--help") == 0 || std::strcmp(argv[2], "-h") == 0);
    fmt::print(help ? stdout : stderr,
        "Simulated venues, the server side of a provider's wire: tickgate venue NAME [options]\nNAME: {}\n"
        "Options: tickgate venue NAME --help\n",
        names);
    return help ? 0 : usage_error;
}

// Of each command the first line; its own help has the rest.
class Help final : public CLI::Formatter {
public:
    std::string make_subcommand(const CLI::App* sub) const override {
        const auto text = sub->get_description();
        return fmt::format("  {:<16}  {}\n", sub->get_name(), text.substr(0, text.find('\n')));
    }
};

int run(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "venue") == 0)
        return run_venue(argc, argv);

    CLI::App root("Tickgate: market-data gateway to Redis", "tickgate");
    root.require_subcommand(1);
    root.set_version_flag("--version", app::version_text);
    root.footer("What a command takes: tickgate COMMAND --help");
    root.formatter(std::make_shared<Help>());
    int result = 0;
    app::add_service_commands(root, result);
    app::add_config_commands(root, result);
    app::add_state_commands(root, result);
    app::add_control_commands(root, result);
    app::add_data_commands(root, result);
    app::add_history_commands(root, result);
    app::add_job_commands(root, result);
    app::add_local_commands(root, result);
    app::add_shell_commands(root, result);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0)
            return root.exit(e);
        const std::vector<std::string> words(argv + 1, argv + argc);
        if (const auto meant = cli::suggestion(app::tree_of(root), words); !meant.empty())
            fmt::print(stderr, "tickgate: {}\n", meant);
        root.exit(e, std::cout, std::cerr);
        return usage_error;
    }
    return result;
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        fmt::print(stderr, "tickgate: {}\n", e.what());
        return static_cast<int>(app::Exit::unexpected);
    }
}
