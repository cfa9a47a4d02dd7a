// config init, config show, config schema
#include "app/command_line.hpp"
#include "app/gateway.hpp"
#include "cli/list_command.hpp"
#include "config/reference.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

namespace tickgate::app {

namespace {

constexpr auto ok = static_cast<int>(Exit::ok), failed = static_cast<int>(Exit::unexpected);

// A new file that only its owner and group may read, as secrets may come into it.
int write_file(const std::string& file, const std::string& text, bool force) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL);
    const int fd = ::open(file.c_str(), flags, 0640);
    if (fd < 0) {
        fmt::print(stderr, "tickgate: {}: {}{}\n", file, std::strerror(errno),
            errno == EEXIST ? " (--force writes over it)" : "");
        return failed;
    }
    std::string_view left = text;
    while (!left.empty()) {
        const auto n = ::write(fd, left.data(), left.size());
        if (n <= 0)
            break;
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    if (const int closed = ::close(fd); !left.empty() || closed != 0) {
        fmt::print(stderr, "tickgate: {}: cannot write: {}\n", file, std::strerror(errno));
        return failed;
    }
    fmt::print(stderr, "{} written; check it with: tickgate check-config {}\n", file, file);
    return ok;
}

struct InitArguments {
    std::string file;
    bool force = false;
};

int init(const InitArguments& a) {
    const auto text = config::sample_text();
    if (!a.file.empty() && a.file != "-")
        return write_file(a.file, text, a.force);
    std::cout << text << std::flush;
    return std::cout.good() ? ok : failed;
}

cli::Json text_json(std::string text) {
    cli::Json out;
    out.type = cli::Json::Type::text;
    out.text = std::move(text);
    return out;
}

// The settings of the file as {digest, settings}, the form of GET /api/v1/config.
int show_file(const CommonArguments& common) {
    const auto loaded = config::load_file(common.config);
    if (!loaded.config) {
        print_problems(loaded);
        return static_cast<int>(Exit::configuration);
    }
    auto output = output_of(common);
    cli::Json all, settings;
    all.type = settings.type = cli::Json::Type::object;
    for (const auto& [key, value] : config::effective_settings(*loaded.config))
        settings.members.emplace_back(key, text_json(value));
    all.members.emplace_back("digest", text_json(loaded.config->digest));
    all.members.emplace_back("settings", settings);
    if (output.look().format == cli::Format::json)
        output.object(all, cli::to_json(all));
    else if (output.look().format == cli::Format::ndjson)
        output.object(all, "");
    else
        output.object(settings, "");
    return output.flush() ? ok : failed;
}

asio::awaitable<int> show_running(cli::DaemonClient& client, cli::Output output) {
    auto fetching = cli::fetch(client, std::string("/api/v1/config"), std::cerr);
    const auto fetched = co_await std::move(fetching);
    if (fetched.exit != cli::exit_ok)
        co_return fetched.exit;
    const bool flat = output.table() || output.look().format == cli::Format::csv;
    output.object(flat ? fetched.body["settings"] : fetched.body, fetched.text);
    co_return cli::finished(output, std::cerr);
}

} // namespace

void add_config_commands(CLI::App& root, int& result) {
    auto* config = add_command(root, "config", "Write, show and describe the configuration");
    config->require_subcommand(1);

    auto* first = add_command(*config, "init",
        "Write a first configuration: short, commented, valid as it stands\nTo standard output, or to a new file.",
        "  tickgate config init --output /etc/tickgate/tickgate.yaml\n  tickgate config init | less");
    auto arguments = std::make_shared<InitArguments>();
    first->add_option("--output", arguments->file, "Write this file; one that is there is not touched")
        ->type_name("FILE");
    first->add_flag("--force", arguments->force, "Write over a file that is there");
    first->callback([arguments, &result] { result = init(*arguments); });

    auto* show = add_command(*config, "show",
        "Show every setting in force, defaults included, secrets as ***\nThose of the file; with --running those that "
        "the daemon has taken, which may be older.",
        "  tickgate config show\n  tickgate config show --running -o json | jq .settings");
    auto common = add_common(*show);
    auto running = std::make_shared<bool>(false);
    show->add_flag("--running", *running, "Ask the daemon");
    show->callback([common, running, &result] {
        result = *running || !common->url.empty() ? on_daemon(*common, show_running) : show_file(*common);
    });

    auto* schema = add_command(*config, "schema",
        "Print a JSON Schema of the configuration, for editors\nFor example # yaml-language-server: $schema=… in the "
        "first line of the file.",
        "  tickgate config schema > tickgate.schema.json");
    schema->callback([&result] {
        std::cout << config::json_schema() << std::flush;
        result = std::cout.good() ? ok : failed;
    });
}

} // namespace tickgate::app
