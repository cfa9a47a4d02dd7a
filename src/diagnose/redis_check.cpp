#include "diagnose/redis_check.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "diagnose/reach.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace tickgate::diagnose {

namespace {

using redis::Client;
using redis::Reply;
using Words = std::vector<std::string>;

// An error of the connection is an error reply here.
asio::awaitable<Reply> ask(Client& client, Words command) {
    auto asking = client.command(std::move(command));
    auto reply = co_await std::move(asking);
    if (reply)
        co_return std::move(*reply);
    Reply failed;
    failed.type = Reply::Type::error;
    failed.text = describe(reply.error());
    co_return failed;
}

Words words(std::string_view text) {
    Words out;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

bool not_permitted(const Reply& r) { return r.is_error() && r.text.starts_with("NOPERM"); }

// The value of a line `key:value` of INFO.
std::string info_value(const std::string& info, const std::string& key) {
    const auto at = info.find("\n" + key + ":");
    if (at == std::string::npos)
        return {};
    const auto begin = at + key.size() + 2;
    return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

// What the gateway sends, with keys of its own.
Words commands_used(const std::string& p) {
    return {"PUBLISH " + p + ":heartbeat x", "SET " + p + ":alive x PX 3000", "GET " + p + ":owner",
        "DEL " + p + ":owner", "PEXPIRE " + p + ":owner 5000", "HSET " + p + ":info a b",
        "HINCRBY " + p + ":info epoch 1", "SADD " + p + ":symbols:fx a", "SREM " + p + ":symbols:fx a",
        "XADD " + p + ":stream:event * a b", "XREADGROUP GROUP tickgate me STREAMS " + p + ":req >",
        "XACK " + p + ":req tickgate 0-1", "XDEL " + p + ":req 0-1", "RPUSH " + p + ":rep:a b", "LLEN " + p + ":rep:a",
        "EVAL return 0", "PUBSUB CHANNELS", "TIME", "ROLE"};
}

asio::awaitable<void> check_access(Client& client, std::string prefix, Reporter report) {
    auto asking = ask(client, words("ACL WHOAMI"));
    const auto who = co_await std::move(asking);
    if (who.is_error()) {
        report.note("acl", "what the user may do cannot be asked, as it may not ask (ACL)");
        co_return;
    }
    std::string denied;
    for (const auto& used : commands_used(prefix)) {
        Words command = words("ACL DRYRUN");
        command.push_back(who.text);
        auto rest = words(used);
        if (rest.front() == "EVAL") {
            rest = words("EVAL");
            rest.emplace_back("return 0");
            rest.emplace_back("0");
        }
        command.insert(command.end(), rest.begin(), rest.end());
        auto trying = ask(client, std::move(command));
        const auto reply = co_await std::move(trying);
        if (not_permitted(reply) || (reply.is_error() && reply.text.find("unknown") != std::string::npos)) {
            report.note("acl", "user " + who.text + "; what it may do cannot be asked (ACL DRYRUN)");
            co_return;
        }
        if (reply.type == Reply::Type::text) // why not; OK is a status
            denied.append(denied.empty() ? "" : ", ").append(used.substr(0, used.find(' ')));
    }
    if (denied.empty())
        report.ok("acl", "user " + who.text + " may do all that the gateway does");
    else
        report.fail("acl", "user " + who.text + " may not " + denied,
            "give it the rights of config/redis-acl.conf, with the prefix " + prefix, refused);
}

asio::awaitable<void> check_writing(Client& client, std::string prefix, Reporter report) {
    const auto key = prefix + ":probe:" + std::to_string(::getpid());
    Words set{"SET", key, "1", "PX", "5000"};
    auto setting = ask(client, std::move(set));
    const auto reply = co_await std::move(setting);
    Words del{"DEL", key};
    auto deleting = ask(client, std::move(del));
    co_await std::move(deleting);
    if (!reply.is_error()) {
        report.ok("writing", "a key can be written and deleted");
        co_return;
    }
    std::string fix = "give the user the rights of config/redis-acl.conf";
    if (reply.text.starts_with("OOM"))
        fix = "its memory is full: raise maxmemory, or see what else it holds";
    else if (reply.text.starts_with("MISCONF"))
        fix = "it cannot save to its disk: make room, then BGSAVE";
    else if (reply.text.starts_with("READONLY"))
        fix = "it is a replica: name the master in redis.url";
    report.fail("writing", reply.text, std::move(fix), not_permitted(reply) ? refused : unreachable);
}

asio::awaitable<void> check_role(Client& client, Reporter report) {
    auto asking = ask(client, words("ROLE"));
    const auto role = co_await std::move(asking);
    if (role.elements.empty())
        report.note("role", "not told: " + role.text);
    else if (role.elements.front().text == "master")
        report.ok("role", "master");
    else
        report.fail("role", "a " + role.elements.front().text + ": what is published here reaches nobody",
            "name the master in redis.url", misconfigured);
}

asio::awaitable<void> check_settings(Client& client, Reporter report) {
    auto asking = ask(client, words("INFO"));
    const auto info = co_await std::move(asking);
    if (info.is_error()) {
        report.note("version", "not told: the ACL does not permit INFO");
        co_return;
    }
    const auto version = info_value(info.text, "redis_version");
    if (std::atoi(version.c_str()) < 6)
        report.fail("version", version, "Redis 6.2 or newer is needed", misconfigured);
    else
        report.ok("version", version);
    const auto policy = info_value(info.text, "maxmemory_policy"), limit = info_value(info.text, "maxmemory");
    if (policy.empty())
        co_return;
    if (policy == "noeviction" || limit == "0")
        report.ok("eviction", policy + (limit == "0" ? ", no memory limit" : ", limit " + limit + " bytes"));
    else
        report.warn("eviction", policy + ": last values, states and the owner key may be thrown out",
            "set maxmemory-policy to noeviction, or give Tickgate a Redis of its own");
}

} // namespace

asio::awaitable<void> check_redis(RedisCheck& check, Reporter report) {
    const auto url = net::Url::parse(check.redis.url);
    if (!url) {
        report.fail(
            "address", "redis.url is no address", "redis://host:port/db, rediss://… or unix:///path", misconfigured);
        co_return;
    }
    ReachOptions how;
    how.tls = check.redis.tls;
    how.address_setting = "redis.url";
    how.ca_setting = "redis.tls.ca_file";
    auto reaching = reach(*url, std::move(how), report);
    if (!co_await std::move(reaching))
        co_return;
    Client client;
    std::string detail;
    auto options = check.redis;
    const auto begun = mono_now();
    auto connecting = client.connect(std::move(options), detail);
    if (const auto ec = co_await std::move(connecting); ec) {
        const bool access = ec == make_error_code(errc::unauthorized);
        report.fail(access ? "credentials" : "login", detail.empty() ? describe(ec) : detail,
            access ? "check redis.username and redis.password (or password_file)" : "is this a Redis? Check redis.url",
            access ? refused : unreachable);
        co_return;
    }
    auto pinging = ask(client, words("PING"));
    const auto pong = co_await std::move(pinging);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(mono_now() - begun);
    if (pong.is_error()) {
        report.fail("ping", pong.text, "check redis.username, redis.password and the ACL", refused);
        co_return;
    }
    report.ok("ping", "answered, login included, in " + duration_text(took));
    auto asking_role = check_role(client, report);
    co_await std::move(asking_role);
    if (check.settings) {
        auto asking = check_settings(client, report);
        co_await std::move(asking);
    }
    auto writing = check_writing(client, check.prefix, report);
    co_await std::move(writing);
    auto access = check_access(client, check.prefix, report);
    co_await std::move(access);
    Words alive{"GET", check.prefix + ":alive"};
    auto asking = ask(client, std::move(alive));
    const auto session = co_await std::move(asking);
    check.gateway_alive = session.type == Reply::Type::text && !session.text.empty();
    report.note("gateway", check.gateway_alive ? "one is alive on prefix " + check.prefix + ", session " + session.text
                                               : "none is alive on prefix " + check.prefix);
}

} // namespace tickgate::diagnose
