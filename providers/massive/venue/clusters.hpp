// Clusters, channels and how instruments are written on each.
#pragma once

#include "massive/venue/options.hpp"
#include "venue_kit/symbols.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive_venue {

enum class Cluster : std::uint8_t { stocks, options, forex, crypto, indices, futures };
inline constexpr std::size_t cluster_count = 6;
inline constexpr std::array<Cluster, cluster_count> all_clusters{
    Cluster::stocks, Cluster::options, Cluster::forex, Cluster::crypto, Cluster::indices, Cluster::futures};

std::string_view to_string(Cluster cluster) noexcept; // `stocks`

// Where a connection's path leads: `/stocks`, `/business/stocks`, `/futures/cme`. Empty: nowhere.
struct Door {
    Cluster cluster = Cluster::stocks;
    bool business = false;
};
std::optional<Door> door_of(std::string_view path) noexcept;

enum class Channel : std::uint8_t { trade, quote, second, minute, luld, fmv, imbalance, book };
inline constexpr std::size_t channel_count = 8;

// The channel of a cluster by its prefix (`T`, `XAS`); empty: the cluster has none of that name.
std::optional<Channel> channel_from(Cluster cluster, std::string_view prefix) noexcept;
std::string_view prefix_of(Cluster cluster, Channel channel) noexcept; // empty if it has none

// The symbols of a cluster's synthetic market; `now` decides which contracts are alive.
std::vector<kit::SyntheticSymbol> symbols_of(Cluster cluster, const MassiveOptions& options, UnixNanos now);

// As the stream writes it: `AAPL`, `O:AAPL…`, `EUR/USD`, `BTC-USD`, `I:SPX`, `ESZ5`.
std::string wire_name(Cluster cluster, const kit::SyntheticSymbol& symbol);
// As REST writes it: `AAPL`, `O:AAPL…`, `C:EURUSD`, `X:BTCUSD`, `I:SPX`, `ESZ5`.
std::string rest_name(Cluster cluster, const kit::SyntheticSymbol& symbol);
// What a client may write for it, brought to the stream's form: `EUR-USD`, `C:EURUSD` become `EUR/USD`.
std::string normalised(Cluster cluster, std::string_view text);
// The cluster of a REST ticker, by its prefix.
Cluster cluster_of_ticker(std::string_view ticker) noexcept;

} // namespace tickgate::massive_venue
