// OANDA v20 (fx, metals, CFDs) as a DataProvider. Sources: docs/providers/oanda.md.
#pragma once

#include "oanda/config.hpp"
#include "oanda/parse.hpp"
#include "oanda/session.hpp"

#include <tickgate/provider.hpp>

#include <memory>
#include <optional>

namespace tickgate::oanda {

class OandaProvider final : public DataProvider {
public:
    explicit OandaProvider(Settings settings);

    static constexpr std::size_t most_candles = 5000; // of one answer

    std::string_view name() const noexcept override { return "oanda"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override;
    // The list is one answer of some hundred kilobytes at most: it is parsed as a whole.
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override;
    asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string text, std::size_t limit, Rest& rest) override;
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override;
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override;
    // Mid, unless candle_price or `wanted` says bid or ask; above 1h by New York's 17:00, by utc where that is wanted.
    result<BarHistory> bar_history(const InstrumentName& instrument, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const override;
    BudgetReading read_budget(const RestResponse& answer) const override;

private:
    static constexpr std::chrono::seconds usual_deadline{15};
    static constexpr std::string_view candles_path = "/v3/instruments/";

    asio::awaitable<result<RestResponse>> fetch(std::string target, std::chrono::milliseconds deadline, Rest& rest);
    // The account of the settings, else the first that the token opens, asked once.
    asio::awaitable<result<std::string>> find_account(Rest& rest);
    // The account's list; keeps the names of it.
    asio::awaitable<error_code> read_instruments(
        std::function<void(const InstrumentInfo&)> sink, std::chrono::milliseconds deadline, Rest& rest);
    asio::awaitable<error_code> check_instruments(Rest& rest);
    asio::awaitable<error_code> fetch_quotes(std::vector<InstrumentName> names, Quotes& quotes, Rest& rest);

    Settings settings_;
    Capabilities capabilities_;
    std::string account_;
    std::shared_ptr<const InstrumentNames> known_; // of the account; empty before the first list
    std::optional<MonoTime> checked_at_;
    LineParser parser_;
};

void register_oanda(ProviderRegistry& registry);

} // namespace tickgate::oanda
