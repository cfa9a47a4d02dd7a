// Settings, clusters and endpoints of the Massive adapter.
#pragma once

#include "core/secret.hpp"

#include <tickgate/provider.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::massive {

// An asset-class path of the WebSocket host; one connection serves one cluster.
enum class Cluster : std::uint8_t { stocks, options, forex, crypto, indices, futures };
inline constexpr std::array all_clusters{
    Cluster::stocks, Cluster::options, Cluster::forex, Cluster::crypto, Cluster::indices, Cluster::futures};
std::string_view part_of(Cluster c) noexcept; // `stocks`
std::optional<Cluster> cluster_from(std::string_view part) noexcept;
AssetClass class_of(Cluster c) noexcept;
std::optional<Cluster> cluster_of(AssetClass c) noexcept; // empty for cfd

// Settings: api_key, plan, delayed, endpoints.{ws,rest,s3}, crypto_exchange, lot_size, luld, fmv, adjusted,
// s3.{access_key,secret_key,monthly_gb}, limits.{connections,requests_per_minute,requests_per_day}. Other keys are let
// pass.
struct Settings {
    Secret api_key;
    std::string ws; // empty: the vendor's host for the plan
    std::string rest = "https://api.massive.com";
    bool business = false;             // plan: `business` and names that begin so: own hosts, three connections
    bool free_plan = false;            // plan: `free` or `basic`: five requests a minute
    bool delayed = false;              // the 15-minute delayed host (stocks, options, indices; futures 10 minutes)
    std::string crypto_exchange = "1"; // whose XQ quotes stand for crypto, as the venue writes its id (1: Coinbase)
    int lot_size = 1;                  // stocks quote sizes are multiplied by it; shares since 2025-11-03
    bool luld = true;                  // price bands with the quotes of stocks (real time only)
    bool fmv = false;                  // fair market values with the quotes (business plans)
    bool adjusted = false;             // bars by REST adjusted for splits
    std::int64_t requests_per_minute = 6000;
    std::int64_t requests_per_day = 0; // 0: no limit
    std::size_t connections = 1;       // per cluster

    // Flat files: a key pair of their own.
    std::string s3 = "https://files.massive.com";
    std::string s3_access_key;
    Secret s3_secret_key;
    std::int64_t s3_monthly_gb = 0; // 10^9 bytes downloaded a month at most; 0: no limit

    std::chrono::milliseconds s3_retry_pause{1000};

    bool flat_files() const noexcept { return !s3_access_key.empty() && !s3_secret_key.empty(); }

    bool delayed_on(Cluster c) const noexcept; // forex and crypto exist on the real-time host only
    std::string stream_url(Cluster c) const;
};

// Fails with a sentence in `problem`, which never holds the key.
result<Settings> read_settings(const ProviderSettings& settings, std::string& problem);

} // namespace tickgate::massive
