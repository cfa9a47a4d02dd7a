#include "binance/config.hpp"

#include <charconv>

namespace tickgate::binance {

std::string_view part_of(Market m) noexcept { return m == Market::spot ? "spot" : "usdm"; }

result<Settings> read_settings(const ProviderSettings& settings, std::string& problem) {
    Settings out;
    const auto text = [&](std::string_view key, std::string& into) {
        if (const auto it = settings.find(key); it != settings.end() && !it->second.empty()) {
            into = it->second;
            while (into.ends_with('/'))
                into.pop_back();
        }
    };
    text("endpoints.ws", out.ws);
    text("endpoints.rest", out.rest);
    if (out.rest.find("data-api.binance.vision") == std::string::npos)
        out.trades_rest = out.rest;
    text("endpoints.trades_rest", out.trades_rest);
    text("endpoints.usdm_ws", out.usdm_ws);
    text("endpoints.usdm_rest", out.usdm_rest);
    if (const auto it = settings.find("trade_stream"); it != settings.end()) {
        if (it->second != "trade" && it->second != "aggTrade") {
            problem = "trade_stream is `trade` or `aggTrade`, not `" + it->second + "`";
            return errc::configuration;
        }
        out.aggregate_trades = it->second == "aggTrade";
    }
    const auto number = [&](std::string_view key, auto& into, std::int64_t most) {
        const auto it = settings.find(key);
        if (it == settings.end())
            return true;
        std::int64_t value = 0;
        const auto& s = it->second;
        const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), value);
        if (ec != std::errc() || end != s.data() + s.size() || value < 1 || value > most) {
            problem = std::string(key) + " is a number from 1 to " + std::to_string(most) + ", not `" + s + "`";
            return false;
        }
        into = static_cast<std::remove_reference_t<decltype(into)>>(value);
        return true;
    };
    if (!number("limits.weight_per_minute", out.weight_per_minute, 1000000) ||
        !number("limits.streams_per_connection", out.streams_per_connection, 1024) ||
        !number("limits.messages_per_second", out.messages_per_second, 1000))
        return errc::configuration;
    return out;
}

} // namespace tickgate::binance
