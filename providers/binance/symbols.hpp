// Names and descriptions of Binance's instruments.
#pragma once

#include "binance/config.hpp"

#include <tickgate/provider.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::binance {

// Which market serves a class: crypto is spot, future is USD-M.
std::optional<Market> market_of(AssetClass c) noexcept;

// `BTC-USDT` to `BTCUSDT`: what the venue most likely calls it. Only exchangeInfo proves it.
std::string likely_native(const InstrumentName& name);

// Lower-case stream name: `btcusdt@bookTicker`, `btcusdt@trade`, `btcusdt@kline_1m`.
std::string stream_name(std::string_view native, const Subscription& s, bool aggregate_trades);

// One element of exchangeInfo's `symbols`. Empty if it is malformed or its name fits no canonical form (characters
// outside the charset, a contract without type): such symbols are not offered.
std::optional<InstrumentInfo> parse_symbol(Market market, const std::string& element);

// One element of exchangeInfo's `rateLimits`: the REQUEST_WEIGHT limit of the minute.
std::optional<std::int64_t> parse_weight_limit(const std::string& element);

std::string percent_encode(std::string_view text);

} // namespace tickgate::binance
