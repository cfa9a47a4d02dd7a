#include "cli/completions.hpp"

namespace tickgate::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words)
        out.append(out.empty() ? "" : " ").append(word);
    return out;
}

// Choices and names are plain words: letters, digits, `.`, `_` and `-`.
std::string reply_words(const std::string& words) { return "COMPREPLY=($(compgen -W '" + words + "' -- \"$cur\"))"; }

std::string reply_of(const OptionInfo& option) {
    if (option.is_choice())
        return reply_words(joined(option.choices));
    if (option.takes_file() || option.takes_folder())
        return std::string("compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen ") +
               (option.takes_file() ? "-f" : "-d") + " -- \"$cur\"))";
    return ":";
}

} // namespace

std::string bash_completions(const CommandInfo& root) {
    std::string paths, values, options, words;
    for_each_command(root, root.name, [&](const std::string& path, const CommandInfo& command) {
        std::string names, below;
        for (const auto& sub : command.commands) {
            below += (below.empty() ? "" : " ") + sub.name;
            paths += "            '" + path + " " + sub.name + "') path='" + path + " " + sub.name + "' ;;\n";
        }
        for (const auto& option : command.options) {
            names += (names.empty() ? "" : " ") + joined(option.names);
            if (option.flag())
                continue;
            std::string patterns;
            for (const auto& name : option.names)
                patterns += (patterns.empty() ? "'" : "|'") + path + " " + name + "'";
            values += "        " + patterns + ") " + reply_of(option) + "; return ;;\n";
        }
        options += "            '" + path + "') " + reply_words(names) + " ;;\n";
        if (!below.empty())
            words += "        '" + path + "') " + reply_words(below) + " ;;\n";
        else if (!command.positionals.empty() && reply_of(command.positionals.front()) != ":")
            words += "        '" + path + "') " + reply_of(command.positionals.front()) + " ;;\n";
    });
    return "# bash completion for " + root.name + "; made by: " + root.name +
           " completions bash\n"
           "_tickgate() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='" +
           root.name +
           "' i\n"
           "    COMPREPLY=()\n"
           "    # --option=value comes as three words\n"
           "    if [[ $cur == '=' ]]; then\n"
           "        cur=''\n"
           "    elif [[ $prev == '=' && COMP_CWORD -ge 2 ]]; then\n"
           "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    fi\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"$path ${COMP_WORDS[i]}\" in\n" +
           paths +
           "        esac\n"
           "    done\n"
           "    case \"$path $prev\" in\n" +
           values +
           "    esac\n"
           "    if [[ $cur == -* ]]; then\n"
           "        case \"$path\" in\n" +
           options +
           "        esac\n"
           "        return\n"
           "    fi\n"
           "    case \"$path\" in\n" +
           words +
           "    esac\n"
           "}\n"
           "complete -F _tickgate " +
           root.name + "\n";
}

} // namespace tickgate::cli
