#include "budget/request_budget.hpp"

#include <algorithm>

namespace tickgate::budget {

using std::chrono::ceil;
using std::chrono::milliseconds;

RequestBudget::RequestBudget(RequestBudgetSpec spec)
    : spec_(std::move(spec)), configured_(spec_.weight_limit), window_(spec_.window) {}

milliseconds RequestBudget::acquire(std::int64_t weight, MonoTime now) {
    if (const auto pause = pause_left(now)) {
        ++waits_;
        return *pause;
    }
    banned_ = false;
    if (spec_.weight_limit > 0) {
        const auto at = window_.free_at(weight, usable(), now);
        if (at > now) {
            ++waits_;
            return std::max(ceil<milliseconds>(at - now), milliseconds(1));
        }
    }
    window_.record(weight, now);
    return milliseconds(0);
}

void RequestBudget::learn(const BudgetReading& reading, MonoTime now) {
    if (reading.used_weight) {
        // What others used is dated now: the cautious side, it expires a window from here.
        const auto unseen = *reading.used_weight - window_.used(now);
        if (unseen > 0)
            window_.record(unseen, now);
    }
    // The smaller of what is configured and what the venue says now.
    if (reading.limit && (configured_ == 0 || *reading.limit < configured_))
        spec_.weight_limit = *reading.limit;
    if (reading.pause) {
        paused_until_ = std::max(paused_until_, now + *reading.pause);
        banned_ = banned_ || reading.banned;
        ++pauses_;
    }
}

std::optional<milliseconds> RequestBudget::pause_left(MonoTime now) const noexcept {
    if (paused_until_ <= now)
        return std::nullopt;
    return std::max(ceil<milliseconds>(paused_until_ - now), milliseconds(1));
}

BudgetState RequestBudget::state(MonoTime now) {
    BudgetState s;
    s.limit = spec_.weight_limit;
    s.used = window_.used(now);
    s.waits = waits_;
    s.pauses = pauses_;
    s.paused_for = pause_left(now).value_or(milliseconds(0));
    s.banned = banned_ && s.paused_for.count() > 0;
    return s;
}

} // namespace tickgate::budget
