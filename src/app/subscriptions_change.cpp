// What subscriptions make of other routes and other providers.
#include "app/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::app {

// The providers of its route that are on and have its class, in order; those that it had keep what is known of them.
void Subscriptions::join_sources(Entry& entry) {
    auto had = std::exchange(entry.sources, {});
    for (const auto& candidate : config_.routes.of(entry.name)) {
        auto provider = find_provider(providers_, candidate);
        if (provider == nullptr || !provider->serves(entry.name.asset_class))
            continue;
        const auto known = std::find_if(had.begin(), had.end(),
            [&](const Source& s) { return s.provider != nullptr && s.provider->name == candidate; });
        Source source;
        if (known != had.end())
            source = std::exchange(*known, {});
        if (source.provider != provider && source.lookup == Lookup::unknown) // another plan may know it
            source.lookup = Lookup::due;
        source.provider = std::move(provider);
        source.leaving = false;
        if (const auto wake = wake_.find(source.provider); wake != wake_.end() && source.lookup == Lookup::due)
            wake->second.cancel();
        entry.sources.push_back(std::move(source));
    }
    for (auto& left : had)
        if (left.provider != nullptr && !left.subscribed.empty()) {
            left.leaving = true;
            entry.sources.push_back(std::move(left));
        }
}

// Releases what is subscribed of providers that are off.
RouteOrder Subscriptions::change_sources(Entry& entry) {
    join_sources(entry);
    RouteOrder order;
    for (auto& source : entry.sources) {
        if (!source.leaving)
            continue;
        const auto provider = find_provider(providers_, source.provider->name);
        if (provider == nullptr || provider->feed_of(source.info.feed) == nullptr)
            release_source(entry, source, order);
        else
            source.provider = provider;
    }
    std::erase_if(entry.sources, [](const Source& s) { return s.leaving && s.subscribed.empty(); });
    return order;
}

// Those that left the route go once another one has the symbol, or when there is nobody to wait for.
void Subscriptions::release_leaving(Entry& entry, RouteOrder& order, bool any_other, bool looking) {
    if (!any_other && looking && active_)
        return;
    for (auto& source : entry.sources)
        if (source.leaving)
            release_source(entry, source, order);
    std::erase_if(entry.sources, [](const Source& s) { return s.leaving; });
}

// What is subscribed weighs by its provider of now.
void Subscriptions::recount() {
    for (auto& [feed, used] : used_)
        used = 0;
    for (const auto& [name, entry] : entries_)
        for (const auto& source : entry.sources)
            used_[{source.provider->name, source.info.feed}] += weight(source, source.subscribed);
    for (const auto& [feed, used] : used_) // limits may be wider than before
        freed_.insert(feed);
}

void Subscriptions::reconfigure() {
    std::erase_if(refused_, [this](const ProviderPtr& provider) { return !is_current(provider); });
    std::map<Entry*, RouteOrder> orders;
    const auto all = in_order([](const Entry&) { return true; });
    for (auto* entry : all) {
        orders[entry] = change_sources(*entry);
        if (config_.routes.standby == config::Standby::cold)
            for (auto& source : entry->sources) // the router tells which of them it can do without
                source.standby = source.standby || !source.subscribed.empty();
    }
    recount();
    for (auto* entry : all)
        settle(*entry, std::move(orders[entry]));
    flush();
    for (auto& [provider, wake] : wake_)
        wake.cancel();
}

} // namespace tickgate::app
