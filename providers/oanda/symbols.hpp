// Names and descriptions of OANDA's instruments.
#pragma once

#include <tickgate/provider.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tickgate::oanda {

constexpr std::string_view feed_part = "pricing";

constexpr bool serves(AssetClass c) noexcept { return c == AssetClass::fx || c == AssetClass::cfd; }

// `EUR-USD` to `EUR_USD`, `SPX500-USD` to `SPX500_USD`.
std::string native_of(const InstrumentName& name);

// `/v3/accounts/{id}/instruments`: calls `sink` for each that can be offered. The class comes from `type`: CURRENCY and
// METAL are fx, CFD is cfd. Precision comes from the list and never from the quote currency. The list has no status:
// whether a market is open is told by prices. `refused` counts elements without a usable name, type or precision.
// Errors: malformed_payload.
error_code parse_instruments(
    std::string_view body, const std::function<void(const InstrumentInfo&)>& sink, std::size_t& refused);

// `/v3/accounts`: ids in the order given, legacy ones (digits only) left out. Errors: malformed_payload.
result<std::vector<std::string>> parse_accounts(std::string_view body);

// How well `text` (any case) fits an instrument: 0 not at all, greater is better.
int match_quality(const InstrumentInfo& info, std::string_view text);

std::string percent_encode(std::string_view text);

} // namespace tickgate::oanda
