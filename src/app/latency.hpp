// Latency histograms of the hot loop: plain counters, exported at scrape.
#pragma once

#include "redis/publisher.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace tickgate::app {

// Bucket i counts values below 2^i µs.
struct Histogram {
    std::array<std::uint64_t, 32> buckets{};
    std::uint64_t sum_us = 0, count = 0;

    void add(std::uint64_t us, std::uint64_t times = 1) noexcept {
        const auto i = static_cast<std::size_t>(std::bit_width(us));
        buckets[i < buckets.size() ? i : buckets.size() - 1] += times;
        sum_us += us * times;
        count += times;
    }
};

struct Latency final : redis::LatencySink {
    void received_to_written(std::uint64_t us, std::uint64_t messages) override { written.add(us, messages); }
    void redis_round_trip(std::uint64_t us) override { round_trip.add(us); }
    Histogram written, round_trip;
};

} // namespace tickgate::app
