// One card a provider.
#include "card.hpp"

namespace tickgate::binance {
void register_binance(ProviderRegistry& registry);
}
namespace tickgate::oanda {
void register_oanda(ProviderRegistry& registry);
}
namespace tickgate::massive {
void register_massive(ProviderRegistry& registry);
}
namespace tickgate::tradier {
void register_tradier(ProviderRegistry& registry);
}

namespace tickgate::test {

namespace {

constexpr const char* good = "right-credential-0123456789";
constexpr const char* bad = "wrong-credential-0123456789";

std::string http(const std::string& port) { return "http://127.0.0.1:" + port; }
std::string ws(const std::string& port) { return "ws://127.0.0.1:" + port; }

Card binance_spot() {
    Card c;
    c.provider = "binance";
    c.part = "spot";
    c.add = &binance::register_binance;
    c.venue = {"--kind", "spot", "--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--rate", "300"};
    c.settings = [](const std::string& port) {
        return ProviderSettings{{"endpoints.ws", ws(port)}, {"endpoints.rest", http(port)}};
    };
    c.has_credentials = false;
    c.instruments = {"crypto:BTC-USDT", "crypto:ETH-USDT", "crypto:SOL-USDT"};
    c.unknown = "crypto:NOSUCH-USDT";
    c.kinds = {Kind::quote, Kind::trade};
    c.quote_times = false;
    c.capture = "binance/spot_combined_2021-10-12.jsonl";
    c.captured = {"crypto:NKN-USDT", "crypto:BLZ-ETH", "crypto:LRC-BTC", "crypto:RUNE-EUR"};
    return c;
}

Card oanda_pricing() {
    Card c;
    c.provider = "oanda";
    c.part = "pricing";
    c.add = &oanda::register_oanda;
    // A price of each instrument every 50 ms, and as many connections as a test needs.
    c.venue = {"--credential", good, "--accounts", "101-004-1234567-001", "--symbols", "EUR_USD,USD_JPY,EUR_JPY",
        "--rate", "300", "--conflation", "0.05", "--heartbeat", "0.5", "--connections-per-second", "0"};
    const auto with = [](const char* token) {
        return [token](const std::string& port) {
            return ProviderSettings{{"endpoints.rest", http(port)}, {"endpoints.stream", http(port)}, {"token", token},
                {"account", "101-004-1234567-001"}};
        };
    };
    c.settings = with(good);
    c.wrong_settings = with(bad);
    c.instruments = {"fx:EUR-USD", "fx:USD-JPY", "fx:EUR-JPY"};
    c.unknown = "fx:XXX-YYY";
    c.kinds = {Kind::quote};
    c.more_prices = {"bid", "ask"};
    c.history_path = "/v3/instruments/";
    c.capture = "oanda/stream_EUR_USD_2017-02-23.jsonl";
    c.captured = {"fx:EUR-USD"};
    return c;
}

Card massive_stocks() {
    Card c;
    c.provider = "massive";
    c.part = "stocks";
    c.add = &massive::register_massive;
    c.venue = {"--credential", good, "--symbols", "AAPL,SPY,MSFT", "--rate", "300"};
    const auto with = [](const char* key) {
        return [key](const std::string& port) {
            return ProviderSettings{{"endpoints.rest", http(port)}, {"endpoints.ws", ws(port)}, {"api_key", key}};
        };
    };
    c.settings = with(good);
    c.wrong_settings = with(bad);
    c.instruments = {"equity:AAPL", "equity:SPY", "equity:MSFT"};
    c.unknown = "equity:NOSUCHX";
    c.kinds = {Kind::quote, Kind::trade};
    c.bars_of_all_trades = false; // conditions decide
    c.trade_times = std::chrono::milliseconds(1);
    c.made_up_trades = true;
    c.history_path = "/v2/aggs/";
    c.capture = "massive/ws/published_events.jsonl";
    c.captured = {"equity:MSFT"};
    return c;
}

Card tradier_market() {
    Card c;
    c.provider = "tradier";
    c.part = "market";
    c.add = &tradier::register_tradier;
    c.venue = {"--credential", good, "--symbols", "AAPL,SPY,MSFT", "--rate", "300", "--requests-per-minute", "0"};
    const auto with = [](const char* token) {
        return [token](const std::string& port) {
            return ProviderSettings{{"endpoints.rest", http(port)}, {"endpoints.ws", ws(port)},
                {"endpoints.stream", http(port)}, {"token", token}};
        };
    };
    c.settings = with(good);
    c.wrong_settings = with(bad);
    c.instruments = {"equity:AAPL", "equity:SPY", "equity:MSFT"};
    c.unknown = "equity:NOSUCHX";
    c.kinds = {Kind::quote, Kind::trade};
    c.trade_times = std::chrono::seconds(1);
    c.trade_ids = false;
    c.history_path = "/v1/markets/";
    c.capture = "tradier/stream/events_live_2022.jsonl";
    c.captured = {"equity:SPY"};
    return c;
}

} // namespace

const std::vector<Card>& all_cards() {
    static const std::vector<Card> cards{binance_spot(), oanda_pricing(), massive_stocks(), tradier_market()};
    return cards;
}

} // namespace tickgate::test
