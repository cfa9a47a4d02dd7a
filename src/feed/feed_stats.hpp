// What a feed counts.
#pragma once

#include "core/status.hpp"

#include <tickgate/feed_session.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tickgate::feed {

// Plain counters, written on the hot loop and copied there.
struct FeedStats {
    std::array<std::uint64_t, 3> messages{}; // by Kind
    std::array<std::uint64_t, skip_count> skipped{};
    std::array<std::uint64_t, 40> latency{};           // venue → received, bucket i: below 2^i µs
    std::uint64_t latency_sum_us = 0, clock_ahead = 0; // event times ahead of our clock
    std::uint64_t gaps = 0, gaps_closed = 0, lost = 0, reconnects = 0, rotations = 0, connect_attempts = 0;
    std::uint64_t bytes_in = 0, frames_in = 0, reads = 0;
    // Messages to the venue within the last second, answers to its pings among them, of the connection that sent most.
    std::int64_t sent_lately = 0;
    std::map<std::string, std::uint64_t> ends; // ended connections by reason
    // Counted when asked for: instruments by InstrumentState, those whose market is open (before and after the regular
    // session too), and channels with a hole that has not ended, by whether it is.
    std::array<std::uint64_t, 7> instruments{};
    std::uint64_t open_instruments = 0, gaps_open = 0, gaps_open_closed_market = 0;
    FeedStatus status;
};

// One instrument as a feed sees it.
struct InstrumentStats {
    std::array<std::uint64_t, 3> messages{}; // by Kind, since it was subscribed
    std::optional<UnixNanos> last;           // data came, to a second
};

} // namespace tickgate::feed
