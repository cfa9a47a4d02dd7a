#include "config/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace tickgate::config {

namespace {

struct Free {
    void operator()(BIO* b) const noexcept { BIO_free(b); }
    void operator()(X509* c) const noexcept { X509_free(c); }
    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
};

std::unique_ptr<BIO, Free> reader(std::string_view text) {
    return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::unique_ptr<X509, Free> certificate_of(std::string_view pem) {
    const auto bio = reader(pem);
    std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    return certificate;
}

// Nobody is asked for a passphrase; `asked` tells that there is one.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return 0;
}

std::unique_ptr<EVP_PKEY, Free> key_of(std::string_view pem, bool& has_passphrase) {
    const auto bio = reader(pem);
    std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &has_passphrase));
    ERR_clear_error();
    return key;
}

} // namespace

std::string certificate_problem(std::string_view pem) {
    return certificate_of(pem) ? "" : "the file holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
}

std::string key_problem(std::string_view pem) {
    bool has_passphrase = false;
    if (key_of(pem, has_passphrase))
        return {};
    return has_passphrase ? "the key has a passphrase: give one without (openssl pkey -in … -out …)"
                          : "the file holds no private key in PEM (-----BEGIN PRIVATE KEY-----)";
}

bool is_pair(std::string_view certificate, std::string_view key) {
    bool has_passphrase = false;
    const auto c = certificate_of(certificate);
    const auto k = key_of(key, has_passphrase);
    const bool fits = c && k && X509_check_private_key(c.get(), k.get()) == 1;
    ERR_clear_error();
    return fits;
}

} // namespace tickgate::config
