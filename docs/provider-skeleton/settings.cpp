// What `providers.acme` can say: the configuration reads, checks and explains it by this table.
#include <tickgate/provider_settings.hpp>

namespace tickgate::acme {

const ProviderSpec& provider_spec() noexcept; // listed by providers/CMakeLists.txt

namespace {

using enum SettingSpec::Kind;

constexpr AssetClass classes[] = {AssetClass::fx};
constexpr SettingSpec settings[] = {
    {"token", secret, "Access token; needed.", "${ACME_TOKEN}", {}, {}, 0, true},
    {"endpoints.ws", websocket_url, "Streams.", "wss://stream.acme.example", "wss://stream.acme.example"},
    {"endpoints.rest", web_url, "REST.", "https://api.acme.example", "https://api.acme.example"},
};
constexpr ProviderSpec spec{"acme", classes, settings};

} // namespace

const ProviderSpec& provider_spec() noexcept { return spec; }

} // namespace tickgate::acme
