#include "net/url.hpp"

#include <gtest/gtest.h>

namespace tickgate::net {
namespace {

struct Good {
    const char* text;
    const char* scheme;
    const char* host;
    unsigned port;
    const char* target;
    const char* authority;
};

TEST(Url, Parses) {
    const Good cases[] = {
        {"wss://stream.binance.com:9443/stream?streams=btcusdt@trade/ethusdt@trade", "wss", "stream.binance.com", 9443,
            "/stream?streams=btcusdt@trade/ethusdt@trade", "stream.binance.com:9443"},
        {"https://API.example.com", "https", "api.example.com", 443, "/", "api.example.com"},
        {"http://127.0.0.1:80?a=b", "http", "127.0.0.1", 80, "/?a=b", "127.0.0.1"},
        {"ws://[::1]:8080/x", "ws", "::1", 8080, "/x", "[::1]:8080"},
        {"HTTP://localhost/", "http", "localhost", 80, "/", "localhost"},
        {"redis://127.0.0.1/3", "redis", "127.0.0.1", 6379, "/3", "127.0.0.1"},
        {"rediss://r.example:7000", "rediss", "r.example", 7000, "/", "r.example:7000"},
        {"unix:///run/redis.sock", "unix", "/run/redis.sock", 0, "/", "/run/redis.sock"},
        {"unix:///run/redis.sock?db=2", "unix", "/run/redis.sock", 0, "/?db=2", "/run/redis.sock"},
    };
    for (const auto& c : cases) {
        const auto url = Url::parse(c.text);
        ASSERT_TRUE(url) << c.text;
        EXPECT_EQ(url->scheme, c.scheme) << c.text;
        EXPECT_EQ(url->host, c.host) << c.text;
        EXPECT_EQ(url->port, c.port) << c.text;
        EXPECT_EQ(url->target, c.target) << c.text;
        EXPECT_EQ(url->authority(), c.authority) << c.text;
    }
}

TEST(Url, KnowsSecureSchemes) {
    EXPECT_TRUE(Url::parse("wss://a")->secure());
    EXPECT_TRUE(Url::parse("https://a")->secure());
    EXPECT_TRUE(Url::parse("rediss://a")->secure());
    EXPECT_FALSE(Url::parse("ws://a")->secure());
    EXPECT_FALSE(Url::parse("unix:///a")->secure());
}

TEST(Url, RefusesTheRest) {
    for (const char* text :
        {"", "a", "://", "ftp://a", "http://", "http:///x", "http://:80", "http://a:0", "http://a:99999", "http://a b/",
            "http://a/\r\nX: y", "ws://a/#x", "http://[::1", "unix:", "unix://x", "unix:///"}) {
        const auto url = Url::parse(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error(), errc::configuration);
    }
}

TEST(Url, ANameThatBeginsLikeAnAddressIsAName) {
    const auto plain = Url::parse("ws://127.0.0.1.example");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "127.0.0.1.example");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "/");
    const auto full = Url::parse("https://10.0.0.1.Example.com:8443/a/b?c=d");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->host, "10.0.0.1.example.com");
    EXPECT_EQ(full->port, 8443);
    EXPECT_EQ(full->target, "/a/b?c=d");
    EXPECT_FALSE(Url::parse("ws://127.0.0.1.example:0/"));
    EXPECT_FALSE(Url::parse("ws://127.0.0.1.example:99999/"));
    EXPECT_FALSE(Url::parse("ws://127.0.0.1.ex%41mple/"));
}

} // namespace
} // namespace tickgate::net
