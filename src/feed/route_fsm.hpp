// Which provider serves an instrument. Decides; does no I/O.
#pragma once

#include "core/status.hpp"

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tickgate::feed {

// The sources of one instrument, numbered from 0 in order of preference. One of them is active, from the start the
// first. Rules:
// - An active source that is stale, down, refused or unknown is left at once for the first live one; one that is still
//   pending after `patience`.
// - A better source is taken as soon as it is live for the first time; one that has failed before is taken again after
//   it has been live without a break for `return_after`.
// - A closed market is no failure: nothing is left because of it.
// - Nothing is switched while the new source's last price is more than `jump_guard` percent away from a recent one of
//   the old source; prices that come closer, or the old price growing old, lift that.
class RouteFsm {
public:
    struct Rules {
        std::chrono::milliseconds return_after{30000};
        Decimal jump_guard = Decimal::from_integer(2); // percent; zero: no guard
        bool warm = true;                              // standbys are kept subscribed
        std::chrono::milliseconds patience{5000};      // for a source that subscribes
        std::chrono::milliseconds recent{120000};      // an older price, of either source, guards nothing
    };

    // The last price a source told: mid, or last where there are no sides.
    struct Price {
        OptionalDecimal value;
        UnixNanos at{};
    };

    struct Decision {
        enum class What : std::uint8_t {
            stay,
            switched, // active() is `to` now
            guarded,  // stays although it would switch; told once until that changes
        };
        What what = What::stay;
        std::size_t from = 0, to = 0;
        std::string_view cause; // `preferred`, `return`, or the state that the old source is in
    };

    RouteFsm(Rules rules, std::size_t sources, Moment now); // at least one source

    // Takes over what `other` knows of its source `theirs`.
    void adopt(std::size_t source, const RouteFsm& other, std::size_t theirs);
    void start_with(std::size_t source) noexcept { active_ = source; }
    // Other rules from now on; decide() says what follows.
    void set_rules(const Rules& rules) noexcept {
        rules_ = rules;
        settled_ = false;
    }

    void set_state(std::size_t source, InstrumentState state, Moment now) noexcept;
    Decision decide(Moment now, std::span<const Price> prices) noexcept;

    std::size_t active() const noexcept { return active_; }
    InstrumentState state_of(std::size_t source) const noexcept { return sources_[source].state; }
    bool guarded() const noexcept { return guarded_; }
    // Time changes nothing: the best source is live and nothing else is held.
    bool settled() const noexcept { return settled_; }

    // Whether the source is to be subscribed. Always with warm standbys; else those better than the active one, and the
    // next one while everything before it fails, kept for `return_after` after it was needed last.
    bool wanted(std::size_t source) const noexcept { return sources_[source].wanted; }

    // What the instrument is in: the active source's state if that is live or closed, stale while guarded, else the
    // best of all that are wanted (stale, closed, pending, down, refused, unknown symbol).
    InstrumentState overall() const noexcept;

private:
    struct Source {
        InstrumentState state = InstrumentState::pending;
        MonoTime since{};  // of the state
        MonoTime needed{}; // last time it had to be subscribed
        bool wanted = false;
        bool failed = false; // once, so that it must prove itself
    };
    bool fails(const Source& s, MonoTime now) const noexcept;
    bool jumps(std::span<const Price> prices, std::size_t from, std::size_t to, UnixNanos now) const noexcept;
    void plan_standbys(MonoTime now) noexcept;

    Rules rules_;
    std::vector<Source> sources_;
    std::size_t active_ = 0;
    bool guarded_ = false, settled_ = false;
};

} // namespace tickgate::feed
