#include "massive/venue/clusters.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::massive_venue {

namespace {

constexpr std::array<std::string_view, cluster_count> names{
    "stocks", "options", "forex", "crypto", "indices", "futures"};

// In the order of Channel.
using Prefixes = std::array<std::string_view, channel_count>;
constexpr std::array<Prefixes, cluster_count> prefixes{{
    {"T", "Q", "A", "AM", "LULD", "FMV", "NOI", ""},
    {"T", "Q", "A", "AM", "", "FMV", "", ""},
    {"", "C", "CAS", "CA", "", "FMV", "", ""},
    {"XT", "XQ", "XAS", "XA", "", "FMV", "", "XL2"},
    {"", "V", "A", "AM", "", "", "", ""},
    {"T", "Q", "A", "AM", "", "", "", ""},
}};

constexpr std::size_t index(Cluster cluster) noexcept { return static_cast<std::size_t>(cluster); }

// Listed futures: product, price decimals, ticks.
struct Product {
    std::string_view root;
    int decimals;
    std::int64_t price;
};
constexpr std::array<Product, 6> products{{{"ES", 2, 595'125}, {"NQ", 2, 2'081'450}, {"CL", 2, 7'024},
    {"GC", 1, 26'712}, {"ZN", 4, 1'104'531}, {"RTY", 1, 23'704}}};

kit::SyntheticSymbol future(std::string_view name, int decimals, std::int64_t price) {
    kit::SyntheticSymbol symbol;
    symbol.base = name;
    symbol.asset_class = AssetClass::future;
    symbol.price_decimals = decimals;
    symbol.size_decimals = 0;
    symbol.base_price = price;
    symbol.typical_lots = 4;
    symbol.spread = std::max<std::int64_t>(price / 25'000, 1);
    return symbol;
}

// The next quarterly months, all products each.
std::vector<kit::SyntheticSymbol> futures(std::size_t count, UnixNanos now) {
    static constexpr std::string_view quarters = "HMUZ";
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    auto year = static_cast<int>(today.year());
    auto quarter = (static_cast<unsigned>(today.month()) - 1) / 3;
    std::vector<kit::SyntheticSymbol> out;
    for (; out.size() < std::min<std::size_t>(count, 72); quarter = (quarter + 1) % 4, year += quarter == 0 ? 1 : 0)
        for (const auto& product : products)
            if (out.size() < count)
                out.push_back(future(fmt::format("{}{}{}", product.root, quarters[quarter], year % 10),
                    product.decimals, product.price));
    return out;
}

// Stocks trade in fractions, to four digits here; most trades are of whole shares.
kit::SyntheticSymbol fractional(kit::SyntheticSymbol symbol) {
    symbol.size_decimals = 4;
    symbol.lot_step = 10'000;
    symbol.typical_lots *= 10'000;
    return symbol;
}

std::string_view without(std::string_view text, std::string_view prefix) noexcept {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::optional<kit::SyntheticSymbol> named(Cluster cluster, std::string_view name, UnixNanos now) {
    switch (cluster) {
    case Cluster::stocks:
        return fractional(kit::equity_symbol(name));
    case Cluster::options: {
        const auto contract = kit::parse_occ(without(name, "O:"));
        return contract ? std::optional(kit::option_symbol(*contract, now)) : std::nullopt;
    }
    case Cluster::forex:
        return kit::fx_symbol(without(name, "C:"));
    case Cluster::crypto: {
        std::string joined(without(name, "X:"));
        std::erase(joined, '-');
        auto symbol = kit::crypto_symbol(joined);
        return symbol.quote.empty() ? std::nullopt : std::optional(std::move(symbol));
    }
    case Cluster::indices:
        return kit::index_symbol(without(name, "I:"));
    case Cluster::futures:
        break;
    }
    for (const auto& product : products)
        if (name.starts_with(product.root) && name.size() == product.root.size() + 2)
            return future(name, product.decimals, product.price);
    return std::nullopt;
}

// Which cluster an instrument named on the command line belongs to.
Cluster cluster_named(std::string_view name) noexcept {
    if (name.starts_with("O:") || name.starts_with("I:") || name.starts_with("X:") || name.starts_with("C:"))
        return cluster_of_ticker(name);
    if (name.find('/') != std::string_view::npos)
        return Cluster::forex;
    if (name.find('-') != std::string_view::npos)
        return kit::fx_symbol(name) ? Cluster::forex : Cluster::crypto;
    for (const auto& product : products)
        if (name.starts_with(product.root) && name.size() == product.root.size() + 2 && name.back() >= '0' &&
            name.back() <= '9')
            return Cluster::futures;
    return Cluster::stocks;
}

} // namespace

std::string_view to_string(Cluster cluster) noexcept { return names[index(cluster)]; }

std::optional<Door> door_of(std::string_view path) noexcept {
    Door door;
    if (path.starts_with("/business/")) {
        door.business = true;
        path.remove_prefix(9);
    }
    if (!path.starts_with('/'))
        return std::nullopt;
    path.remove_prefix(1);
    if (path == "futures/cme" || path == "futures/cbot" || path == "futures/nymex" || path == "futures/comex")
        path = "futures";
    for (const auto cluster : all_clusters)
        if (path == to_string(cluster)) {
            door.cluster = cluster;
            const bool sold = cluster != Cluster::indices && cluster != Cluster::futures;
            return door.business && !sold ? std::nullopt : std::optional(door);
        }
    return std::nullopt;
}

std::optional<Channel> channel_from(Cluster cluster, std::string_view prefix) noexcept {
    const auto& list = prefixes[index(cluster)];
    for (std::size_t i = 0; i < channel_count; ++i)
        if (!list[i].empty() && list[i] == prefix)
            return static_cast<Channel>(i);
    return std::nullopt;
}

std::string_view prefix_of(Cluster cluster, Channel channel) noexcept {
    return prefixes[index(cluster)][static_cast<std::size_t>(channel)];
}

std::vector<kit::SyntheticSymbol> symbols_of(Cluster cluster, const MassiveOptions& options, UnixNanos now) {
    std::vector<kit::SyntheticSymbol> out;
    const auto& common = options.common;
    if (!common.symbols.empty()) {
        for (const auto& name : common.symbols)
            if (cluster_named(name) == cluster)
                if (auto symbol = named(cluster, name, now))
                    out.push_back(std::move(*symbol));
        return out;
    }
    switch (cluster) {
    case Cluster::stocks:
        for (auto& symbol : kit::equity_symbols(common.symbol_count))
            out.push_back(fractional(std::move(symbol)));
        return out;
    case Cluster::options:
        return kit::option_symbols(common.symbol_count, now);
    case Cluster::forex:
        return kit::fx_symbols(common.symbol_count);
    case Cluster::crypto:
        return kit::crypto_symbols(common.symbol_count, "USD");
    case Cluster::indices:
        return kit::index_symbols(std::min<std::size_t>(common.symbol_count, 500));
    case Cluster::futures:
        break;
    }
    return futures(common.symbol_count, now);
}

std::string wire_name(Cluster cluster, const kit::SyntheticSymbol& symbol) {
    switch (cluster) {
    case Cluster::options:
        return "O:" + symbol.base;
    case Cluster::forex:
        return symbol.base + '/' + symbol.quote;
    case Cluster::crypto:
        return symbol.base + '-' + symbol.quote;
    case Cluster::indices:
        return "I:" + symbol.base;
    case Cluster::stocks:
    case Cluster::futures:
        break;
    }
    return symbol.base;
}

std::string rest_name(Cluster cluster, const kit::SyntheticSymbol& symbol) {
    if (cluster == Cluster::forex)
        return "C:" + symbol.joined();
    if (cluster == Cluster::crypto)
        return "X:" + symbol.joined();
    return wire_name(cluster, symbol);
}

std::string normalised(Cluster cluster, std::string_view text) {
    if (cluster == Cluster::forex) {
        text = without(text, "C:");
        if (const auto symbol = kit::fx_symbol(text))
            return wire_name(cluster, *symbol);
        std::string out(text);
        std::replace(out.begin(), out.end(), '-', '/');
        return out;
    }
    if (cluster == Cluster::crypto) {
        text = without(text, "X:");
        if (text.find('-') != std::string_view::npos)
            return std::string(text);
        const auto symbol = kit::crypto_symbol(text);
        return symbol.quote.empty() ? std::string(text) : wire_name(cluster, symbol);
    }
    return std::string(text);
}

Cluster cluster_of_ticker(std::string_view ticker) noexcept {
    if (ticker.starts_with("O:"))
        return Cluster::options;
    if (ticker.starts_with("C:"))
        return Cluster::forex;
    if (ticker.starts_with("X:"))
        return Cluster::crypto;
    return ticker.starts_with("I:") ? Cluster::indices : Cluster::stocks;
}

} // namespace tickgate::massive_venue
