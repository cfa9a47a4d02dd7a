#include "core/secret.hpp"

#include <gtest/gtest.h>

namespace tickgate {
namespace {

TEST(Redact, TakesKnownSecretsOutInEveryForm) {
    const Secret secret("canary/7+value");
    EXPECT_EQ(redact("token is canary/7+value!"), "token is ***!");
    EXPECT_EQ(redact("GET /x?k=canary%2F7%2Bvalue HTTP/1.1"), "GET /x?k=*** HTTP/1.1");
}

TEST(Redact, LongerSecretsGoFirst) {
    const Secret inner("abcdef-1");
    const Secret outer("abcdef-1-and-more");
    EXPECT_EQ(redact("abcdef-1-and-more"), "***");
}

TEST(Redact, UserInfoAndCredentialParametersGoEvenWhenUnknown) {
    EXPECT_EQ(redact("redis://bob:hunter2@host:6379/0"), "redis://***@host:6379/0");
    EXPECT_EQ(redact("https://h/p?apiKey=1&api_key=zzz&x=1"), "https://h/p?apiKey=1&api_key=***&x=1");
    EXPECT_EQ(
        redact("wss://host:9443/stream?streams=a@trade/b@trade"), "wss://host:9443/stream?streams=a@trade/b@trade");
    EXPECT_EQ(redact("plain text a@b"), "plain text a@b");
}

TEST(Secret, VeryShortTextIsNotSearchedFor) {
    const Secret secret("a");
    EXPECT_EQ(redact("banana"), "banana");
    EXPECT_EQ(secret.reveal(), "a");
    EXPECT_EQ(format_as(secret), "***");
}

} // namespace
} // namespace tickgate
