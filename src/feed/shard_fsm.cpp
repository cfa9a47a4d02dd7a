#include "feed/shard_fsm.hpp"

#include <algorithm>

namespace tickgate::feed {

using std::chrono::ceil;
using std::chrono::milliseconds;

ShardFsm::ShardFsm(Timings timings, std::uint64_t seed)
    : timings_(timings), back_off_(timings.back_off, seed), random_(seed ^ 0x5bd1e995u) {}

void ShardFsm::start(MonoTime now) {
    stopped_ = false;
    places_[index(active_)].phase = Phase::waiting;
    places_[index(active_)].until = now;
}

void ShardFsm::stop() noexcept { stopped_ = true; }

void ShardFsm::begin_anew(MonoTime now) {
    for (auto& p : places_)
        if (p.phase == Phase::waiting && p.refused) {
            p.until = std::min(p.until, now);
            back_off_.reset();
        }
    if (!gave_up_)
        return;
    gave_up_ = give_up_told_ = false;
    back_off_.reset();
    if (!stopped_) {
        places_[index(active_)].phase = Phase::waiting;
        places_[index(active_)].until = now;
    }
}

void ShardFsm::wait(Place& place, Recovery recovery, milliseconds pause, MonoTime now) {
    place = Place();
    if (stopped_)
        return;
    if (recovery == Recovery::give_up) {
        gave_up_ = true;
        return;
    }
    place.phase = Phase::waiting;
    place.until = now + std::max(back_off_.next(recovery), pause);
}

void ShardFsm::link_up(int place, milliseconds life_span, MonoTime now) {
    auto& p = places_[index(place)];
    p.phase = Phase::up;
    p.since = now;
    p.replace_at.reset();
    if (life_span > milliseconds(0)) {
        // About 23 h of 24: between 94 and 97 % of the span, so that connections are not all replaced at once.
        std::uniform_int_distribution<std::int64_t> share(940, 970);
        p.replace_at = now + life_span * share(random_) / 1000;
    }
}

void ShardFsm::link_ready(int place, MonoTime now) {
    auto& p = places_[index(place)];
    if (p.phase != Phase::up)
        return;
    p.phase = Phase::ready;
    p.since = now;
}

void ShardFsm::handed_over(MonoTime) { level_ = true; }

void ShardFsm::replace(int place, MonoTime at) {
    auto& p = places_[index(place)];
    if (p.phase >= Phase::up && p.phase != Phase::closing)
        p.replace_at = at;
}

void ShardFsm::promote(MonoTime) {
    promoted_ = 1 - active_;
    active_ = 1 - active_;
    level_ = false;
}

void ShardFsm::link_ended(int place, const error_code& reason, MonoTime now, milliseconds pause) {
    auto& p = places_[index(place)];
    const auto recovery = recovery_of(reason);
    if (p.phase >= Phase::up && now - p.since >= timings_.stable_after)
        back_off_.reset();
    if (place != active_) {
        const bool was_closing = p.phase == Phase::closing;
        p = Place();
        if (!was_closing) { // the replacement failed: another one later, the active connection goes on meanwhile
            level_ = false;
            wait(p, recovery == Recovery::give_up ? Recovery::retry_later : recovery, pause, now);
            p.refused = recovery == Recovery::give_up;
        }
        return;
    }
    auto& other = places_[standby()];
    if (other.phase == Phase::up || other.phase == Phase::ready) {
        p = Place();
        promote(now);
        return;
    }
    if (other.phase == Phase::connecting || other.phase == Phase::waiting) {
        // The replacement under way becomes the connection.
        if (other.phase == Phase::waiting)
            other.until = std::max(other.until, now + pause);
        p = Place();
        active_ = 1 - active_;
        level_ = false;
        return;
    }
    wait(p, recovery, pause, now);
}

ShardFsm::Step ShardFsm::next(MonoTime now) {
    if (promoted_) {
        const int place = *promoted_;
        promoted_.reset();
        return {Act::promoted, place};
    }
    if (close_) {
        const int place = *close_;
        close_.reset();
        return {Act::close, place};
    }
    if (gave_up_ && !give_up_told_) {
        give_up_told_ = true;
        return {Act::give_up, active_};
    }
    if (stopped_ || gave_up_)
        return {};
    auto& active = places_[index(active_)];
    auto& other = places_[standby()];
    if (active.replace_at && *active.replace_at <= now && other.phase == Phase::idle) {
        other.phase = Phase::waiting;
        other.until = now;
        active.replace_at.reset();
    }
    for (const int place : {active_, 1 - active_}) {
        auto& p = places_[index(place)];
        if (p.phase == Phase::waiting && p.until <= now) {
            p.phase = Phase::connecting;
            return {Act::start, place};
        }
    }
    if (other.phase == Phase::ready && active.phase >= Phase::up && active.phase != Phase::closing) {
        const auto together = now - other.since;
        if ((level_ && together >= timings_.overlap) || together >= timings_.overlap_limit) {
            active.phase = Phase::closing;
            close_ = active_;
            promote(now);
            return next(now);
        }
    }
    return {};
}

std::optional<milliseconds> ShardFsm::retry_in(MonoTime now) const noexcept {
    const auto& p = places_[index(active_)];
    if (p.phase != Phase::waiting)
        return std::nullopt;
    return std::max(ceil<milliseconds>(p.until - now), milliseconds(0));
}

} // namespace tickgate::feed
