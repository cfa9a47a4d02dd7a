// What the gateway tells of itself to people: providers, feeds, demand, routes, configuration.
#pragma once

#include "core/status.hpp"

#include <tickgate/instrument.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::ops {

// Counters are since the start of the process.
struct FeedView {
    std::string feed, provider; // `binance.spot`, `binance`
    FeedStatus status;
    std::array<std::uint64_t, 3> messages{}; // by Kind
    std::optional<double> lag_ms;            // venue's time to receipt, mean of what came since about ten seconds ago
    std::uint64_t gaps = 0, lost = 0, skipped = 0, rotations = 0, bytes_in = 0;
};

struct ProviderView {
    std::string provider;
    bool enabled = false;
    std::string state;  // of its best feed; `off` when it is not enabled, `idle` when nothing is wanted of it
    std::string reason; // why it is off, or what its worst feed says
    std::vector<std::string> feeds, classes;
    std::uint64_t symbols = 0; // instruments it has that somebody wants
    std::uint64_t rest_requests = 0, rest_failures = 0;
};

// Instruments in the order of their names, from behind `after` on.
struct PageQuery {
    std::vector<InstrumentName> names; // empty: all
    std::optional<AssetClass> asset_class;
    std::optional<InstrumentName> after;
    std::size_t limit = 1000; // one more is answered if there are more
};

struct LeaseView {
    std::string client;
    std::vector<std::string> channels; // `quote`, `trade`, `bar:1m`
    UnixNanos until{};                 // the last of them
};

// Who wants an instrument, and what became of that.
struct SubscriptionView {
    InstrumentName name;
    std::vector<std::string> channels;           // asked upstream, or lingering: `quote`, `trade`, `bar:1m`
    bool configured = false, subscribed = false; // by the file; by somebody who listens on Redis
    std::vector<LeaseView> leases;
    std::optional<InstrumentState> state; // empty: not told yet, or another gateway publishes
    std::string reason, provider;
    std::optional<UnixNanos> since;
};

struct RouteView {
    InstrumentName name;
    std::vector<std::string> route; // providers in order of preference
    std::string provider;           // that serves; empty: none
    std::optional<InstrumentState> state;
    std::string reason;
    std::optional<UnixNanos> since;
};

struct ConfigView {
    std::string digest;
    std::vector<std::pair<std::string, std::string>> settings; // by key, secrets masked
};

} // namespace tickgate::ops
