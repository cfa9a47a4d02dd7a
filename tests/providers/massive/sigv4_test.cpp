// Signatures against those that AWS published.
#include "massive/sigv4.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono;

std::string signature_of(const SignedRequest& request, const SigningKey& key, UnixNanos at) {
    const auto text = authorization(request, empty_payload_hash(), key, at);
    const auto from = text.find("Signature=");
    return from == std::string::npos ? text : text.substr(from + 10);
}

// Examples of "Signature Calculations for the Authorization Header" in the reference of S3.
struct S3Examples : testing::Test {
    S3Examples() {
        key.id = "AKIAIOSFODNN7EXAMPLE";
        key.secret = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        request.headers = {{"host", "examplebucket.s3.amazonaws.com"},
            {"x-amz-content-sha256", std::string(empty_payload_hash())}, {"x-amz-date", "20130524T000000Z"}};
    }
    UnixNanos at{sys_days(2013y / May / 24)};
    SigningKey key;
    SignedRequest request;
};

TEST_F(S3Examples, GetObjectWithARange) {
    request.path = "/test.txt";
    request.headers.emplace_back("range", "bytes=0-9");
    EXPECT_EQ(canonical_request(request, empty_payload_hash()),
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
        "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
        "x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(authorization(request, empty_payload_hash(), key, at),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3Examples, ParameterWithoutValue) {
    request.query = {{"lifecycle", ""}};
    EXPECT_EQ(signature_of(request, key, at), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3Examples, ListObjects) {
    request.query = {{"prefix", "J"}, {"max-keys", "2"}};
    EXPECT_EQ(signature_of(request, key, at), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// From the test suite of Signature Version 4.
struct Suite : testing::Test {
    Suite() {
        key.id = "AKIDEXAMPLE";
        key.secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        key.service = "service";
        request.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
    }
    UnixNanos at = sys_days(2015y / August / 30) + hours(12) + minutes(36);
    SigningKey key;
    SignedRequest request;
};

TEST_F(Suite, GetVanilla) {
    EXPECT_EQ(amz_date(at), "20150830T123600Z");
    EXPECT_EQ(signature_of(request, key, at), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_F(Suite, QueryInAnotherOrder) {
    request.query = {{"Param2", "value2"}, {"Param1", "value1"}};
    EXPECT_EQ(signature_of(request, key, at), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST_F(Suite, PostVanilla) {
    request.method = "POST";
    EXPECT_EQ(signature_of(request, key, at), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST_F(Suite, HeaderValuesAreTrimmed) {
    request.headers.emplace_back("my-header1", " value1");
    request.headers.emplace_back("my-header2", " \"a   b   c\"");
    EXPECT_EQ(signature_of(request, key, at), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(SigV4, EncodesAsRfc3986Says) {
    EXPECT_EQ(uri_encode("a b/c:d=e~f_g-h.i+j", true), "a%20b/c%3Ad%3De~f_g-h.i%2Bj");
    EXPECT_EQ(uri_encode("a/b", false), "a%2Fb");
    EXPECT_EQ(uri_encode("\xC3\xA4", false), "%C3%A4");
    EXPECT_EQ(canonical_query({{"prefix", "us/2024/"}, {"list-type", "2"}, {"continuation-token", "a+b="}}),
        "continuation-token=a%2Bb%3D&list-type=2&prefix=us%2F2024%2F");
}

TEST(SigV4, AnotherSecretOrTimeIsAnotherSignature) {
    SignedRequest request;
    SigningKey a, b;
    a.id = b.id = "id";
    a.secret = Secret("sigv4-test-secret-a");
    b.secret = Secret("sigv4-test-secret-b");
    const UnixNanos at{sys_days(2024y / February / 29)};
    EXPECT_NE(signature_of(request, a, at), signature_of(request, b, at));
    EXPECT_NE(signature_of(request, a, at), signature_of(request, a, at + hours(24)));
    EXPECT_EQ(authorization(request, "x", a, at).find("sigv4-test-secret"), std::string::npos);
}

} // namespace
} // namespace tickgate::massive
