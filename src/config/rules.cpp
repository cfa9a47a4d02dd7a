#include "config/rules.hpp"

#include "config/http.hpp"
#include "config/provider_specs.hpp"
#include "config/suggest.hpp"
#include "config/types.hpp"

#include <algorithm>
#include <string>

namespace tickgate::config {

namespace {

std::string key_of(const ProviderSpec& spec) { return "providers." + spec.name; }

void check_plaintext(
    std::string_view key, const std::string& url, bool allowed, const std::string& switch_key, Context& context) {
    if (!allowed && is_plaintext_abroad(url))
        context.problem_at(key, "this would send data and secrets unencrypted to another machine",
            "got " + shown(url) + "; use TLS, or set " + switch_key + ": true");
}

void check_network(const Config& config, Context& context) {
    check_redis_plaintext(config.redis, context);
    for (const ProviderSpec& spec : provider_specs()) {
        const ProviderConfig& provider = config.providers.find(spec.name)->second;
        const std::string prefix = key_of(spec) + ".";
        for (const auto& [key, value] : provider.settings)
            if (key.starts_with("endpoints."))
                check_plaintext(prefix + key, value, provider.allow_plaintext, prefix + "allow_plaintext", context);
    }
    check_http(config.http, context);
}

// Decides which providers run.
void settle_provider(const ProviderSpec& spec, ProviderConfig& provider, Context& context) {
    const std::string key = key_of(spec);
    if (!provider.enabled) {
        provider.off_reason = "enabled is false";
        return;
    }
    std::vector<std::string> missing;
    for (const std::string& credential : spec.credentials)
        if (!provider.secrets.contains(credential) && !provider.settings.contains(credential) &&
            !context.faulty(key + "." + credential))
            missing.push_back(credential);
    if (missing.empty())
        return;
    provider.enabled = false;
    provider.off_reason = "no credentials: set " + joined(missing, " and ");
    if (context.given(key))
        context.notice(key + " is off: " + provider.off_reason);
}

// Why these providers do not run and what would change that.
std::string reasons(const std::vector<std::string>& names, const Config& config) {
    std::vector<std::string> parts;
    for (const std::string& name : names)
        if (const ProviderConfig& provider = config.providers.find(name)->second; !provider.enabled)
            parts.push_back("providers." + name + " is off, " + provider.off_reason);
    return joined(parts, "; ");
}

Routes::Providers running(const std::vector<std::string>& names, const Config& config) {
    Routes::Providers on;
    std::ranges::copy_if(names, std::back_inserter(on),
        [&](const std::string& name) { return config.providers.find(name)->second.enabled; });
    return on;
}

// Leaves the providers that run; a route that has none left was asked for and cannot be served.
void settle_route(const std::string& key, Routes::Providers& providers, const Config& config, Context& context) {
    Routes::Providers on = running(providers, config);
    if (on.empty() && !context.faulty(key))
        context.problem_at(key, "no provider of this route is on", reasons(providers, config));
    providers = std::move(on);
}

void settle_routes(Config& config, Context& context) {
    Routes& routes = config.routes;
    bool any_class_named = false;
    for (int i = 0; i < asset_class_count; ++i)
        any_class_named =
            any_class_named || context.given("routes." + std::string(to_string(static_cast<AssetClass>(i))));

    for (auto& [asset_class, providers] : routes.by_class)
        settle_route("routes." + std::string(to_string(asset_class)), providers, config, context);
    for (auto& [name, providers] : routes.overrides)
        settle_route("routes.overrides." + name.to_string(), providers, config, context);
    if (any_class_named)
        return;
    for (int i = 0; i < asset_class_count; ++i) {
        const auto asset_class = static_cast<AssetClass>(i);
        if (Routes::Providers on = running(default_route(asset_class), config); !on.empty())
            routes.by_class[asset_class] = std::move(on);
    }
}

// One problem a class, however many symbols it has.
void check_symbols(const Config& config, Context& context) {
    std::map<AssetClass, std::vector<std::string>> unserved;
    for (const InstrumentName& name : config.symbols)
        if (config.routes.of(name).empty() && !context.faulty("routes.overrides." + name.to_string()))
            unserved[name.asset_class].push_back(name.symbol);
    for (const auto& [asset_class, symbols] : unserved) {
        const std::string word(to_string(asset_class));
        if (context.faulty("routes." + word))
            continue;
        const std::vector<std::string>& usual = default_route(asset_class);
        const Routes::Providers on = running(usual, config);
        const std::string way_out =
            on.empty() ? reasons(usual, config) : "add routes." + word + ": [" + joined(on) + "]";
        const std::string more = symbols.size() > 1 ? " and " + std::to_string(symbols.size() - 1) + " more" : "";
        context.problem_at("symbols." + word, "no route serves " + word + ":" + symbols.front() + more,
            way_out + "; or take the symbols out");
    }
    if (config.symbols.empty() && !context.faulty("symbols"))
        context.notice("no symbols are configured: only what clients ask for is served");
}

void check_collectors(const Config& config, Context& context) {
    for (const Collector& collector : config.collect) {
        const std::string key = "collect." + collector.name;
        if (context.faulty(key))
            continue;
        if (!collector.provider.empty()) {
            const ProviderConfig& provider = config.providers.find(collector.provider)->second;
            if (!provider.enabled)
                context.problem_at(key + ".provider", "this provider does not run",
                    "providers." + collector.provider + " is off, " + provider.off_reason);
            const ProviderSpec* spec = find_provider_spec(collector.provider);
            for (const InstrumentName& name : collector.symbols)
                if (!spec->serves(name.asset_class))
                    context.problem_at(key + ".symbols", "the provider does not have this class",
                        collector.provider + " does not serve " + name.to_string());
            continue;
        }
        for (const InstrumentName& name : collector.symbols)
            if (config.routes.of(name).empty())
                context.problem_at(key + ".symbols", "nobody serves this instrument",
                    name.to_string() + " has no route; see routes." + std::string(to_string(name.asset_class)));
    }
}

} // namespace

void check_redis_plaintext(const Redis& redis, Context& context) {
    check_plaintext("redis.url", redis.url, redis.allow_plaintext, "redis.allow_plaintext", context);
}

void apply_rules(Config& config, Context& context) {
    check_network(config, context);
    for (const ProviderSpec& spec : provider_specs())
        settle_provider(spec, config.providers.find(spec.name)->second, context);
    settle_routes(config, context);
    check_symbols(config, context);
    check_collectors(config, context);
}

} // namespace tickgate::config
