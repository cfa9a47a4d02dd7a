// Which instruments there are: search, exact names, and bare symbols.
#include "app/services.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <set>

namespace tickgate::app {

namespace {

ops::SymbolInfo symbol_info(const ProviderEntry& provider, const InstrumentInfo& info) {
    ops::SymbolInfo out;
    out.name = info.name;
    out.provider = provider.name;
    out.feed = provider.name + "." + info.feed;
    out.native = info.native;
    out.description = info.description;
    out.status = info.status;
    out.price_step = info.price_step;
    out.size_step = info.size_step;
    out.tradeable = info.tradeable;
    return out;
}

bool holds(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
               [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

constexpr std::size_t enough_symbols = 20000; // of a search, so that its order does not depend on its limit

} // namespace

asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> GatewayServices::search(ops::SymbolQuery query) {
    std::vector<ops::SymbolInfo> found;
    error_code first_fault;
    bool any = false;
    const auto fits = [&](const InstrumentInfo& info) {
        return (!query.asset_class || info.name.asset_class == *query.asset_class) &&
               (holds(info.name.symbol, query.text) || holds(info.native, query.text) ||
                   holds(info.description, query.text));
    };
    const auto providers = parts_.providers;
    for (const auto& provider : providers) {
        if (!query.provider.empty() && provider->name != query.provider)
            continue;
        if (query.asset_class && !provider->serves(*query.asset_class))
            continue;
        std::size_t taken = 0;
        auto searching = provider->provider->search_instruments(query.text, query.limit, *provider->rest);
        const auto hits = co_await std::move(searching);
        error_code fault = hits ? error_code() : hits.error();
        if (hits)
            for (const auto& info : *hits)
                if (!query.asset_class || info.name.asset_class == *query.asset_class)
                    found.push_back(symbol_info(*provider, info));
        if (fault == errc::not_supported) {
            std::function<void(const InstrumentInfo&)> take = [&](const InstrumentInfo& info) {
                // An exact name may come late in the list.
                if (fits(info) && (taken < std::max(query.limit * 4, enough_symbols) ||
                                      equals_ignoring_case(info.name.symbol, query.text))) {
                    found.push_back(symbol_info(*provider, info));
                    ++taken;
                }
            };
            auto listing = provider->provider->list_instruments(std::move(take), *provider->rest);
            fault = co_await std::move(listing);
        }
        any = any || !fault;
        if (fault && !first_fault)
            first_fault = fault;
    }
    if (!any && first_fault)
        co_return ops::Outcome<std::vector<ops::SymbolInfo>>(first_fault);
    // Best first: the very name, then names that begin so, then the rest.
    const auto rank = [&](const ops::SymbolInfo& s) {
        const std::string_view symbol = s.name ? std::string_view(s.name->symbol) : std::string_view(s.native);
        if (equals_ignoring_case(symbol, query.text) || equals_ignoring_case(s.native, query.text))
            return 0;
        return symbol.size() >= query.text.size() &&
                       equals_ignoring_case(symbol.substr(0, query.text.size()), query.text)
                   ? 1
               : holds(symbol, query.text) ? 2
                                           : 3;
    };
    std::stable_sort(found.begin(), found.end(),
        [&](const ops::SymbolInfo& a, const ops::SymbolInfo& b) { return rank(a) < rank(b); });
    if (found.size() > query.limit)
        found.resize(query.limit);
    co_return ops::Outcome<std::vector<ops::SymbolInfo>>(std::move(found));
}

// Class by class, so that one that a provider does not serve, or fails for, hides nothing of the others.
asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> GatewayServices::find(std::vector<InstrumentName> names) {
    std::vector<ops::SymbolInfo> found;
    std::map<std::pair<ProviderPtr, AssetClass>, std::vector<InstrumentName>> ask;
    for (const auto& name : names)
        for (const auto& provider : route_of(name))
            if (const auto* info = parts_.subscriptions.known(provider->name, name))
                found.push_back(symbol_info(*provider, *info));
            else
                ask[{provider, name.asset_class}].push_back(name);
    error_code fault;
    for (auto& [place, wanted] : ask) {
        const auto provider = place.first;
        auto asking = provider->provider->find_instruments(wanted, *provider->rest);
        const auto answer = co_await std::move(asking);
        if (!answer) {
            if (!fault || fault == errc::not_supported)
                fault = answer.error();
            continue;
        }
        for (const auto& info : *answer)
            found.push_back(symbol_info(*provider, info));
    }
    if (found.empty() && fault)
        co_return ops::Outcome<std::vector<ops::SymbolInfo>>(fault);
    const auto rank = [&](const ops::SymbolInfo& s) {
        const auto& route = parts_.config.routes.of(*s.name);
        return std::find(route.begin(), route.end(), s.provider) - route.begin();
    };
    std::stable_sort(found.begin(), found.end(), [&](const ops::SymbolInfo& a, const ops::SymbolInfo& b) {
        return a.name != b.name ? *a.name < *b.name : rank(a) < rank(b);
    });
    co_return ops::Outcome<std::vector<ops::SymbolInfo>>(std::move(found));
}

asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> GatewayServices::resolve(std::string symbol) {
    return resolve_all({std::move(symbol)});
}

asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> GatewayServices::resolve_all(
    std::vector<std::string> symbols) {
    std::vector<InstrumentName> candidates;
    for (int i = 0; i < asset_class_count; ++i)
        for (const auto& symbol : symbols) {
            InstrumentName name;
            name.asset_class = static_cast<AssetClass>(i);
            name.symbol = symbol;
            candidates.push_back(std::move(name));
        }
    auto finding = find(std::move(candidates));
    const auto answer = co_await std::move(finding);
    if (answer.error && answer.error != errc::not_supported) // no class of these: a symbol nobody knows
        co_return ops::Outcome<std::vector<InstrumentName>>(answer.error);
    std::set<InstrumentName> unique;
    for (const auto& info : answer.value)
        unique.insert(*info.name);
    std::vector<InstrumentName> out(unique.begin(), unique.end());
    co_return ops::Outcome<std::vector<InstrumentName>>(std::move(out));
}

} // namespace tickgate::app
