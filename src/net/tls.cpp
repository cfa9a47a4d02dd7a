#include "net/tls_impl.hpp"

#include <openssl/err.h>

#include <cstring>

namespace tickgate::net {

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

} // namespace

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

result<std::shared_ptr<TlsContext>> TlsContext::client(const std::string& ca_file, std::string& problem) {
    std::shared_ptr<TlsContext> tls(new TlsContext);
    tls->impl_->context = make_context(TLS_client_method());
    SSL_CTX* context = tls->impl_->context.get();
    if (context == nullptr) {
        problem = take_openssl_error();
        return errc::configuration;
    }
    SSL_CTX_set_default_verify_paths(context); // a machine without CAs may still have ca_file
    ERR_clear_error();
    if (!ca_file.empty() && SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
        problem = ca_file + ": " + take_openssl_error();
        return errc::configuration;
    }
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
    if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
        problem = cert_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        problem = key_file + ": " + take_openssl_error();
        return errc::configuration;
    }
    return tls;
}

} // namespace tickgate::net
