#include "support/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tickgate::bench {

namespace {

constexpr std::size_t tls_read_buffer = 256 * 1024;

[[noreturn]] void throw_errno(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

[[noreturn]] void throw_tls(const std::string& what) {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    throw std::runtime_error(what + ": " + text);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

sockaddr* as_sockaddr(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

void set_no_delay(int fd) {
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        throw_errno("TCP_NODELAY");
}

void set_non_blocking(int fd) {
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        throw_errno("O_NONBLOCK");
}

TlsContext make_context(const SSL_METHOD* method) {
    TlsContext context(SSL_CTX_new(method));
    if (!context)
        throw_tls("SSL_CTX_new");
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_default_read_buffer_len(context.get(), tls_read_buffer);
    return context;
}

Io io_state(SSL* ssl, int rc) {
    const int error = SSL_get_error(ssl, rc);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Io::would_block : Io::closed;
}

} // namespace

Fd::~Fd() {
    if (fd_ >= 0)
        ::close(fd_);
}

void SslFree::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
void SslFree::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }

TlsContext make_tls_server(const std::string& certificate_file, const std::string& key_file) {
    TlsContext context = make_context(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
        throw_tls(certificate_file);
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        throw_tls(key_file);
    return context;
}

TlsContext make_tls_client(const std::string& ca_file) {
    TlsContext context = make_context(TLS_client_method());
    if (SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1)
        throw_tls(ca_file);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

Fd listen_on(std::uint16_t port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    sockaddr_in address = loopback(port);
    if (fd.get() < 0 || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), as_sockaddr(address), sizeof address) != 0 || ::listen(fd.get(), 128) != 0)
        throw_errno("listen");
    return fd;
}

std::uint16_t local_port(const Fd& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), as_sockaddr(address), &size) != 0)
        throw_errno("getsockname");
    return ntohs(address.sin_port);
}

Stream Stream::connect(std::uint16_t port, SSL_CTX* context) {
    Stream stream;
    stream.fd_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(port);
    if (stream.fd() < 0 || ::connect(stream.fd(), as_sockaddr(address), sizeof address) != 0)
        throw_errno("connect");
    set_no_delay(stream.fd());
    if (context != nullptr) {
        stream.tls_.reset(SSL_new(context));
        SSL_set_fd(stream.tls_.get(), stream.fd());
        static char host[] = "localhost";
        SSL_ctrl(stream.tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host);
        SSL_set1_host(stream.tls_.get(), host);
        if (SSL_connect(stream.tls_.get()) != 1)
            throw_tls("TLS handshake");
    }
    set_non_blocking(stream.fd());
    return stream;
}

bool Stream::accept(const Fd& listener, SSL_CTX* context, Stream& out) {
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED)
            return false;
        throw_errno("accept");
    }
    set_no_delay(fd.get());
    out = Stream();
    if (context != nullptr) {
        out.tls_.reset(SSL_new(context));
        SSL_set_fd(out.tls_.get(), fd.get());
        SSL_set_accept_state(out.tls_.get());
    }
    out.fd_ = std::move(fd);
    return true;
}

IoResult Stream::read(char* data, std::size_t size) {
    if (!tls_) {
        const ssize_t n = ::recv(fd_.get(), data, size, 0);
        if (n > 0)
            return {Io::ok, static_cast<std::size_t>(n)};
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return {Io::would_block, 0};
        return {Io::closed, 0};
    }
    std::size_t filled = 0;
    while (filled < size) {
        const int room = static_cast<int>(std::min<std::size_t>(size - filled, INT_MAX));
        const int n = SSL_read(tls_.get(), data + filled, room);
        if (n <= 0)
            return {io_state(tls_.get(), n), filled};
        filled += static_cast<std::size_t>(n);
    }
    return {Io::ok, filled};
}

IoResult Stream::write(const char* data, std::size_t size) {
    if (!tls_) {
        const ssize_t n = ::send(fd_.get(), data, size, MSG_NOSIGNAL);
        if (n >= 0)
            return {static_cast<std::size_t>(n) == size ? Io::ok : Io::would_block, static_cast<std::size_t>(n)};
        return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Io::would_block : Io::closed, 0};
    }
    std::size_t sent = 0;
    while (sent < size) {
        const int n = SSL_write(tls_.get(), data + sent, static_cast<int>(std::min<std::size_t>(size - sent, INT_MAX)));
        if (n <= 0)
            return {io_state(tls_.get(), n), sent};
        sent += static_cast<std::size_t>(n);
    }
    return {Io::ok, sent};
}

void Stream::write_all(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const IoResult result = write(text.data() + sent, text.size() - sent);
        sent += result.bytes;
        if (result.state == Io::closed)
            throw std::runtime_error("the peer closed the connection");
        if (result.state == Io::would_block) {
            pollfd waiting{fd_.get(), POLLOUT, 0};
            ::poll(&waiting, 1, 1000);
        }
    }
}

void Stream::wait_any(int timeout_ms) const {
    pollfd waiting{fd_.get(), POLLIN | POLLOUT, 0};
    ::poll(&waiting, 1, timeout_ms);
}

bool Stream::wait_readable(int timeout_ms) const {
    if (tls_ && SSL_has_pending(tls_.get()) == 1)
        return true;
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, timeout_ms) > 0;
}

} // namespace tickgate::bench
