// The whole chain of real programs for one test: redis-server, the simulated venue, the gateway, and a subscriber.
#pragma once

#include "support/process.hpp"
#include "support/redis_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::test {

inline const std::string binary = TICKGATE_BINARY;

// The value of a key of a flat JSON object as it stands in the text: numbers digit for digit, strings with their
// quotes. Empty: no such key.
std::string raw_field(std::string_view json, std::string_view key);
// The same without quotes.
std::string field(std::string_view json, std::string_view key);
std::uint64_t number(std::string_view json, std::string_view key); // 0 if it is no number

struct Published {
    std::string channel, payload;
    std::string get(std::string_view key) const { return field(payload, key); }
};

// Listens from its construction on.
class Listener {
public:
    explicit Listener(std::uint16_t redis_port, std::string pattern = "md:*");

    // Reads on until `done` (asked after each message) or the limit.
    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = patience);
    bool until_message(std::string_view channel, std::chrono::milliseconds limit = patience); // one more on it
    bool until_event(
        std::string_view event, std::string_view channel_part = {}, std::chrono::milliseconds limit = patience);
    void drain(); // what is there now

    const std::vector<Published>& all() const noexcept { return all_; }
    std::vector<Published> on(std::string_view channel) const;
    std::vector<Published> events(std::string_view event, std::string_view channel_part = {}) const;
    std::size_t count(std::string_view channel) const;
    void forget() { all_.clear(); }

private:
    bool take(int milliseconds);

    RedisClient client_;
    std::vector<Published> all_;
};

// Numbers of a channel within one session: each once, in order, nothing left out.
::testing::AssertionResult is_unbroken(const std::vector<Published>& messages);
// Every jump of the venue's contiguous trade ids is told by a gap event of that instrument.
::testing::AssertionResult losses_are_announced(const Listener& listener, std::string_view instrument);

struct SystemOptions {
    std::vector<std::string> venue; // arguments after `tickgate venue binance --port N`
    std::string symbols = "crypto: [BTC-USDT, ETH-USDT]";
    std::string more;       // further top-level YAML
    std::string store;      // its URL; empty: a new SQLite file
    std::string redis_more; // further keys of `redis`, with a leading comma
    std::string binance_more;
    std::vector<std::string> redis;
    Process::Variables variables;
    bool start = true; // the gateway too, and wait until it is ready
};

class System {
public:
    explicit System(SystemOptions options = {});

    void start_gateway();
    bool wait_ready(std::chrono::milliseconds limit = patience);
    // Polls until `done`; false after the limit.
    static bool eventually(const std::function<bool()>& done, std::chrono::milliseconds limit = patience);

    void fault(std::string_view json) const; // {"fault":"drop"}
    void clear_faults() const;
    // The sum of the samples of a metric whose labels hold all parts.
    double metric(std::string_view name, std::vector<std::string_view> labels = {}) const;
    std::string state_of(std::string_view instrument) const; // of md:state
    std::string feed_state(std::string_view feed = "binance.spot") const;

    TemporaryDirectory directory;
    RedisServer redis;
    std::uint16_t venue_port, control_port, http_port;
    std::string config_file;
    std::unique_ptr<Process> venue, gateway;

private:
    Process::Variables variables_;
};

} // namespace tickgate::test
