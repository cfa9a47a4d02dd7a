#include <tickgate/instrument.hpp>

#include <algorithm>
#include <array>

namespace tickgate {

namespace {
constexpr std::array<std::string_view, asset_class_count> names{
    "fx", "crypto", "equity", "option", "index", "future", "cfd"};
}

std::string_view to_string(AssetClass c) noexcept { return names[static_cast<std::size_t>(c)]; }

std::optional<AssetClass> asset_class_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name)
            return static_cast<AssetClass>(i);
    return std::nullopt;
}

bool is_symbol(std::string_view symbol) noexcept {
    return !symbol.empty() && symbol.size() <= 64 && std::all_of(symbol.begin(), symbol.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

std::string InstrumentName::to_string() const {
    std::string text(tickgate::to_string(asset_class));
    text += ':';
    return text += symbol;
}

result<InstrumentName> InstrumentName::parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return errc::malformed_symbol;
    const auto asset_class = asset_class_from(text.substr(0, colon));
    const auto symbol = text.substr(colon + 1);
    if (!asset_class || !is_symbol(symbol))
        return errc::malformed_symbol;
    return InstrumentName{*asset_class, std::string(symbol)};
}

} // namespace tickgate
