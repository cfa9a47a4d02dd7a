// Whether Redis can be used as the gateway uses it.
#pragma once

#include "diagnose/finding.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace tickgate::diagnose {

namespace asio = boost::asio;

struct RedisCheck {
    redis::ClientOptions redis;
    std::string prefix = "md";
    bool settings = false;      // its version and settings, too
    bool gateway_alive = false; // set by check_redis()
};

// Address, password, answer time, role, what the ACL permits, whether it can be written (a key `{prefix}:probe:…` that
// goes at once).
asio::awaitable<void> check_redis(RedisCheck& check, Reporter report);

} // namespace tickgate::diagnose
