#include "massive/symbols.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tickgate::massive {

namespace {

// Quote currencies of crypto pairs; a longer one before one that it ends with.
constexpr std::array<std::string_view, 7> quote_currencies{"USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH"};

struct Pair {
    std::string_view base, quote;
};

std::optional<Pair> split_pair(Cluster cluster, std::string_view text) noexcept {
    if (text.size() > 2 && (text.starts_with("C:") || text.starts_with("X:")))
        text.remove_prefix(2);
    if (const auto at = text.find_first_of("/-"); at != std::string_view::npos) {
        const Pair pair{text.substr(0, at), text.substr(at + 1)};
        return pair.base.empty() || pair.quote.empty() ? std::nullopt : std::optional(pair);
    }
    if (cluster == Cluster::forex)
        return text.size() == 6 ? std::optional(Pair{text.substr(0, 3), text.substr(3)}) : std::nullopt;
    for (const auto quote : quote_currencies)
        if (text.size() > quote.size() && text.ends_with(quote))
            return Pair{text.substr(0, text.size() - quote.size()), quote};
    return std::nullopt;
}

std::string without_dash(std::string_view symbol) {
    std::string out(symbol);
    std::erase(out, '-');
    return out;
}

} // namespace

std::string stream_symbol(const InstrumentName& name) {
    switch (name.asset_class) {
    case AssetClass::option:
        return "O:" + name.symbol;
    case AssetClass::index:
        return "I:" + name.symbol;
    case AssetClass::fx: {
        std::string native = name.symbol;
        std::replace(native.begin(), native.end(), '-', '/');
        return native;
    }
    default:
        return name.symbol;
    }
}

std::string rest_ticker(const InstrumentName& name) {
    switch (name.asset_class) {
    case AssetClass::fx:
        return "C:" + without_dash(name.symbol);
    case AssetClass::crypto:
        return "X:" + without_dash(name.symbol);
    default:
        return stream_symbol(name);
    }
}

std::optional<std::string> canonical_symbol(Cluster cluster, std::string_view native) {
    std::string symbol;
    if (cluster == Cluster::forex || cluster == Cluster::crypto) {
        const auto pair = split_pair(cluster, native);
        if (!pair)
            return std::nullopt;
        symbol.append(pair->base).append("-").append(pair->quote);
    } else {
        const auto prefix = cluster == Cluster::options   ? std::string_view("O:")
                            : cluster == Cluster::indices ? std::string_view("I:")
                                                          : std::string_view();
        if (!native.starts_with(prefix))
            return std::nullopt;
        symbol = native.substr(prefix.size());
    }
    return is_symbol(symbol) ? std::optional(std::move(symbol)) : std::nullopt;
}

std::string_view normalise(Cluster cluster, std::string_view native, char* buffer) noexcept {
    if (cluster != Cluster::forex && cluster != Cluster::crypto)
        return native;
    const auto pair = split_pair(cluster, native);
    if (!pair || pair->base.size() + pair->quote.size() + 1 > 64)
        return {};
    std::memcpy(buffer, pair->base.data(), pair->base.size());
    buffer[pair->base.size()] = cluster == Cluster::forex ? '/' : '-';
    std::memcpy(buffer + pair->base.size() + 1, pair->quote.data(), pair->quote.size());
    return {buffer, pair->base.size() + pair->quote.size() + 1};
}

std::string percent_encode(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if ((u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || c == '-' || c == '_' ||
            c == '.' || c == '~' || c == ':' || c == ',') {
            out += c;
        } else {
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

} // namespace tickgate::massive
