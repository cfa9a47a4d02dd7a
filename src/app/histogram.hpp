// Counters of a histogram in microseconds, exported at scrape.
#pragma once

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

} // namespace tickgate::app
