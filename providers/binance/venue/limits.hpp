// The limits a venue enforces.
#pragma once

#include <tickgate/time.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace tickgate::binance_venue {

// Sum of what happened within the last `span`, true to the nanosecond.
class RollingWindow {
public:
    explicit RollingWindow(std::chrono::nanoseconds span) : span_(span) {}

    // Adds and returns the sum with it.
    std::int64_t add(MonoTime now, std::int64_t amount = 1);
    std::int64_t sum(MonoTime now);
    // Until the sum has fallen to `allowed` or less.
    std::chrono::nanoseconds until_below(MonoTime now, std::int64_t allowed);

private:
    std::chrono::nanoseconds span_;
    std::deque<std::pair<MonoTime, std::int64_t>> entries_;
    std::int64_t sum_ = 0;
};

// REST weight of each address. Over the limit: 429 until the window is below it again; the third request within a 429
// gets the address banned: 418 for two minutes.
class WeightBudget {
public:
    explicit WeightBudget(std::int64_t limit) : limit_(limit) {}

    struct Verdict {
        int status = 200; // 200, 429, 418
        std::int64_t used = 0;
        std::int64_t retry_after_s = 0;
        UnixNanos banned_until{};
    };
    Verdict charge(const std::string& address, std::int64_t weight, Moment now);

    static constexpr int tolerated = 2; // requests answered with 429 before the ban
    static constexpr std::chrono::seconds ban{120};

private:
    struct Address {
        RollingWindow window{std::chrono::minutes(1)};
        int ignored = 0;
        MonoTime banned_until{};
    };
    std::int64_t limit_;
    std::unordered_map<std::string, Address> addresses_;
};

} // namespace tickgate::binance_venue
