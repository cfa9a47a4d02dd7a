// TLS settings, shared by connections.
#pragma once

#include <tickgate/error.hpp>

#include <memory>
#include <string>

namespace tickgate::net {

// An OpenSSL context behind a wall. Immutable and thread-safe after creation.
//
// Clients: TLS 1.2 or newer, SNI, verification of the chain and of the host name, always. There is no switch to turn
// verification off; `ca_file` adds a CA to the system's. Servers: certificate chain and key as PEM files.
class TlsContext {
public:
    // Errors: configuration, `problem` names the file and the cause.
    static result<std::shared_ptr<TlsContext>> client(const std::string& ca_file, std::string& problem);
    static result<std::shared_ptr<TlsContext>> server(
        const std::string& cert_file, const std::string& key_file, std::string& problem);
    ~TlsContext();

    struct Impl;
    Impl& impl() noexcept { return *impl_; }

private:
    TlsContext();
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::net
