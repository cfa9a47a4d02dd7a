// What a data channel carries, as its name says: `quote:crypto:BTC-USDT`, `bar:1m:fx:EUR-USD` (without the prefix).
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/subscription.hpp>

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::ops {

struct DataName {
    InstrumentName instrument;
    Kind kind = Kind::quote;
    Timeframe timeframe = Timeframe::m1; // of bars; m1 for everything else

    std::string to_string() const; // without the prefix
    std::string word() const;      // `quote`, `trade`, `bar:1m`
    auto operator<=>(const DataName&) const = default;

    // Exact names only: a known kind, a timeframe spelled as on the wire, a known class, a symbol fit to be offered.
    static std::optional<DataName> parse(std::string_view text);
};

} // namespace tickgate::ops

template <>
struct std::hash<tickgate::ops::DataName> {
    std::size_t operator()(const tickgate::ops::DataName& n) const noexcept {
        return std::hash<tickgate::InstrumentName>{}(n.instrument) * 64 + static_cast<std::size_t>(n.kind) * 20 +
               static_cast<std::size_t>(n.timeframe);
    }
};
