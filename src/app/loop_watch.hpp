// Whether the event loops go round: what the watchdog and the metrics know of it. Pure.
#pragma once

#include "app/histogram.hpp"

#include <tickgate/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tickgate::app {

// How late a loop comes round, seen by a timer on it. Written by its loop, which also makes the copies.
class LoopDelay {
public:
    explicit LoopDelay(std::chrono::nanoseconds period) : period_(period) {}

    // The loop came round; the next time is due a period later.
    void beat(MonoTime now) noexcept {
        if (last_ != MonoTime{}) {
            const auto late = running(now);
            delays_.add(
                static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(late).count()));
            turn(now);
            longest_ = std::max(longest_, late);
        }
        last_ = now;
    }

    const Histogram& delays() const noexcept { return delays_; }

    // Of the last one to two minutes, the one that goes on included.
    std::chrono::nanoseconds longest(MonoTime now) const noexcept {
        LoopDelay at_now = *this;
        at_now.turn(now);
        return std::max({at_now.longest_, at_now.longest_before_, running(now)});
    }

private:
    static constexpr std::chrono::minutes span{1};

    std::chrono::nanoseconds running(MonoTime now) const noexcept {
        return last_ == MonoTime{}
                   ? std::chrono::nanoseconds(0)
                   : std::max<std::chrono::nanoseconds>(now - last_ - period_, std::chrono::nanoseconds(0));
    }
    void turn(MonoTime now) noexcept {
        if (now - begun_ < span)
            return;
        longest_before_ = now - begun_ < 2 * span ? longest_ : std::chrono::nanoseconds(0);
        longest_ = std::chrono::nanoseconds(0);
        begun_ = now;
    }

    std::chrono::nanoseconds period_;
    Histogram delays_;
    MonoTime last_{}, begun_{};
    std::chrono::nanoseconds longest_{0}, longest_before_{0};
};

// When the service manager is told that the process makes progress: only by the control loop, and only if the hot loop
// has gone round since it was told last. So it ends the process when either of them stands still for `limit`.
class Watchdog {
public:
    // Empty: nobody wants to be told.
    explicit Watchdog(std::optional<std::chrono::microseconds> limit) noexcept : limit_(limit) {}

    // How often look() is to be called: often enough to be heard four times within the limit.
    std::chrono::microseconds period() const noexcept {
        constexpr std::chrono::microseconds usual = std::chrono::milliseconds(250);
        return limit_ ? std::clamp<std::chrono::microseconds>(*limit_ / 4, std::chrono::milliseconds(1), usual) : usual;
    }

    // On the control loop, with the rounds of the hot loop so far. True: tell now.
    bool look(std::uint64_t hot_rounds) noexcept {
        const bool progress = hot_rounds != rounds_;
        rounds_ = hot_rounds;
        return limit_ && progress;
    }

private:
    std::optional<std::chrono::microseconds> limit_;
    std::uint64_t rounds_ = 0;
};

} // namespace tickgate::app
