// What `providers.oanda` can say; read_settings() (config.cpp) takes it.
#include <tickgate/provider_settings.hpp>

namespace tickgate::oanda {

const ProviderSpec& provider_spec() noexcept; // listed by providers/CMakeLists.txt

namespace {

using enum SettingSpec::Kind;

constexpr AssetClass classes[] = {AssetClass::fx, AssetClass::cfd};
constexpr SettingSpec settings[] = {
    {"token", secret, "Personal access token; needed. It belongs to one environment.", "${OANDA_TOKEN}", {}, {}, 0,
        true},
    {"account", word,
        "Account number; needed. OANDA's account pages show it, and `GET /v3/accounts` lists those of a token.",
        "101-001-1234567-001", {}, "an account number, written 101-001-1234567-001", 0, true},
    {"environment", choice, "Which of OANDA's two worlds.", "live", "practice", "practice live"},
    {"endpoints.rest", web_url, "REST.", "https://api-fxtrade.oanda.com", "the environment's"},
    {"endpoints.stream", web_url, "Streams of prices.", "https://stream-fxtrade.oanda.com", "the environment's"},
    {"candle_price", choice, "What candles by REST are made of.", "bid", "mid", "mid bid ask"},
    {"limits.requests_per_second", number, "REST requests a second.", "60", "120", {}, 1000},
    {"limits.connections", number, "Streams of this address.", "10", "20", {}, 1000},
    {"limits.streams_per_connection", number, "Instruments on one stream.", "100", "64", {}, 1000},
};
constexpr ProviderSpec spec{"oanda", classes, settings};

} // namespace

const ProviderSpec& provider_spec() noexcept { return spec; }

} // namespace tickgate::oanda
