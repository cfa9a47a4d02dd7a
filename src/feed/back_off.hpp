// How long to wait before the next connection attempt.
#pragma once

#include <tickgate/error.hpp>

#include <chrono>
#include <cstdint>
#include <random>

namespace tickgate::feed {

// Exponential with full jitter: uniform in [0, min(cap, base * 2^n)]. Never gives up by itself. When the venue asked
// for a pause (rate limits, bans, location blocks) the wait is `pause` and jitter on top. One owner.
class BackOff {
public:
    struct Limits {
        std::chrono::milliseconds base{250}, cap{30000}, pause{60000};
    };
    BackOff(Limits limits, std::uint64_t seed) : limits_(limits), random_(seed) {}

    std::chrono::milliseconds next(Recovery recovery);
    void reset() noexcept { attempt_ = 0; }
    int attempt() const noexcept { return attempt_; }

private:
    Limits limits_;
    std::mt19937_64 random_;
    int attempt_ = 0;
};

} // namespace tickgate::feed
