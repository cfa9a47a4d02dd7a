// `tickgate`: one binary, its subcommands.
#include "app/commands.hpp"
#include "app/gateway.hpp"
#include "app/venues.hpp"
#include "app/version.hpp"
#include "config/suggest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
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
        fmt::print(stderr, "tickgate: no command {}; did you mean `{}`?\n", config::shown(argv[1]), *nearest);
}

// Names the nearest option when one is not known.
void suggest_option(const CLI::App& root, int argc, char** argv) {
    const CLI::App* command = &root;
    for (const auto* sub : root.get_subcommands([](const CLI::App*) { return true; }))
        if (argc > 1 && sub->get_name() == argv[1])
            command = sub;
    std::vector<std::string> names;
    for (const auto* option : command->get_options())
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    for (int i = 1; i < argc; ++i) {
        const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
        if (!word.starts_with("--") || std::find(names.begin(), names.end(), word) != names.end())
            continue;
        if (const auto nearest = config::nearest(word, names))
            fmt::print(stderr, "tickgate: no option {}; did you mean `{}`?\n", config::shown(word), *nearest);
    }
}

constexpr const char* times_help =
    "RFC 3339 (2026-11-21T17:30:00Z), a date (2026-11-21: the instrument's trading day), or microseconds since 1970";

void add_daemon_options(CLI::App& command, app::DaemonArguments& daemon) {
    command.add_option("--url", daemon.url, "The daemon, as http://127.0.0.1:8787; else what the configuration says");
    command.add_option("--token-file", daemon.token_file, "File with the token of the daemon");
    command.add_option("--config", daemon.config, "Configuration file, for the daemon's address and token")
        ->capture_default_str();
}

void add_bars(CLI::App& root, app::DaemonArguments& daemon, cli::BarsArguments& a, int& result) {
    auto* command =
        root.add_subcommand("bars", "Bars of the past: from the store, and what it lacks from the providers\n"
                                    "Example: tickgate bars crypto:BTC-USDT -t 1m --start 2026-11-20 --end 2026-11-20");
    command
        ->add_option("symbol", a.symbol,
            "Instrument, as crypto:BTC-USDT, or several with commas; a bare symbol if only one class has it")
        ->required();
    command->add_option("-t,--timeframe", a.timeframe, "1s 5s 15s 30s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M")
        ->capture_default_str();
    command->add_option("--start", a.start, times_help)->required();
    command->add_option("--end", a.end, "Likewise; exclusive, but a date is included; default: now");
    command->add_option("--format", a.format, "What is written")
        ->check(CLI::IsMember({"table", "csv", "json", "ndjson"}))
        ->capture_default_str();
    command->add_option("--provider", a.provider, "Only this one; default: the route, in its order");
    command->add_option("--limit", a.limit, "So many bars at most");
    command->add_flag("--no-cache", a.no_cache, "Ask the provider for everything");
    command->add_flag("--validate", a.validate, "Tell how good the bars are");
    add_daemon_options(*command, daemon);
    command->callback([&] { result = app::run_bars(daemon, a); });
}

void add_backfill(CLI::App& root, app::DaemonArguments& daemon, cli::BackfillArguments& a, int& result) {
    auto* command = root.add_subcommand("backfill",
        "Fill the store: a job of the daemon that goes on without this command and outlives a restart\n"
        "Example: tickgate backfill equity:SPY equity:QQQ -t 1m,1d --start 2026-01-01");
    command->add_option("symbols", a.symbols, "Instruments");
    command->add_option("-t,--timeframe,--timeframes", a.timeframes, "One or more, as 1m,1d");
    command->add_option("--start", a.start, times_help);
    command->add_option("--end", a.end, "Likewise; exclusive, but a date is included; default: now");
    command->add_option("--provider", a.provider, "Only this one; default: the route, in its order");
    command->add_option("--method", a.method, "How it is fetched")
        ->check(CLI::IsMember({"auto", "rest", "flat_files"}));
    command->add_flag("--no-cache", a.no_cache, "Ask the provider for everything");
    command->add_flag("--detach", a.detach, "Print the id of the job and leave");
    command->add_option("--follow", a.follow, "Watch this job instead of starting one");
    command->add_option("--cancel", a.cancel, "End this job; what it fetched stays");
    command->add_flag("--list", a.list, "List the jobs");
    add_daemon_options(*command, daemon);
    command->callback([&] {
        const int other = int(a.list) + int(!a.follow.empty()) + int(!a.cancel.empty());
        if (other > 1 || (other == 1 && !a.symbols.empty()))
            throw CLI::ValidationError("one of: SYMBOL…, --follow ID, --cancel ID, --list");
        if (other == 0 && (a.symbols.empty() || a.timeframes.empty() || a.start.empty()))
            throw CLI::RequiredError("SYMBOL…, --timeframe and --start (or one of --follow, --cancel, --list)");
        result = app::run_backfill(daemon, a);
    });
}

void add_lookups(CLI::App& root, app::DaemonArguments& daemon, cli::CoverageArguments& coverage,
    cli::SymbolsArguments& symbols, int& result) {
    auto* command = root.add_subcommand("coverage", "What the store has of an instrument, and why bars are absent");
    command->add_option("symbol", coverage.symbol, "Instrument, as crypto:BTC-USDT")->required();
    command->add_option("-t,--timeframe", coverage.timeframe, "Only this one; default: all");
    command->add_option("--start", coverage.start, times_help);
    command->add_option("--end", coverage.end, "Likewise; default: now");
    command->add_option("--provider", coverage.provider, "Only this one");
    command->add_flag("--json", coverage.json, "The daemon's answer as it is");
    add_daemon_options(*command, daemon);
    command->callback([&] { result = app::run_coverage(daemon, coverage); });

    auto* search = root.add_subcommand("symbols", "Search the instruments of all providers");
    search->add_option("text", symbols.text, "Part of a name or a description")->required();
    search->add_option("--class", symbols.asset_class, "Only this asset class")
        ->check(CLI::IsMember({"fx", "crypto", "equity", "option", "index", "future", "cfd"}));
    search->add_option("--provider", symbols.provider, "Only this one");
    search->add_option("--limit", symbols.limit, "How many at most")->capture_default_str();
    search->add_flag("--json", symbols.json, "The daemon's answer as it is");
    add_daemon_options(*search, daemon);
    search->callback([&] { result = app::run_symbols(daemon, symbols); });
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

    app::DaemonArguments daemon;
    cli::BarsArguments bars_arguments;
    add_bars(root, daemon, bars_arguments, result);
    cli::BackfillArguments backfill_arguments;
    add_backfill(root, daemon, backfill_arguments, result);
    cli::CoverageArguments coverage_arguments;
    cli::SymbolsArguments symbols_arguments;
    add_lookups(root, daemon, coverage_arguments, symbols_arguments, result);

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
        suggest_option(root, argc, argv);
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
