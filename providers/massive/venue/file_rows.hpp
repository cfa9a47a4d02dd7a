// The text of flat files.
#pragma once

#include "massive/venue/cluster_market.hpp"

#include <string>
#include <string_view>

namespace tickgate::massive_venue {

// Where a day of the files begins: midnight in New York for stocks, options and indices, of UTC for the others.
UnixNanos file_begin(Cluster cluster, std::chrono::sys_days day) noexcept;

// A whole file of that type (`minute_aggs_v1`), with its header. Files of ticks hold the first `tick_symbols`
// instruments, those of bars all.
std::string file_text(
    ClusterMarket& market, std::string_view type, std::chrono::sys_days day, std::size_t tick_symbols);

std::string compressed(std::string text); // gzip, the same bytes for the same text

} // namespace tickgate::massive_venue
