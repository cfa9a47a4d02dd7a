// Acme as a DataProvider.
#pragma once

#include <tickgate/provider.hpp>

#include <string>

namespace tickgate::acme {

struct Settings { // config: what providers.acme may say
    std::string ws = "wss://stream.acme.example", rest = "https://api.acme.example";
    std::string token;
};

class AcmeProvider final : public DataProvider {
public:
    explicit AcmeProvider(Settings settings);

    std::string_view name() const noexcept override { return "acme"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override;
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override;
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override;
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override;
    BudgetReading read_budget(const RestResponse& answer) const override;

private:
    RestRequest request(std::string target) const;

    Settings settings_;
    Capabilities capabilities_;
};

void register_acme(ProviderRegistry& registry);

} // namespace tickgate::acme
