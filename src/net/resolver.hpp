// Name lookups that cannot hang a loop.
#pragma once

#include <tickgate/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace tickgate::net {

namespace asio = boost::asio;

// Resolves on a thread of its own per call (detached; getaddrinfo cannot be cancelled, so nobody waits for it at exit);
// literals and, when the system has none, `localhost` need no thread. Addresses come in the system's order, IPv4 and
// IPv6 interleaved. Errors: unavailable (no such host), timed_out, operation_aborted when cancelled.
asio::awaitable<result<std::vector<asio::ip::tcp::endpoint>>> resolve(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline);

} // namespace tickgate::net
