// What a simulated Massive venue is told at its start.
#pragma once

#include "venue_kit/command.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tickgate::massive_venue {

namespace kit = venue_kit;

struct MassiveOptions {
    kit::VenueSettings common;

    std::vector<std::string> clusters; // those the plan has (`stocks`, `forex`); empty: all
    // Channels the plan lacks, `Q` or `options:Q`: their pairs are answered with `not authorized`. Imbalances and
    // level-2 books are never in a plan here; FMV is on the business paths alone.
    std::vector<std::string> refused;
    std::vector<std::string> rest_refused; // paths that answer 403, by their beginning (`/v3/quotes`)
    bool delayed = false;                  // event times (and history) end 15 minutes ago; REST says DELAYED

    std::size_t max_connections = 1;     // with a valid key, of each cluster; business paths three
    std::size_t option_contracts = 1000; // pairs of options Q held by a connection
    std::size_t rest_per_minute = 0;     // requests, rolling; 0: no limit
    std::size_t history_days = 0;        // aggregates older than that are 403; 0: no limit
    bool answer_repeats = false;         // acknowledge pairs already held
    bool market_hours = false;           // history of stocks, options and indices has bars in market hours only
    std::size_t stray_prints = 0;        // per thousand: extra stock trades that must not move the last price

    // The door of the flat files (path /flatfiles): its one key pair; without `common.key` none is looked at.
    std::string s3_access_key = "test", s3_secret_key = "test-secret";
    std::size_t tick_file_symbols = 5; // instruments in files of trades and quotes; those of bars hold all
    std::chrono::hours file_delay{11}; // from a day's end to its files, by the day's own clock

    std::chrono::milliseconds delay{std::chrono::minutes(15)};
    std::chrono::milliseconds auth_deadline{std::chrono::seconds(10)};
    std::chrono::milliseconds ack_delay{5};       // acknowledgements wait so long for data to share a frame with
    std::chrono::milliseconds minute_delay{1000}; // from the end of a minute to its bar
    std::chrono::milliseconds second_delay{200};
    std::chrono::milliseconds luld_interval{std::chrono::seconds(30)}; // of each symbol's price bands
};

} // namespace tickgate::massive_venue
