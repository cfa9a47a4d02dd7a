// What the files that speak OpenSSL share.
#pragma once

#include "net/tls.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace tickgate::net {

struct TlsContext::Impl {
    struct Free {
        void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
    };
    std::unique_ptr<SSL_CTX, Free> context;
    bool server = false;
};

// Text of the oldest error in OpenSSL's queue of this thread, which is emptied.
std::string take_openssl_error();

} // namespace tickgate::net
