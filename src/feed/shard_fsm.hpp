// When one shard of a feed connects, waits, replaces its connection and gives up. Decides; does no I/O.
#pragma once

#include "feed/back_off.hpp"

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tickgate::feed {

// A shard has one connection, and for the time of a planned rotation a second one: its replacement. The two places
// are numbered 0 and 1; `active()` is the one that serves.
//
//     fsm.…(event, now);  while ((step = fsm.next(now)).act != Act::none) do it
class ShardFsm {
public:
    struct Timings {
        BackOff::Limits back_off;
        std::chrono::milliseconds stable_after{10000};  // up this long: the next failure starts from the base again
        std::chrono::milliseconds overlap{5000};        // both connections live, before the old one is closed
        std::chrono::milliseconds overlap_limit{30000}; // quiet channels are not waited for any longer
    };
    enum class Act : std::uint8_t {
        none,
        start,    // open a connection in `place`
        close,    // close the one in `place`, in order; it has been replaced
        promoted, // `place` serves from now on
        give_up,  // credentials refused: no further attempt without a person
    };
    struct Step {
        Act act = Act::none;
        int place = 0;
    };

    ShardFsm(Timings timings, std::uint64_t seed);

    void start(MonoTime now);
    void stop() noexcept;          // no further attempts
    void begin_anew(MonoTime now); // credentials are others: those that were refused keep nothing waiting
    void link_up(int place, std::chrono::milliseconds life_span, MonoTime now); // connected; life span 0: unlimited
    void link_ready(int place, MonoTime now);                                   // everything wanted is acknowledged
    void handed_over(MonoTime now); // every channel is level on both connections
    // `pause`: at least so long before the next attempt, whatever the back-off says.
    void link_ended(int place, const error_code& reason, MonoTime now,
        std::chrono::milliseconds pause = std::chrono::milliseconds(0));
    void replace(MonoTime now) { replace(active_, now); } // the venue announced the end of the active connection
    void replace(int place, MonoTime at);                 // of this one, from then on; heeded once it is the active one

    Step next(MonoTime now);

    int active() const noexcept { return active_; }
    bool rotating() const noexcept { return places_[standby()].phase != Phase::idle; }
    bool is_up(int place) const noexcept { return places_[index(place)].phase >= Phase::up; }
    bool gave_up() const noexcept { return gave_up_; }
    std::optional<std::chrono::milliseconds> retry_in(MonoTime now) const noexcept; // while waiting
    int attempt() const noexcept { return back_off_.attempt(); }

private:
    enum class Phase : std::uint8_t { idle, waiting, connecting, up, ready, closing };
    struct Place {
        Phase phase = Phase::idle;
        MonoTime until{}; // waiting: next attempt
        MonoTime since{}; // up, ready
        std::optional<MonoTime> replace_at;
        bool refused = false; // waiting: the credentials were
    };
    static std::size_t index(int place) noexcept { return static_cast<std::size_t>(place); }
    std::size_t standby() const noexcept { return index(1 - active_); }
    void wait(Place& place, Recovery recovery, std::chrono::milliseconds pause, MonoTime now);
    void promote(MonoTime now);

    Timings timings_;
    BackOff back_off_;
    std::mt19937_64 random_;
    std::array<Place, 2> places_;
    int active_ = 0;
    bool stopped_ = true, gave_up_ = false, give_up_told_ = false, level_ = false;
    std::optional<int> promoted_, close_;
};

} // namespace tickgate::feed
