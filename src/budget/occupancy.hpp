// How long a budget was in use, and how long it was closed.
#pragma once

#include <tickgate/time.hpp>

#include <algorithm>
#include <chrono>

namespace tickgate::budget {

// No clock of its own: told whenever something changes, and asked with the time.
class Occupancy {
public:
    // From `now` on: a request is in flight, somebody waits, and the budget is closed until then anyhow.
    void set(bool busy, bool waiting, MonoTime closed_until, MonoTime now) noexcept {
        advance(now);
        busy_now_ = busy;
        waiting_now_ = waiting;
        closed_until_ = closed_until;
    }
    void advance(MonoTime now) noexcept {
        if (at_ == MonoTime{} || now <= at_) {
            at_ = std::max(at_, now);
            return;
        }
        const auto all = now - at_;
        const auto closed = waiting_now_ ? all : std::clamp<std::chrono::nanoseconds>(closed_until_ - at_, zero, all);
        busy_ += busy_now_ ? all : zero;
        closed_ += closed;
        either_ += busy_now_ ? all : closed;
        at_ = now;
    }
    std::chrono::duration<double> busy() const noexcept { return busy_; }     // a request in flight
    std::chrono::duration<double> closed() const noexcept { return closed_; } // somebody waits, or closed anyhow
    std::chrono::duration<double> either() const noexcept { return either_; }

private:
    static constexpr std::chrono::nanoseconds zero{0};
    bool busy_now_ = false, waiting_now_ = false;
    MonoTime closed_until_{}, at_{};
    std::chrono::nanoseconds busy_{0}, closed_{0}, either_{0};
};

} // namespace tickgate::budget
