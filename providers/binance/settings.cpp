// What `providers.binance` can say; read_settings() (config.cpp) takes it.
#include <tickgate/provider_settings.hpp>

namespace tickgate::binance {

const ProviderSpec& provider_spec() noexcept; // listed by providers/CMakeLists.txt

namespace {

using enum SettingSpec::Kind;

constexpr AssetClass classes[] = {AssetClass::crypto, AssetClass::future};
constexpr SettingSpec settings[] = {
    {"endpoints.ws", websocket_url, "Spot streams.", "wss://stream.binance.com:9443",
        "wss://data-stream.binance.vision"},
    {"endpoints.rest", web_url, "Spot REST.", "https://api.binance.com", "https://data-api.binance.vision"},
    {"endpoints.usdm_ws", websocket_url, "USD-M futures streams.", "wss://fstream.binance.com",
        "wss://fstream.binance.com"},
    {"endpoints.usdm_rest", web_url, "USD-M futures REST.", "https://fapi.binance.com", "https://fapi.binance.com"},
    {"endpoints.trades_rest", web_url, "Past trades one by one, which the data-only host does not tell.",
        "https://api.binance.com", "`https://api.binance.com` where `rest` is the data-only host, else `rest`"},
    {"trade_stream", choice, "`trade`, or `aggTrade`: the fills of one order at one price as one trade.", "aggTrade",
        "trade", "trade aggTrade"},
    {"limits.weight_per_minute", number, "Request weight a minute.", "3000", "6000", {}, 1000000},
    {"limits.streams_per_connection", number, "Streams on one connection.", "512", "1024", {}, 1024},
    {"limits.messages_per_second", number, "Messages sent on one connection a second.", "3", "5", {}, 1000},
};
constexpr ProviderSpec spec{"binance", classes, settings};

} // namespace

const ProviderSpec& provider_spec() noexcept { return spec; }

} // namespace tickgate::binance
