// The request budget of one provider key: what may be sent now, and when the next request may go.
#pragma once

#include "core/rolling_window.hpp"

#include <tickgate/provider.hpp>
#include <tickgate/rest.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace tickgate::budget {

struct BudgetState {
    std::int64_t limit = 0, used = 0; // of the running window; limit 0: none
    std::uint64_t waits = 0, pauses = 0;
    std::chrono::milliseconds paused_for{0}; // what is left of a pause the venue asked for
    bool banned = false;
};

// No I/O and no clock of its own. One loop.
//
// A true rolling window of our own requests, corrected upwards by what the venue says was used (other processes behind
// the same address draw from the same budget). A tenth of the limit is never used: the venue's window and ours differ
// by the time a request travels, and a ban costs more than a wait. During a pause (Retry-After) nothing goes out at
// all.
class RequestBudget {
public:
    explicit RequestBudget(RequestBudgetSpec spec);

    // Takes `weight` if it may be sent at `now` and returns zero; else nothing is taken and the answer is how long to
    // wait before asking again. A weight above the whole limit is let through alone, when the window is empty.
    std::chrono::milliseconds acquire(std::int64_t weight, MonoTime now);

    // What an answer said.
    void learn(const BudgetReading& reading, MonoTime now);

    // While a pause is in force: how long it lasts, and whether it is a ban.
    std::optional<std::chrono::milliseconds> pause_left(MonoTime now) const noexcept;
    BudgetState state(MonoTime now);

private:
    std::int64_t usable() const noexcept { return spec_.weight_limit - spec_.weight_limit / 10; }

    RequestBudgetSpec spec_;
    std::int64_t configured_;
    RollingWindow window_;
    MonoTime paused_until_{};
    bool banned_ = false;
    std::uint64_t waits_ = 0, pauses_ = 0;
};

} // namespace tickgate::budget
