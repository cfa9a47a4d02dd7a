#include "cli/manual.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::cli {

namespace {

// Text of one line: nothing in it is a request or an escape.
std::string roff(std::string_view text, bool hyphens = false) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\')
            out += "\\e";
        else if (c == '-' && hyphens)
            out += "\\-";
        else if ((c == '.' || c == '\'') && out.empty())
            out.append("\\&").append(1, c);
        else if (text.substr(i).starts_with("…")) {
            out += "...";
            i += std::string_view("…").size() - 1;
        } else
            out += static_cast<unsigned char>(c) < 0x80 ? c : '?';
    }
    return out;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
}

std::string dashed(std::string path) {
    std::replace(path.begin(), path.end(), ' ', '-');
    return path;
}

std::string value_of(const OptionInfo& option) {
    if (!option.is_choice())
        return "\\fI" + roff(option.value) + "\\fR";
    std::string out;
    for (const auto& choice : option.choices)
        out.append(out.empty() ? "" : "|").append("\\fB" + roff(choice, true) + "\\fR");
    return out;
}

std::string positional_of(const OptionInfo& p) {
    auto out = value_of(p);
    if (p.several)
        out += " ...";
    return p.required ? out : "[" + out + "]";
}

void add_paragraphs(std::string& out, std::string_view text) {
    bool first = true;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.empty())
            continue;
        out += (first ? "" : ".PP\n") + roff(line) + "\n";
        first = false;
    }
}

// Lines with two blanks in front are commands, the others say what they are for.
void add_examples(std::string& out, std::string_view text, bool first) { // first: of its section
    bool example = false;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.empty() || line == "Examples:" || line == "Example:")
            continue;
        const bool command = line.starts_with("  ");
        if (command != example)
            out += command ? std::string(first ? "" : ".PP\n") + ".nf\n.RS\n" : ".RE\n.fi\n.PP\n";
        else if (!command && !first)
            out += ".PP\n";
        example = command;
        first = false;
        out += roff(command ? line.substr(2) : line, command) + "\n";
    }
    if (example)
        out += ".RE\n.fi\n";
}

void add_options(std::string& out, const CommandInfo& command) {
    for (const auto& o : command.options) {
        std::string names;
        for (const auto& name : o.names)
            names.append(names.empty() ? "" : ", ").append("\\fB" + roff(name, true) + "\\fR");
        out += ".TP\n" + names + (o.flag() ? "" : " " + value_of(o)) + "\n" + roff(o.help);
        out += (o.fallback.empty() ? "" : fmt::format(" (default: {})", roff(o.fallback, true))) + "\n";
    }
}

void add_positionals(std::string& out, const CommandInfo& command) {
    for (const auto& p : command.positionals)
        out += ".TP\n" + value_of(p) + "\n" + roff(p.help) + "\n";
}

std::string synopsis(const std::string& path, const CommandInfo& command) {
    std::string out = "\\fB" + roff(path, true) + "\\fR";
    if (!command.options.empty())
        out += " [\\fIoptions\\fR]";
    for (const auto& p : command.positionals)
        out += " " + positional_of(p);
    return out + "\n";
}

std::string head(const std::string& title, const std::string& version, const std::string& date) {
    return fmt::format(
        ".TH {} 1 {} \"tickgate {}\" \"Tickgate\"\n.nh\n", roff(upper(title), true), date, roff(version, true));
}

void add_exit_codes(std::string& out, bool plugin) {
    out += ".SH EXIT STATUS\n";
    const std::vector<std::pair<std::string, std::string>> codes =
        plugin ? std::vector<std::pair<std::string, std::string>>{{"0", "OK"}, {"1", "WARNING"},
                     {"2", "CRITICAL, or wrong usage"}, {"3", "UNKNOWN"}}
               : std::vector<std::pair<std::string, std::string>>{{"0", "All is well."},
                     {"1", "Something is not well, or nothing was found."}, {"2", "Wrong usage."},
                     {"69", "The daemon, or another service that is needed, cannot be reached."},
                     {"77", "Credentials were refused."}, {"78", "The configuration is not valid."}};
    for (const auto& [code, text] : codes)
        out += ".TP\n\\fB" + code + "\\fR\n" + text + "\n";
}

void add_see_also(std::string& out, const std::vector<std::string>& pages) {
    out += ".SH SEE ALSO\n";
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const auto open = pages[i].find('(');
        out += ".BR " + roff(pages[i].substr(0, open), true) + " " + pages[i].substr(open) +
               (i + 1 < pages.size() ? " ,\n" : "\n");
    }
}

std::string root_page(const CommandInfo& root, const std::string& version, const std::string& date) {
    std::string out = head(root.name, version, date);
    out += ".SH NAME\n" + roff(root.name, true) + " \\- " + roff(root.summary()) + "\n.SH SYNOPSIS\n\\fB" +
           roff(root.name, true) + "\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n";
    add_paragraphs(out, root.text);
    out += ".SH COMMANDS\n";
    std::vector<std::string> pages;
    for (const auto& command : root.commands) {
        out += ".TP\n\\fB" + roff(command.name, true) + "\\fR\n" + roff(command.summary()) + "\n";
        pages.push_back(root.name + "-" + command.name + "(1)");
    }
    out += ".SH OPTIONS\n";
    add_options(out, root);
    out += ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nIf it is set and not empty, nothing is coloured unless "
           "\\fB\\-\\-color always\\fR asks for it.\n.SH FILES\n.TP\n\\fI/etc/tickgate/tickgate.yaml\\fR\nThe "
           "configuration; another one is named by \\fB\\-\\-config\\fR.\n";
    add_exit_codes(out, false);
    pages.emplace_back("tickgate.yaml(5)");
    add_see_also(out, pages);
    return out;
}

std::string command_page(
    const std::string& path, const CommandInfo& command, const std::string& version, const std::string& date) {
    std::string out = head(dashed(path), version, date);
    out += ".SH NAME\n" + roff(dashed(path), true) + " \\- " + roff(command.summary()) + "\n.SH SYNOPSIS\n";
    if (command.commands.empty())
        out += synopsis(path, command);
    bool first = true;
    for (const auto& below : command.commands) {
        out += (first ? "" : ".br\n") + synopsis(path + " " + below.name, below);
        first = false;
    }
    out += ".SH DESCRIPTION\n";
    add_paragraphs(out, command.text);
    if (!command.positionals.empty()) {
        out += ".SH ARGUMENTS\n";
        add_positionals(out, command);
    }
    if (!command.commands.empty())
        out += ".SH COMMANDS\n";
    for (const auto& below : command.commands) {
        out += ".SS " + roff(below.name, true) + "\n";
        add_paragraphs(out, below.text);
        add_positionals(out, below);
        add_options(out, below);
        add_examples(out, below.examples, false);
    }
    if (!command.options.empty()) {
        out += ".SH OPTIONS\n";
        add_options(out, command);
    }
    if (!command.examples.empty()) {
        out += ".SH EXAMPLES\n";
        add_examples(out, command.examples, true);
    }
    add_exit_codes(out, command.name == "check");
    const std::vector<std::string> pages{"tickgate(1)", "tickgate.yaml(5)"};
    add_see_also(out, pages);
    return out;
}

} // namespace

std::vector<ManualPage> manual_pages(const CommandInfo& root, const std::string& version, const std::string& date) {
    std::vector<ManualPage> pages{{root.name + ".1", root_page(root, version, date)}};
    for (const auto& command : root.commands)
        pages.push_back({root.name + "-" + command.name + ".1",
            command_page(root.name + " " + command.name, command, version, date)});
    return pages;
}

} // namespace tickgate::cli
