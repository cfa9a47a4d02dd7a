#include "net/byte_stream_tls.hpp"

#include "net/tls_impl.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t input_size = 64 * 1024; // up to four full records a read
constexpr std::size_t write_piece = 64 * 1024;

} // namespace

// OpenSSL between two memory buffers: `in` holds what the socket gave, `out` what it is to take.
struct TlsStream::Engine {
    struct Free {
        void operator()(SSL* s) const noexcept { SSL_free(s); }
    };
    std::unique_ptr<SSL, Free> ssl;
    std::unique_ptr<char[]> in = std::make_unique_for_overwrite<char[]>(input_size);
    std::size_t in_begin = 0, in_end = 0;
    std::string out, sending;
    bool connected = false; // the handshake is done
    bool writing = false;   // `sending` is under way
    bool broken = false;    // a record was cut: nothing sensible can follow

    static const BIO_METHOD* bio_method();
    static int bio_read(BIO* bio, char* into, int size);
    static int bio_write(BIO* bio, const char* from, int size);
    static long bio_control(BIO* bio, int command, long number, void* pointer);

    bool attach(SSL_CTX* context) {
        ERR_clear_error();
        ssl.reset(SSL_new(context));
        BIO* bio = ssl ? BIO_new(bio_method()) : nullptr;
        if (bio == nullptr)
            return false;
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl.get(), bio, bio);
        return true;
    }

    // Decrypts what is there: bytes, zero with no error (more input needed), or an error.
    std::size_t take(std::span<char> into, error_code& ec) {
        std::size_t got = 0;
        while (got < into.size()) {
            ERR_clear_error();
            const int room = static_cast<int>(std::min<std::size_t>(into.size() - got, 1U << 30U));
            const int n = SSL_read(ssl.get(), into.data() + got, room);
            if (n > 0) {
                got += static_cast<std::size_t>(n);
                continue;
            }
            const int why = SSL_get_error(ssl.get(), n);
            if (why == SSL_ERROR_ZERO_RETURN)
                ec = asio::error::eof;
            else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                ec = errc::tls_failed;
            break;
        }
        return got;
    }

    bool encrypt(std::string_view piece) {
        while (!piece.empty()) {
            ERR_clear_error();
            const int n = SSL_write(ssl.get(), piece.data(), static_cast<int>(piece.size()));
            if (n <= 0)
                return false;
            piece.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    // Alerts and key updates that reading caused; what the socket does not take at once goes with the next write.
    void flush_side_output(SocketStream& socket) noexcept {
        if (out.empty() || writing)
            return;
        error_code ignored;
        out.erase(0, socket.try_write(out, ignored));
    }
};

const BIO_METHOD* TlsStream::Engine::bio_method() {
    static const auto free_method = [](BIO_METHOD* m) { BIO_meth_free(m); };
    static const std::unique_ptr<BIO_METHOD, decltype(free_method)> method = [] {
        std::unique_ptr<BIO_METHOD, decltype(free_method)> m(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tickgate"), free_method);
        BIO_meth_set_read(m.get(), &Engine::bio_read);
        BIO_meth_set_write(m.get(), &Engine::bio_write);
        BIO_meth_set_ctrl(m.get(), &Engine::bio_control);
        return m;
    }();
    return method.get();
}

int TlsStream::Engine::bio_read(BIO* bio, char* into, int size) {
    auto& engine = *static_cast<Engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t n = std::min(engine.in_end - engine.in_begin, static_cast<std::size_t>(std::max(size, 0)));
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(into, engine.in.get() + engine.in_begin, n);
    engine.in_begin += n;
    return static_cast<int>(n);
}

int TlsStream::Engine::bio_write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    static_cast<Engine*>(BIO_get_data(bio))->out.append(from, static_cast<std::size_t>(std::max(size, 0)));
    return size;
}

long TlsStream::Engine::bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

TlsStream::TlsStream(std::unique_ptr<SocketStream> socket, std::shared_ptr<TlsContext> context)
    : socket_(std::move(socket)), context_(std::move(context)), engine_(std::make_unique<Engine>()) {}

TlsStream::~TlsStream() { close(); }

asio::awaitable<error_code> TlsStream::handshake(std::string host, std::string& detail) {
    Engine& e = *engine_;
    const bool server = context_->impl().server, by_name = !server && !context_->impl().pinned;
    if (!e.attach(context_->impl().native()) || (by_name && !expect_host(e.ssl.get(), host))) {
        detail = take_openssl_error();
        co_return errc::tls_failed;
    }
    if (server)
        SSL_set_accept_state(e.ssl.get());
    else
        SSL_set_connect_state(e.ssl.get());
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(e.ssl.get());
        const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(e.ssl.get(), done);
        if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ) {
            detail = handshake_problem(e.ssl.get());
            e.broken = true;
            e.flush_side_output(*socket_); // the alert
            co_return errc::tls_failed;
        }
        if (const auto ec = co_await flush(); ec)
            co_return ec;
        if (why == SSL_ERROR_NONE)
            break;
        if (const auto ec = co_await fill(); ec) {
            if (ec != asio::error::eof)
                co_return ec;
            detail = "connection closed during the TLS handshake";
            co_return errc::tls_failed;
        }
    }
    e.connected = true;
    co_return error_code();
}

asio::awaitable<error_code> TlsStream::flush() {
    Engine& e = *engine_;
    error_code ec;
    e.writing = true;
    while (!e.out.empty() && !ec) {
        e.sending.swap(e.out);
        ec = co_await socket_->write(e.sending);
        e.sending.clear();
    }
    e.writing = false;
    e.broken = e.broken || ec.failed();
    co_return ec;
}

asio::awaitable<error_code> TlsStream::fill() {
    Engine& e = *engine_;
    const std::span<char> room(e.in.get(), input_size);
    auto n = co_await socket_->read_some(room);
    if (!n)
        co_return n.error();
    e.in_begin = 0;
    e.in_end = *n;
    co_return error_code();
}

asio::awaitable<result<std::size_t>> TlsStream::read_some(std::span<char> into) {
    Engine& e = *engine_;
    for (;;) {
        if (!e.connected)
            co_return error_code(asio::error::not_connected);
        error_code ec;
        const std::size_t n = e.take(into, ec);
        e.flush_side_output(*socket_);
        if (n > 0)
            co_return n;
        if (ec)
            co_return ec;
        // An end without close_notify is taken for an end: message formats above know where they end.
        if (ec = co_await fill(); ec)
            co_return ec;
    }
}

asio::awaitable<error_code> TlsStream::write(std::string_view data) {
    Engine& e = *engine_;
    while (!data.empty()) {
        if (e.broken || !e.connected)
            co_return error_code(asio::error::not_connected);
        const auto piece = data.substr(0, write_piece);
        if (!e.encrypt(piece)) {
            e.broken = true;
            co_return errc::tls_failed;
        }
        data.remove_prefix(piece.size());
        if (const auto ec = co_await flush(); ec)
            co_return ec;
    }
    co_return error_code();
}

std::size_t TlsStream::try_write(std::string_view, error_code& ec) noexcept {
    ec.clear();
    return 0;
}

void TlsStream::cancel() noexcept { socket_->cancel(); }

void TlsStream::shutdown_write() noexcept {
    Engine& e = *engine_;
    if (!e.connected || e.broken || e.writing || socket_->native_handle() < 0)
        return;
    e.broken = true; // for writing
    ERR_clear_error();
    SSL_shutdown(e.ssl.get()); // puts close_notify into `out`; nobody waits for the peer's
    ERR_clear_error();
    e.flush_side_output(*socket_);
    socket_->shutdown_write();
}

void TlsStream::close() noexcept {
    shutdown_write();
    engine_->connected = false;
    socket_->close();
}

void TlsStream::abort() noexcept {
    engine_->connected = false;
    socket_->abort();
}

std::string TlsStream::peer() const { return socket_->peer(); }
int TlsStream::native_handle() const noexcept { return socket_->native_handle(); }
asio::any_io_executor TlsStream::executor() { return socket_->executor(); }

} // namespace tickgate::net
