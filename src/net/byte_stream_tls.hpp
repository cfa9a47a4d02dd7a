// TLS over a socket. OpenSSL works on memory; the socket work is SocketStream's.
#pragma once

#include "net/byte_stream_socket.hpp"

#include <memory>
#include <string>

namespace tickgate::net {

class TlsStream final : public ByteStream {
public:
    TlsStream(std::unique_ptr<SocketStream> socket, std::shared_ptr<TlsContext> context);
    ~TlsStream() override;

    // Clients verify the peer against `host`, a name or an address; servers ignore it. `detail` receives the cause.
    // Errors: tls_failed, system errors, operation_aborted. No deadline of its own: the caller cancels or closes.
    asio::awaitable<error_code> handshake(std::string host, std::string& detail);

    asio::awaitable<result<std::size_t>> read_some(std::span<char> into) override;
    asio::awaitable<error_code> write(std::string_view data) override;
    std::size_t try_write(std::string_view data, error_code& ec) noexcept override;
    void cancel() noexcept override;
    void shutdown_write() noexcept override;
    void close() noexcept override;
    void abort() noexcept override;
    std::string peer() const override;
    int native_handle() const noexcept override;
    asio::any_io_executor executor() override;

private:
    struct Engine;
    asio::awaitable<error_code> flush();
    asio::awaitable<error_code> fill();

    std::unique_ptr<SocketStream> socket_;
    std::shared_ptr<TlsContext> context_;
    std::unique_ptr<Engine> engine_;
};

} // namespace tickgate::net
