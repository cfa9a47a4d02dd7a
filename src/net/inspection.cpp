#include "net/inspection.hpp"

#include "core/clock.hpp"
#include "net/resolver.hpp"
#include "net/tls_impl.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace tickgate::net {

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using X509Pointer = std::unique_ptr<X509, Freer<&X509_free>>;
using SslPointer = std::unique_ptr<SSL, Freer<&SSL_free>>;
using BioPointer = std::unique_ptr<BIO, Freer<&BIO_free_all>>;

std::string text_of(const X509_NAME* name) {
    const BioPointer out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = BIO_ctrl(out.get(), BIO_CTRL_INFO, 0, &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

UnixNanos time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    return UnixNanos(std::chrono::seconds(::timegm(&parts)));
}

Certificate certificate_of(X509* x) {
    Certificate c;
    c.subject = text_of(X509_get_subject_name(x));
    c.issuer = text_of(X509_get_issuer_name(x));
    c.not_before = time_of(X509_get0_notBefore(x));
    c.not_after = time_of(X509_get0_notAfter(x));
    return c;
}

// Remembers the peer's certificate before it is judged.
int on_certificate(int good, X509_STORE_CTX* store) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* kept = static_cast<X509Pointer*>(SSL_get_ex_data(ssl, 0));
    if (X509* own = X509_STORE_CTX_get0_cert(store); own != nullptr && X509_up_ref(own) == 1)
        kept->reset(own);
    return good;
}

// What the handshake has to say goes out.
asio::awaitable<error_code> send_pending(ByteStream& stream, BIO* out) {
    std::array<char, 4096> buffer{};
    for (;;) {
        const int n = BIO_read(out, buffer.data(), static_cast<int>(buffer.size()));
        if (n <= 0)
            co_return error_code();
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
        if (const auto ec = co_await stream.write(piece); ec)
            co_return ec;
    }
}

asio::awaitable<error_code> shake_hands(
    ByteStream& stream, std::shared_ptr<TlsContext> tls, std::string host, Inspection& found) {
    X509Pointer kept;
    const SslPointer ssl(SSL_new(tls->impl().native()));
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_ex_data(ssl.get(), 0, &kept);
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, &on_certificate);
    if (!expect_host(ssl.get(), host))
        co_return errc::tls_failed;
    SSL_set_connect_state(ssl.get());
    std::array<char, 16384> buffer{};
    const std::span<char> room(buffer);
    error_code ec;
    while (!ec) {
        ERR_clear_error();
        const int done = SSL_do_handshake(ssl.get());
        const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl.get(), done);
        if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ) {
            found.detail = handshake_problem(ssl.get());
            ec = errc::tls_failed;
        }
        const auto sent = co_await send_pending(stream, out); // an alert too
        if (why == SSL_ERROR_NONE || ec)
            break;
        if (sent) {
            ec = sent;
            break;
        }
        const auto n = co_await stream.read_some(room);
        if (!n) {
            ec = n.error() == asio::error::eof ? make_error_code(errc::tls_failed) : n.error();
            found.detail = "connection closed during the TLS handshake";
            break;
        }
        BIO_write(in, buffer.data(), static_cast<int>(*n));
    }
    if (kept)
        found.certificate = certificate_of(kept.get());
    if (!ec)
        found.tls = std::string(SSL_get_version(ssl.get())) + ", " + SSL_get_cipher_name(ssl.get());
    co_return ec;
}

class Watch {
public:
    explicit Watch(std::chrono::milliseconds limit) : until_(mono_now() + limit) {}
    std::chrono::milliseconds left() const {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - mono_now());
        return std::max(ms, std::chrono::milliseconds(1));
    }
    std::chrono::milliseconds lap() {
        const auto now = mono_now();
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - std::exchange(last_, now));
    }

private:
    MonoTime until_, last_ = mono_now();
};

// The handshake has no deadline of its own: the stream is closed when the time is up.
class Closer {
public:
    Closer(ByteStream& stream, std::chrono::milliseconds limit)
        : timer_(stream.executor(), limit), state_(std::make_shared<State>(State::waiting)) {
        timer_.async_wait([&stream, state = state_](const error_code&) {
            if (*state != State::waiting)
                return;
            *state = State::late;
            stream.close();
        });
    }
    ~Closer() { *state_ = State::gone; }
    Closer(const Closer&) = delete;
    Closer& operator=(const Closer&) = delete;
    bool late() const noexcept { return *state_ == State::late; }

private:
    enum class State : std::uint8_t { waiting, late, gone };
    asio::steady_timer timer_;
    std::shared_ptr<State> state_;
};

} // namespace

asio::awaitable<Inspection> inspect(Url url, ConnectOptions options) {
    Inspection found;
    Watch watch(options.deadline);
    if (url.scheme != "unix") {
        auto looking = resolve(url.host, url.port, watch.left());
        const auto addresses = co_await std::move(looking);
        found.lookup = watch.lap();
        if (!addresses) {
            found.error = addresses.error();
            found.detail = found.error == errc::timed_out ? "the name lookup timed out" : "no address was found";
            co_return found;
        }
        for (const auto& a : *addresses)
            found.addresses.push_back(a.address().to_string());
    }
    found.step = Inspection::Step::connect;
    Url plain = url;
    plain.scheme = url.scheme == "unix" ? "unix" : "http";
    ConnectOptions bare;
    bare.deadline = watch.left();
    auto connecting = connect(std::move(plain), std::move(bare), found.detail);
    auto stream = co_await std::move(connecting);
    found.connect = watch.lap();
    if (!stream) {
        found.error = stream.error();
        co_return found;
    }
    found.peer = (*stream)->peer();
    if (url.secure()) {
        found.step = Inspection::Step::handshake;
        const Closer closer(**stream, watch.left());
        auto shaking = shake_hands(**stream, options.tls, url.host, found);
        found.error = co_await std::move(shaking);
        found.handshake = watch.lap();
        if (closer.late()) {
            found.error = errc::timed_out;
            found.detail = "the TLS handshake timed out";
        }
        if (found.error)
            co_return found;
    }
    found.step = Inspection::Step::done;
    (*stream)->close();
    co_return found;
}

result<Certificate> read_certificate(const std::string& file) {
    const BioPointer in(BIO_new_file(file.c_str(), "r"));
    if (!in) {
        ERR_clear_error();
        return errc::unavailable;
    }
    const X509Pointer x(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!x)
        return errc::configuration;
    return certificate_of(x.get());
}

} // namespace tickgate::net
