#include "app/daemon_command.hpp"

#include "app/gateway.hpp"
#include "cli/terminal.hpp"
#include "diagnose/doctor.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

namespace tickgate::app {

namespace {

// The first line of a file, without what surrounds it; false with the reason on standard error.
bool read_token(const std::string& file, Secret& token) {
    std::ifstream in(file);
    std::string line;
    if (!in || !std::getline(in, line)) {
        fmt::print(stderr, "tickgate: --token-file {}: it cannot be read, or is empty\n", file);
        return false;
    }
    const auto first = line.find_first_not_of(" \t\r");
    const auto last = line.find_last_not_of(" \t\r");
    if (first == std::string::npos) {
        fmt::print(stderr, "tickgate: --token-file {}: its first line is empty\n", file);
        return false;
    }
    token = Secret(line.substr(first, last - first + 1));
    return true;
}

// The one that may do most.
Secret token_of(const config::Http& http) {
    if (!http.token.empty())
        return http.token;
    for (const auto scope : {config::HttpScope::admin, config::HttpScope::read})
        for (const auto& t : http.tokens)
            if (t.scope == scope)
                return t.token;
    return {};
}

bool is_address(const std::string& url) {
    if (url.find('@') != std::string::npos) {
        fmt::print(stderr, "tickgate: --url takes no credentials, other users would see them: use --token-file\n");
        return false;
    }
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
        fmt::print(stderr, "tickgate: --url is no address: http://host:port or https://host:port\n");
        return false;
    }
    return true;
}

// The exit code of a fault, told on standard error; 0: `options` are good. The token of the configuration goes only to
// the address of the configuration.
int find_daemon(const CommonArguments& common, cli::DaemonOptions& options) {
    if (!common.token_file.empty() && !read_token(common.token_file, options.token))
        return static_cast<int>(Exit::usage);
    if (!is_address(common.url))
        return static_cast<int>(Exit::usage);
    options.url = common.url;
    std::string own_certificate; // of the daemon that the configuration describes
    if (options.url.empty()) {
        const auto loaded = config::load_file(common.config);
        if (!loaded.config) {
            print_problems(loaded);
            fmt::print(stderr, "name a valid file with --config, or the daemon itself with --url http://host:port\n");
            return static_cast<int>(Exit::configuration);
        }
        options.url = diagnose::local_url(loaded.config->http);
        if (options.token.empty())
            options.token = token_of(loaded.config->http);
        if (common.ca_file.empty())
            own_certificate = loaded.config->http.cert_file;
    }
    if (options.url.starts_with("https://")) {
        std::string problem;
        auto tls = own_certificate.empty() ? net::TlsContext::client(common.ca_file, problem)
                                           : net::TlsContext::pinned(own_certificate, problem);
        if (!tls) {
            fmt::print(stderr, "tickgate: {}\n", problem);
            return static_cast<int>(Exit::unexpected);
        }
        options.tls = *tls;
    }
    return 0;
}

bool wants_color(const std::string& when) {
    if (when != "auto")
        return when == "always";
    const char* no = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return (no == nullptr || *no == '\0') && !dumb && cli::stdout_is_terminal();
}

} // namespace

void print_problems(const config::Loaded& loaded) {
    for (const auto& problem : loaded.problems)
        fmt::print(stderr, "{}\n", problem.to_string());
    const auto n = loaded.problems.size();
    if (n > 0)
        fmt::print(stderr, "{} problem{} in the configuration\n", n, n == 1 ? "" : "s");
}

cli::Output output_of(const CommonArguments& common) {
    cli::Output::Look look;
    look.format = cli::format_from(common.output).value_or(cli::Format::table);
    look.color = look.format == cli::Format::table && wants_color(common.color);
    look.columns = cli::stdout_is_terminal() ? static_cast<std::size_t>(cli::terminal_size().columns) : 0;
    return cli::Output(look, std::cout);
}

int on_daemon(const CommonArguments& common, const Work& work, std::function<void()> interrupt) {
    cli::DaemonOptions options;
    if (const int code = find_daemon(common, options); code != 0)
        return code;
    const auto output = output_of(common);
    return cli::run_command(
        std::move(options), [&](cli::DaemonClient& client) { return work(client, output); }, std::cerr,
        std::move(interrupt));
}

} // namespace tickgate::app
