// Sockets on 127.0.0.1, with or without TLS, non-blocking after connect and accept. Failures of setup throw
// std::system_error or std::runtime_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace tickgate::bench {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();

    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

struct SslFree {
    void operator()(SSL* ssl) const noexcept;
    void operator()(SSL_CTX* context) const noexcept;
};
using TlsContext = std::unique_ptr<SSL_CTX, SslFree>;

TlsContext make_tls_server(const std::string& certificate_file, const std::string& key_file);
TlsContext make_tls_client(const std::string& ca_file); // verifies the peer against `ca_file`

// Listens on 127.0.0.1; port 0 lets the system choose.
Fd listen_on(std::uint16_t port);
std::uint16_t local_port(const Fd& socket);

enum class Io { ok, would_block, closed };

struct IoResult {
    Io state = Io::ok;
    std::size_t bytes = 0; // moved; may be above 0 with any state
};

// One connection. Reads and writes never block.
class Stream {
public:
    // Connects to 127.0.0.1:`port`; with a context, TLS as `localhost`. The handshake is finished on return.
    static Stream connect(std::uint16_t port, SSL_CTX* context);
    // Takes the next waiting connection of `listener`; false when none waits. A TLS handshake runs within the first
    // reads.
    static bool accept(const Fd& listener, SSL_CTX* context, Stream& out);

    Stream() = default;

    // Fills the buffer as far as data is there: one system call when plain, one or more when TLS.
    IoResult read(char* data, std::size_t size);
    IoResult write(const char* data, std::size_t size);
    // Writes all of it, waiting as needed; throws when the peer closes. Meanwhile nothing is read.
    void write_all(const std::string& text);
    // Waits up to `timeout_ms` for data; true when a read may succeed.
    [[nodiscard]] bool wait_readable(int timeout_ms) const;
    // Waits up to `timeout_ms` for data or for room to write.
    void wait_any(int timeout_ms) const;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    Fd fd_;
    std::unique_ptr<SSL, SslFree> tls_;
};

} // namespace tickgate::bench
