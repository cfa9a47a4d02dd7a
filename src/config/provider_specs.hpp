// What each provider can be told: the tables of their folders (<tickgate/provider_settings.hpp>), ready to read by.
#pragma once

#include "config/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

struct SettingSpec {
    std::string key; // below `providers.<name>`
    Type<std::string> type;
    bool secret = false; // with its `_file`
    About about{};
};

struct ProviderSpec {
    std::string name;
    std::vector<AssetClass> classes;      // what it can serve
    std::vector<std::string> credentials; // settings or secrets without which it is off
    std::vector<SettingSpec> settings;

    bool serves(AssetClass asset_class) const;
};

const std::vector<ProviderSpec>& provider_specs();
const ProviderSpec* find_provider_spec(std::string_view name);
std::vector<std::string> provider_names();

// Which providers serve a class if the file says nothing, in order.
const std::vector<std::string>& default_route(AssetClass asset_class);

// The keys of all providers; values go to `config`, which outlives the fields.
void add_provider_fields(Fields& fields, Config& config);

} // namespace tickgate::config
