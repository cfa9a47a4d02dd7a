#include "config/provider_specs.hpp"

#include <algorithm>
#include <array>

namespace tickgate::config {

namespace {

Type<std::string> websocket() { return endpoint({"wss", "ws"}); }
Type<std::string> web() { return endpoint({"https", "http"}); }
Type<std::string> environment(std::string first, std::string second) {
    return choice_text({std::move(first), std::move(second)});
}
Type<std::string> plan() { return word("a name of letters, digits, `.`, `_` and `-`, at most 64", 64); }
Type<std::string> account() { return word("an account number, written 101-001-1234567-001", 64); }
constexpr std::int64_t many = 1000000;

std::vector<ProviderSpec> make_specs() {
    using enum AssetClass;
    return {
        {"binance", {crypto, future}, {}, {},
            {{"endpoints.ws", websocket()}, {"endpoints.rest", web()}, {"endpoints.usdm_ws", websocket()},
                {"endpoints.usdm_rest", web()}, {"endpoints.trades_rest", web()},
                {"trade_stream", choice_text({"trade", "aggTrade"})},
                {"limits.weight_per_minute", integer_text(1, many)},
                {"limits.streams_per_connection", integer_text(1, 1024)},
                {"limits.messages_per_second", integer_text(1, 1000)}}},
        {"oanda", {fx, cfd}, {"token", "account"}, {"token"},
            {{"environment", environment("practice", "live")}, {"account", account()}, {"endpoints.rest", web()},
                {"endpoints.stream", web()}, {"candle_price", choice_text({"mid", "bid", "ask"})},
                {"limits.requests_per_second", integer_text(1, 1000)}, {"limits.connections", integer_text(1, 1000)},
                {"limits.streams_per_connection", integer_text(1, 1000)}}},
        {"massive", {fx, crypto, equity, option, index, future}, {"api_key"},
            {"api_key", "s3.access_key", "s3.secret_key"},
            {{"plan", plan()}, {"delayed", boolean_text()}, {"luld", boolean_text()}, {"fmv", boolean_text()},
                {"adjusted", boolean_text()}, {"crypto_exchange", integer_text(1, many)},
                {"lot_size", integer_text(1, 10000)}, {"endpoints.ws", websocket()}, {"endpoints.rest", web()},
                {"endpoints.s3", web()}, {"s3.monthly_gb", integer_text(1, many)},
                {"limits.requests_per_minute", integer_text(1, many)},
                {"limits.requests_per_day", integer_text(1, many)}, {"limits.connections", integer_text(1, 1000)}}},
        {"tradier", {equity, option, index}, {"token"}, {"token"},
            {{"environment", environment("live", "sandbox")}, {"endpoints.rest", web()}, {"endpoints.ws", websocket()},
                {"endpoints.stream", web()}, {"stream", choice_text({"websocket", "http"})},
                {"trades", choice_text({"timesale", "trade", "tradex"})}, {"lot_size", integer_text(1, 10000)},
                {"limits.requests_per_minute", integer_text(1, many)},
                {"limits.subscriptions", integer_text(1, many)}}},
    };
}

} // namespace

bool ProviderSpec::serves(AssetClass asset_class) const {
    return std::ranges::find(classes, asset_class) != classes.end();
}

const std::vector<ProviderSpec>& provider_specs() {
    static const std::vector<ProviderSpec> specs = make_specs();
    return specs;
}

const ProviderSpec* find_provider_spec(std::string_view name) {
    const auto& specs = provider_specs();
    const auto spec = std::ranges::find(specs, name, &ProviderSpec::name);
    return spec == specs.end() ? nullptr : &*spec;
}

std::vector<std::string> provider_names() {
    std::vector<std::string> names;
    for (const ProviderSpec& spec : provider_specs())
        names.push_back(spec.name);
    return names;
}

const std::vector<std::string>& default_route(AssetClass asset_class) {
    static const std::array<std::vector<std::string>, asset_class_count> routes{{
        {"oanda", "massive"},   // fx
        {"binance", "massive"}, // crypto
        {"massive", "tradier"}, // equity
        {"tradier", "massive"}, // option
        {"massive"},            // index
        {"binance"},            // future
        {"oanda"},              // cfd
    }};
    static_assert(static_cast<int>(AssetClass::cfd) == asset_class_count - 1);
    return routes[static_cast<std::size_t>(asset_class)];
}

void add_provider_fields(Fields& fields, Config& config) {
    for (const ProviderSpec& spec : provider_specs()) {
        const std::string prefix = "providers." + spec.name + ".";
        ProviderConfig& provider = config.providers[spec.name];
        for (const SettingSpec& setting : spec.settings)
            fields.push_back(
                {prefix + setting.key, scalar(setting.type, [&provider, key = setting.key](std::string value) {
                     provider.settings[key] = std::move(value);
                 })});
        for (const std::string& key : spec.secrets)
            add_secret(
                fields, prefix + key, [&provider, key](Secret secret) { provider.secrets[key] = std::move(secret); });
        fields.push_back({prefix + "enabled", scalar_into(provider.enabled, boolean())});
        fields.push_back({prefix + "allow_plaintext", scalar_into(provider.allow_plaintext, boolean())});
        fields.push_back({prefix + "tls.ca_file", readable_file(provider.tls_ca_file)});
    }
}

} // namespace tickgate::config
