// Instruments: canonical identity `class:symbol`, the same for every provider.
#pragma once

#include <tickgate/error.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate {

enum class AssetClass : std::uint8_t { fx, crypto, equity, option, index, future, cfd };
inline constexpr int asset_class_count = 7;

std::string_view to_string(AssetClass c) noexcept;
std::optional<AssetClass> asset_class_from(std::string_view name) noexcept;

// True if 1 to 64 characters of [A-Za-z0-9._-]: only such symbols are offered.
bool is_symbol(std::string_view symbol) noexcept;

// A canonical name. Case is kept and matters.
struct InstrumentName {
    AssetClass asset_class = AssetClass::crypto;
    std::string symbol; // `BTC-USDT`, `EUR-USD`, `BRK.B`, `AAPL240119C00190000`

    std::string to_string() const; // `crypto:BTC-USDT`
    auto operator<=>(const InstrumentName&) const = default;

    // Parses `class:symbol`. Errors: malformed_symbol.
    static result<InstrumentName> parse(std::string_view text);
};

// An interned instrument: a small number, dense from 0, valid for the life of the process that interned it.
enum class InstrumentId : std::uint32_t {};
constexpr std::uint32_t index_of(InstrumentId id) noexcept { return static_cast<std::uint32_t>(id); }

} // namespace tickgate

template <>
struct std::hash<tickgate::InstrumentName> {
    std::size_t operator()(const tickgate::InstrumentName& n) const noexcept {
        return std::hash<std::string>{}(n.symbol) * 7 + static_cast<std::size_t>(n.asset_class);
    }
};
