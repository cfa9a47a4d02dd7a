#include "app/command_line.hpp"

#include <algorithm>

namespace tickgate::app {

namespace {

// The words of `TEXT:{a,b}`.
std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> out;
    const auto open = type.find('{'), close = type.rfind('}');
    if (open == std::string::npos || close == std::string::npos)
        return out;
    std::string word;
    for (auto i = open + 1; i <= close; ++i) {
        if (type[i] != ',' && type[i] != '}') {
            word += type[i];
            continue;
        }
        out.push_back(word);
        word.clear();
    }
    return out;
}

cli::OptionInfo info_of(const CLI::Option& option) {
    cli::OptionInfo info;
    const auto type = option.get_type_name();
    for (const auto& name : option.get_snames())
        info.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        info.names.push_back("--" + name);
    info.choices = choices_in(type);
    if (option.get_type_size() != 0)
        info.value = type.substr(0, type.find(':'));
    if (info.names.empty() && (info.value == "TEXT" || !info.choices.empty())) {
        info.value = option.get_name(true);
        std::transform(info.value.begin(), info.value.end(), info.value.begin(),
            [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    }
    info.help = option.get_description();
    info.fallback = option.get_default_str();
    info.required = option.get_required();
    info.several = option.get_items_expected_max() > 1;
    return info;
}

} // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& text, const char* examples) {
    auto* command = parent.add_subcommand(name, text);
    if (*examples != '\0')
        command->footer(std::string("Examples:\n") + examples);
    return command;
}

CLI::Option* add_config(CLI::App& command, std::string& file, const char* help) {
    return command.add_option("--config", file, help)->type_name("FILE")->capture_default_str();
}

void add_formats(CLI::App& command, CommonArguments& common, const std::string& names) {
    command.add_option(names, common.output, "What is written: a table for people, or the API's data for programs")
        ->check(CLI::IsMember({"table", "json", "ndjson", "csv"}))
        ->capture_default_str();
    command.add_option("--color", common.color, "Colour; auto: on a terminal, unless NO_COLOR is set")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
}

std::shared_ptr<CommonArguments> add_common(CLI::App& command, bool formats) {
    auto common = std::make_shared<CommonArguments>();
    if (formats)
        add_formats(command, *common);
    command.add_option("--url", common->url, "The daemon, as http://127.0.0.1:8787; else what the configuration says");
    command.add_option("--token-file", common->token_file, "File with the token of the daemon")->type_name("FILE");
    command
        .add_option(
            "--ca-file", common->ca_file, "Authority of the daemon's certificate (PEM), if it is not a public one")
        ->type_name("FILE");
    add_config(command, common->config, "Configuration file, for the daemon's address and token");
    return common;
}

cli::CommandInfo tree_of(const CLI::App& app) {
    cli::CommandInfo info;
    info.name = app.get_name();
    info.text = app.get_description();
    info.examples = app.get_footer();
    for (const auto* option : app.get_options()) {
        auto one = info_of(*option);
        if (!one.names.empty())
            info.options.push_back(one);
        if (!option->get_positional())
            continue;
        one.names.clear();
        info.positionals.push_back(std::move(one));
    }
    for (const auto* below : app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
        info.commands.push_back(tree_of(*below));
    return info;
}

} // namespace tickgate::app
