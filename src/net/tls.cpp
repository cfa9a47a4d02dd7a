#include "net/tls_impl.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>

namespace tickgate::net {

namespace asio = boost::asio;

std::string take_openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return "unknown TLS error";
    if (ERR_SYSTEM_ERROR(code))
        return std::strerror(ERR_GET_REASON(code));
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "TLS error " + std::to_string(code);
}

bool expect_host(SSL* ssl, const std::string& host) {
    error_code no_address;
    const auto address = asio::ip::make_address(host, no_address);
    if (!no_address)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address.to_string().c_str()) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // SSL_set_tlsext_host_name, without the macro's C cast.
    const long named =
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
    return named == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

std::string handshake_problem(SSL* ssl) {
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict == X509_V_OK)
        return take_openssl_error();
    ERR_clear_error();
    return std::string("certificate verify failed: ") + X509_verify_cert_error_string(verdict);
}

namespace {

std::unique_ptr<SSL_CTX, TlsContext::Impl::Free> make_context(const SSL_METHOD* method) {
    ERR_clear_error();
    std::unique_ptr<SSL_CTX, TlsContext::Impl::Free> context(SSL_CTX_new(method));
    if (!context)
        return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

std::unique_ptr<SSL_CTX, TlsContext::Impl::Free> make_client_context() {
    auto context = make_context(TLS_client_method());
    if (!context)
        return context;
    SSL_CTX_set_default_verify_paths(context.get()); // a machine without CAs may still have a ca_file
    ERR_clear_error();
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

} // namespace

SSL_CTX* TlsContext::Impl::native() {
    if (on_demand)
        std::call_once(made, [this] { context = make_client_context(); });
    return context.get();
}

namespace {

constexpr std::string_view http_1_1("\x08http/1.1", 9);

// HTTP/1.1 is what there is. A client that offers others only gets an alert; one that offers nothing is served.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
    unsigned int offered_size, void*) {
    unsigned char* chosen = nullptr;
    const auto* ours = reinterpret_cast<const unsigned char*>(http_1_1.data());
    const int how =
        SSL_select_next_proto(&chosen, size, ours, static_cast<unsigned int>(http_1_1.size()), offered, offered_size);
    *out = chosen;
    return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key with a passphrase is an error, not a question on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

UnixNanos end_of(const X509* certificate) {
    std::tm utc{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1)
        return {};
    return UnixNanos(std::chrono::seconds(::timegm(&utc)));
}

} // namespace

UnixNanos TlsContext::not_after() const noexcept { return impl_->not_after; }

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

result<std::shared_ptr<TlsContext>> TlsContext::client(const std::string& ca_file, std::string& problem) {
    std::shared_ptr<TlsContext> tls(new TlsContext);
    tls->impl_->on_demand = ca_file.empty();
    if (ca_file.empty())
        return tls;
    tls->impl_->context = make_client_context();
    SSL_CTX* context = tls->impl_->context.get();
    if (context == nullptr || SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
        problem = ca_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    return tls;
}

result<std::shared_ptr<TlsContext>> TlsContext::pinned(const std::string& cert_file, std::string& problem) {
    std::shared_ptr<TlsContext> tls(new TlsContext);
    tls->impl_->context = make_context(TLS_client_method());
    tls->impl_->pinned = true;
    SSL_CTX* context = tls->impl_->context.get();
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(cert_file.c_str(), "r"), &BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
    if (context == nullptr || !certificate ||
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
        problem = cert_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return tls;
}

result<std::shared_ptr<TlsContext>> TlsContext::server(
    const std::string& cert_file, const std::string& key_file, std::string& problem) {
    std::shared_ptr<TlsContext> tls(new TlsContext);
    tls->impl_->context = make_context(TLS_server_method());
    tls->impl_->server = true;
    SSL_CTX* context = tls->impl_->context.get();
    if (context == nullptr) {
        problem = take_openssl_error();
        return errc::configuration;
    }
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20"); // TLS 1.2; those of 1.3 are all good
    SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
        problem = cert_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        problem = key_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    tls->impl_->not_after = end_of(SSL_CTX_get0_certificate(context));
    return tls;
}

} // namespace tickgate::net
