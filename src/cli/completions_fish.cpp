#include "cli/completions.hpp"

namespace tickgate::cli {

namespace {

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text.substr(0, text.find('\n'))) {
        if (c == '\'' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words)
        out.append(out.empty() ? "" : " ").append(word);
    return out;
}

// ` -x -a 'a b'` and its likes.
std::string value_of(const OptionInfo& option) {
    if (option.is_choice())
        return " -x -a " + quoted(joined(option.choices));
    if (option.takes_file())
        return " -r -F";
    if (option.takes_folder())
        return " -x -a '(__fish_complete_directories)'";
    return " -x";
}

} // namespace

std::string fish_completions(const CommandInfo& root) {
    std::string paths;
    std::string out;
    for_each_command(root, root.name, [&](const std::string& path, const CommandInfo& command) {
        const std::string when = "complete -c " + root.name + " -n " + quoted("__tickgate_at " + quoted(path));
        for (const auto& below : command.commands) {
            out += when + " -a " + below.name + " -d " + quoted(below.summary()) + "\n";
            paths += "            case " + quoted(path + " " + below.name) + "\n                set at " +
                     quoted(path + " " + below.name) + "\n";
        }
        for (const auto& option : command.options) {
            std::string names;
            for (const auto& name : option.names)
                names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            out += when + names + (option.flag() ? "" : value_of(option)) + " -d " + quoted(option.help) + "\n";
        }
        if (command.commands.empty() && !command.positionals.empty()) {
            const auto& first = command.positionals.front();
            if (first.is_choice())
                out += when + " -a " + quoted(joined(first.choices)) + "\n";
            else if (first.takes_file())
                out += when + " -F\n";
        }
    });
    return "# fish completion for " + root.name + "; made by: " + root.name +
           " completions fish\n"
           "# True if the words so far lead to the command of this path.\n"
           "function __tickgate_at\n"
           "    set -l at " +
           quoted(root.name) +
           "\n    for word in (commandline -opc)[2..-1]\n"
           "        switch \"$at $word\"\n" +
           paths +
           "        end\n"
           "    end\n"
           "    test \"$at\" = \"$argv[1]\"\n"
           "end\n"
           "complete -c " +
           root.name + " -f\n" + out;
}

} // namespace tickgate::cli
