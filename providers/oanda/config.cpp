#include "oanda/config.hpp"

#include <charconv>

namespace tickgate::oanda {

namespace {

std::string text_of(const ProviderSettings& settings, std::string_view key) {
    const auto it = settings.find(key);
    return it == settings.end() ? std::string() : it->second;
}

template <class T>
bool read_number(
    const ProviderSettings& settings, std::string_view key, std::int64_t most, T& into, std::string& problem) {
    const auto text = text_of(settings, key);
    if (text.empty())
        return true;
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value < 1 || value > most) {
        problem = std::string(key) + " is a number from 1 to " + std::to_string(most) + ", not `" + text + "`";
        return false;
    }
    into = static_cast<T>(value);
    return true;
}

void read_endpoint(const ProviderSettings& settings, std::string_view key, std::string& into) {
    auto text = text_of(settings, key);
    while (text.ends_with('/'))
        text.pop_back();
    if (!text.empty())
        into = std::move(text);
}

} // namespace

result<Settings> read_settings(const ProviderSettings& settings, std::string& problem) {
    Settings out;
    const auto environment = text_of(settings, "environment");
    if (environment == "live") {
        out.rest = "https://api-fxtrade.oanda.com";
        out.stream = "https://stream-fxtrade.oanda.com";
    } else if (!environment.empty() && environment != "practice") {
        problem = "environment is `practice` or `live`, not `" + environment + "`";
        return errc::configuration;
    }
    read_endpoint(settings, "endpoints.rest", out.rest);
    read_endpoint(settings, "endpoints.stream", out.stream);
    out.account = text_of(settings, "account");
    out.token = Secret(text_of(settings, "token"));
    if (out.token.empty()) {
        problem = "token is missing: the personal access token of the account pages";
        return errc::configuration;
    }
    const auto price = text_of(settings, "candle_price");
    if (price == "bid")
        out.candle_price = PriceType::bid;
    else if (price == "ask")
        out.candle_price = PriceType::ask;
    else if (!price.empty() && price != "mid") {
        problem = "candle_price is `mid`, `bid` or `ask`, not `" + price + "`";
        return errc::configuration;
    }
    if (!read_number(settings, "limits.requests_per_second", 1000, out.requests_per_second, problem) ||
        !read_number(settings, "limits.connections", 1000, out.connections, problem) ||
        !read_number(settings, "limits.streams_per_connection", 1000, out.streams_per_connection, problem))
        return errc::configuration;
    return out;
}

} // namespace tickgate::oanda
