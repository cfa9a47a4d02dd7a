// What the gateway tells of Redis: what goes out, who asks, what is asked.
#pragma once

#include "app/families.hpp"
#include "app/histogram.hpp"
#include "app/subscriptions.hpp"
#include "ops/demand_book.hpp"
#include "redis/demand.hpp"
#include "redis/publisher.hpp"
#include "redis/requests.hpp"

namespace tickgate::app {

void put_publisher(Families& families, const redis::PublisherStats& stats);
void put_latency(Families& families, const Histogram& written, const Histogram& round_trip);
// `numbered`: instruments since the start.
void put_demand(Families& families, const SubscriptionStats& subscriptions, std::size_t numbered,
    const ops::DemandBook::Counts& counts, const redis::DemandWatcherStats& watcher);
void put_requests(Families& families, const redis::RequestStats& stats);

} // namespace tickgate::app
