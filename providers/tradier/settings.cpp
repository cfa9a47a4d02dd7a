// What `providers.tradier` can say; read_settings() (config.cpp) takes it.
#include <tickgate/provider_settings.hpp>

namespace tickgate::tradier {

const ProviderSpec& provider_spec() noexcept; // listed by providers/CMakeLists.txt

namespace {

using enum SettingSpec::Kind;

constexpr std::int64_t many = 1000000;
constexpr AssetClass classes[] = {AssetClass::equity, AssetClass::option, AssetClass::index};
constexpr SettingSpec settings[] = {
    {"token", secret, "Access token; needed.", "${TRADIER_TOKEN}", {}, {}, 0, true},
    {"environment", choice, "The sandbox has no stream, so it needs an endpoint that has.", "sandbox", "live",
        "live sandbox"},
    {"endpoints.rest", web_url, "REST.", "https://api.tradier.com", "the environment's"},
    {"endpoints.ws", websocket_url, "WebSocket stream.", "wss://ws.tradier.com", "the environment's"},
    {"endpoints.stream", web_url, "HTTP stream.", "https://stream.tradier.com", "the environment's"},
    {"stream", choice, "`websocket`, or `http` where WebSockets do not pass.", "http", "websocket", "websocket http"},
    {"trades", choice, "`timesale` (the whole tape), `trade` (regular session) or `tradex` (with extended hours).",
        "tradex", "timesale", "timesale trade tradex"},
    {"lot_size", number, "Shares in a round lot of its quotes.", "1", "100", {}, 10000},
    {"limits.requests_per_minute", number, "REST requests a minute.", "60", "120, sandbox 60", {}, many},
    {"limits.subscriptions", number, "Most quotes and trades subscribed at once; the newest beyond it are refused.",
        "1000", {}, {}, many},
};
constexpr ProviderSpec spec{"tradier", classes, settings};

} // namespace

const ProviderSpec& provider_spec() noexcept { return spec; }

} // namespace tickgate::tradier
