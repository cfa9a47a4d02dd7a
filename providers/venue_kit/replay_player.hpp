// Captured frames played in their time, at any venue.
#pragma once

#include "venue_kit/replay.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <functional>

namespace tickgate::venue_kit {

struct ReplayOptions {
    double speed = 1.0; // 0: flat out
    bool loop = false;
    std::size_t hold = 1; // subscriptions needed before it begins
};

// Begins when enough is subscribed. Time stands still while `stalled`: nothing of a capture is lost by it. Who gets a
// frame is the venue's matter.
class ReplayPlayer {
public:
    using Deliver = std::function<void(const ReplayFrame& frame, std::size_t index)>;

    ReplayPlayer(Replay replay, ReplayOptions options) : replay_(std::move(replay)), options_(options) {}

    // Plays what is due, at most `limit` frames (flat out everything is due at once). Returns how many were played.
    std::size_t advance(MonoTime now, std::size_t subscribed, bool stalled, std::size_t limit, const Deliver& deliver);

    bool flat_out() const noexcept { return options_.speed <= 0; }
    bool begun() const noexcept { return begun_; }
    bool done() const noexcept { return position_ == frames().size() && !options_.loop; }
    std::size_t position() const noexcept { return position_; } // frames before it were played (in this round)
    std::uint64_t played() const noexcept { return played_; }
    MonoTime next_due() const noexcept; // max() before the beginning and after the end
    const std::vector<ReplayFrame>& frames() const noexcept { return replay_.frames(); }

private:
    MonoTime due(std::size_t index) const noexcept;

    Replay replay_;
    ReplayOptions options_;
    bool begun_ = false;
    MonoTime start_{}, last_{};
    std::size_t position_ = 0;
    std::uint64_t played_ = 0;
};

} // namespace tickgate::venue_kit
