#include "tradier/config.hpp"

#include <charconv>

namespace tickgate::tradier {

namespace {

class Reader {
public:
    Reader(const ProviderSettings& settings, std::string& problem) : settings_(settings), problem_(problem) {}

    std::string_view find(std::string_view key) const {
        const auto it = settings_.find(key);
        return it == settings_.end() ? std::string_view() : std::string_view(it->second);
    }
    bool endpoint(std::string_view key, std::string& into) const {
        auto text = find(key);
        while (text.ends_with('/'))
            text.remove_suffix(1);
        if (!text.empty())
            into = text;
        return !text.empty();
    }
    bool choice(std::string_view key, std::span<const std::string_view> allowed, std::size_t& into) {
        const auto text = find(key);
        if (text.empty())
            return true;
        for (std::size_t i = 0; i < allowed.size(); ++i)
            if (text == allowed[i]) {
                into = i;
                return true;
            }
        problem_ = std::string(key) + " is";
        for (std::size_t i = 0; i < allowed.size(); ++i)
            problem_.append(i == 0 ? " `" : " or `").append(allowed[i]).append("`");
        problem_.append(", not `").append(text).append("`");
        return false;
    }
    bool number(std::string_view key, std::int64_t most, std::int64_t& into) {
        const auto text = find(key);
        if (text.empty())
            return true;
        std::int64_t value = 0;
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc() || end != text.data() + text.size() || value < 1 || value > most) {
            problem_ = std::string(key) + " is a number from 1 to " + std::to_string(most) + ", not `" +
                       std::string(text) + "`";
            return false;
        }
        into = value;
        return true;
    }

private:
    const ProviderSettings& settings_;
    std::string& problem_;
};

} // namespace

std::string_view to_string(TradeEvents t) noexcept {
    switch (t) {
    case TradeEvents::timesale:
        return "timesale";
    case TradeEvents::trade:
        return "trade";
    case TradeEvents::tradex:
        return "tradex";
    }
    return {};
}

result<Settings> read_settings(const ProviderSettings& settings, std::string& problem) {
    Settings out;
    Reader read(settings, problem);
    out.token = Secret(std::string(read.find("token")));
    if (out.token.empty()) {
        problem = "token is missing";
        return errc::configuration;
    }
    constexpr std::string_view environments[] = {"live", "sandbox"}, streams[] = {"websocket", "http"},
                               trades[] = {"timesale", "trade", "tradex"};
    std::size_t environment = 0, stream = 0, trade = 0;
    std::int64_t requests = 0, subscriptions = 0;
    if (!read.choice("environment", environments, environment) || !read.choice("stream", streams, stream) ||
        !read.choice("trades", trades, trade) || !read.number("lot_size", 10000, out.lot_size) ||
        !read.number("limits.requests_per_minute", 1000000, requests) ||
        !read.number("limits.subscriptions", 1000000, subscriptions))
        return errc::configuration;
    out.sandbox = environment == 1;
    out.http_stream = stream == 1;
    out.trades = static_cast<TradeEvents>(trade);
    if (out.sandbox)
        out.rest = "https://sandbox.tradier.com";
    out.requests_per_minute = requests > 0 ? requests : out.sandbox ? 60 : 120;
    out.subscriptions = static_cast<std::size_t>(subscriptions);
    read.endpoint("endpoints.rest", out.rest);
    const bool own_ws = read.endpoint("endpoints.ws", out.ws);
    const bool own_stream = read.endpoint("endpoints.stream", out.stream);
    if (out.sandbox && !(out.http_stream ? own_stream : own_ws)) {
        problem = "environment `sandbox` has no stream: use `live` with the token of a brokerage account, or name a "
                  "server that streams in endpoints." +
                  std::string(out.http_stream ? "stream" : "ws");
        return errc::configuration;
    }
    return out;
}

} // namespace tickgate::tradier
