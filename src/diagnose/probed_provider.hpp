// A provider whose sessions tell where they connect to; everything else is the provider's own.
#pragma once

#include <tickgate/provider.hpp>

#include <memory>
#include <string>

namespace tickgate::diagnose {

class ProbedProvider final : public DataProvider {
public:
    // `inner` outlives this and its sessions.
    explicit ProbedProvider(DataProvider& inner) : inner_(inner), address_(std::make_shared<std::string>()) {}

    // Of the latest session's stream, as it was planned; empty: none so far. May hold credentials.
    const std::string& stream_address() const noexcept { return *address_; }

    std::string_view name() const noexcept override { return inner_.name(); }
    const Capabilities& capabilities() const noexcept override { return inner_.capabilities(); }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override {
        return inner_.find_instruments(std::move(names), rest);
    }
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override {
        return inner_.list_instruments(std::move(sink), rest);
    }
    asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string text, std::size_t limit, Rest& rest) override {
        return inner_.search_instruments(std::move(text), limit, rest);
    }
    int weight_of(std::string_view part, const Subscription& s) const noexcept override {
        return inner_.weight_of(part, s);
    }
    int group_of(std::string_view part, const Subscription& s) const noexcept override {
        return inner_.group_of(part, s);
    }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<std::string>> renew(std::string part, Rest& rest) override {
        return inner_.renew(std::move(part), rest);
    }
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override {
        return inner_.get_quotes(std::move(request), rest);
    }
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override {
        return inner_.get_bars(std::move(request), rest);
    }
    result<BarHistory> bar_history(const InstrumentName& instrument, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const override {
        return inner_.bar_history(instrument, timeframe, wanted);
    }
    BudgetReading read_budget(const RestResponse& answer) const override { return inner_.read_budget(answer); }

private:
    DataProvider& inner_;
    std::shared_ptr<std::string> address_;
};

} // namespace tickgate::diagnose
