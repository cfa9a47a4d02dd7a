#include "config/config.hpp"

#include <string>

namespace tickgate::config {

std::string Problem::to_string() const {
    std::string out = file;
    if (line > 0)
        out += ":" + std::to_string(line) + ":" + std::to_string(column);
    out += ": ";
    if (!key.empty())
        out += key + ": ";
    out += text;
    if (!hint.empty())
        out += " (" + hint + ")";
    return out;
}

ProviderSettings ProviderConfig::revealed() const {
    ProviderSettings all = settings;
    for (const auto& [key, secret] : secrets)
        all[key] = secret.reveal();
    return all;
}

const Routes::Providers& Routes::of(const InstrumentName& instrument) const {
    static const Providers nobody;
    if (const auto found = overrides.find(instrument); found != overrides.end())
        return found->second;
    const auto found = by_class.find(instrument.asset_class);
    return found == by_class.end() ? nobody : found->second;
}

Stale::Limit Stale::of(const InstrumentName& instrument) const {
    if (const auto found = by_instrument.find(instrument); found != by_instrument.end())
        return found->second;
    const auto found = by_class.find(instrument.asset_class);
    return found == by_class.end() ? fallback : found->second;
}

} // namespace tickgate::config
