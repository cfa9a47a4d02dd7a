// The price path all simulated venues share.
#pragma once

#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace tickgate::venue_kit {

// A random-looking walk that is a pure function of (seed, canonical symbol, time): two venues with the same seed quote
// the same instrument alike, and any moment of the past can be asked. Integer arithmetic only. The ratio to the base
// price stays within about 0.75 and 1.25. Keeps the last interval of each octave, so calls in time order are cheap.
class PricePath {
public:
    // `canonical`: `BTC-USDT`, the same at every venue.
    PricePath(std::uint64_t seed, std::string_view canonical) noexcept;

    // Price over base price, in parts per thousand million.
    std::int64_t ratio_ppb(UnixNanos t) noexcept;

    // base * ratio, rounded to the nearest unit; at least 1. `base` in any unit up to 10^17.
    std::int64_t price(std::int64_t base, UnixNanos t) noexcept;

    std::uint64_t key() const noexcept { return key_; }

private:
    static constexpr std::size_t octaves = 10;
    struct Segment {
        std::int64_t index = INT64_MIN;
        std::int64_t left = 0, right = 0; // in units of 2^-20
    };

    std::uint64_t key_;
    std::array<Segment, octaves> segments_{};
};

} // namespace tickgate::venue_kit
