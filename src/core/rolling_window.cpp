#include "core/rolling_window.hpp"

namespace tickgate {

void RollingWindow::expire(MonoTime now) {
    while (!entries_.empty() && entries_.front().at + window_ <= now) {
        sum_ -= entries_.front().weight;
        entries_.pop_front();
    }
}

void RollingWindow::record(std::int64_t weight, MonoTime now) {
    expire(now);
    entries_.push_back({now, weight});
    sum_ += weight;
}

std::int64_t RollingWindow::used(MonoTime now) {
    expire(now);
    return sum_;
}

MonoTime RollingWindow::free_at(std::int64_t weight, std::int64_t limit, MonoTime now) {
    expire(now);
    std::int64_t left = sum_;
    if (left + weight <= limit)
        return now;
    MonoTime at = now;
    for (const auto& entry : entries_) {
        left -= entry.weight;
        at = entry.at + window_;
        if (left + weight <= limit)
            return at;
    }
    return at; // the window is empty then
}

} // namespace tickgate
