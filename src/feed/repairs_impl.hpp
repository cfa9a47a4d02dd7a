// What repairs keep of a bar channel, and of a hole between its gap_opened and its gap_closed.
#pragma once

#include "feed/repairs.hpp"

namespace tickgate::feed {

struct Repairs::Told { // a final bar as it was published
    UnixNanos open_time{};
    Decimal open, high, low, close;
    OptionalDecimal volume, vwap;
    std::optional<std::int64_t> trades;
    bool confirmed = false;
};

struct Repairs::BarTrack {
    UnixNanos open_time{}, close_time{}; // of the latest message
    UnixNanos newest = UnixNanos::min(); // open time
    bool final = false, any = false;
    bool forming = false; // it tells bars while they form
    bool from_ticks = false;
    std::optional<BarVariant> variant;      // as published
    bool another = false;                   // the provider changed: what REST tells is to be looked up again
    bool told_by_rest = false;              // that variant
    std::vector<Told> told;                 // the last ones
    UnixNanos forgotten = UnixNanos::min(); // open time of the newest one that is not among them any more
    // To be asked again: bars that open in [from, to); empty: none.
    UnixNanos from = UnixNanos::max(), to = UnixNanos::min();
    UnixNanos asked_to = UnixNanos::max(); // every bar that opened earlier was asked
    MonoTime not_before{};
    std::uint32_t service = 0;                            // counts the changes of the provider
    int orders = 0;                                       // of this provider in progress
    std::optional<std::pair<UnixNanos, UnixNanos>> joint; // the source changed in this span: asked of the new one
    bool listed = false;
};

struct Repairs::Gap {
    enum class Phase : std::uint8_t {
        remembered, // of an earlier session: opened by the first message
        open,       // the feed is away
        waiting,    // it is back: the next message ends the hole
        repairing,
    };
    std::uint64_t id = 0;
    std::uint32_t channel = 0;
    Phase phase = Phase::open;
    Event opened;
    std::optional<std::uint64_t> lost; // by the feed's count
    MonoTime until{};                  // waiting: for the first message; then of the repair
    std::uint64_t order = 0;           // in progress
    std::uint64_t filled = 0;
    // What was published last before it, and first after it.
    std::string before_provider, after_provider;
    std::uint64_t before_id = 0, after_id = 0;
    bool contiguous = false;
    std::optional<UnixNanos> before_at, after_at;
    std::optional<UnixNanos> ended;                         // our clock: the feed was back
    std::vector<std::uint64_t> before_prints, after_prints; // in the seconds of both; those found are taken out
    bool prints_full = false;                               // there may have been more before
    bool before_unknown = false; // an earlier session published them: those of the last moment count as repeats
    bool doubtful = false;       // what was taken for a repeat need not have been one
};

inline std::int64_t second_of(UnixNanos t) noexcept {
    return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

} // namespace tickgate::feed
