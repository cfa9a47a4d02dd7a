// How many requests a client may make.
#pragma once

#include <tickgate/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tickgate::api {

// A bucket of tokens a client: `burst` at once, then `rate` a second. One loop. Bounded: when there are too many
// clients, those that are at rest are forgotten, which costs them nothing; if that does not help, new ones share one
// bucket.
class RateLimiter {
public:
    static constexpr std::size_t most_clients = 4096;

    // `rate` 0: no limit. A burst below the rate counts as the rate.
    RateLimiter(std::int64_t rate, std::int64_t burst);

    // Zero: it may go on. Else so long until it may again; nothing is taken then.
    std::chrono::nanoseconds take(std::string_view client, MonoTime now);
    // What clients have used stays used.
    void set_limits(std::int64_t rate, std::int64_t burst);
    std::size_t clients() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        double level = 0; // as of `at`
        MonoTime at{};
    };
    double level_of(const Bucket& bucket, MonoTime now) const noexcept;
    Bucket& bucket_of(std::string_view client, MonoTime now);

    double rate_, burst_;
    MonoTime next_sweep_{};
    std::map<std::string, Bucket, std::less<>> buckets_;
};

} // namespace tickgate::api
