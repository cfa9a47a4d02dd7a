#include "diagnose/redis_check.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "diagnose/reach.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unistd.h>

namespace tickgate::diagnose {

namespace {

using redis::Client;
using redis::Reply;
using Words = std::vector<std::string>;

constexpr std::int64_t lost_mark = -1; // Reply::integer of an error that is not Redis' own

// An error of the connection is an error reply here, with that mark.
asio::awaitable<Reply> ask(Client& client, Words command) {
    auto asking = client.command(std::move(command));
    auto reply = co_await std::move(asking);
    if (reply)
        co_return std::move(*reply);
    Reply failed;
    failed.type = Reply::Type::error;
    failed.text = describe(reply.error());
    failed.integer = lost_mark;
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

// A server without the command, or with another name for it.
bool not_there(const Reply& r) {
    return r.is_error() &&
           (r.text.find("unknown command") != std::string::npos ||
               r.text.find("unknown subcommand") != std::string::npos || r.text.find("not found") != std::string::npos);
}

// The value of a line `key:value` of INFO.
std::string info_value(const std::string& info, const std::string& key) {
    const auto at = info.find("\n" + key + ":");
    if (at == std::string::npos)
        return {};
    const auto begin = at + key.size() + 2;
    return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

constexpr const char* acl_fix = "give the user the rights of config/redis-acl.conf, with the prefix ";

// Keys of the prefix give way to `key`, which holds a string: what reads or writes another type then changes nothing.
Words on_key(const RedisNeed& need, const std::string& prefix, const std::string& key) {
    Words out = need.command;
    for (auto& word : out)
        if (word.starts_with(prefix + ":"))
            word = key;
    return out;
}

asio::awaitable<Reply> dry_run(Client& client, std::string user, Words command) {
    Words asked{"ACL", "DRYRUN", std::move(user)};
    asked.insert(asked.end(), command.begin(), command.end());
    auto asking = ask(client, std::move(asked));
    co_return co_await std::move(asking);
}

bool is_lost(const Reply& r) { return r.is_error() && r.integer == lost_mark; }

// What is refused, with commas; empty: nothing. No value: the connection was lost, which was told. Asks Redis, where it
// can be asked (ACL DRYRUN, since 7.0); else tries, on a key that goes.
asio::awaitable<std::optional<std::string>> refused_commands(
    Client& client, std::string prefix, std::string user, Reporter report) {
    bool dry = !user.empty();
    std::string out;
    const auto key = prefix + ":probe:" + std::to_string(::getpid());
    if (dry) {
        Words ping{"PING"};
        auto asking = dry_run(client, user, std::move(ping));
        const auto can = co_await std::move(asking);
        dry = !can.is_error();
    }
    if (!dry) {
        Words set{"SET", key, "1", "PX", "60000"};
        auto setting = ask(client, std::move(set));
        const auto done = co_await std::move(setting);
        if (not_permitted(done))
            co_return "set, and without it nothing else was tried";
    }
    const auto needs = redis_needs(prefix);
    for (const auto& need : needs) {
        auto words = dry ? need.command : on_key(need, prefix, key);
        auto asking = dry ? dry_run(client, user, std::move(words)) : ask(client, std::move(words));
        const auto reply = co_await std::move(asking);
        if (is_lost(reply)) {
            report.fail("acl", "not told: " + reply.text, "look at Redis' log and load, and try again", unreachable);
            co_return std::nullopt;
        }
        // A dry run says why not as a text; OK is a status.
        if (not_permitted(reply) || not_there(reply) || (dry && reply.type == Reply::Type::text))
            out.append(out.empty() ? "" : ", ").append(need.name);
    }
    if (!dry) {
        Words del{"DEL", key};
        auto deleting = ask(client, std::move(del));
        co_await std::move(deleting);
    }
    co_return out;
}

asio::awaitable<void> check_access(Client& client, std::string prefix, std::string login, Reporter report) {
    auto asking = ask(client, words("ACL WHOAMI"));
    const auto who = co_await std::move(asking);
    const auto user = who.is_error() ? (login.empty() ? "default" : login) : who.text;
    auto trying = refused_commands(client, prefix, who.is_error() ? "" : who.text, report);
    const auto refusals = co_await std::move(trying);
    if (!refusals)
        co_return;
    if (refusals->empty())
        report.ok("acl", "user " + user + " may do all that the gateway does");
    else
        report.fail("acl", "user " + user + " may not " + *refusals, acl_fix + prefix, refused);
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

// Of INFO, else of HELLO, which 6.0 does not take without an argument. Empty: neither is permitted.
asio::awaitable<std::string> version_of(Client& client, std::string info) {
    if (auto version = info_value(info, "redis_version"); !version.empty())
        co_return version;
    auto asking = ask(client, words("HELLO"));
    const auto hello = co_await std::move(asking);
    for (std::size_t i = 0; i + 1 < hello.elements.size(); i += 2)
        if (hello.elements[i].text == "version")
            co_return hello.elements[i + 1].text;
    co_return hello.is_error() && hello.text.find("wrong number") != std::string::npos ? "6.0" : "";
}

asio::awaitable<void> check_server(Client& client, bool settings, Reporter report) {
    auto asking = ask(client, words("INFO"));
    const auto info = co_await std::move(asking);
    auto seeing = version_of(client, info.is_error() ? "" : info.text);
    const auto version = co_await std::move(seeing);
    if (version.empty())
        report.note("version", "not told: the ACL permits neither INFO nor HELLO");
    else if (!is_new_enough(version))
        report.fail("version", version, "Redis 6.2 or newer is needed", misconfigured);
    else
        report.ok("version", version);
    if (!settings)
        co_return;
    if (info.is_error()) {
        report.note("eviction", "not told: the ACL does not permit INFO");
        co_return;
    }
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

// Names of arguments that mean nothing: `x`, `a`, `0-1`.
std::vector<RedisNeed> redis_needs(const std::string& p) {
    const auto req = p + ":req", rep = p + ":rep:probe", budget = p + ":budget:probe", last = p + ":last:quote:fx:X";
    return {
        // the connection, and what Redis is
        {"ping", {"PING"}}, {"role", {"ROLE"}}, {"client|setname", {"CLIENT", "SETNAME", "tickgate"}},
        // the publisher: data, last values, states, lists; the owner's lease is renewed and given back by scripts
        {"publish", {"PUBLISH", p + ":probe", R"({"v":1,"type":"probe"})"}},
        {"set", {"SET", p + ":owner", "x", "PX", "60000"}}, {"get", {"GET", p + ":owner"}},
        {"eval", {"EVAL", "return 0", "1", p + ":owner"}}, {"pexpire", {"PEXPIRE", p + ":owner", "60000"}},
        {"hset", {"HSET", p + ":info", "a", "b"}}, {"hget", {"HGET", p + ":info", "session"}},
        {"hincrby", {"HINCRBY", p + ":info", "epoch", "1"}}, {"sadd", {"SADD", p + ":symbols:fx", "X"}},
        {"srem", {"SREM", p + ":symbols:fx", "X"}},
        {"xadd", {"XADD", p + ":stream:event", "MAXLEN", "~", "1", "*", "a", "b"}},
        // what was published before a restart
        {"scan", {"SCAN", "0", "MATCH", last, "COUNT", "1"}},
        // demand by subscription
        {"pubsub|channels", {"PUBSUB", "CHANNELS", last}}, {"time", {"TIME"}},
        // requests; what is idle is found by XPENDING … IDLE, of 6.2
        {"xgroup|create", {"XGROUP", "CREATE", req, "tickgate", "0"}},
        {"xgroup|delconsumer", {"XGROUP", "DELCONSUMER", req, "tickgate", "x"}},
        {"xinfo|consumers", {"XINFO", "CONSUMERS", req, "tickgate"}},
        {"xreadgroup", {"XREADGROUP", "GROUP", "tickgate", "x", "COUNT", "1", "STREAMS", req, ">"}},
        {"xpending", {"XPENDING", req, "tickgate", "IDLE", "1", "-", "+", "1"}},
        {"xclaim", {"XCLAIM", req, "tickgate", "x", "1", "0-1", "JUSTID"}}, {"xrange", {"XRANGE", req, "0-1", "0-1"}},
        {"xack", {"XACK", req, "tickgate", "0-1"}}, {"xdel", {"XDEL", req, "0-1"}}, {"rpush", {"RPUSH", rep, "x"}},
        {"llen", {"LLEN", rep}}, {"lindex", {"LINDEX", rep, "-1"}},
        // the budget that gateways share
        {"hgetall", {"HGETALL", budget}}, {"hdel", {"HDEL", budget, "x"}}, {"pttl", {"PTTL", budget}},
        {"del", {"DEL", p + ":alive"}}, // the last: the key of the tries goes with it
    };
}

bool is_new_enough(std::string_view version) {
    int number[2] = {0, 0};
    for (auto& n : number) {
        const auto end = std::min(version.find('.'), version.size());
        std::from_chars(version.data(), version.data() + end, n);
        version.remove_prefix(std::min(end + 1, version.size()));
    }
    return number[0] > 6 || (number[0] == 6 && number[1] >= 2);
}

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
    auto asking_server = check_server(client, check.settings, report);
    co_await std::move(asking_server);
    auto writing = check_writing(client, check.prefix, report);
    co_await std::move(writing);
    auto access = check_access(client, check.prefix, check.redis.username, report);
    co_await std::move(access);
    Words alive{"GET", check.prefix + ":alive"};
    auto asking = ask(client, std::move(alive));
    const auto session = co_await std::move(asking);
    check.gateway_alive = session.type == Reply::Type::text && !session.text.empty();
    report.note("gateway", check.gateway_alive ? "one is alive on prefix " + check.prefix + ", session " + session.text
                                               : "none is alive on prefix " + check.prefix);
}

} // namespace tickgate::diagnose
