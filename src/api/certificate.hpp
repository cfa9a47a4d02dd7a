// The certificate of the HTTP door.
#pragma once

#include "net/tls.hpp"

#include <tickgate/error.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::api {

struct Family;

// The files that are in force, and when their certificate ends. One loop.
class Certificate {
public:
    // Reads both files; on any fault nothing changes. A certificate that has ended, or will within two weeks, is taken
    // and logged. Errors: configuration; `problem` names the file and the cause.
    error_code load(const std::string& cert_file, const std::string& key_file, std::string& problem);

    const std::shared_ptr<net::TlsContext>& tls() const noexcept { return tls_; } // null: none was loaded
    std::vector<Family> families() const;

private:
    std::shared_ptr<net::TlsContext> tls_;
};

} // namespace tickgate::api
