// Joins who wants data (configuration, subscribers seen on Redis, leases) to what is asked upstream.
#pragma once

#include "app/subscriptions.hpp"
#include "ops/demand_book.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::app {

// Who holds the leases of all streams; no request may use this name.
inline constexpr std::string_view streams_holder = "stream";

// On `control`.
class Demand {
public:
    // Tells of demand that is not even taken down, since a limit of the gateway is reached.
    using Refuse = std::function<void(const ops::Refusal& refusal)>;

    Demand(asio::any_io_executor control, const config::Config& config, InstrumentTable& instruments,
        Subscriptions& subscriptions, Refuse refuse);

    void set_configured(const std::vector<InstrumentName>& symbols);
    // What is published of whom, and how long it stays, was changed.
    void reconfigure(const config::Config& config);
    // The channels that somebody listens to, without their prefix.
    void set_subscribed(const std::vector<std::string>& channels);
    // Why there is no lease; empty: there is one.
    std::string_view lease(std::string_view client, const ops::DataName& name, MonoTime until);
    std::size_t end_lease(std::string_view client, const std::vector<ops::DataName>& names); // empty: all of the client
    void apply();

    // What the configuration publishes of any instrument.
    std::vector<ops::DataName> usual(const InstrumentName& name) const;
    const ops::DemandBook::Counts& counts() const noexcept { return book_.counts(); }
    // What is asked of whom: by subscribers, leases, the configuration, or lingering.
    const std::map<InstrumentName, std::set<Subscription>>& wanted() const noexcept { return wanted_; }
    ops::DemandBook::Standing standing(const ops::DataName& name) const { return book_.standing(name); }

    asio::awaitable<void> run(); // lingers and leases that end; until stop()
    void stop();

private:
    config::Publish publish_;
    Subscriptions& subscriptions_;
    Refuse refuse_;
    ops::DemandBook book_;
    std::set<InstrumentName> configured_;
    std::map<InstrumentName, std::set<Subscription>> wanted_;
    asio::steady_timer timer_;
    bool stopping_ = false;
};

} // namespace tickgate::app
