// What the configuration says about who may do what.
#pragma once

#include "api/endpoints.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tickgate::api {

struct AccessToken {
    std::string name; // what logs call its holder
    Scope scope = Scope::admin;
    Secret secret; // never empty
};

struct AccessOptions {
    std::vector<AccessToken> tokens;  // no two alike; none: whoever reaches the address may do all
    std::vector<std::string> origins; // `https://desk.example.com`: pages that may use /ws and change things
    std::vector<std::string> cors;    // pages that may also read answers
    bool metrics_open = false;        // /metrics needs no token anywhere
    std::int64_t rate = 0;            // requests a second of a token, without one of an address; 0: no limit
    std::int64_t burst = 0;           // so many at once
};

} // namespace tickgate::api
