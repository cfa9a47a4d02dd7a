// The socket side of a simulated venue, the same for every provider: ports, TLS, control door, clients, faults.
#pragma once

#include "venue_kit/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

namespace asio = boost::asio;

struct HostOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;         // plain; 0: the system chooses
    std::uint16_t control_port = 0; // control alone, reachable while connections are refused
    bool tls = false;               // a further port with the same over TLS
    std::uint16_t tls_port = 0;
    std::string cert_file, key_file;            // PEM
    std::size_t max_queue = 64u << 20;          // bytes a slow client may owe before it is cut off by RST
    std::chrono::milliseconds life{0};          // of a connection; 0: no limit
    std::chrono::milliseconds ping_interval{0}; // WebSocket pings of the venue; 0: none
    std::chrono::milliseconds pong_timeout{0};  // a client that answers none for so long is dropped; 0: never
    std::vector<Fault> faults;                  // from the start
};

struct HostCounters {
    std::uint64_t opened = 0, ended = 0; // clients
    std::uint64_t requests = 0;          // other than control's and admitted clients
    std::uint64_t hit = 0;               // requests answered by http_status
    std::uint64_t texts = 0;             // messages of clients
    std::uint64_t frames = 0;            // market data sent
    std::uint64_t discarded = 0;         // market data left out by stall and half_open
    std::uint64_t slow_clients = 0;      // cut off
    std::uint64_t unanswered = 0;        // dropped for want of pongs
};

// What a client sent, for tests.
struct ReceivedText {
    std::uint64_t client = 0;
    Moment at{};
    std::string text; // its first 16 KiB
};

// What was asked over HTTP, for tests: upgrades and streams too. Header values of credentials are kept as sent.
struct ReceivedRequest {
    Moment at{};
    net::HttpRequest request;
};

// One loop, one owner; run() must have returned before destruction. Serves the venue and /control/* on one plain port,
// the same on a TLS port if asked for, and /control/* alone on a third one, which the fault `refuse` leaves open.
//
//     VenueHost host(executor, options);
//     Brain brain(…, host.faults());            // must outlive run()
//     if (auto ec = host.listen(brain, problem)) …
//     co_spawn(executor, host.run(), …);        // until stop()
class VenueHost {
public:
    VenueHost(asio::any_io_executor executor, HostOptions options);
    ~VenueHost();

    const FaultBoard& faults() const noexcept;

    // Reads the certificate files and opens the ports. Errors: configuration, system errors; `problem` says which.
    error_code listen(VenueBrain& brain, std::string& problem);
    std::uint16_t port() const noexcept;
    std::uint16_t tls_port() const noexcept; // 0 without TLS
    std::uint16_t control_port() const noexcept;

    asio::awaitable<void> run();
    void stop();

    void fault(Fault fault);
    void fault(std::string_view text); // as on the command line: `slow=1000,for_ms=500`. Must be well formed.
    void clear_faults();
    void wake(); // the brain has something due sooner than it said

    std::size_t clients() const noexcept;
    const HostCounters& counters() const noexcept;
    const std::deque<ReceivedText>& texts() const noexcept;       // the newest 10,000
    const std::deque<ReceivedRequest>& requests() const noexcept; // the newest 10,000

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::venue_kit
