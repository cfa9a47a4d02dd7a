#include "binance/venue/limits.hpp"

namespace tickgate::binance_venue {

std::int64_t RollingWindow::sum(MonoTime now) {
    while (!entries_.empty() && now - entries_.front().first >= span_) {
        sum_ -= entries_.front().second;
        entries_.pop_front();
    }
    return sum_;
}

std::int64_t RollingWindow::add(MonoTime now, std::int64_t amount) {
    sum(now);
    entries_.emplace_back(now, amount);
    return sum_ += amount;
}

std::chrono::nanoseconds RollingWindow::until_below(MonoTime now, std::int64_t allowed) {
    auto left = sum(now);
    std::chrono::nanoseconds wait{0};
    for (const auto& [at, amount] : entries_) {
        if (left <= allowed)
            break;
        left -= amount;
        wait = at + span_ - now;
    }
    return wait;
}

WeightBudget::Verdict WeightBudget::charge(const std::string& address, std::int64_t weight, Moment now) {
    auto& entry = addresses_[address];
    const auto whole_seconds = [](std::chrono::nanoseconds d) {
        return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(d).count(), 1);
    };
    Verdict verdict;
    if (now.mono < entry.banned_until) {
        const auto left = entry.banned_until - now.mono;
        verdict = {418, entry.window.sum(now.mono), whole_seconds(left), now.wall + left};
        return verdict;
    }
    const auto used = entry.window.sum(now.mono);
    if (used + weight <= limit_) {
        entry.ignored = 0;
        verdict.used = entry.window.add(now.mono, weight);
        return verdict;
    }
    verdict.used = used + weight;
    if (++entry.ignored > tolerated) {
        entry.ignored = 0;
        entry.banned_until = now.mono + ban;
        verdict.status = 418;
        verdict.retry_after_s = ban.count();
        verdict.banned_until = now.wall + ban;
        return verdict;
    }
    verdict.status = 429;
    verdict.retry_after_s = whole_seconds(entry.window.until_below(now.mono, limit_ - weight));
    return verdict;
}

} // namespace tickgate::binance_venue
