// What live streams need of the gateway.
#pragma once

#include "app/demand.hpp"
#include "app/services.hpp"
#include "core/instrument_table.hpp"
#include "redis/publisher.hpp"
#include "redis/tap.hpp"
#include "stream/hub.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace tickgate::app {

struct StreamParts {
    asio::any_io_executor hot;
    const config::Config& config;
    InstrumentTable& instruments;
    GatewayServices& services;
    Demand& demand;
    redis::Publisher& publisher; // on `hot`
    redis::Tap& tap;
};

// On `control`. What clients follow is one more reason to want a channel: a lease that lasts while there is a client.
class StreamHost final : public stream::Host {
public:
    explicit StreamHost(StreamParts parts) : parts_(std::move(parts)) {}

    std::optional<InstrumentId> find(const InstrumentName& name) const override {
        return parts_.instruments.find(name);
    }
    InstrumentId intern(const InstrumentName& name) override { return parts_.instruments.intern(name); }
    std::string unservable(const InstrumentName& name) const override;
    std::vector<ops::DataName> usual(const InstrumentName& name) const override { return parts_.demand.usual(name); }
    std::vector<Timeframe> timeframes() const override { return parts_.config.publish.timeframes; }
    std::string_view want(const ops::DataName& name) override;
    void release(const ops::DataName& name) override;
    void apply() override;
    void tap(InstrumentId instrument, std::uint8_t kinds) override { parts_.tap.want(instrument, kinds); }
    void ask(std::shared_ptr<redis::TapSnapshot> snapshot) override;
    asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve(std::vector<std::string> symbols) override;

private:
    StreamParts parts_;
    bool changed_ = false;
};

} // namespace tickgate::app
