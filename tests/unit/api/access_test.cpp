#include "api/access.hpp"

#include <gtest/gtest.h>

namespace tickgate::api {

TEST(Access, TakesOnlyTheRightToken) {
    const Secret token("s3cret-token");
    EXPECT_TRUE(bearer_matches("Bearer s3cret-token", token));
    EXPECT_TRUE(bearer_matches("bearer s3cret-token", token));
    EXPECT_TRUE(bearer_matches("BEARER   s3cret-token ", token));
    for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer  ", "s3cret-token", "Basic s3cret-token",
             "Bearer s3cret-toke", "Bearer s3cret-tokenx", "Bearer S3cret-token", "Bearers3cret-token"})
        EXPECT_FALSE(bearer_matches(wrong, token)) << wrong;
}

TEST(Access, AnEmptyTokenIsNeverRight) {
    EXPECT_FALSE(bearer_matches("Bearer ", Secret()));
    EXPECT_FALSE(bearer_matches("", Secret()));
    EXPECT_FALSE(bearer_matches("Bearer x", Secret("")));
}

TEST(Access, KnowsLoopbackPeers) {
    for (const char* near : {"127.0.0.1:5000", "127.8.9.1:1", "[::1]:5000", "[::ffff:127.0.0.1]:5000", "127.0.0.1"})
        EXPECT_TRUE(is_loopback_peer(near)) << near;
    for (const char* far : {"", "10.0.0.1:5000", "[fe80::1]:5000", "[::ffff:10.0.0.1]:5000", "localhost:1",
             "/run/socket", "[::1", "128.0.0.1:1", "[::]:1", "0.0.0.0:1"})
        EXPECT_FALSE(is_loopback_peer(far)) << far;
}

TEST(Access, KnowsLoopbackHosts) {
    for (const char* near : {"127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1"})
        EXPECT_TRUE(is_loopback_host(near)) << near;
    for (const char* far : {"", "0.0.0.0", "::", "192.168.1.1", "example.com", "localhost.example.com"})
        EXPECT_FALSE(is_loopback_host(far)) << far;
}

} // namespace tickgate::api
