// Latency histograms of the hot loop: plain counters, exported at scrape.
#pragma once

#include "app/histogram.hpp"
#include "redis/publisher.hpp"

#include <cstdint>

namespace tickgate::app {

struct Latency final : redis::LatencySink {
    void received_to_written(std::uint64_t us, std::uint64_t messages) override { written.add(us, messages); }
    void redis_round_trip(std::uint64_t us) override { round_trip.add(us); }
    Histogram written, round_trip;
};

} // namespace tickgate::app
