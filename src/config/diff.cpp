#include "config/diff.hpp"

#include "config/digest.hpp"

#include <map>
#include <utility>

namespace tickgate::config {

namespace {

constexpr std::string_view set_text = "***", changed_text = "(changed)";

using Secrets = std::map<std::string, std::string_view>; // never leaves this file

Secrets secrets_of(const Config& config) {
    Secrets all;
    const auto add = [&all](std::string key, const Secret& secret) {
        if (!secret.empty())
            all.emplace(std::move(key), secret.reveal());
    };
    add("redis.password", config.redis.password);
    add("store.password", config.store.password);
    add("http.token", config.http.token);
    for (const auto& token : config.http.tokens)
        add("http.tokens." + token.name + ".token", token.token);
    for (const auto& [name, provider] : config.providers)
        for (const auto& [key, secret] : provider.secrets)
            add("providers." + name + "." + key, secret);
    return all;
}

// Nobody could be kept out: an address that others reach, and nothing to tell them apart by.
bool would_be_open(const Http& http) { return !http.loopback && http.token.empty() && http.tokens.empty(); }

Http merged(const Http& in_force, const Http& file) {
    Http http = file;
    http.listen = in_force.listen;
    http.host = in_force.host;
    http.port = in_force.port;
    http.loopback = in_force.loopback;
    http.connections = in_force.connections;
    http.connections_per_peer = in_force.connections_per_peer;
    if (http.cert_file.empty() != in_force.cert_file.empty()) { // TLS itself begins and ends at a start only
        http.cert_file = in_force.cert_file;
        http.key_file = in_force.key_file;
    }
    return would_be_open(http) ? in_force : http;
}

} // namespace

std::vector<Change> diff_of(const Config& before, const Config& now) {
    std::map<std::string, std::pair<std::string, std::string>> values;
    for (auto& [key, value] : effective_settings(before))
        values[key].first = std::move(value);
    for (auto& [key, value] : effective_settings(now))
        values[key].second = std::move(value);
    const Secrets had = secrets_of(before), has = secrets_of(now);
    for (const auto& [key, secret] : had)
        values[key].first = set_text;
    for (const auto& [key, secret] : has) {
        const auto same = had.find(key);
        values[key].second = same == had.end() || same->second == secret ? set_text : changed_text;
    }
    std::vector<Change> changes;
    for (auto& [key, value] : values)
        if (value.first != value.second)
            changes.push_back({key, std::move(value.first), std::move(value.second)});
    return changes;
}

bool touches(const std::vector<Change>& changes, std::string_view key) {
    for (const auto& change : changes)
        if (const std::string_view at = change.key;
            at.starts_with(key) && (at.size() == key.size() || at[key.size()] == '.'))
            return true;
    return false;
}

Config merged(const Config& in_force, const Config& file) {
    Config config = file;
    config.redis = in_force.redis;
    config.store = in_force.store;
    config.hot = in_force.hot;
    config.http = merged(in_force.http, file.http);
    config.history.repair = in_force.history.repair;
    config.history.shared_budget = in_force.history.shared_budget;
    config.digest = digest_of(config);
    return config;
}

} // namespace tickgate::config
