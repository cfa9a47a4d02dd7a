// The commands of `tickgate`, each adding itself to the tree that is parsed, completed and printed as manual.
#pragma once

#include "app/daemon_command.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace tickgate::app {

// A command's description and, below it, examples: lines with two blanks in front are commands.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& text, const char* examples = "");

// What all clients of the daemon take: --url, --token-file, --ca-file, --config; with `formats` also -o and --color.
std::shared_ptr<CommonArguments> add_common(CLI::App& command, bool formats = true);
void add_formats(CLI::App& command, CommonArguments& common, const std::string& names = "-o,--output");
CLI::Option* add_config(CLI::App& command, std::string& file, const char* help = "Configuration file");

inline constexpr const char* times_help =
    "RFC 3339 (2026-11-21T17:30:00Z), a date (2026-11-21: the instrument's trading day), or microseconds since 1970";

// Each sets `result`, the exit code, when its command was given.
void add_service_commands(CLI::App& root, int& result); // run, check-config, version, venue
void add_config_commands(CLI::App& root, int& result);  // config
void add_state_commands(CLI::App& root, int& result);   // status, feeds, providers, routes, quota, events, top, check
void add_control_commands(CLI::App& root, int& result); // subscriptions, reload, log-level
void add_data_commands(CLI::App& root, int& result);    // tail, quote, symbols, validate
void add_history_commands(CLI::App& root, int& result); // bars, trades, coverage, cache
void add_job_commands(CLI::App& root, int& result);     // backfill, jobs, collectors
void add_local_commands(CLI::App& root, int& result);   // probe, doctor
void add_shell_commands(CLI::App& root, int& result);   // completions, manual

// The tree as plain data, without hidden commands.
cli::CommandInfo tree_of(const CLI::App& root);

} // namespace tickgate::app
