// `tickgate status`: the whole gateway at one glance.
#pragma once

#include "cli/list_command.hpp"

#include <tickgate/time.hpp>

namespace tickgate::cli {

// What the glance is made of: the elements of the API's lists.
struct Glance {
    Json gateway; // the first element of /api/v1/status
    std::vector<Json> feeds, subscriptions, limits;
};

// Why the gateway is not well, a sentence each; empty: it is. A closed market is well, so is a standby.
std::vector<std::string> complaints(const Glance& glance);

void tell_status(const Glance& glance, UnixNanos now, Output& output);

// 0: all is well; 1: something is not.
asio::awaitable<int> show_status(DaemonClient& client, Output output, std::ostream& err);

} // namespace tickgate::cli
