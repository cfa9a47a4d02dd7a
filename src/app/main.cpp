// `tickgate`: one binary, its subcommands.
#include "app/commands.hpp"
#include "app/gateway.hpp"
#include "app/venues.hpp"
#include "app/version.hpp"
#include "config/suggest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
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

// Names the nearest word when the first one is no subcommand.
void suggest_command(const CLI::App& root, int argc, char** argv) {
    if (argc < 2 || argv[1][0] == '-')
        return;
    std::vector<std::string> names;
    for (const auto* sub : root.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    for (const auto& name : names)
        if (name == argv[1])
            return;
    if (const auto nearest = config::nearest(argv[1], names))
        fmt::print(stderr, "tickgate: no command `{}`; did you mean `{}`?\n", config::shown(argv[1]), *nearest);
}

int run(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "venue") == 0)
        return run_venue(argc, argv);

    CLI::App root("Tickgate: market-data gateway to Redis", "tickgate");
    root.require_subcommand(1);
    root.set_version_flag("--version", app::version_text);
    int result = 0;

    app::RunOptions run_options;
    auto* run_command = root.add_subcommand("run", "Run the gateway");
    run_command->add_option("--config", run_options.config, "Configuration file")->capture_default_str();
    run_command->add_option("--log-level", run_options.log_level, "Overrides log.level")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
    run_command->callback([&] { result = app::run_gateway(run_options); });

    std::string file = run_options.config;
    bool show = false;
    auto* check = root.add_subcommand("check-config", "Check a configuration file and tell every problem in it");
    check->add_option("--config,file", file, "Configuration file")->capture_default_str();
    check->add_flag("--show", show, "Print every setting in force, secrets as ***");
    check->callback([&] { result = app::check_config(file, show); });

    app::TailArguments tail_arguments;
    auto* tail =
        root.add_subcommand("tail", "Show what the gateway publishes: a table on a terminal, JSON lines in a pipe");
    tail->add_option("pattern", tail_arguments.pattern,
        "Instrument (crypto:BTC-USDT), channel or glob (md:quote:*); default: all data");
    tail->add_option("--config", tail_arguments.config, "Configuration file, for Redis and the prefix")
        ->capture_default_str();
    tail->add_option("--redis", tail_arguments.redis, "Redis, instead of what the configuration says");
    tail->add_option("--prefix", tail_arguments.prefix, "Prefix, instead of what the configuration says");
    tail->add_option("--count", tail_arguments.count, "End after so many messages");
    tail->add_flag("--lines", tail_arguments.lines, "JSON lines on a terminal too");
    tail->callback([&] { result = app::run_tail(tail_arguments); });

    root.add_subcommand("venue", "Run a simulated venue (see `tickgate venue --help`)");
    root.add_subcommand("version", "Print the version")->callback([] {
        fmt::print("tickgate {}\n", app::version_text);
    });

    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0)
            return root.exit(e);
        suggest_command(root, argc, argv);
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
