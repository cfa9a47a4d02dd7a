// The request budget of one provider key: what may be sent now, and when the next request may go.
#pragma once

#include "budget/limit_window.hpp"

#include <tickgate/provider.hpp>
#include <tickgate/rest.hpp>
#include <tickgate/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::budget {

// All limits of a budget; the first is RequestBudgetSpec's own, which headers refine.
std::vector<LimitSpec> limits_of(const RequestBudgetSpec& spec);

// What a request takes.
struct Cost {
    std::int64_t weight = 1;
    std::int64_t bytes = 0; // expected, 0: not known
};

// What was taken; given back to settle() or undo() exactly once.
struct Taken {
    Cost cost;
    bool probe = false;
};

struct WindowView {
    std::string window; // label_of()
    LimitSpec spec;
    std::int64_t used = 0;
    std::int64_t remaining = 0;            // what may still go; a tenth of rolling windows and buckets is kept free
    std::chrono::milliseconds reset_in{0}; // until nothing is used, if nothing more goes
};

// Who tells a reading: an answer that was well, one that refused (429, 418 and their likes), or a body.
enum class Told : std::uint8_t { well, refused, body };

// No I/O and no clock of its own. One loop.
//
// All limits must allow a request. During a pause nothing goes at all. After a pause that a refusal caused, one request
// alone tries whether the venue is content again; refused again, the next pause is twice as long (up to 64 times),
// until an answer is well.
class RequestBudget {
public:
    explicit RequestBudget(const RequestBudgetSpec& spec);

    // Whether the cost may go now, and then it is taken.
    bool take(Cost cost, Moment now, Taken& taken);
    void settle(const Taken& taken, Moment now); // the venue has counted it
    void undo(const Taken& taken, Moment now);   // it was never sent

    // How long until the cost may go after `ahead` weight of others; never too long. Zero: now.
    std::chrono::nanoseconds wait(Cost cost, std::int64_t ahead, Moment now);

    // What an answer said. Used weight corrects the first limit upwards (others draw from the same budget); a limit
    // counts where it is smaller than ours.
    void learn(const BudgetReading& reading, Told told, Moment now);

    std::chrono::nanoseconds pause_left(Moment now) const noexcept; // zero: none
    bool probing() const noexcept { return probe_out_; }
    bool banned(Moment now) const noexcept { return banned_ && pause_left(now).count() > 0; }
    std::uint64_t pauses() const noexcept { return pauses_; }
    const std::string& name() const noexcept { return name_; }
    std::vector<LimitSpec> limits() const;
    std::vector<LimitSpec> usable() const; // with what is kept free taken off
    std::vector<WindowView> view(Moment now);

    // What is used, and pauses, as lines of text that outlive the process. A restore adds to what is there; lines that
    // fit no limit of today are ignored. False: not a snapshot.
    std::string snapshot(Moment now);
    bool restore(std::string_view text, Moment now);

private:
    static std::int64_t amount(const LimitSpec& spec, const Cost& cost) noexcept {
        return spec.unit == LimitSpec::Unit::bytes ? std::max<std::int64_t>(cost.bytes, 1) : cost.weight;
    }
    void pause(const BudgetReading& reading, Told told, Moment now);

    std::string name_;
    std::vector<std::unique_ptr<LimitWindow>> windows_;
    std::int64_t configured_ = 0; // limit of the first
    MonoTime paused_until_{};
    bool banned_ = false, probe_out_ = false;
    int refusals_ = 0; // in a row
    std::uint64_t pauses_ = 0;
};

} // namespace tickgate::budget
