#include "app/commands.hpp"

#include "app/gateway.hpp"
#include "cli/tail.hpp"
#include "cli/terminal.hpp"
#include "core/log.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sys/resource.h>

namespace tickgate::app {

namespace {

std::optional<log::Level> level_from(const std::string& name) {
    for (const auto& [text, level] : {std::pair{"trace", log::Level::trace}, std::pair{"debug", log::Level::debug},
             std::pair{"info", log::Level::info}, std::pair{"warn", log::Level::warn},
             std::pair{"error", log::Level::error}})
        if (name == text)
            return level;
    return std::nullopt;
}

// Every problem, one a line, on standard error.
void print_problems(const config::Loaded& loaded) {
    for (const auto& problem : loaded.problems)
        fmt::print(stderr, "{}\n", problem.to_string());
    const auto n = loaded.problems.size();
    if (n > 0)
        fmt::print(stderr, "{} problem{} in the configuration\n", n, n == 1 ? "" : "s");
}

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

// An address that a client on this machine reaches the listener at.
std::string url_of(const config::Http& http) {
    std::string host = http.host;
    if (host == "0.0.0.0")
        host = "127.0.0.1";
    else if (host == "::")
        host = "::1";
    if (host.find(':') != std::string::npos)
        host = "[" + host + "]";
    return "http://" + host + ":" + std::to_string(http.port);
}

// The exit code of a fault, told on standard error; 0: `options` are good. The token of the configuration goes only to
// the address of the configuration.
int find_daemon(const DaemonArguments& arguments, cli::DaemonOptions& options) {
    if (!arguments.token_file.empty() && !read_token(arguments.token_file, options.token))
        return static_cast<int>(Exit::usage);
    options.url = arguments.url;
    if (options.url.find('@') != std::string::npos) {
        fmt::print(stderr, "tickgate: --url takes no credentials, other users would see them: use --token-file\n");
        return static_cast<int>(Exit::usage);
    }
    if (!options.url.empty() && !options.url.starts_with("http://") && !options.url.starts_with("https://")) {
        fmt::print(stderr, "tickgate: --url is no address: http://host:port or https://host:port\n");
        return static_cast<int>(Exit::usage);
    }
    if (options.url.empty()) {
        const auto loaded = config::load_file(arguments.config);
        if (!loaded.config) {
            print_problems(loaded);
            fmt::print(stderr, "name a valid file with --config, or the daemon itself with --url http://host:port\n");
            return static_cast<int>(Exit::configuration);
        }
        options.url = url_of(loaded.config->http);
        if (options.token.empty())
            options.token = loaded.config->http.token;
    }
    if (options.url.starts_with("https://")) {
        std::string problem;
        auto tls = net::TlsContext::client("", problem);
        if (!tls) {
            fmt::print(stderr, "tickgate: {}\n", problem);
            return static_cast<int>(Exit::unexpected);
        }
        options.tls = *tls;
    }
    return 0;
}

// Sockets are descriptors: the soft limit is raised as far as the hard one allows.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace

int run_gateway(const RunOptions& options) {
    auto loaded = config::load_file(options.config);
    if (!loaded.config) {
        print_problems(loaded);
        return static_cast<int>(Exit::configuration);
    }
    auto level = loaded.config->log.level;
    if (options.log_level)
        level = level_from(*options.log_level).value_or(level);
    log::setup(level, loaded.config->log.format);
    for (const auto& notice : loaded.notices)
        log::info("config", "notice", {{"text", notice}});
    raise_descriptor_limit();
    Gateway gateway(std::move(*loaded.config));
    return static_cast<int>(gateway.run());
}

// Where Redis is comes from the configuration, or from --redis alone: then no file is needed.
int run_tail(const TailArguments& arguments) {
    cli::TailOptions options;
    options.pattern = arguments.pattern;
    options.count = arguments.count;
    options.prefix = arguments.prefix.empty() ? "md" : arguments.prefix;
    if (arguments.lines)
        options.view = cli::TailOptions::View::lines;
    std::string ca_file;
    if (arguments.redis.find('@') != std::string::npos) {
        fmt::print(stderr,
            "tickgate: --redis takes no credentials, other users would see them: put them into the file of --config\n");
        return static_cast<int>(Exit::usage);
    }
    if (!arguments.redis.empty()) {
        options.redis.url = arguments.redis;
    } else {
        const auto loaded = config::load_file(arguments.config);
        if (!loaded.config) {
            print_problems(loaded);
            fmt::print(stderr, "name a valid file with --config, or Redis itself with --redis URL\n");
            return static_cast<int>(Exit::configuration);
        }
        const auto& redis = loaded.config->redis;
        options.redis.url = redis.url;
        options.redis.username = redis.username;
        options.redis.password = redis.password;
        ca_file = redis.tls_ca_file;
        if (arguments.prefix.empty())
            options.prefix = redis.prefix;
    }
    if (options.redis.url.starts_with("rediss:")) {
        std::string problem;
        auto tls = net::TlsContext::client(ca_file, problem);
        if (!tls) {
            fmt::print(stderr, "tickgate: {}\n", problem);
            return static_cast<int>(Exit::configuration);
        }
        options.redis.tls = *tls;
    }
    return cli::run_tail(std::move(options), std::cout, std::cerr);
}

int run_bars(const DaemonArguments& daemon, cli::BarsArguments arguments) {
    cli::DaemonOptions options;
    if (const int code = find_daemon(daemon, options); code != 0)
        return code;
    return cli::run_command(
        std::move(options),
        [&](cli::DaemonClient& client) { return cli::show_bars(client, std::move(arguments), std::cout, std::cerr); },
        std::cerr);
}

int run_backfill(const DaemonArguments& daemon, cli::BackfillArguments arguments) {
    cli::DaemonOptions options;
    if (const int code = find_daemon(daemon, options); code != 0)
        return code;
    arguments.bar = cli::stderr_is_terminal() && cli::stdout_is_terminal();
    arguments.columns = static_cast<std::size_t>(cli::terminal_size().columns);
    if (!arguments.bar)
        arguments.interval = std::chrono::seconds(2);
    cli::Backfill backfill(std::move(arguments), std::cout, std::cerr);
    return cli::run_command(
        std::move(options), [&](cli::DaemonClient& client) { return backfill.run(client); }, std::cerr,
        [&] { backfill.leave(); });
}

int run_coverage(const DaemonArguments& daemon, cli::CoverageArguments arguments) {
    cli::DaemonOptions options;
    if (const int code = find_daemon(daemon, options); code != 0)
        return code;
    return cli::run_command(
        std::move(options),
        [&](cli::DaemonClient& client) {
            return cli::show_coverage(client, std::move(arguments), std::cout, std::cerr);
        },
        std::cerr);
}

int run_symbols(const DaemonArguments& daemon, cli::SymbolsArguments arguments) {
    cli::DaemonOptions options;
    if (const int code = find_daemon(daemon, options); code != 0)
        return code;
    return cli::run_command(
        std::move(options),
        [&](cli::DaemonClient& client) {
            return cli::show_symbols(client, std::move(arguments), std::cout, std::cerr);
        },
        std::cerr);
}

int check_config(const std::string& file, bool show) {
    const auto loaded = config::load_file(file);
    for (const auto& notice : loaded.notices)
        fmt::print("note: {}\n", notice);
    if (!loaded.config) {
        print_problems(loaded);
        return static_cast<int>(Exit::configuration);
    }
    if (show)
        for (const auto& [key, value] : config::effective_settings(*loaded.config))
            fmt::print("{}: {}\n", key, value);
    fmt::print("{}: valid ({} symbols, digest {})\n", file, loaded.config->symbols.size(), loaded.config->digest);
    return static_cast<int>(Exit::ok);
}

} // namespace tickgate::app
