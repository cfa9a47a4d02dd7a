#include "app/daemon_command.hpp"

#include "app/gateway.hpp"
#include "cli/terminal.hpp"
#include "config/endpoints.hpp"
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

void print_all(const std::vector<config::Problem>& problems) {
    for (const auto& problem : problems)
        fmt::print(stderr, "{}\n", problem.to_string());
}

// Address, token and certificate as the configuration has them; `certificate` is empty where there is none, or
// --ca-file is given. A token that this user cannot read may not be needed: what there is to say of it is kept.
int find_configured(const CommonArguments& common, cli::DaemonOptions& options, std::string& certificate) {
    auto found = config::load_http_endpoint(common.config);
    if (!found.problems.empty()) {
        print_all(found.problems);
        fmt::print(stderr, "name a valid file with --config, or the daemon itself with --url http://host:port\n");
        return static_cast<int>(Exit::configuration);
    }
    options.url = diagnose::local_url(found.http);
    if (found.tls && found.http.cert_file.empty()) {
        options.url.replace(0, 4, "https");
        if (common.ca_file.empty()) {
            print_all(found.tls_problems);
            fmt::print(stderr, "name the certificate of the daemon, or its authority's, with --ca-file FILE\n");
            return static_cast<int>(Exit::configuration);
        }
    }
    if (options.token.empty())
        options.token = token_of(found.http);
    if (options.token.empty() && !found.token_problems.empty())
        options.token_problem = found.token_problems.front().to_string();
    if (common.ca_file.empty())
        certificate = found.http.cert_file;
    return 0;
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
    if (options.url.empty())
        if (const int code = find_configured(common, options, own_certificate); code != 0)
            return code;
    if (!options.url.starts_with("https://") && common.ca_file.empty())
        return 0;
    std::string problem;
    auto tls = own_certificate.empty() ? net::TlsContext::client(common.ca_file, problem)
                                       : net::TlsContext::pinned(own_certificate, problem);
    if (tls) {
        options.tls = *tls;
        return 0;
    }
    if (!common.ca_file.empty()) {
        fmt::print(
            stderr, "tickgate: --ca-file {}: it cannot be read, or holds no certificate in PEM\n", common.ca_file);
        return static_cast<int>(Exit::usage);
    }
    fmt::print(stderr, "tickgate: {}: name another with --ca-file FILE\n", problem);
    return static_cast<int>(own_certificate.empty() ? Exit::unexpected : Exit::configuration);
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
