// Massive (formerly Polygon.io) as a DataProvider. Sources: docs/providers/massive.md.
#pragma once

#include "massive/config.hpp"
#include "massive/next_page.hpp"
#include "massive/s3.hpp"

#include <tickgate/provider.hpp>

#include <map>

namespace tickgate::massive {

class MassiveProvider final : public DataProvider {
public:
    explicit MassiveProvider(Settings settings);

    std::string_view name() const noexcept override { return "massive"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override;
    // Stocks, forex, crypto and indices. Options (over a million) and futures are found by name only.
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override;
    asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string text, std::size_t limit, Rest& rest) override;
    asio::awaitable<result<std::vector<MarketDay>>> get_market_days(Rest& rest) override;
    int weight_of(std::string_view feed_part, const Subscription& s) const noexcept override;
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override;
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override;
    result<BarHistory> bar_history(const InstrumentName& instrument, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const override;
    // By time alone; the cursor is the next page's target. Not of forex and indices, which have no trades, and futures.
    asio::awaitable<result<std::string>> get_trades(TradeRequest request, TradeSink sink, Rest& rest) override;
    // Flat files: 1m and 1d bars, trades, quotes; with `s3.access_key` and `s3.secret_key`.
    asio::awaitable<result<std::vector<BulkFile>>> bulk_files(BulkRequest request, Rest& rest) override;
    asio::awaitable<error_code> read_bulk_file(
        BulkFile file, std::vector<InstrumentName> instruments, BulkSink& sink, Rest& rest) override;
    BudgetReading read_budget(const RestResponse& answer) const override;

private:
    using Wanted = std::map<std::string, InstrumentName, std::less<>>; // by ticker

    asio::awaitable<result<RestResponse>> fetch(std::string target, Rest& rest);
    // Follows next_url to the end; `take` parses a page and returns its next_url.
    asio::awaitable<error_code> walk(
        std::string target, std::function<result<std::string>(std::string_view body)> take, Rest& rest);
    static std::vector<std::string> snapshot_targets(const Wanted& wanted); // 250 tickers each
    // Errors: not_entitled if the plan has no snapshots.
    asio::awaitable<error_code> find_by_snapshot(
        const Wanted& wanted, std::vector<InstrumentInfo>& found, Wanted& unclear, Rest& rest);
    asio::awaitable<error_code> find_by_ticker(const Wanted& wanted, std::vector<InstrumentInfo>& found, Rest& rest);
    asio::awaitable<error_code> find_contracts(const Wanted& wanted, std::vector<InstrumentInfo>& found, Rest& rest);
    asio::awaitable<error_code> quotes_by_snapshot(const Wanted& wanted, Quotes& quotes, Rest& rest);
    // One instrument, by the endpoint of its class that any plan with its data has.
    asio::awaitable<error_code> last_quote(const InstrumentName& name, Quotes& quotes, Rest& rest);
    asio::awaitable<result<BarPage>> futures_bars(BarRequest request, Rest& rest);

    static constexpr std::int64_t base_limit = 50000; // base bars of one answer, and trades

    Settings settings_;
    Capabilities capabilities_;
    std::unique_ptr<S3> files_; // null without their credentials
};

void register_massive(ProviderRegistry& registry);

} // namespace tickgate::massive
