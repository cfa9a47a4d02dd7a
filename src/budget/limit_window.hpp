// One limit of a budget: how much of it is used, and when more may go.
#pragma once

#include <tickgate/provider.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickgate::budget {

// No I/O, no clock of its own. Amounts are weights or bytes, by the unit of the limit.
//
// The venue counts a request at some moment between its start and its answer. So an amount that was taken is *in
// flight*, and used without an end, until it is settled; only from then on it grows old. Whatever the travel times are,
// a venue that counts as strictly as the limit says never sees more than the limit.
class LimitWindow {
public:
    static std::unique_ptr<LimitWindow> make(const LimitSpec& spec);
    virtual ~LimitWindow() = default;

    // How long until `amount` may go if `ahead` goes before it; zero: now. Never too long: what is in flight is assumed
    // to be settled now. An amount above the whole limit waits for an empty window.
    virtual std::chrono::nanoseconds wait(std::int64_t amount, std::int64_t ahead, Moment now) = 0;

    virtual void take(std::int64_t amount, Moment now) = 0;
    virtual void settle(std::int64_t amount, Moment now) = 0; // of what was taken: counted by now at the latest
    virtual void undo(std::int64_t amount, Moment now) = 0;   // … was never sent
    virtual void add(std::int64_t amount, Moment now) = 0;    // used by others, or known after the fact

    virtual std::int64_t used(Moment now) = 0;                 // in flight included
    virtual std::chrono::nanoseconds reset_in(Moment now) = 0; // until nothing is used, if nothing more goes

    // What is used as one word of text, and back; a load adds to what is there. False: not such a text, or of a time
    // that is over.
    virtual std::string save(Moment now) = 0;
    virtual bool load(std::string_view text, Moment now) = 0;

    const LimitSpec& spec() const noexcept { return spec_; }
    void set_limit(std::int64_t limit) noexcept { spec_.limit = limit; }

    // Rolling windows and buckets keep a tenth of the limit free, for whoever else uses the key and for venues that
    // count differently than they say; a ban costs more than a wait. Quotas of a day or month are used up.
    std::int64_t usable() const noexcept { return is_quota() ? spec_.limit : spec_.limit - spec_.limit / 10; }
    std::int64_t burst() const noexcept { // of a bucket
        const auto b = spec_.burst > 0 ? spec_.burst : spec_.limit;
        return b - b / 10;
    }
    bool is_quota() const noexcept {
        return spec_.kind == LimitSpec::Kind::day || spec_.kind == LimitSpec::Kind::month;
    }

protected:
    explicit LimitWindow(const LimitSpec& spec) : spec_(spec) {}

    LimitSpec spec_;
};

// `1s`, `1m`, `24h`, `day`, `month_bytes`, `1s_bucket`: unique in a budget.
std::string label_of(const LimitSpec& spec);

// The UTC day or month of a quota: its number (days since 1970, months since year 0), and when it ends.
struct QuotaPeriod {
    std::int64_t number = 0;
    UnixNanos end{};
};
QuotaPeriod period_of(LimitSpec::Kind kind, UnixNanos at) noexcept;

} // namespace tickgate::budget
