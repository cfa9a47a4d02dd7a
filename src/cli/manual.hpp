// Manual pages of the commands, made from their tree.
#pragma once

#include "cli/command_tree.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tickgate::cli {

struct ManualPage {
    std::string file; // `tickgate-bars.1`
    std::string text; // man(7) macros, ASCII
};

// tickgate.1 and a page for each command. `date`: `2026-11-21`.
std::vector<ManualPage> manual_pages(const CommandInfo& root, const std::string& version, const std::string& date);

} // namespace tickgate::cli
