#include "net/byte_stream_socket.hpp"

#include "net/deadline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tickgate::net {

SocketStream::SocketStream(Socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

SocketStream::~SocketStream() { close(); }

asio::awaitable<result<std::size_t>> SocketStream::read_some(std::span<char> into) {
    auto [ec, n] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), use_result);
    if (ec)
        co_return ec;
    co_return n;
}

asio::awaitable<error_code> SocketStream::write(std::string_view data) {
    // Not asio::async_write: that one ignores cancellation of type `total`.
    while (!data.empty()) {
        auto [ec, n] = co_await socket_.async_write_some(asio::buffer(data.data(), data.size()), use_result);
        if (ec)
            co_return ec;
        data.remove_prefix(n);
    }
    co_return error_code();
}

std::size_t SocketStream::try_write(std::string_view data, error_code& ec) noexcept {
    ec.clear();
    if (data.empty() || !socket_.is_open())
        return 0;
    for (;;) {
        const ssize_t n = ::send(native_handle(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            return static_cast<std::size_t>(n);
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            ec = error_code(errno, boost::system::system_category());
        return 0;
    }
}

void SocketStream::gather(std::size_t bytes) noexcept {
    const int least = static_cast<int>(bytes);
    if (socket_.is_open()) // a hint: where the option is not known, every byte wakes
        ::setsockopt(native_handle(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

void SocketStream::cancel() noexcept {
    error_code ignored;
    socket_.cancel(ignored);
}

void SocketStream::shutdown_write() noexcept {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void SocketStream::close() noexcept {
    if (!socket_.is_open())
        return;
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
}

void SocketStream::abort() noexcept {
    if (!socket_.is_open())
        return;
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

int SocketStream::native_handle() const noexcept {
    // Asio's accessor is not const, though it changes nothing.
    return socket_.is_open() ? const_cast<Socket&>(socket_).native_handle() : -1;
}

} // namespace tickgate::net
