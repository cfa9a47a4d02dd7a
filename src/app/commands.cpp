#include "app/commands.hpp"

#include "app/daemon_command.hpp"
#include "app/gateway.hpp"
#include "app/secrecy.hpp"
#include "cli/tail.hpp"
#include "config/endpoints.hpp"
#include "core/log.hpp"

#include <fmt/format.h>

#include <cstdio>
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
    hold_hang_ups();
    const bool is_private = keep_memory_private();
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
    if (!is_private)
        log::warn(
            "app", "core_dumps_possible", {{"hint", "they hold credentials: the system refused to turn them off"}});
    raise_descriptor_limit();
    ConfigSource source;
    source.file = options.config;
    if (options.log_level)
        source.log_level = level;
    Gateway gateway(std::move(*loaded.config), std::move(source));
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
        const auto found = config::load_redis_endpoint(arguments.config);
        if (!found.problems.empty()) {
            for (const auto& problem : found.problems)
                fmt::print(stderr, "{}\n", problem.to_string());
            fmt::print(stderr, "name a valid file with --config, or Redis itself with --redis URL\n");
            return static_cast<int>(Exit::configuration);
        }
        const auto& redis = found.redis;
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
