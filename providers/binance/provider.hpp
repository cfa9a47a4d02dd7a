// Binance (spot and USD-M futures) as a DataProvider. Sources: docs/providers/binance.md.
#pragma once

#include "binance/config.hpp"

#include <tickgate/provider.hpp>

#include <mutex>
#include <unordered_map>

namespace tickgate::binance {

class BinanceProvider final : public DataProvider {
public:
    explicit BinanceProvider(Settings settings);

    std::string_view name() const noexcept override { return "binance"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override;
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override;
    int group_of(std::string_view feed_part, const Subscription& s) const noexcept override;
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override;
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override;
    result<BarHistory> bar_history(const InstrumentName& instrument, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const override;
    // By id and by time; ids are those of the stream (trade_stream). The cursor is the next id.
    asio::awaitable<result<std::string>> get_trades(TradeRequest request, TradeSink sink, Rest& rest) override;
    BudgetReading read_budget(const RestResponse& answer) const override;

private:
    asio::awaitable<error_code> list_market(Market market, std::function<void(const InstrumentInfo&)> sink, Rest& rest);
    // Errors: unknown_symbol if one of the names is unknown (the venue then refuses all).
    asio::awaitable<result<std::vector<InstrumentInfo>>> ask_spot(std::vector<std::string> natives, Rest& rest);
    asio::awaitable<result<RestResponse>> fetch(Market market, std::string target, int weight, Rest& rest);
    asio::awaitable<result<RestResponse>> send(RestRequest request, Rest& rest); // 2xx or an error
    asio::awaitable<result<RestResponse>> fetch_trades(
        Market market, std::string_view path, std::string query, int weight, Rest& rest);
    // Id of the first spot trade in [from, to); empty: there is none.
    asio::awaitable<result<std::optional<std::uint64_t>>> first_trade(
        std::string symbol, UnixNanos from, UnixNanos to, Rest& rest);
    static std::size_t budget_index(Market market) noexcept { return market == Market::spot ? 0 : 1; }

    Settings settings_;
    Capabilities capabilities_;
};

void register_binance(ProviderRegistry& registry);

} // namespace tickgate::binance
