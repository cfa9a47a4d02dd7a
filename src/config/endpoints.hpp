// What commands that ask a running gateway need of its configuration: where its API and its Redis are. Nothing else is
// looked at: a secret that only the service can read (`${CREDENTIALS_DIRECTORY}`) or a mistake in `symbols` does not
// keep them from asking.
#pragma once

#include "config/config.hpp"

namespace tickgate::config {

struct HttpEndpoint {
    Http http;                     // listen, host, port, loopback, tokens and cert_file are read, nothing else
    bool tls = false;              // a certificate is named; `http.cert_file` is empty if its name cannot be told here
    std::vector<Problem> problems; // of the file and of the address: not empty, there is no address
    // Why tokens (`http.token`, `http.tokens`) are not known here. Those that could be read are in `http`.
    std::vector<Problem> token_problems;
    std::vector<Problem> tls_problems; // why `http.cert_file` is not known
};

struct RedisEndpoint {
    Redis redis;
    std::vector<Problem> problems; // of the file and of `redis`, its password included
};

// A file that cannot be read is a problem without a line.
HttpEndpoint load_http_endpoint(const std::string& path, const EnvironmentLookup& environment = process_environment);
RedisEndpoint load_redis_endpoint(const std::string& path, const EnvironmentLookup& environment = process_environment);

} // namespace tickgate::config
