#include "cli/completions.hpp"

namespace tickgate::cli {

std::optional<std::string> completions_for(std::string_view shell, const CommandInfo& root) {
    if (shell == "bash")
        return bash_completions(root);
    if (shell == "zsh")
        return zsh_completions(root);
    if (shell == "fish")
        return fish_completions(root);
    return std::nullopt;
}

} // namespace tickgate::cli
