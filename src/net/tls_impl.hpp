// What the files that speak OpenSSL share.
#pragma once

#include "net/tls.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace tickgate::net {

struct TlsContext::Impl {
    struct Free {
        void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
    };
    SSL_CTX* native(); // null, with an error in the queue: out of memory

    std::unique_ptr<SSL_CTX, Free> context; // see native()
    bool on_demand = false;                 // made when it is needed: without TLS its 4 MiB of code stay on the disk
    std::once_flag made;
    bool server = false;
    bool pinned = false; // the certificate says enough: its names do not count
    UnixNanos not_after{};
};

// The peer's certificate must be for this host: a name, which is also sent (SNI), or an address. False: out of memory.
bool expect_host(SSL* ssl, const std::string& host);

// Why a handshake failed: what is wrong with the certificate, or OpenSSL's words; its queue is emptied.
std::string handshake_problem(SSL* ssl);

// Text of the oldest error in OpenSSL's queue of this thread, which is emptied.
std::string take_openssl_error();

} // namespace tickgate::net
