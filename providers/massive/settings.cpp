// What `providers.massive` can say; read_settings() (config.cpp) takes it.
#include <tickgate/provider_settings.hpp>

namespace tickgate::massive {

const ProviderSpec& provider_spec() noexcept; // listed by providers/CMakeLists.txt

namespace {

using enum SettingSpec::Kind;
using enum AssetClass;

constexpr std::int64_t many = 1000000;
constexpr AssetClass classes[] = {fx, crypto, equity, option, index, future};
constexpr SettingSpec settings[] = {
    {"api_key", secret, "API key; needed.", "${MASSIVE_API_KEY}", {}, {}, 0, true},
    {"plan", word, "Name of the plan, for its hosts and limits: `business…`, `free`, `basic` or another.", "business",
        {}, "a name of letters, digits, `.`, `_` and `-`, at most 64"},
    {"delayed", flag, "Use the delayed feeds.", "true", "false"},
    {"luld", flag, "Price bands (events `luld`) along with the quotes of stocks.", "false", "true"},
    {"fmv", flag, "Fair market values along with quotes, as `md:src` only: needs `publish.sources`.", "true", "false"},
    {"adjusted", flag, "Bars by REST adjusted for splits.", "true", "false"},
    {"crypto_exchange", number, "Id of the exchange whose crypto quotes are taken.", "2", "1", {}, many},
    {"lot_size", number, "Quote sizes of stocks are multiplied by it.", "100", "1", {}, 10000},
    {"endpoints.ws", websocket_url, "Streams.", "wss://socket.massive.com", "the plan's"},
    {"endpoints.rest", web_url, "REST.", "https://api.massive.com", "https://api.massive.com"},
    {"endpoints.s3", web_url, "Flat files.", "https://files.massive.com", "https://files.massive.com"},
    {"s3.access_key", secret, "Access key of the flat files.", "${MASSIVE_S3_ACCESS_KEY}"},
    {"s3.secret_key", secret, "Secret key of the flat files.", "${MASSIVE_S3_SECRET_KEY}"},
    {"s3.monthly_gb", number,
        "Gigabytes of flat files that a calendar month (UTC) may take; beyond that REST is asked.", "100", {}, {},
        many},
    {"limits.requests_per_minute", number, "REST requests a minute; from 60 on a sixtieth of it a second.", "300",
        "6000, free plan 5", {}, many},
    {"limits.requests_per_day", number, "Further limit of REST requests.", "500000", {}, {}, many},
    {"limits.connections", number, "Connections of each cluster.", "1", "1, business plans 3", {}, 1000},
};
constexpr ProviderSpec spec{"massive", classes, settings};

} // namespace

const ProviderSpec& provider_spec() noexcept { return spec; }

} // namespace tickgate::massive
