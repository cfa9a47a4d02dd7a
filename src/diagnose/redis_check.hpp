// Whether Redis can be used as the gateway uses it.
#pragma once

#include "diagnose/finding.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::diagnose {

namespace asio = boost::asio;

struct RedisCheck {
    redis::ClientOptions redis;
    std::string prefix = "md";
    bool settings = false;      // what it throws out when its memory is full, too
    bool gateway_alive = false; // set by check_redis()
};

// Address, password, answer time, version, role, whether it can be written (a key `{prefix}:probe:…` that goes at
// once), what the ACL permits. Where that cannot be asked it is tried: on that key, and with a message on a channel of
// its name.
asio::awaitable<void> check_redis(RedisCheck& check, Reporter report);

// A command the gateway sends, by itself or in a script: its name as an ACL has it, and an example on its own keys.
struct RedisNeed {
    std::string name;
    std::vector<std::string> command;
};
std::vector<RedisNeed> redis_needs(const std::string& prefix);

bool is_new_enough(std::string_view version); // 6.2, for XPENDING … IDLE and rights of channels

} // namespace tickgate::diagnose
