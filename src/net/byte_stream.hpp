// A connected byte stream: TCP, TLS over TCP, or a Unix socket, the same to its user.
#pragma once

#include "net/tls.hpp"
#include "net/url.hpp"

#include <tickgate/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tickgate::net {

namespace asio = boost::asio;

// One owner, one loop. At most one read and one write are in progress at a time. TCP sockets have TCP_NODELAY,
// keep-alive (idle 10 s, interval 5 s, 3 probes) and TCP_USER_TIMEOUT (20 s), so that a half-open peer is noticed.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    // Reads at least one byte. Errors: asio::error::eof at an orderly end, system errors, operation_aborted.
    virtual asio::awaitable<result<std::size_t>> read_some(std::span<char> into) = 0;

    // Writes all of it. `data` must stay valid until done.
    virtual asio::awaitable<error_code> write(std::string_view data) = 0;

    // Writes what the socket takes at once, without waiting; 0 if nothing (always 0 over TLS: use write()).
    // `ec` is set on a broken connection only.
    virtual std::size_t try_write(std::string_view data, error_code& ec) noexcept = 0;

    // Pending operations end with operation_aborted; the stream stays usable unless a write was cut.
    virtual void cancel() noexcept = 0;
    // Ends our direction (FIN); reading goes on. Nothing may be written afterwards.
    virtual void shutdown_write() noexcept = 0;
    // A pending read_some() may wait until so many bytes are there (TCP only; elsewhere it wakes for the first one), so
    // that a stream of small answers does not wake the loop for each; a smaller number than before wakes it for what is
    // there. The end of the stream always wakes it.
    virtual void gather(std::size_t) noexcept {}

    // Shuts down and closes; pending operations end with operation_aborted. Safe to call twice.
    virtual void close() noexcept = 0;
    // Closes with RST (linger 0): what a crashed peer looks like.
    virtual void abort() noexcept = 0;

    virtual std::string peer() const = 0;           // `1.2.3.4:443`, or the path of a Unix socket
    virtual int native_handle() const noexcept = 0; // -1 once closed
    virtual asio::any_io_executor executor() = 0;
};

struct ConnectOptions {
    std::shared_ptr<TlsContext> tls;           // needed for secure schemes
    std::chrono::milliseconds deadline{10000}; // for lookup, connect and handshake together
};

// Connects to the URL's host and port: every address in turn (a fair share of the deadline each), then TLS if the
// scheme asks for it. Schemes: all of Url. `detail` receives a sentence for the log (address tried, certificate
// problem). Errors: timed_out, tls_failed, unavailable, system errors of connect.
asio::awaitable<result<std::unique_ptr<ByteStream>>> connect(Url url, ConnectOptions options, std::string& detail);

// Wraps an accepted socket; with a TLS context the server handshake is done first, within `deadline`.
asio::awaitable<result<std::unique_ptr<ByteStream>>> accept_stream(
    asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls, std::chrono::milliseconds deadline);

} // namespace tickgate::net
