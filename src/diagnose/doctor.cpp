#include "diagnose/doctor.hpp"

#include "core/clock.hpp"
#include "diagnose/reach.hpp"
#include "diagnose/redis_check.hpp"
#include "net/http_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

namespace tickgate::diagnose {

namespace {

using namespace std::chrono_literals;

// Whether somebody could listen there now.
error_code try_listening(const asio::any_io_executor& executor, const config::Http& http) {
    error_code ec;
    const auto address = asio::ip::make_address(http.host == "localhost" ? "127.0.0.1" : http.host, ec);
    if (ec)
        return ec;
    asio::ip::tcp::acceptor acceptor(executor);
    const asio::ip::tcp::endpoint endpoint(address, http.port);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec)
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec)
        acceptor.bind(endpoint, ec);
    return ec;
}

void examine_certificate(const config::Http& http, const Reporter& report) {
    if (http.cert_file.empty()) {
        if (!http.loopback)
            report.warn("tls", "reachable from elsewhere without TLS: tokens and data go in the clear",
                "set http.tls, or let a proxy in front do it");
        return;
    }
    const auto certificate = net::read_certificate(http.cert_file);
    if (!certificate)
        return report.fail("certificate", http.cert_file + ": " + describe(certificate.error()),
            "it must be a PEM file that this user may read", misconfigured);
    tell_certificate(*certificate, "certificate", "renew it; tickgate reload takes the new files", wall_now(), report);
}

asio::awaitable<void> examine_redis(config::Redis settings, Reporter report) {
    RedisCheck check;
    check.redis.url = settings.url;
    check.redis.username = settings.username;
    check.redis.password = settings.password;
    check.prefix = settings.prefix;
    check.settings = true;
    if (settings.transport == config::Redis::Transport::tls) {
        std::string problem;
        auto tls = net::TlsContext::client(settings.tls_ca_file, problem);
        if (!tls) {
            report.fail("tls", problem, "check redis.tls.ca_file", misconfigured);
            co_return;
        }
        check.redis.tls = *tls;
    }
    auto checking = check_redis(check, report);
    co_await std::move(checking);
}

void examine_providers(const config::Config& config, const Tell& tell) {
    for (const auto& [name, provider] : config.providers) {
        const Reporter report("providers", tell);
        if (provider.enabled)
            report.ok(name, provider.secrets.empty() ? "on" : "on, with credentials (tickgate probe tries them)");
        else
            report.note(name, "off: " + provider.off_reason);
    }
}

} // namespace

std::string local_url(const config::Http& http) {
    std::string host = http.host == "0.0.0.0" ? "127.0.0.1" : http.host == "::" ? "::1" : http.host;
    if (host.find(':') != std::string::npos)
        host = "[" + host + "]";
    return fmt::format("{}://{}:{}", http.cert_file.empty() ? "http" : "https", host, http.port);
}

void examine_file(const std::string& path, const config::Loaded& loaded, Reporter report) {
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0) {
        if ((s.st_mode & 0022u) != 0)
            report.warn("permissions",
                fmt::format("{} can be changed by others (mode {:03o})", path, s.st_mode & 0777u),
                "chmod go-w " + path);
        else if ((s.st_mode & 0004u) != 0)
            report.note(
                "permissions", fmt::format("{} can be read by everybody (mode {:03o}): keep secrets in files of "
                                           "their own, or chmod o-r",
                                   path, s.st_mode & 0777u));
        else
            report.ok("permissions", fmt::format("{}: mode {:03o}", path, s.st_mode & 0777u));
    }
    for (const auto& problem : loaded.problems)
        report.fail("settings", problem.to_string(), "tickgate check-config tells all at once", misconfigured);
    for (const auto& notice : loaded.notices) {
        const bool secret = notice.find("can read it") != std::string::npos;
        if (secret)
            report.warn("secrets", notice, "chmod o-r that file");
        else
            report.note("settings", notice);
    }
    if (loaded.config)
        report.ok("settings", fmt::format("{} is valid, digest {}", path, loaded.config->digest));
}

asio::awaitable<void> examine_door(config::Http http, Reporter report) {
    const auto executor = co_await asio::this_coro::executor;
    examine_certificate(http, report);
    const auto url = local_url(http);
    std::string problem;
    std::shared_ptr<net::TlsContext> tls;
    if (!http.cert_file.empty())
        if (auto made = net::TlsContext::pinned(http.cert_file, problem))
            tls = *made;
    net::HttpClient client(executor, tls);
    RestRequest request;
    request.base = url;
    request.target = "/healthz";
    request.deadline = 3s;
    std::string detail;
    auto asking = client.send(std::move(request), BodySink(), detail);
    const auto answer = co_await std::move(asking);
    client.stop();
    const bool ours = answer && (answer->body.find("\"status\"") != std::string::npos || answer->status == 200);
    const auto bound = try_listening(executor, http);
    if (ours)
        report.ok("port", url + ": a daemon answers");
    else if (!bound)
        report.ok("port", fmt::format("{} is free: no daemon runs there", http.listen));
    else if (bound == asio::error::access_denied)
        report.warn("port", http.listen + ": this user may not listen there", "choose a port above 1023");
    else
        report.fail("port", http.listen + ": " + bound.message() + ", and it is no tickgate that answers",
            "end what listens there (ss -ltnp), or choose another http.listen", unreachable);
}

asio::awaitable<void> examine(DoctorOptions options, Tell tell) {
    const auto loaded = config::load_file(options.config);
    examine_file(options.config, loaded, Reporter("configuration", tell));
    examine_machine(Reporter("machine", tell));
    if (!loaded.config)
        co_return;
    const auto& config = *loaded.config;
    auto redis = examine_redis(config.redis, Reporter("redis", tell));
    co_await std::move(redis);
    examine_store(config.store, options.store_limit, Reporter("store", tell));
    auto door = examine_door(config.http, Reporter("http", tell));
    co_await std::move(door);
    examine_providers(config, tell);
}

} // namespace tickgate::diagnose
