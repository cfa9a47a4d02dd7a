// A certificate authority for one test program.
#pragma once

#include <string>

namespace tickgate::test {

// PEM files in a temporary directory, made once a process and removed at its end.
struct TestCerts {
    struct Pair {
        std::string cert, key;
    };
    std::string directory;
    std::string ca;       // give this to clients
    std::string other_ca; // has signed nothing but `untrusted`
    Pair good;            // localhost, 127.0.0.1, ::1
    Pair expired;         // the same names, ended yesterday
    Pair wrong_host;      // other.example
    Pair untrusted;       // the right names, signed by other_ca
};

// Thread-safe. Throws std::runtime_error if OpenSSL or the disk refuses.
const TestCerts& test_certs();

} // namespace tickgate::test
