// TLS settings, shared by connections.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <memory>
#include <string>

namespace tickgate::net {

// An OpenSSL context behind a wall. Immutable and thread-safe after creation.
//
// Clients: TLS 1.2 or newer, SNI, verification of the chain and of the host name, always. There is no switch to turn
// verification off; `ca_file` adds a CA to the system's. Servers: certificate chain and key as PEM files, HTTP/1.1 by
// ALPN, ciphers with forward secrecy only.
class TlsContext {
public:
    // Errors: configuration, `problem` names the file and the cause.
    static result<std::shared_ptr<TlsContext>> client(const std::string& ca_file, std::string& problem);
    // A client of the server whose certificate is the first of this file: this one is taken (and what it signed), by
    // whatever name the server is called and whoever signed it. For those who can read the server's own files.
    static result<std::shared_ptr<TlsContext>> pinned(const std::string& cert_file, std::string& problem);
    static result<std::shared_ptr<TlsContext>> server(
        const std::string& cert_file, const std::string& key_file, std::string& problem);
    ~TlsContext();

    UnixNanos not_after() const noexcept; // when the server's certificate ends; clients: the epoch

    struct Impl;
    Impl& impl() noexcept { return *impl_; }

private:
    TlsContext();
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::net
