#include "config_test_support.hpp"
#include "support/test_certs.hpp"

#include <fstream>
#include <sstream>

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string desk = "desk-token-0123456789", ops_token = "ops-token-9876543210ab";

class HttpTest : public Fixture {
protected:
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        std::stringstream text;
        text << in.rdbuf();
        return text.str();
    }
    void use(const test::TestCerts::Pair& pair) {
        files["/cert.pem"] = content(pair.cert);
        files["/key.pem"] = content(pair.key);
    }
    static constexpr const char* both = "http: {tls: {cert_file: /cert.pem, key_file: /key.pem}}";
};

TEST_F(HttpTest, HasGenerousDefaults) {
    const Http h = good("").http;
    EXPECT_THAT(h.tokens, IsEmpty());
    EXPECT_EQ(h.cert_file, "");
    EXPECT_THAT(h.origins, IsEmpty());
    EXPECT_THAT(h.cors, IsEmpty()); // off
    EXPECT_EQ(h.rate, 1000);
    EXPECT_EQ(h.burst, 2000);
    EXPECT_LT(h.connections_per_peer, h.connections); // one peer cannot take all
}

TEST_F(HttpTest, TokensHaveNamesAndScopes) {
    files = {{"/etc/tickgate/ops.token", ops_token + "\n"}};
    const Http h =
        good("http:\n  tokens:\n    ops: {scope: admin, token_file: ops.token}\n    desk: {token: " + desk + "}\n")
            .http;
    ASSERT_EQ(h.tokens.size(), 2u);
    EXPECT_EQ(h.tokens[0].name, "desk");
    EXPECT_EQ(h.tokens[0].scope, HttpScope::read);
    EXPECT_EQ(h.tokens[0].token.reveal(), desk);
    EXPECT_EQ(h.tokens[1].name, "ops");
    EXPECT_EQ(h.tokens[1].scope, HttpScope::admin);
    EXPECT_EQ(h.tokens[1].token.reveal(), ops_token);
}

TEST_F(HttpTest, NamedTokensAreMaskedAndInTheDigest) {
    const auto with = [&](const char* scope) {
        return good(std::string("http: {tokens: {desk: {scope: ") + scope + ", token: " + desk + "}}}");
    };
    const auto settings = effective_settings(with("admin"));
    using Pair = std::pair<std::string, std::string>;
    EXPECT_THAT(settings, Contains(Pair("http.tokens.desk.token", "***")));
    EXPECT_THAT(settings, Contains(Pair("http.tokens.desk.scope", "admin")));
    EXPECT_NE(with("admin").digest, with("read").digest);
}

TEST_F(HttpTest, FaultsOfTokensAreNamed) {
    EXPECT_THAT(fault("http: {tokens: {desk: {scope: read}}}"), HasSubstr("http.tokens.desk: names no token"));
    EXPECT_THAT(fault("http: {tokens: {desk: {scope: write, token: " + desk + "}}}"),
        AllOf(HasSubstr("http.tokens.desk.scope: "), HasSubstr("allowed: read, admin")));
    EXPECT_THAT(fault("http: {tokens: {desk: {tokn: " + desk + "}}}"), HasSubstr("did you mean token?"));
    EXPECT_THAT(fault("http: {tokens: {'a b': {token: " + desk + "}}}"), HasSubstr("the name of a client"));
    EXPECT_THAT(fault("http: {tokens: {default: {token: " + desk + "}}}"), HasSubstr("not `default`"));
    EXPECT_THAT(fault("http: {tokens: {desk: {token_file: /none}}}"), HasSubstr("cannot read the file"));
    files["/empty"] = "\n";
    EXPECT_THAT(fault("http: {tokens: {desk: {token_file: /empty}}}"), HasSubstr("the file is empty"));
    EXPECT_THAT(fault("http: {tokens: [a]}"), HasSubstr("http.tokens: expected a map of keys"));
}

TEST_F(HttpTest, TheSameTokenTwiceIsRefusedAndNotShown) {
    files["/t"] = desk;
    const auto twice = fault("http: {token_file: /t, tokens: {desk: {token: " + desk + "}}}");
    EXPECT_THAT(twice, HasSubstr("http.tokens.desk.token: this is the token of http.token_file, too"));
    EXPECT_THAT(twice, Not(HasSubstr(desk)));
    EXPECT_THAT(fault("http: {tokens: {a: {token: " + desk + "}, b: {token: " + desk + "}}}"),
        HasSubstr("http.tokens.b.token: this is the token of http.tokens.a.token"));
}

TEST_F(HttpTest, ShortTokensAreToldHereAndRefusedWhereOthersCanTry) {
    const Loaded near = load("http: {token: fifteen-letters}\nsymbols: {crypto: [A]}");
    EXPECT_THAT(near.notices, ElementsAre(AllOf(HasSubstr("http.token: "), HasSubstr("fewer than 16"))));
    EXPECT_THAT(fault("http: {token: fifteen-letters, listen: ':80'}"),
        AllOf(HasSubstr("http.token: the token has fewer than 16 characters"), Not(HasSubstr("fifteen"))));
    EXPECT_THAT(fault("http: {tokens: {d: {token: short}}, listen: ':80'}"), HasSubstr("http.tokens.d.token: "));
    good("http: {token: sixteen-letters-, listen: ':80'}");
}

TEST_F(HttpTest, TokensMustFitIntoAHeader) {
    files = {
        {"/sp", "a token with spaces in it"}, {"/nl", "first-line-of-it\nsecond"}, {"/comma", "0123456789,abcdefgh"}};
    for (const char* file : {"/sp", "/nl", "/comma"})
        EXPECT_THAT(fault(std::string("http: {token_file: ") + file + "}"),
            HasSubstr("http.token_file: the token holds a character that cannot be sent"))
            << file;
}

TEST_F(HttpTest, APublicAddressNeedsAnyToken) {
    EXPECT_THAT(fault("http: {listen: ':80'}"), HasSubstr("needs a token"));
    good("http: {listen: ':80', tokens: {desk: {token: " + desk + "}}}");
    const Loaded plain = load("http: {listen: ':80', token: " + desk + "}\nsymbols: {crypto: [A]}");
    EXPECT_THAT(plain.notices, ElementsAre(AllOf(HasSubstr("without TLS"), HasSubstr("http.tls"))));
    use(test::test_certs().good);
    const Loaded secure = load("http: {listen: ':80', token: " + desk +
                               ", tls: {cert_file: /cert.pem, key_file: /key.pem}}\nsymbols: {crypto: [A]}");
    EXPECT_THAT(secure.notices, IsEmpty());
}

TEST_F(HttpTest, TakesACertificateAndItsKey) {
    use(test::test_certs().good);
    const Http h = good(both).http;
    EXPECT_EQ(h.cert_file, "/cert.pem");
    EXPECT_EQ(h.key_file, "/key.pem");
    world_readable = "/key.pem";
    EXPECT_THAT(load(both).notices, Contains(HasSubstr("http.tls.key_file: every user of this machine can read")));
}

TEST_F(HttpTest, RefusesWhatIsNoPair) {
    const auto& certs = test::test_certs();
    use(certs.good);
    files["/other.pem"] = content(certs.untrusted.cert);
    EXPECT_THAT(fault("http: {tls: {cert_file: /other.pem, key_file: /key.pem}}"),
        HasSubstr("http.tls.key_file: the key does not belong to the certificate"));
    EXPECT_THAT(fault("http: {tls: {key_file: /key.pem, cert_file: /other.pem}}"),
        HasSubstr("http.tls.cert_file: the certificate does not belong to the key"));
    EXPECT_THAT(fault("http: {tls: {cert_file: /cert.pem}}"), HasSubstr("set http.tls.key_file, too"));
    EXPECT_THAT(fault("http: {tls: {key_file: /key.pem}}"), HasSubstr("set http.tls.cert_file, too"));
    EXPECT_THAT(fault("http: {tls: {cert_file: /none, key_file: /key.pem}}"), HasSubstr("cannot read the file"));
    EXPECT_THAT(fault("http: {tls: {cert_file: /key.pem, key_file: /key.pem}}"), HasSubstr("holds no certificate"));
    EXPECT_THAT(fault("http: {tls: {cert_file: /cert.pem, key_file: /cert.pem}}"), HasSubstr("holds no private key"));
}

TEST_F(HttpTest, AKeyWithAPassphraseIsNotAskedFor) {
    use(test::test_certs().good);
    files["/key.pem"] = // any text below such a head: it is the passphrase that is asked for first
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    EXPECT_THAT(fault(both), HasSubstr("http.tls.key_file: "));
}

TEST_F(HttpTest, OriginsAreWhatBrowsersSend) {
    const Http h =
        good("http: {origins: ['https://desk.example:8443', 'http://localhost:3000'], cors: ['https://a']}").http;
    EXPECT_THAT(h.origins, ElementsAre("https://desk.example:8443", "http://localhost:3000"));
    EXPECT_THAT(h.cors, ElementsAre("https://a"));
    for (const char* bad : {"desk.example", "https://desk.example/", "https://desk.example/x", "https://u@desk.example",
             "ftp://desk.example", "https://", "null", "https://desk.example?x"})
        EXPECT_THAT(
            fault(std::string("http: {origins: ['") + bad + "']}"), HasSubstr("http.origins[0]: expected an origin"))
            << bad;
    EXPECT_THAT(fault("http: {cors: ['*']}"), HasSubstr("every page of the web is too many"));
}

TEST_F(HttpTest, LimitsHaveRanges) {
    EXPECT_EQ(good("http: {rate: 0}").http.rate, 0);
    EXPECT_THAT(fault("http: {rate: -1}"), HasSubstr("http.rate: expected a whole number from 0 to 1000000"));
    EXPECT_THAT(fault("http: {burst: 0}"), HasSubstr("http.burst: "));
    EXPECT_THAT(fault("http: {connections: 0}"), HasSubstr("http.connections: "));
    EXPECT_THAT(fault("http: {connections_per_peer: many}"), HasSubstr("http.connections_per_peer: "));
}

} // namespace
} // namespace tickgate::config
