// The providers of this process as the composition root made them.
// Whoever is the last to let go of an entry, it is destroyed on the control loop.
#pragma once

#include "app/provider_rest.hpp"
#include "net/tls.hpp"

#include <tickgate/provider.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::app {

struct ProviderEntry {
    std::string name;
    std::shared_ptr<net::TlsContext> tls;
    std::unique_ptr<ProviderRest> rest;
    std::unique_ptr<Rest> live_rest; // the same for what live data need: it goes before everybody else
    std::unique_ptr<DataProvider> provider;

    const FeedSpec* feed_of(std::string_view part) const noexcept {
        for (const auto& f : provider->capabilities().feeds)
            if (f.part == part)
                return &f;
        return nullptr;
    }
    bool serves(AssetClass c) const noexcept {
        for (const auto& f : provider->capabilities().feeds)
            for (const auto has : f.classes)
                if (has == c)
                    return true;
        return false;
    }
};

// In the order of the configuration. A reload changes it between two steps of the control loop: whoever waits in the
// middle of it goes on with a copy. An entry that was replaced lives as long as somebody uses it.
using ProviderPtr = std::shared_ptr<ProviderEntry>;
using ProviderSet = std::vector<ProviderPtr>;

inline ProviderPtr find_provider(const ProviderSet& set, std::string_view name) noexcept {
    for (const auto& p : set)
        if (p->name == name)
            return p;
    return nullptr;
}

} // namespace tickgate::app
