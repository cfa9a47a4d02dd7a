// TCP and Unix sockets as ByteStream.
#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

namespace tickgate::net {

class SocketStream final : public ByteStream {
public:
    using Socket = asio::generic::stream_protocol::socket;

    SocketStream(Socket socket, std::string peer);
    ~SocketStream() override;

    asio::awaitable<result<std::size_t>> read_some(std::span<char> into) override;
    asio::awaitable<error_code> write(std::string_view data) override;
    std::size_t try_write(std::string_view data, error_code& ec) noexcept override;
    void gather(std::size_t bytes) noexcept override;
    void cancel() noexcept override;
    void shutdown_write() noexcept override;
    void close() noexcept override;
    void abort() noexcept override;
    std::string peer() const override { return peer_; }
    int native_handle() const noexcept override;
    asio::any_io_executor executor() override { return socket_.get_executor(); }

private:
    Socket socket_;
    std::string peer_;
};

} // namespace tickgate::net
