// The Redis door to the operations: requests from a stream, answers into lists (contract.md §5).
#pragma once

#include "ops/operations.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace tickgate::redis {

struct RequestServerOptions {
    ClientOptions redis;
    std::string prefix = "md";
    std::string consumer; // unique for each process, no blanks; the publisher's instance name will do
    std::size_t max_in_flight = 64;
    std::size_t max_waiting = 1024;           // taken from the stream and not yet begun
    std::size_t max_waiting_per_client = 256; // more of one client are answered with error `busy`
    std::size_t chunk_bytes = 256 * 1024;
    std::size_t max_unread_chunks = 8;
    std::chrono::milliseconds reply_ttl{60000};
    std::chrono::milliseconds claim_idle{10000}; // entries of another gateway that was not heard of so long are claimed
    std::chrono::milliseconds keep_interval{1000}; // between two looks for such entries
    std::chrono::milliseconds bury_after{600000};  // consumers without entries are deleted
    std::chrono::milliseconds drain{3000};         // for what is in flight when stop() is called
    std::chrono::milliseconds back_off_cap{2000};
};

// Plain counters, written on the loop of the server.
struct RequestStats {
    std::uint64_t received = 0; // entries taken, claimed ones included
    std::uint64_t answered = 0; // done, without an error
    std::uint64_t errors = 0;   // answered with an error, `expired` and `busy` included
    std::uint64_t expired = 0, busy = 0;
    std::uint64_t malformed = 0;  // no valid id: nobody to answer
    std::uint64_t duplicates = 0; // the same id was in flight: one answer serves both
    std::uint64_t claimed = 0;    // of another gateway
    std::uint64_t handed_on = 0;  // another gateway must answer (not_owner, shutdown)
    std::uint64_t unanswered = 0; // the answer could not be written before its time was over
    std::uint64_t chunks = 0, reply_bytes = 0;
    std::uint64_t reconnects = 0, failures = 0; // of either connection
    std::size_t in_flight = 0, waiting = 0;
    bool connected = false;
};

// One loop (control), one owner; run() must have returned before destruction. `operations` must outlive it.
//
// Two connections: one waits in XREADGROUP, the other does the rest. An entry is acknowledged and deleted after its
// answer is in Redis, so a gateway that dies has its requests answered by another after `claim_idle`; what is in flight
// is touched meanwhile, so that nobody claims it. An answer that begins again (chunk 0) replaces what came before.
class RequestServer {
public:
    RequestServer(asio::any_io_executor executor, RequestServerOptions options, ops::Operations& operations);
    ~RequestServer();

    // Until stop(), which lets what is in flight end within `drain`, hands everything else on and returns.
    asio::awaitable<void> run();
    void stop();
    const RequestStats& stats() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::redis
