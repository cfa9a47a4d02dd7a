// What operations need of the gateway (src/ops), done with its providers, its demand and its publisher.
#pragma once

#include "app/demand.hpp"
#include "app/provider_set.hpp"
#include "app/subscriptions.hpp"
#include "feed/feed.hpp"
#include "ops/event_log.hpp"
#include "ops/services.hpp"
#include "redis/publisher.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tickgate::app {

using FeedList = std::vector<std::pair<std::string, feed::FeedStats>>; // by name

struct ServiceParts {
    asio::any_io_executor control, hot;
    const config::Config& config;
    const ProviderSet& providers;
    InstrumentTable& instruments;
    Subscriptions& subscriptions;
    Demand& demand;
    redis::Publisher& publisher; // on `hot`
    std::function<asio::awaitable<ops::GatewayStatus>()> status;
    std::function<asio::awaitable<FeedList>()> feeds{}; // of the hot loop
    // Each may be empty: then the operation answers that it is not at hand.
    std::function<asio::awaitable<ops::Outcome<ops::ReloadReport>>()> reload{};
    std::function<std::string()> log_level{}; // `info` and so on
    std::function<bool(std::string_view level)> set_log_level{};
};

// On `control`.
class GatewayServices final : public ops::Services {
public:
    explicit GatewayServices(ServiceParts parts);

    asio::awaitable<ops::Outcome<std::vector<ops::QuoteAnswer>>> quotes(std::vector<InstrumentName> names) override;
    asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> search(ops::SymbolQuery query) override;
    asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> find(std::vector<InstrumentName> names) override;
    asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve(std::string symbol) override;
    // The same for several at once: what is known of any of them, in every class.
    asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve_all(std::vector<std::string> symbols);
    asio::awaitable<ops::Outcome<std::vector<ops::SubscribeAnswer>>> subscribe(ops::SubscribeRequest request) override;
    asio::awaitable<ops::Outcome<std::size_t>> unsubscribe(ops::UnsubscribeRequest request) override;
    asio::awaitable<ops::Outcome<ops::GatewayStatus>> status() override;
    asio::awaitable<ops::Outcome<std::vector<ops::InstrumentStatus>>> states(
        std::vector<InstrumentName> names) override;
    std::vector<std::string> route(const InstrumentName& name) const override;
    asio::awaitable<ops::Outcome<std::vector<ops::LimitView>>> limits() override;
    asio::awaitable<ops::Outcome<ops::LatestAnswer>> latest(InstrumentName name, Timeframe timeframe) override;
    asio::awaitable<ops::Outcome<std::vector<ops::ProviderView>>> providers() override;
    asio::awaitable<ops::Outcome<std::vector<ops::FeedView>>> feeds() override;
    asio::awaitable<ops::Outcome<std::vector<ops::SubscriptionView>>> subscriptions(ops::PageQuery query) override;
    asio::awaitable<ops::Outcome<std::vector<ops::RouteView>>> routes(ops::PageQuery query) override;
    const ops::EventLog* events() const override { return &events_; }
    ops::ConfigView config() const override;
    asio::awaitable<ops::Outcome<ops::ReloadReport>> reload() override;
    std::string log_level() const override;
    bool set_log_level(std::string_view level) override;

    // An event that went to Redis.
    void add_event(std::string_view payload) { events_.add(payload); }

private:
    struct Held { // what the publisher holds of an instrument
        std::optional<redis::StateView> state;
        std::string quote; // last payload
    };
    struct Picture {
        std::vector<Held> held;
        std::string session;
        bool owner = false;
    };
    struct Lag { // of a feed's messages, to tell what the newest were late
        MonoTime at{};
        std::uint64_t sum_us = 0, count = 0;
    };
    struct LagWindow {
        Lag begin, newest;
    };

    asio::awaitable<Picture> look(std::vector<InstrumentName> names);
    // States alone, a few at a time, so that the hot loop is not held up. Empty: another gateway publishes.
    asio::awaitable<std::vector<std::optional<redis::StateView>>> states_of(std::vector<InstrumentName> names);
    std::vector<InstrumentName> page_of(const ops::PageQuery& query) const;
    ops::SubscriptionView subscription_of(const InstrumentName& name) const;
    std::optional<double> lag_of(const std::string& feed, const feed::FeedStats& stats);
    std::vector<ProviderPtr> route_of(const InstrumentName& name) const;

    ServiceParts parts_;
    ops::EventLog events_;
    std::map<std::string, LagWindow> lags_;
};

} // namespace tickgate::app
