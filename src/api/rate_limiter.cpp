#include "api/rate_limiter.hpp"

#include <algorithm>

namespace tickgate::api {

RateLimiter::RateLimiter(std::int64_t rate, std::int64_t burst)
    : rate_(static_cast<double>(rate)), burst_(static_cast<double>(std::max(rate, burst))) {}

void RateLimiter::set_limits(std::int64_t rate, std::int64_t burst) {
    rate_ = static_cast<double>(rate);
    burst_ = static_cast<double>(std::max(rate, burst));
}

double RateLimiter::level_of(const Bucket& bucket, MonoTime now) const noexcept {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(burst_, bucket.level + std::max(0.0, passed.count()) * rate_);
}

RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view client, MonoTime now) {
    if (const auto known = buckets_.find(client); known != buckets_.end())
        return known->second;
    if (buckets_.size() >= most_clients && now >= next_sweep_) {
        next_sweep_ = now + std::chrono::seconds(1); // a sweep for each would be a way to keep us busy
        std::erase_if(buckets_, [&](const auto& b) { return level_of(b.second, now) >= burst_; });
    }
    const Bucket full{burst_, now};
    return buckets_.emplace(buckets_.size() < most_clients ? std::string(client) : std::string(), full).first->second;
}

std::chrono::nanoseconds RateLimiter::take(std::string_view client, MonoTime now) {
    if (rate_ <= 0)
        return {};
    auto& bucket = bucket_of(client, now);
    bucket.level = level_of(bucket, now);
    bucket.at = now;
    if (bucket.level >= 1) {
        bucket.level -= 1;
        return {};
    }
    const std::chrono::duration<double> wait((1 - bucket.level) / rate_);
    return std::max(std::chrono::nanoseconds(1), std::chrono::duration_cast<std::chrono::nanoseconds>(wait));
}

} // namespace tickgate::api
