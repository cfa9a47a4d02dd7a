#include "feed/back_off.hpp"

#include <algorithm>

namespace tickgate::feed {

std::chrono::milliseconds BackOff::next(Recovery recovery) {
    const auto reach = std::min(limits_.cap, limits_.base * (1 << std::min(attempt_, 16)));
    ++attempt_;
    std::uniform_int_distribution<std::int64_t> jitter(0, reach.count());
    const std::chrono::milliseconds wait(jitter(random_));
    return recovery == Recovery::retry_later ? limits_.pause + wait : wait;
}

} // namespace tickgate::feed
