// Several simulated venues, Redis and the gateway: what routes, demand and requests are tested on.
#pragma once

#include "integration/gateway_system.hpp"

#include <map>

namespace tickgate::test {

inline const std::string credential = "integration-credential-0123456789";
inline const std::string oanda_account = "101-004-1234567-001";

struct MarketOptions {
    std::map<std::string, std::vector<std::string>> venues; // by name, with their arguments
    std::string routes, symbols;                            // YAML flow mappings, without braces
    std::string store;                                      // its URL; empty: a new SQLite file
    std::string more;                                       // further top-level YAML
    bool wait = true;                                       // until the gateway is ready
};

class MarketSystem {
public:
    explicit MarketSystem(MarketOptions options);

    void fault(const std::string& venue, std::string_view json) const;
    void clear_faults(const std::string& venue) const;
    std::string state_of(std::string_view instrument) const; // of md:state
    std::string last(std::string_view channel) const { return redis.get("md:last:" + std::string(channel)); }
    std::string metrics() const { return http_get(http_port, "/metrics").body; }
    // Sends a request and waits for its answer; all chunks, one a line. Empty: none came.
    std::string ask(const std::vector<std::string>& fields);

    TemporaryDirectory directory;
    RedisServer redis;
    std::uint16_t http_port;
    std::map<std::string, std::uint16_t> ports, control_ports;
    std::map<std::string, std::unique_ptr<Process>> venues;
    std::string config_file;
    std::unique_ptr<Process> gateway;

private:
    int requests_ = 0;
};

// Arguments of a small market of each provider.
std::vector<std::string> small_venue(const std::string& name);

} // namespace tickgate::test
