// The daemon's HTTP door: health, readiness, metrics, and the operations below /api/v1. It knows nothing of feeds and
// Redis: the application plugs in a Source and the Operations.
#pragma once

#include "api/access_options.hpp"
#include "core/secret.hpp"

#include <tickgate/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::ops {
class Operations;
}

namespace tickgate::api {

namespace asio = boost::asio;

// Whether this instance does its work, and if not, why.
struct Readiness {
    bool ready = false;
    std::string holder;               // value of the owner key when another instance publishes, else empty
    std::vector<std::string> reasons; // why not ready, a sentence each
    std::vector<std::pair<std::string, std::string>> feeds; // name, state
};

class Live;

// One metric family in the words of Prometheus. Names and label names match [a-zA-Z_:][a-zA-Z0-9_:]*.
struct Family {
    enum class Type : std::uint8_t { counter, gauge, histogram };
    struct Sample {
        std::vector<std::pair<std::string, std::string>> labels;
        double value = 0; // counters and gauges
        // Histograms: (upper bound, observations up to it), bounds ascending; the infinite one is added.
        std::vector<std::pair<double, std::uint64_t>> cumulative_buckets;
        double sum = 0;
        std::uint64_t count = 0;
    };
    std::string name, help;
    Type type = Type::gauge;
    std::vector<Sample> samples;
};

// What the application tells. Called on the control loop, each function at most once at a time; what takes longer than
// ApiOptions::source_deadline is answered with 503 meanwhile. Must live until Api::run() has returned.
class Source {
public:
    virtual ~Source() = default;
    virtual asio::awaitable<Readiness> readiness() = 0;
    virtual asio::awaitable<std::vector<Family>> metrics() = 0;
};

struct ApiOptions {
    std::string host = "127.0.0.1";  // IP literal without brackets, or localhost
    std::uint16_t port = 8787;       // 0: the system chooses
    Secret token;                    // one that may do all, besides those of `access`
    AccessOptions access;            // no token in either: none is asked for, and only a loopback address is taken
    std::string cert_file, key_file; // PEM; empty: no TLS
    bool loopback = true;            // what the configuration found out about `host`; checked again
    bool metrics_open = false;       // /metrics needs no token anywhere
    std::chrono::milliseconds source_deadline{2000};
    std::size_t max_connections = 4096;
    std::size_t max_connections_per_peer = 2048; // of one address; IPv6: of a /64
};

// One loop (control), one owner; run() must have returned before destruction.
//
// GET and HEAD of /healthz, /readyz, /metrics, and what endpoints.hpp lists; everything else is a problem of RFC 9457.
// Every answer has X-Request-Id, taken from the request if it is fit for that.
class Api {
public:
    // Without operations there is nothing below /api/v1. They must live until run() has returned.
    Api(asio::any_io_executor control, ApiOptions options, Source& source, ops::Operations* operations = nullptr);
    ~Api();

    // Serves /ws/{client_id} and /api/v1/stream too; `live` must live until run() has returned. Before listen().
    void attach(Live& live);

    // Binds and listens. Errors: configuration (a public address without a token, a host that is no address, a
    // certificate that cannot be used), system errors (address in use, permission).
    error_code listen();
    std::uint16_t port() const noexcept; // after listen()

    // For requests to come, on control: who may enter. What came in with a token that is gone, changed or may do less
    // is ended, WebSockets too. `access` has every token. Errors: configuration (none is left on a public address).
    error_code set_access(AccessOptions access);
    // For connections to come, on control: the files are read again, or others are read. On a fault those in force
    // stay, and `problem` tells why. Errors: configuration. TLS itself is not turned on or off while running.
    error_code reload_tls(const std::string& cert_file, const std::string& key_file, std::string& problem);

    // Serves until stop(), then waits for what the Source still does, for at most source_deadline.
    asio::awaitable<void> run();
    void stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::api
