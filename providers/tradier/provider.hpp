// Tradier as a DataProvider. Sources: docs/providers/tradier.md.
#pragma once

#include "tradier/config.hpp"
#include "tradier/quotes.hpp"

#include <tickgate/provider.hpp>

#include <atomic>
#include <memory>

namespace tickgate::tradier {

class TradierProvider final : public DataProvider {
public:
    explicit TradierProvider(Settings settings);

    std::string_view name() const noexcept override { return "tradier"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override;
    // The venue has no list of all it knows: not_supported.
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override;
    asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string text, std::size_t limit, Rest& rest) override;
    asio::awaitable<result<std::vector<MarketDay>>> get_market_days(Rest& rest) override;
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<std::string>> renew(std::string feed_part, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override;
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override;
    result<BarHistory> bar_history(const InstrumentName& instrument, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const override;
    // Ticks of the last five days, an hour a page. Their times are whole seconds, and they have no ids: the same trade
    // on the stream has the time to the millisecond and a number.
    asio::awaitable<result<std::string>> get_trades(TradeRequest request, TradeSink sink, Rest& rest) override;
    BudgetReading read_budget(const RestResponse& answer) const override;

private:
    RestRequest request_of(std::string target) const;
    // A 2xx answer without an error in it.
    asio::awaitable<result<RestResponse>> fetch(RestRequest request, Rest& rest);
    asio::awaitable<result<std::string>> make_session(Rest& rest);
    asio::awaitable<error_code> ask_quotes(std::vector<std::string> natives, TakeQuote take, Rest& rest);

    Settings settings_;
    Capabilities capabilities_;
    std::shared_ptr<std::atomic<int>> crowded_ = std::make_shared<std::atomic<int>>(0);
};

void register_tradier(ProviderRegistry& registry);

} // namespace tickgate::tradier
