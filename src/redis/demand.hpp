// Sees who subscribes: looks at PUBSUB CHANNELS on a connection of its own.
#pragma once

#include "redis/subscriber.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// The pattern that matches `{prefix}:quote:*`, `:trade:*` and `:bar:*` in one pass over all channels of the server.
std::string demand_pattern(std::string_view prefix);
// `text` with every character that means something in a Redis pattern escaped.
std::string escape_glob(std::string_view text);

// How long to wait between two looks so that they take at most `share` of Redis' time. No clock, no I/O.
//
// The cost of a look is what Redis itself tells: TIME, PUBSUB CHANNELS and TIME are sent together and are executed one
// after the other, so the difference of the two times is the execution in between; 1 ns a byte of the reply and 20 µs
// for the rest (reading and parsing three commands, writing once) are added. A round trip would also count the network
// and whatever else Redis had to do meanwhile. The smaller one of the last two costs counts, so that one look that was
// interrupted (a fork, the scheduler) does not blind the watcher for long.
class PollPacer {
public:
    PollPacer(std::chrono::milliseconds least, double share) : least_(least), share_(share) {}

    void looked(std::chrono::microseconds execution, std::size_t reply_bytes) noexcept;
    std::chrono::milliseconds interval() const noexcept;
    std::chrono::microseconds cost() const noexcept; // that counts

private:
    std::chrono::milliseconds least_;
    double share_;
    std::chrono::microseconds last_{0}, before_{0};
    int looks_ = 0;
};

struct DemandWatcherOptions {
    ClientOptions redis;
    std::string prefix = "md";
    std::chrono::milliseconds least_interval{500}; // and longer when a look costs more than 0.5 ms
    double share = 0.001;                          // of Redis' time, at most
    std::chrono::milliseconds back_off_cap{2000};
    // A longer reply is an error: the last picture stays, and is said to be old.
    ReplyLimits limits{64u << 20, 1000000};
};

// Plain counters, written on the loop of the watcher.
struct DemandWatcherStats {
    std::uint64_t looks = 0, failures = 0, reconnects = 0;
    std::size_t channels = 0;      // of the last picture
    std::uint64_t cost_us = 0;     // of a look, in Redis
    std::uint64_t interval_ms = 0; // to the next
    bool connected = false;        // false: the last picture is old
};

// One loop, one owner; run() must have returned before destruction.
//
// `on_picture` gets the whole set of subscribed channels each time, without their prefix (`quote:crypto:BTC-USDT`), in
// no particular order; it may hold names that are no data names. While Redis is away nothing is given: the last picture
// holds. Patterns (PSUBSCRIBE) listen and are not seen here.
class DemandWatcher {
public:
    using OnPicture = std::function<void(std::vector<std::string> channels)>;

    DemandWatcher(asio::any_io_executor executor, DemandWatcherOptions options, OnPicture on_picture);
    ~DemandWatcher();

    asio::awaitable<void> run(); // until stop()
    void stop();
    const DemandWatcherStats& stats() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::redis
