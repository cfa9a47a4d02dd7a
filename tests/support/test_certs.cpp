#include "support/test_certs.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace tickgate::test {

namespace {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const noexcept {
        free_function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Free<X509_free>>;
using File = std::unique_ptr<BIO, Free<BIO_free_all>>;

void require(bool ok, const char* what) {
    if (!ok)
        throw std::runtime_error(std::string("test certificates: ") + what);
}

struct Identity {
    Key key;
    Cert cert;
};

struct Wish {
    std::string common_name;
    std::string names; // subjectAltName; empty for an authority
    long from_days = -2, to_days = 30;
};

void add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension && X509_add_ext(cert, extension.get(), -1) == 1, "extension");
}

Identity make(const Wish& wish, const Identity* issuer) {
    static long serial = 1000;
    Identity id;
    id.key.reset(EVP_EC_gen("P-256"));
    id.cert.reset(X509_new());
    require(id.key && id.cert, "key");
    X509* cert = id.cert.get();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), wish.from_days * 86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), wish.to_days * 86400);
    X509_set_pubkey(cert, id.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer->cert.get() : cert;
    X509_set_issuer_name(cert, X509_get_subject_name(signer));
    add_extension(cert, signer, NID_basic_constraints, wish.names.empty() ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!wish.names.empty())
        add_extension(cert, signer, NID_subject_alt_name, wish.names);
    EVP_PKEY* signing_key = issuer != nullptr ? issuer->key.get() : id.key.get();
    require(X509_sign(cert, signing_key, EVP_sha256()) != 0, "signature");
    return id;
}

void save_cert(const std::string& path, const Identity& id) {
    const File file(BIO_new_file(path.c_str(), "w"));
    require(file && PEM_write_bio_X509(file.get(), id.cert.get()) == 1, "certificate file");
}

TestCerts::Pair save(const std::string& stem, const Identity& id) {
    TestCerts::Pair pair{stem + ".pem", stem + ".key"};
    save_cert(pair.cert, id);
    const File file(BIO_new_file(pair.key.c_str(), "w"));
    require(file && PEM_write_bio_PrivateKey(file.get(), id.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "key file");
    return pair;
}

struct Holder {
    TestCerts certs;

    Holder() {
        std::string path = (std::filesystem::temp_directory_path() / "tickgate-certs-XXXXXX").string();
        require(::mkdtemp(path.data()) != nullptr, "temporary directory");
        certs.directory = path;
        const std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
        const Identity ca = make(Wish{"Test CA", ""}, nullptr);
        const Identity other = make(Wish{"Other CA", ""}, nullptr);
        certs.ca = path + "/ca.pem";
        certs.other_ca = path + "/other_ca.pem";
        save_cert(certs.ca, ca);
        save_cert(certs.other_ca, other);
        certs.good = save(path + "/good", make(Wish{"localhost", names}, &ca));
        certs.expired = save(path + "/expired", make(Wish{"localhost", names, -10, -1}, &ca));
        certs.wrong_host = save(path + "/wrong_host", make(Wish{"other.example", "DNS:other.example"}, &ca));
        certs.untrusted = save(path + "/untrusted", make(Wish{"localhost", names}, &other));
    }
    ~Holder() {
        std::error_code ignored;
        std::filesystem::remove_all(certs.directory, ignored);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
};

} // namespace

const TestCerts& test_certs() {
    static const Holder holder;
    return holder.certs;
}

} // namespace tickgate::test
