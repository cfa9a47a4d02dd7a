// Settings and endpoints of the Tradier adapter.
#pragma once

#include "core/secret.hpp"

#include <tickgate/provider.hpp>

#include <cstdint>
#include <string>

namespace tickgate::tradier {

// Which stream events become trades. `timesale` is the full tape with numbers, `trade` the state of the last trade of
// the regular session, `tradex` the same with extended hours: one of them, or volumes double.
enum class TradeEvents : std::uint8_t { timesale, trade, tradex };
std::string_view to_string(TradeEvents t) noexcept;

// Settings: token, environment (`live`, `sandbox`), endpoints.{rest,ws,stream}, stream (`websocket`, `http`), trades
// (`timesale`, `trade`, `tradex`), lot_size, limits.{requests_per_minute,subscriptions}.
struct Settings {
    Secret token;
    bool sandbox = false; // answers are 15 minutes late, half the requests
    std::string rest = "https://api.tradier.com";
    std::string ws = "wss://ws.tradier.com";
    std::string stream = "https://stream.tradier.com";
    bool http_stream = false;
    TradeEvents trades = TradeEvents::timesale;
    std::int64_t lot_size = 100; // shares that one unit of a quoted size stands for; options are quoted in contracts
    std::int64_t requests_per_minute = 120;
    std::size_t subscriptions = 0; // most of one session; 0: no limit, the venue names none
};

// Fails with a sentence in `problem`: the sandbox has no stream, so it needs `endpoints.ws` (or `endpoints.stream`) of
// a server that has one.
result<Settings> read_settings(const ProviderSettings& settings, std::string& problem);

} // namespace tickgate::tradier
