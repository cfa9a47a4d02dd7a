// The commands and options of the program as plain data: what completions and manual pages are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::cli {

struct OptionInfo {
    std::vector<std::string> names;   // `-o`, `--output`; of a positional none
    std::string value;                // `FILE`, `TEXT`; empty: a flag
    std::vector<std::string> choices; // what the value may be; empty: anything
    std::string help, fallback;       // fallback: the default as it is written; may be empty
    bool required = false, several = false;

    bool flag() const noexcept { return value.empty(); }
    bool takes_file() const noexcept { return value == "FILE"; }
    bool takes_folder() const noexcept { return value == "DIRECTORY"; }
    bool is_choice() const noexcept { return !choices.empty(); }
};

struct CommandInfo {
    std::string name;     // `bars`
    std::string text;     // what it does; the first line is the summary
    std::string examples; // further paragraphs: lines that begin with two blanks are commands
    std::vector<OptionInfo> options, positionals;
    std::vector<CommandInfo> commands; // without hidden ones

    std::string_view summary() const noexcept { return std::string_view(text).substr(0, text.find('\n')); }
};

// `show(path, command)` for the command and all below it; `path`: `tickgate config show`.
template <class Show>
void for_each_command(const CommandInfo& command, const std::string& path, const Show& show) {
    show(path, command);
    for (const auto& below : command.commands)
        for_each_command(below, path + " " + below.name, show);
}

// What is wrong with the words of a command line and which one may be meant: `no command 'statsu'; did you mean
// `status`?`. Empty: nothing that looks mistyped.
std::string suggestion(const CommandInfo& root, const std::vector<std::string>& words);

} // namespace tickgate::cli
