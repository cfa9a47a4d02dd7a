// What operations need of the gateway (src/ops), done with its providers, its demand and its publisher.
#pragma once

#include "app/demand.hpp"
#include "app/provider_set.hpp"
#include "app/subscriptions.hpp"
#include "ops/services.hpp"
#include "redis/publisher.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tickgate::app {

struct ServiceParts {
    asio::any_io_executor control, hot;
    const config::Config& config;
    const ProviderSet& providers;
    InstrumentTable& instruments;
    Subscriptions& subscriptions;
    Demand& demand;
    redis::Publisher& publisher; // on `hot`
    std::function<asio::awaitable<ops::GatewayStatus>()> status;
};

// On `control`.
class GatewayServices final : public ops::Services {
public:
    explicit GatewayServices(ServiceParts parts) : parts_(std::move(parts)) {}

    asio::awaitable<ops::Outcome<std::vector<ops::QuoteAnswer>>> quotes(std::vector<InstrumentName> names) override;
    asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> search(ops::SymbolQuery query) override;
    asio::awaitable<ops::Outcome<std::vector<ops::SymbolInfo>>> find(std::vector<InstrumentName> names) override;
    asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve(std::string symbol) override;
    asio::awaitable<ops::Outcome<std::vector<ops::SubscribeAnswer>>> subscribe(ops::SubscribeRequest request) override;
    asio::awaitable<ops::Outcome<std::size_t>> unsubscribe(ops::UnsubscribeRequest request) override;
    asio::awaitable<ops::Outcome<ops::GatewayStatus>> status() override;
    asio::awaitable<ops::Outcome<std::vector<ops::InstrumentStatus>>> states(
        std::vector<InstrumentName> names) override;
    std::vector<std::string> route(const InstrumentName& name) const override;
    asio::awaitable<ops::Outcome<std::vector<ops::LimitView>>> limits() override;
    asio::awaitable<ops::Outcome<ops::LatestAnswer>> latest(InstrumentName name, Timeframe timeframe) override;

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
    asio::awaitable<Picture> look(std::vector<InstrumentName> names);
    std::vector<ProviderEntry*> route_of(const InstrumentName& name) const;

    ServiceParts parts_;
};

} // namespace tickgate::app
