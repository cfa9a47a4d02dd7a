#include "net/byte_stream_socket.hpp"
#include "net/byte_stream_tls.hpp"
#include "net/deadline.hpp"
#include "net/resolver.hpp"
#include "net/socket_options.hpp"
#include "net/tls_impl.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::net {

namespace {

using Generic = asio::generic::stream_protocol;
using Connected = result<std::unique_ptr<SocketStream>>;

std::string text_of(const asio::ip::tcp::endpoint& e) {
    const std::string host = e.address().to_string();
    return (e.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(e.port());
}

std::chrono::milliseconds left_until(MonoTime at) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at - mono_now());
    return std::max(left, std::chrono::milliseconds(1));
}

asio::awaitable<Connected> connect_one(Generic::endpoint endpoint, std::string name, MonoTime until) {
    auto executor = co_await asio::this_coro::executor;
    Generic::socket socket(executor);
    error_code ec;
    socket.open(endpoint.protocol(), ec);
    if (ec)
        co_return ec;
    Deadline deadline(executor, until, [&socket] {
        error_code ignored;
        socket.close(ignored);
    });
    auto [failed] = co_await socket.async_connect(endpoint, use_result);
    if (failed)
        co_return deadline.passed() ? make_error_code(errc::timed_out) : failed;
    if (!socket.is_open()) // the deadline fell between the connect and us
        co_return errc::timed_out;
    if (endpoint.protocol().family() != AF_UNIX)
        apply_tcp_options(socket.native_handle());
    co_return std::make_unique<SocketStream>(std::move(socket), std::move(name));
}

asio::awaitable<Connected> connect_tcp(Url url, MonoTime until, std::string& detail) {
    auto addresses = co_await resolve(url.host, url.port, left_until(until));
    if (!addresses) {
        const bool aborted = addresses.error() == asio::error::operation_aborted;
        detail = url.host + (aborted ? ": lookup cancelled" : ": no address found");
        if (addresses.error() == errc::timed_out)
            detail = url.host + ": name lookup timed out";
        co_return addresses.error();
    }
    error_code first;
    std::string attempts;
    const std::size_t count = addresses->size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto now = mono_now();
        if (now >= until && i > 0)
            break;
        const auto& address = (*addresses)[i];
        const auto share = (until - now) / static_cast<int>(count - i);
        const std::string name = text_of(address);
        auto stream = co_await connect_one(Generic::endpoint(address), name, now + share);
        if (stream || stream.error() == asio::error::operation_aborted)
            co_return stream;
        attempts += (attempts.empty() ? "" : ", ") + name + ": " + stream.error().message();
        if (!first)
            first = stream.error();
    }
    detail = attempts;
    co_return first;
}

asio::awaitable<Connected> connect_unix(std::string path, MonoTime until, std::string& detail) {
    const asio::local::stream_protocol::endpoint endpoint(path);
    auto stream = co_await connect_one(Generic::endpoint(endpoint), path, until);
    if (!stream)
        detail = path + ": " + stream.error().message();
    co_return stream;
}

// Takes the stream over; on failure it is closed.
asio::awaitable<result<std::unique_ptr<ByteStream>>> start_tls(std::unique_ptr<SocketStream> socket,
    std::shared_ptr<TlsContext> tls, std::string host, MonoTime until, std::string& detail) {
    auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(tls));
    Deadline deadline(stream->executor(), until, [s = stream.get()] { s->abort(); });
    const auto ec = co_await stream->handshake(std::move(host), detail);
    if (!ec && stream->native_handle() >= 0)
        co_return std::unique_ptr<ByteStream>(std::move(stream));
    if (ec == errc::tls_failed)
        co_return ec;
    if (deadline.passed()) {
        detail = "TLS handshake timed out";
        co_return errc::timed_out;
    }
    if (detail.empty())
        detail = "TLS handshake: " + ec.message();
    co_return ec;
}

} // namespace

asio::awaitable<result<std::unique_ptr<ByteStream>>> connect(Url url, ConnectOptions options, std::string& detail) {
    const MonoTime until = mono_now() + options.deadline;
    if (url.secure() && (!options.tls || options.tls->impl().server)) {
        detail = "no TLS settings for " + url.scheme;
        co_return errc::configuration;
    }
    Connected socket = errc::unavailable;
    if (url.scheme == "unix")
        socket = co_await connect_unix(url.host, until, detail);
    else
        socket = co_await connect_tcp(url, until, detail);
    if (!socket)
        co_return socket.error();
    if (!url.secure())
        co_return std::unique_ptr<ByteStream>(std::move(*socket));
    const std::string peer = (*socket)->peer();
    std::string problem;
    auto stream = co_await start_tls(std::move(*socket), std::move(options.tls), url.host, until, problem);
    if (!stream)
        detail = url.host + " (" + peer + "): " + problem;
    co_return stream;
}

asio::awaitable<result<std::unique_ptr<ByteStream>>> accept_stream(
    asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls, std::chrono::milliseconds deadline) {
    error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec)
        co_return ec;
    apply_tcp_options(socket.native_handle());
    auto stream = std::make_unique<SocketStream>(Generic::socket(std::move(socket)), text_of(remote));
    if (!tls)
        co_return std::unique_ptr<ByteStream>(std::move(stream));
    std::string detail;
    auto secured = co_await start_tls(std::move(stream), std::move(tls), std::string(), mono_now() + deadline, detail);
    co_return secured;
}

} // namespace tickgate::net
