// A true rolling window: at every instant, the sum over the last `window` is known exactly.
#pragma once

#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <deque>

namespace tickgate {

// Not a token bucket: a bucket of "5 a second, burst 5" lets 9 through within one second, and venues that count
// strictly cut the connection for it. Memory: one entry a recorded instant within the window.
class RollingWindow {
public:
    explicit RollingWindow(std::chrono::nanoseconds window) : window_(window) {}

    void record(std::int64_t weight, MonoTime now);
    std::int64_t used(MonoTime now);
    // Earliest time at which `weight` more stay within `limit`; `now` if at once. With weight > limit: when empty.
    MonoTime free_at(std::int64_t weight, std::int64_t limit, MonoTime now);

private:
    void expire(MonoTime now);

    struct Entry {
        MonoTime at;
        std::int64_t weight;
    };
    std::chrono::nanoseconds window_;
    std::deque<Entry> entries_;
    std::int64_t sum_ = 0;
};

} // namespace tickgate
