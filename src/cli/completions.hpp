// Scripts that complete our command line in a shell, made from the tree of commands.
#pragma once

#include "cli/command_tree.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::cli {

std::string bash_completions(const CommandInfo& root);
std::string zsh_completions(const CommandInfo& root);
std::string fish_completions(const CommandInfo& root);

// `bash`, `zsh` or `fish`; empty for another shell.
std::optional<std::string> completions_for(std::string_view shell, const CommandInfo& root);

} // namespace tickgate::cli
