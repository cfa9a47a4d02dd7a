#include "config/digest.hpp"

#include "config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tickgate::config {

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(milliseconds value) { return std::to_string(value.count()) + "ms"; }
std::string text_of(const Stale::Limit& limit) { return limit ? text_of(*limit) : "auto"; }
std::string text_of(const Secret& secret) { return secret.empty() ? "" : "***"; }

template <class List>
std::string words_of(const List& list) {
    std::vector<std::string> words;
    for (const auto& element : list)
        words.emplace_back(to_string(element));
    return joined(words, ",");
}

std::string_view level_name(log::Level level) {
    constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
    return names[static_cast<std::size_t>(level)];
}
std::string_view format_name(log::Format format) {
    constexpr std::string_view names[] = {"logfmt", "json", "pretty"};
    return names[static_cast<std::size_t>(format)];
}

void add_provider(Settings& out, const std::string& prefix, const ProviderConfig& provider) {
    out.emplace_back(prefix + "enabled", text_of(provider.enabled));
    out.emplace_back(prefix + "allow_plaintext", text_of(provider.allow_plaintext));
    out.emplace_back(prefix + "tls.ca_file", provider.tls_ca_file);
    for (const auto& [key, value] : provider.settings)
        out.emplace_back(prefix + key, value);
    for (const auto& [key, secret] : provider.secrets)
        out.emplace_back(prefix + key, text_of(secret));
}

void add_collector(Settings& out, const std::string& prefix, const Collector& collector) {
    std::vector<std::string> symbols;
    for (const InstrumentName& name : collector.symbols)
        symbols.push_back(name.to_string());
    out.emplace_back(prefix + "symbols", joined(symbols, ","));
    out.emplace_back(prefix + "timeframes", words_of(collector.timeframes));
    out.emplace_back(prefix + "provider", collector.provider);
    out.emplace_back(prefix + "every", text_of(collector.every));
    out.emplace_back(prefix + "outside", text_of(collector.outside));
    out.emplace_back(prefix + "look_back", text_of(collector.look_back));
}

void add_instruments(Settings& out, const Config& config) {
    for (const auto& [asset_class, providers] : config.routes.by_class)
        out.emplace_back("routes." + std::string(to_string(asset_class)), joined(providers, ","));
    for (const auto& [name, providers] : config.routes.overrides)
        out.emplace_back("routes.overrides." + name.to_string(), joined(providers, ","));
    for (const InstrumentName& name : config.symbols)
        out.emplace_back("symbols." + name.to_string(), "true");
    out.emplace_back("stale.default", text_of(config.stale.fallback));
    for (const auto& [asset_class, limit] : config.stale.by_class)
        out.emplace_back("stale." + std::string(to_string(asset_class)), text_of(limit));
    for (const auto& [name, limit] : config.stale.by_instrument)
        out.emplace_back("stale." + name.to_string(), text_of(limit));
}

} // namespace

std::vector<std::pair<std::string, std::string>> effective_settings(const Config& config) {
    const auto& [redis, http, store, history, collect, hot, providers, routes, symbols, publish, stale, metrics,
        logging, digest] = config;
    Settings out{
        {"redis.url", redis.url},
        {"redis.prefix", redis.prefix},
        {"redis.username", redis.username},
        {"redis.password", text_of(redis.password)},
        {"redis.tls.ca_file", redis.tls_ca_file},
        {"redis.allow_plaintext", text_of(redis.allow_plaintext)},
        {"http.listen", http.listen},
        {"http.token", text_of(http.token)},
        {"http.tls.cert_file", http.cert_file},
        {"http.tls.key_file", http.key_file},
        {"http.origins", joined(http.origins, ",")},
        {"http.cors", joined(http.cors, ",")},
        {"http.metrics_open", text_of(http.metrics_open)},
        {"http.rate", std::to_string(http.rate)},
        {"http.burst", std::to_string(http.burst)},
        {"http.connections", std::to_string(http.connections)},
        {"http.connections_per_peer", std::to_string(http.connections_per_peer)},
        {"store.url", store.url},
        {"store.password", text_of(store.password)},
        {"history.repair", text_of(history.repair)},
        {"history.reconcile", text_of(history.reconcile)},
        {"history.shared_budget", text_of(history.shared_budget)},
        {"history.parallel", std::to_string(history.parallel)},
        {"history.settle", text_of(history.settle)},
        {"hot.spin", text_of(hot.spin)},
        {"routes.standby", routes.standby == Standby::warm ? "warm" : "cold"},
        {"routes.jump_guard", routes.jump_guard.to_string() + "%"},
        {"publish.kinds", words_of(publish.kinds)},
        {"publish.timeframes", words_of(publish.timeframes)},
        {"publish.streams", text_of(publish.streams)},
        {"publish.stream_maxlen", std::to_string(publish.stream_maxlen)},
        {"publish.sources", text_of(publish.sources)},
        {"publish.linger", text_of(publish.linger)},
        {"publish.last_value_interval", text_of(publish.last_value_interval)},
        {"metrics.per_symbol", text_of(metrics.per_symbol)},
        {"metrics.per_symbol_max", std::to_string(metrics.per_symbol_max)},
        {"log.level", std::string(level_name(logging.level))},
        {"log.format", std::string(format_name(logging.format))},
    };
    for (const HttpToken& token : http.tokens) {
        out.emplace_back("http.tokens." + token.name + ".scope", token.scope == HttpScope::admin ? "admin" : "read");
        out.emplace_back("http.tokens." + token.name + ".token", text_of(token.token));
    }
    for (const auto& [name, provider] : providers)
        add_provider(out, "providers." + name + ".", provider);
    add_instruments(out, config);
    for (const Collector& collector : collect)
        add_collector(out, "collect." + collector.name + ".", collector);
    std::ranges::sort(out);
    return out;
}

std::string digest_of(const Config& config) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    const auto mix = [&hash](std::string_view text, char end) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
        hash = (hash ^ static_cast<unsigned char>(end)) * 0x100000001B3u;
    };
    for (const auto& [key, value] : effective_settings(config)) {
        mix(key, '=');
        mix(value, '\n');
    }
    return fmt::format("{:016x}", hash);
}

} // namespace tickgate::config
