// A provider that can do nothing: what a test is about is added by who derives from it.
#pragma once

#include <tickgate/provider.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::test {

class BareProvider : public DataProvider {
public:
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(std::vector<InstrumentName>, Rest&) override {
        co_return errc::not_supported;
    }
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)>, Rest&) override {
        co_return errc::not_supported;
    }
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string, int, std::uint64_t, Rest&) override {
        co_return errc::not_supported;
    }
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest, Rest&) override { co_return errc::not_supported; }
    asio::awaitable<result<BarPage>> get_bars(BarRequest, Rest&) override { co_return errc::not_supported; }
    BudgetReading read_budget(const RestResponse&) const override { return {}; }
};

} // namespace tickgate::test
