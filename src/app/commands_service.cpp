// run, check-config, version, venue
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/venues.hpp"
#include "app/version.hpp"

#include <fmt/format.h>

#include <set>

namespace tickgate::app {

void add_service_commands(CLI::App& root, int& result) {
    auto* run = add_command(root, "run",
        "Run the gateway\nStays in the foreground; SIGTERM ends it in order, SIGHUP "
        "reads the configuration again.",
        "  tickgate run --config ./tickgate.yaml --log-level debug");
    auto options = std::make_shared<RunOptions>();
    add_config(*run, options->config);
    run->add_option("--log-level", options->log_level, "Overrides log.level")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
    run->callback([options, &result] { result = run_gateway(*options); });

    auto* check = add_command(root, "check-config",
        "Check a configuration file and tell every problem in it\nExit code 78 if there is one.",
        "  tickgate check-config\n  tickgate check-config new.yaml --show");
    auto file = std::make_shared<std::string>(default_config);
    auto show = std::make_shared<bool>(false);
    check->add_option("--config,file", *file, "Configuration file")->type_name("FILE")->capture_default_str();
    check->add_flag("--show", *show, "Print every setting in force, secrets as ***");
    check->callback([file, show, &result] { result = check_config(*file, *show); });

    // Parsed by the venues themselves; here for the help, completions and the manual.
    std::set<std::string> names;
    for (const auto& venue : venues())
        names.emplace(venue.name);
    auto* venue = add_command(root, "venue",
        "Run a simulated venue\nThe provider's wire from the server side, with made-up prices. Each has options of its "
        "own: tickgate venue NAME --help",
        "  tickgate venue binance --port 9010 --symbols BTCUSDT,ETHUSDT");
    auto name = std::make_shared<std::string>();
    venue->add_option("name", *name, "Which one")->check(CLI::IsMember(names));
    venue->callback([name] {});

    add_command(root, "version", "Print the version")->callback([] { fmt::print("tickgate {}\n", version_text); });
}

} // namespace tickgate::app
