#include "tradier/symbols.hpp"

#include <algorithm>

namespace tickgate::tradier {

namespace {
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
} // namespace

bool is_option(std::string_view native) noexcept {
    constexpr std::size_t tail = 15;
    if (native.size() <= tail || native.size() > tail + 6)
        return false;
    const auto root = native.substr(0, native.size() - tail), rest = native.substr(native.size() - tail);
    const auto in_root = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c); };
    return std::all_of(root.begin(), root.end(), in_root) && std::all_of(rest.begin(), rest.begin() + 6, is_digit) &&
           (rest[6] == 'C' || rest[6] == 'P') && std::all_of(rest.begin() + 7, rest.end(), is_digit);
}

std::string native_of(const InstrumentName& name) {
    std::string native = name.symbol;
    if (name.asset_class == AssetClass::equity)
        std::replace(native.begin(), native.end(), '.', '/');
    return native;
}

std::optional<InstrumentName> name_of(std::string_view native, std::string_view type) {
    InstrumentName name;
    name.symbol = native;
    if (type == "option" || (type.empty() && is_option(native)))
        name.asset_class = AssetClass::option;
    else if (type == "index")
        name.asset_class = AssetClass::index;
    else if (type == "stock" || type == "etf" || type == "mutual_fund" || type.empty())
        name.asset_class = AssetClass::equity;
    else
        return std::nullopt;
    if (name.asset_class == AssetClass::option && !is_option(native))
        return std::nullopt;
    if (name.asset_class == AssetClass::equity) {
        if (native.find('.') != std::string_view::npos)
            return std::nullopt; // would be taken for a class of shares
        std::replace(name.symbol.begin(), name.symbol.end(), '/', '.');
    }
    if (!is_symbol(name.symbol))
        return std::nullopt;
    return name;
}

std::string percent_encode(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            std::string_view("-_.~,").find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto u = static_cast<unsigned char>(c);
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

} // namespace tickgate::tradier
