// Settings and endpoints of the Binance adapter.
#pragma once

#include <tickgate/provider.hpp>

#include <string>

namespace tickgate::binance {

enum class Market : std::uint8_t { spot, usdm };
std::string_view part_of(Market m) noexcept; // `spot`, `usdm`

// Defaults are the market-data-only hosts for spot (no key, not geo-blocked as the trading hosts are) and the USD-M
// hosts. Settings: endpoints.{ws,rest,trades_rest,usdm_ws,usdm_rest}, trade_stream (`trade`, `aggTrade`),
// limits.{weight_per_minute, streams_per_connection,messages_per_second}.
struct Settings {
    std::string ws = "wss://data-stream.binance.vision";
    std::string rest = "https://data-api.binance.vision";
    std::string usdm_ws = "wss://fstream.binance.com";
    std::string usdm_rest = "https://fapi.binance.com";
    // Of `historicalTrades`, which the hosts for market data alone do not have: `rest`, unless that is one of them.
    std::string trades_rest = "https://api.binance.com";
    bool aggregate_trades = false; // spot; USD-M documents aggTrade only and always uses it
    std::int64_t weight_per_minute = 6000;
    std::size_t streams_per_connection = 1024;
    int messages_per_second = 5;

    const std::string& rest_of(Market m) const noexcept { return m == Market::spot ? rest : usdm_rest; }
};

// Fails with a sentence in `problem`.
result<Settings> read_settings(const ProviderSettings& settings, std::string& problem);

} // namespace tickgate::binance
