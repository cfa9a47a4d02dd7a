#include "cli/completions.hpp"

#include <algorithm>

namespace tickgate::cli {

namespace {

// Within a specification of _arguments, in single quotes.
std::string spec_text(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, text.find('\n'))) {
        if (c == '\'')
            out += "'\\''";
        else if (c == '[' || c == ']' || c == ':' || c == '\\')
            out.append("\\").append(1, c);
        else
            out += c;
    }
    return out;
}

std::string action_of(const OptionInfo& option) {
    if (option.is_choice()) {
        std::string out = "(";
        for (const auto& choice : option.choices)
            out += (out.size() > 1 ? " " : "") + choice;
        return out + ")";
    }
    return option.takes_file() ? "_files" : option.takes_folder() ? "_files -/" : " ";
}

std::string value_name(const OptionInfo& option) {
    std::string out = option.value.empty() ? "value" : option.value;
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c == ' ' || c == ':' ? '-' : c; });
    return out;
}

std::string function_name(std::string path) {
    std::replace_if(
        path.begin(), path.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
    return "_" + path;
}

std::string specs_of(const CommandInfo& command) {
    std::string out;
    for (const auto& option : command.options) {
        std::string all;
        for (const auto& name : option.names)
            all += (all.empty() ? "" : " ") + name;
        for (const auto& name : option.names) {
            const bool equals = !option.flag() && name.starts_with("--"); // --name value, or --name=value
            out += " \\\n        '" + (option.several ? "*" : "(" + all + ")") + name + (equals ? "=" : "") + "[" +
                   spec_text(option.help) + "]" +
                   (option.flag() ? "" : ":" + spec_text(value_name(option)) + ":" + action_of(option)) + "'";
        }
    }
    return out;
}

} // namespace

std::string zsh_completions(const CommandInfo& root) {
    std::string out = "#compdef " + root.name + "\n# zsh completion for " + root.name + "; made by: " + root.name +
                      " completions zsh\n";
    for_each_command(root, root.name, [&](const std::string& path, const CommandInfo& command) {
        out += "\n" + function_name(path) + "() {\n";
        if (command.commands.empty()) {
            out += "    _arguments -s" + specs_of(command);
            for (const auto& p : command.positionals)
                out += std::string(" \\\n        '") + (p.several ? "*" : "") + ":" + spec_text(value_name(p)) + ":" +
                       action_of(p) + "'";
            out += "\n}\n";
            return;
        }
        out += "    local curcontext=$curcontext state line\n    typeset -A opt_args\n    _arguments -C" +
               specs_of(command) +
               " \\\n        '1: :->command' \\\n        '*:: :->rest'\n    case $state in\n    command)\n"
               "        local -a commands=(\n";
        for (const auto& below : command.commands)
            out += "            '" + below.name + ":" + spec_text(below.summary()) + "'\n";
        out += "        )\n        _describe command commands ;;\n    rest)\n        case $line[1] in\n";
        for (const auto& below : command.commands)
            out += "        " + below.name + ") " + function_name(path + " " + below.name) + " ;;\n";
        out += "        esac ;;\n    esac\n}\n";
    });
    return out + "\n# Sourced, or found in $fpath.\nif [[ $funcstack[1] == " + function_name(root.name) +
           " ]]; then\n    " + function_name(root.name) + " \"$@\"\nelse\n    compdef " + function_name(root.name) +
           " " + root.name + "\nfi\n";
}

} // namespace tickgate::cli
