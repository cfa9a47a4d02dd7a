// completions, manual
#include "app/command_line.hpp"
#include "app/gateway.hpp"
#include "app/version.hpp"
#include "cli/completions.hpp"
#include "cli/manual.hpp"
#include "config/reference.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <iostream>

namespace tickgate::app {

namespace {

struct ManualArguments {
    std::string directory, date = "1970-01-01";
};

std::vector<cli::ManualPage> all_pages(const CLI::App& root, const std::string& date) {
    auto pages = cli::manual_pages(tree_of(root), version_text, date);
    auto settings = config::manual_page();
    if (const auto none = settings.find("\"\""); none < settings.find('\n')) // it has no date of its own
        settings.replace(none, 2, date);
    pages.push_back({"tickgate.yaml.5", std::move(settings)});
    return pages;
}

int write_manual(const CLI::App& root, const ManualArguments& a) {
    for (const auto& page : all_pages(root, a.date)) {
        if (a.directory.empty()) {
            std::cout << page.text;
            continue;
        }
        const auto file = a.directory + "/" + page.file;
        std::ofstream out(file);
        out << page.text << std::flush;
        if (!out) {
            fmt::print(stderr, "tickgate: {}: {}\n", file, std::strerror(errno));
            return static_cast<int>(Exit::unexpected);
        }
    }
    std::cout << std::flush;
    return std::cout ? 0 : static_cast<int>(Exit::unexpected);
}

} // namespace

void add_shell_commands(CLI::App& root, int& result) {
    auto* completions = add_command(root, "completions",
        "Print a script that completes this command line in a shell\nPackages install it; else put it where the shell "
        "looks, or source it.",
        "  source <(tickgate completions bash)\n  tickgate completions fish > "
        "~/.config/fish/completions/tickgate.fish");
    auto shell = std::make_shared<std::string>();
    completions->add_option("shell", *shell, "Which one")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completions->callback([shell, &root, &result] {
        std::cout << cli::completions_for(*shell, tree_of(root)).value_or("") << std::flush;
        result = std::cout ? 0 : static_cast<int>(Exit::unexpected);
    });

    // For the build: the pages are made from this very tree.
    auto* manual = add_command(root, "manual", "Print the manual pages");
    manual->group("");
    auto a = std::make_shared<ManualArguments>();
    manual->add_option("--directory", a->directory, "Write a file each here instead")->type_name("DIRECTORY");
    manual->add_option("--date", a->date, "Date of the pages, as 2026-11-21");
    manual->callback([a, &root, &result] { result = write_manual(root, *a); });
}

} // namespace tickgate::app
