// Settings and endpoints of the OANDA adapter.
#pragma once

#include <tickgate/provider.hpp>

#include "core/secret.hpp"

#include <string>

namespace tickgate::oanda {

// Settings: environment (`practice`, `live`: chooses the hosts; a token belongs to one of them),
// endpoints.{rest,stream}, account, token, candle_price (`mid`, `bid`, `ask`),
// limits.{requests_per_second,connections,streams_per_connection}.
struct Settings {
    std::string rest = "https://api-fxpractice.oanda.com";
    std::string stream = "https://stream-fxpractice.oanda.com";
    std::string account; // empty: the first account of the token is taken
    Secret token;
    PriceType candle_price = PriceType::mid;
    std::int64_t requests_per_second = 120;
    std::size_t connections = 20;
    std::size_t streams_per_connection = 64; // 65 on one stream are known to work; the limit is not documented
};

// Fails with a sentence in `problem`.
result<Settings> read_settings(const ProviderSettings& settings, std::string& problem);

} // namespace tickgate::oanda
