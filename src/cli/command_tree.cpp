#include "cli/command_tree.hpp"

#include "config/suggest.hpp"

#include <algorithm>

namespace tickgate::cli {

namespace {

const OptionInfo* find_option(const CommandInfo& command, std::string_view name) {
    for (const auto& option : command.options)
        if (std::find(option.names.begin(), option.names.end(), name) != option.names.end())
            return &option;
    return nullptr;
}

const CommandInfo* find_command(const CommandInfo& command, std::string_view name) {
    for (const auto& below : command.commands)
        if (below.name == name)
            return &below;
    return nullptr;
}

std::string meant(std::string_view what, const std::string& word, const std::vector<std::string>& choices) {
    const auto start = std::string("no ").append(what).append(" ").append(config::shown(word));
    if (const auto nearest = config::nearest(word, choices))
        return start + "; did you mean `" + *nearest + "`?";
    for (const auto& choice : choices) // `--out` for `--output`
        if (word.size() >= 3 && word != choice && choice.starts_with(word))
            return start + "; did you mean `" + choice + "`?";
    return {};
}

} // namespace

std::string suggestion(const CommandInfo& root, const std::vector<std::string>& words) {
    const CommandInfo* command = &root;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--")
            break;
        if (word.starts_with('-') && word.size() > 1) {
            const auto name = word.substr(0, word.find('='));
            const auto* option = find_option(*command, name);
            if (option == nullptr && name.starts_with("--")) {
                std::vector<std::string> names;
                for (const auto& o : command->options)
                    names.insert(names.end(), o.names.begin(), o.names.end());
                if (auto said = meant("option", name, names); !said.empty())
                    return said;
            }
            if (option != nullptr && !option->flag() && name.size() == word.size())
                ++i; // its value
            continue;
        }
        if (command->commands.empty())
            continue;
        if (const auto* below = find_command(*command, word)) {
            command = below;
            continue;
        }
        std::vector<std::string> names;
        for (const auto& below : command->commands)
            names.push_back(below.name);
        return meant("command", word, names);
    }
    return {};
}

} // namespace tickgate::cli
