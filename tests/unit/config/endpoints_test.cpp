#include "config/endpoints.hpp"

#include "support/process.hpp"

#include <gmock/gmock.h>

namespace tickgate::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Endpoints : public ::testing::Test {
protected:
    HttpEndpoint http(const std::string& text) {
        return load_http_endpoint(directory_.write("t.yaml", text), nothing_set);
    }
    RedisEndpoint redis(const std::string& text) {
        return load_redis_endpoint(directory_.write("t.yaml", text), nothing_set);
    }
    test::TemporaryDirectory directory_;

private:
    static std::optional<std::string> nothing_set(std::string_view) { return std::nullopt; }
};

// Of the service alone: the account that asks does not see them.
constexpr const char* credentials =
    "providers:\n"
    "  oanda: {account: x, token_file: \"${CREDENTIALS_DIRECTORY}/secret_oanda\"}\n"
    "store: {url: \"postgresql://h/d\", password_file: \"${CREDENTIALS_DIRECTORY}/p\"}\n"
    "symbol: {fx: [EUR-USD]}\n";

TEST_F(Endpoints, WhatIsNotNeededIsNotLookedAt) {
    const auto found = http("redis: {password: \"${NONE}\"}\nhttp: {listen: \"127.0.0.1:9\", rate: x, nonsense: 1}\n" +
                            std::string(credentials));
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.token_problems, IsEmpty());
    EXPECT_EQ(found.http.port, 9);
    EXPECT_FALSE(found.tls);
    const auto bus = redis("redis: {url: \"redis://u:p@127.0.0.1:7/3\", prefix: x}\nhttp: {token: \"${NONE}\"}\n" +
                           std::string(credentials));
    EXPECT_THAT(bus.problems, IsEmpty());
    EXPECT_EQ(bus.redis.prefix, "x");
    EXPECT_EQ(bus.redis.port, 7);
    EXPECT_EQ(bus.redis.username, "u");
    EXPECT_EQ(bus.redis.password.reveal(), "p");
    EXPECT_EQ(http("").http.port, 8787) << "defaults";
}

TEST_F(Endpoints, ATokenThatCannotBeReadIsToldApartAndTheOthersAreThere) {
    const auto mine = directory_.write("mine", "token-of-mine\n");
    const auto found = http("http:\n  listen: 0.0.0.0:9\n  token_file: \"${CREDENTIALS_DIRECTORY}/secret_token\"\n"
                            "  tokens:\n    desk: {token_file: /none/desk}\n    me: {token_file: " +
                            mine + "}\n");
    EXPECT_THAT(found.problems, IsEmpty());
    ASSERT_THAT(found.token_problems, SizeIs(2));
    EXPECT_THAT(found.token_problems.at(0).to_string(), HasSubstr("t.yaml:3:"));
    EXPECT_THAT(found.token_problems.at(0).to_string(), HasSubstr("CREDENTIALS_DIRECTORY"));
    EXPECT_TRUE(found.http.token.empty());
    ASSERT_FALSE(found.http.tokens.empty());
    EXPECT_EQ(found.http.tokens.back().token.reveal(), "token-of-mine");
}

TEST_F(Endpoints, OfTlsOnlyTheNameOfTheCertificateCounts) {
    auto found = http("http: {tls: {cert_file: cert.pem, key_file: \"${CREDENTIALS_DIRECTORY}/key\"}}\n");
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_TRUE(found.tls);
    EXPECT_EQ(found.http.cert_file, directory_.path() + "/cert.pem");
    found = http("http: {tls: {cert_file: \"${CREDENTIALS_DIRECTORY}/cert\", key_file: k}}\n");
    EXPECT_TRUE(found.tls);
    EXPECT_EQ(found.http.cert_file, "");
    EXPECT_THAT(found.tls_problems, SizeIs(1));
}

TEST_F(Endpoints, WithoutAnAddressThereIsAProblem) {
    EXPECT_THAT(load_http_endpoint("/none.yaml").problems, SizeIs(1));
    EXPECT_THAT(load_redis_endpoint("/none.yaml").problems, SizeIs(1));
    EXPECT_THAT(http("http: {listen: nowhere}").problems, SizeIs(1));
    EXPECT_THAT(http("http: {listen: \"${NONE}\"}").problems, SizeIs(1));
    EXPECT_THAT(http("http: [1]").problems, SizeIs(1));
    EXPECT_THAT(http("http: {").problems, SizeIs(1));
    EXPECT_THAT(redis("redis: {url: \"ftp://x\"}").problems, SizeIs(1));
    EXPECT_THAT(redis("redis: {password_file: \"${CREDENTIALS_DIRECTORY}/p\"}").problems, SizeIs(1));
    EXPECT_THAT(redis("redis: {url: \"redis://elsewhere.example.com\"}").problems, SizeIs(1)) << "in the clear";
    EXPECT_THAT(redis("redis: {url: \"redis://u@h\", username: v, allow_plaintext: true}").problems, SizeIs(1));
}

} // namespace
} // namespace tickgate::config
