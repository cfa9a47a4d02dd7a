// The socket side of a simulated venue, the same for every provider: ports, TLS, control door, clients, faults.
#pragma once

#include "net/http_server.hpp"
#include "venue_kit/faults.hpp"

#include <tickgate/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

namespace asio = boost::asio;

// Where a client's output goes: a WebSocket, or the body of an HTTP answer without end. The faults slow, split, stall,
// duplicate, reorder, half_open, drop, reset and garbage are done behind it. Calls never end the client at once.
class ClientPort {
public:
    virtual ~ClientPort() = default;
    virtual void send_data(std::string_view text) = 0;    // market data: subject to stall, duplicate, reorder
    virtual void send_control(std::string_view text) = 0; // answers, heartbeats; subject to no_ack where it is an answer
    virtual void ping() = 0;                              // WebSocket only
    virtual void close(std::uint16_t code, std::string_view reason) = 0; // after what was sent before
    virtual void drop(bool reset) = 0;                                   // without a close frame, by FIN or RST
    virtual const std::string& peer() const noexcept = 0;
    virtual std::uint64_t id() const noexcept = 0;
};

// One client connection's protocol brain, without I/O. Lives from the upgrade (or the stream's head) to the end.
class VenueClient {
public:
    virtual ~VenueClient() = default;
    virtual void on_text(std::string_view /*text*/, Moment /*now*/) {} // WebSocket only
    virtual void on_pong(std::string_view /*payload*/, Moment /*now*/) {}
    virtual void tick(Moment /*now*/) {} // every 20 ms, not while half open
};

// What a request becomes.
struct Admission {
    enum class Kind : std::uint8_t { answer, websocket, stream };
    Kind kind = Kind::answer;
    net::HttpResponse response; // answer; of a stream its status and headers (200, chunked body follows)
};

// The venue itself, without I/O. All calls come from one loop.
class VenueBrain {
public:
    virtual ~VenueBrain() = default;
    // Any request that is not the control door's and was not hit by the faults http_status or half_open.
    virtual Admission request(const net::HttpRequest& request, Moment now) = 0;
    // After an admission as websocket or stream.
    virtual std::unique_ptr<VenueClient> open(const net::HttpRequest& request, ClientPort& port, Moment now) = 0;
    // Makes market data up to now and delivers it to the clients.
    virtual void advance(Moment now) = 0;
    virtual MonoTime next_due(Moment now) const = 0; // of advance()
    // Flat out: makes more if the clients take it; false if there is nothing to make.
    virtual bool burst(std::size_t /*count*/, Moment /*now*/) { return false; }
    // One-time faults that need the venue's own words: gap, garbage text, cut_24h, server_shutdown. The host has done
    // the rest.
    virtual void carry_out(const Fault& fault, Moment now) = 0;
    // A bad message of that kind (`json`, `types`, `binary`, `huge`, `opcode`, `truncated`) as the venue would write it.
    virtual std::string garbage(std::string_view kind) const = 0;
    virtual std::string refusal_body(int status) const = 0; // of the fault http_status
    virtual std::string state_json(Moment now) const = 0;   // an object; the host adds its own counters
};

struct HostOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;         // plain; 0: the system chooses
    std::uint16_t control_port = 0; // control alone, reachable while connections are refused
    bool tls = false;
    std::uint16_t tls_port = 0;
    std::string cert_file, key_file; // PEM
    std::size_t max_queue = 64u << 20; // bytes a slow client may owe before it is cut off
    std::vector<Fault> faults;
};

// One loop, one owner; run() must have returned before destruction.
//
//     VenueHost host(executor, options);
//     Brain brain(…, host.faults());
//     if (auto ec = host.listen(brain, problem)) …
//     co_spawn(executor, host.run(), …);   // until stop()
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

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::venue_kit
