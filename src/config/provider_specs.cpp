#include "config/provider_specs.hpp"

#include <tickgate/provider_settings.hpp>

#include <algorithm>
#include <array>

namespace tickgate::config {

namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

Type<std::string> type_of(const tickgate::SettingSpec& setting) {
    using Kind = tickgate::SettingSpec::Kind;
    switch (setting.kind) {
    case Kind::websocket_url:
        return endpoint({"wss", "ws"});
    case Kind::web_url:
        return endpoint({"https", "http"});
    case Kind::choice:
        return choice_text(words_of(setting.range));
    case Kind::flag:
        return boolean_text();
    case Kind::number:
        return integer_text(1, setting.most);
    case Kind::word:
        return word(std::string(setting.range), 64);
    case Kind::secret:
        break;
    }
    return any_text();
}

ProviderSpec spec_of(const tickgate::ProviderSpec& table) {
    ProviderSpec spec{std::string(table.name), {table.classes.begin(), table.classes.end()}, {}, {}};
    for (const tickgate::SettingSpec& setting : table.settings) {
        if (setting.needed)
            spec.credentials.emplace_back(setting.key);
        spec.settings.push_back(
            {std::string(setting.key), type_of(setting), setting.kind == tickgate::SettingSpec::Kind::secret,
                {std::string(setting.text), Apply::live, std::string(setting.example), std::string(setting.fallback)}});
    }
    return spec;
}

std::vector<ProviderSpec> make_specs() {
    std::vector<ProviderSpec> specs;
    for (const tickgate::ProviderSpec* const table : provider_spec_table())
        specs.push_back(spec_of(*table));
    return specs;
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
            if (setting.secret)
                add_secret(
                    fields, prefix + setting.key,
                    [&provider, key = setting.key](Secret secret) { provider.secrets[key] = std::move(secret); },
                    setting.about);
            else
                fields.push_back({prefix + setting.key,
                    scalar(setting.type, [&provider, key = setting.key](
                                             std::string value) { provider.settings[key] = std::move(value); }),
                    setting.about});
        fields.push_back({prefix + "enabled", scalar_into(provider.enabled, boolean()),
            {"`false` turns the provider off.", Apply::live, "false"}});
        fields.push_back({prefix + "allow_plaintext", scalar_into(provider.allow_plaintext, boolean()),
            {"Allow `ws://` and `http://` endpoints on other machines.", Apply::live, "true"}});
        fields.push_back({prefix + "tls.ca_file", readable_file(provider.tls_ca_file),
            {"PEM file with authorities besides the system's.", Apply::live, "/etc/tickgate/ca.pem"}});
    }
}

} // namespace tickgate::config
