#include "config_test_support.hpp"

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ValuesTest : public Fixture {
protected:
    std::string quoted(std::string_view before, std::string_view value, std::string_view after = "}") {
        return std::string(before) + "\"" + std::string(value) + "\"" + std::string(after);
    }
};

TEST_F(ValuesTest, Durations) {
    const auto linger = [this](
                            std::string_view text) { return good(quoted("publish: {linger: ", text)).publish.linger; };
    EXPECT_EQ(linger("50ms"), milliseconds(50));
    EXPECT_EQ(linger("2s"), milliseconds(2000));
    EXPECT_EQ(linger("5m"), milliseconds(300000));
    EXPECT_EQ(linger("1h"), milliseconds(3600000));
    EXPECT_EQ(linger("1d"), milliseconds(86400000));
    EXPECT_EQ(linger("0s"), milliseconds(0));
    for (const char* bad :
        {"5", "s", "1.5s", "-1s", "5 s", "5S", "2d", "99999999999999999999s", "9223372036854775807d", "5ss"})
        EXPECT_THAT(fault(quoted("publish: {linger: ", bad)), HasSubstr("expected a duration from 0s to 1d")) << bad;
    EXPECT_THAT(fault("publish: {last_value_interval: 0ms}"), HasSubstr("from 1ms to 10s"));
}

TEST_F(ValuesTest, WholeNumbersAndBooleans) {
    EXPECT_EQ(good("publish: {stream_maxlen: 5000}").publish.stream_maxlen, 5000);
    for (const char* bad : {"0", "-1", "1e3", "1.0", "0x10", "many", "100000001", "99999999999999999999"})
        EXPECT_THAT(
            fault(quoted("publish: {stream_maxlen: ", bad)), HasSubstr("expected a whole number from 1 to 100000000"))
            << bad;
    EXPECT_TRUE(good("hot: {spin: true}").hot.spin);
    EXPECT_TRUE(good("hot: {spin: 'true'}").hot.spin);
    for (const char* bad : {"yes", "on", "1", "True", "TRUE"})
        EXPECT_THAT(fault(quoted("hot: {spin: ", bad)), HasSubstr("hot.spin: expected true or false")) << bad;
}

TEST_F(ValuesTest, NullAndEmptyMeanTheDefault) {
    environment["EMPTY"] = "";
    for (const char* nothing : {"", "~", "null", "''", "${EMPTY}", "${UNSET:-}"})
        EXPECT_EQ(good(std::string("redis:\n  prefix: ") + nothing + "\n").redis.prefix, "md") << nothing;
}

TEST_F(ValuesTest, VariablesAreExpandedAfterParsing) {
    environment = {{"PREFIX", "paper"}, {"TRICK", "a]\nb: {c"}, {"N", "77"}};
    EXPECT_EQ(good("redis: {prefix: '${PREFIX}'}").redis.prefix, "paper");
    EXPECT_EQ(good("redis: {prefix: '${NONE:-x}-${PREFIX}'}").redis.prefix, "x-paper");
    EXPECT_EQ(good("publish: {stream_maxlen: '${N}'}").publish.stream_maxlen, 77);
    EXPECT_THAT(
        fault("redis: {prefix: '${TRICK}'}"), AllOf(HasSubstr("got `${TRICK}`"), ::testing::Not(HasSubstr("b:"))));
    EXPECT_THAT(
        fault("redis:\n  prefix: ${NONE}\n"), HasSubstr(":2:11: redis.prefix: environment variable NONE is not set"));
    EXPECT_THAT(fault("redis: {prefix: '${NONE:?run setup first}'}"), HasSubstr("run setup first"));
    EXPECT_THAT(fault("symbols: {crypto: ['${NONE}']}"), HasSubstr("symbols.crypto[0]: environment variable NONE"));
}

TEST_F(ValuesTest, RedisUrls) {
    const auto url = [this](std::string_view text) {
        return good(quoted("redis: {allow_plaintext: true, url: ", text)).redis;
    };
    Redis r = url("redis://h.example:7000/3");
    EXPECT_EQ(r.host, "h.example");
    EXPECT_EQ(r.port, 7000);
    EXPECT_EQ(r.database, 3);
    EXPECT_EQ(r.transport, Redis::Transport::tcp);
    r = url("rediss://[2001:db8::1]");
    EXPECT_EQ(r.host, "2001:db8::1");
    EXPECT_EQ(r.port, 6379);
    EXPECT_EQ(r.url, "rediss://[2001:db8::1]");
    EXPECT_EQ(r.transport, Redis::Transport::tls);
    r = url("unix:///run/redis/redis.sock?db=2");
    EXPECT_EQ(r.path, "/run/redis/redis.sock");
    EXPECT_EQ(r.database, 2);
    EXPECT_EQ(r.host, "");
    EXPECT_EQ(r.transport, Redis::Transport::unix_socket);
    for (const char* bad : {"localhost:6379", "http://h", "redis:", "redis://", "redis://h:0", "redis://h:99999",
             "redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://h/0?x=1", "redis://h/0#f", "unix://run/x",
             "redis://127.0.0.1x y", "redis://127.0.0.1.x:0", "redis://127.0.0.1.x:1:2", "unix:///", "unix:///x?db=a",
             "redis://h o", "redis://[::1"})
        EXPECT_THAT(fault(quoted("redis: {url: ", bad)), HasSubstr(":1:14: redis.url: ")) << bad;
}

TEST_F(ValuesTest, PlaintextIsForLoopbackOnly) {
    for (const char* url : {"redis://127.0.0.1", "redis://127.9.9.9:1", "redis://localhost", "redis://LOCALHOST",
             "redis://[::1]:6379", "rediss://far.example", "unix:///run/r.sock"})
        good(quoted("redis: {url: ", url));
    for (const char* url : {"redis://10.0.0.1", "redis://localhost.evil.example", "redis://127.0.0.1.example",
             "redis://127.0.0.1.example:70/1", "redis://me@127.0.0.1.example", "redis://[::2]", "redis://0.0.0.0",
             "redis://128.0.0.1"})
        EXPECT_THAT(fault(quoted("redis: {url: ", url)),
            AllOf(HasSubstr("redis.url: this would send"), HasSubstr("redis.allow_plaintext: true")))
            << url;
    good("redis: {url: 'redis://10.0.0.1', allow_plaintext: true}");
}

TEST_F(ValuesTest, ListenAddresses) {
    const auto listen = [this](std::string_view text) {
        return good(quoted("http: {token: t0ken-text-of-20-char, listen: ", text)).http;
    };
    EXPECT_EQ(listen("[::1]:80").host, "::1");
    EXPECT_TRUE(listen("[::1]:80").loopback);
    EXPECT_TRUE(listen("localhost:0").loopback);
    EXPECT_EQ(listen("0.0.0.0:8787").port, 8787);
    EXPECT_FALSE(listen("0.0.0.0:8787").loopback);
    EXPECT_EQ(listen(":9000").host, "0.0.0.0");
    EXPECT_FALSE(listen("[::]:9000").loopback);
    for (const char* bad :
        {"8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80", "host.example:80",
            "[127.0.0.1]:80", "http://127.0.0.1:80", "[::1]", "300.0.0.1:80", "[localhost]:1", "127.0.0.1:-1"})
        EXPECT_THAT(fault(quoted("http: {listen: ", bad)), HasSubstr("http.listen: expected an address")) << bad;
}

TEST_F(ValuesTest, PublicAddressNeedsAToken) {
    for (const char* address : {"0.0.0.0:8787", "192.168.1.2:80", "[::]:80", ":80"})
        EXPECT_THAT(fault(quoted("http: {listen: ", address)),
            AllOf(HasSubstr("http.listen: an address that other machines reach needs a token"),
                HasSubstr("http.token_file")))
            << address;
    EXPECT_THAT(fault("http: {listen: '0.0.0.0:1', token: ''}"), HasSubstr("needs a token"));
    // One problem, not two, when the token itself is what is wrong.
    EXPECT_THAT(fault("http: {listen: '0.0.0.0:1', token_file: /none}"), HasSubstr("http.token_file: cannot read"));
}

TEST_F(ValuesTest, StoreUrls) {
    EXPECT_EQ(good("store: {url: 'sqlite:///data/b.db'}").store.url, "sqlite:///data/b.db");
    const Store s = good("store: {url: 'postgresql://tg:hunter-22@db.example:5433/bars?sslmode=require'}").store;
    EXPECT_EQ(s.url, "postgresql://tg@db.example:5433/bars?sslmode=require");
    EXPECT_EQ(s.password.reveal(), "hunter-22");
    EXPECT_EQ(good("store: {url: 'postgresql:///bars', password: pw-1234}").store.password.reveal(), "pw-1234");
    for (const char* bad : {"sqlite://bars.db", "sqlite:///", "bars.db", "mysql://h/d", "postgresql://h/d?password=x"})
        EXPECT_THAT(fault(quoted("store: {url: ", bad)), HasSubstr("store.url: ")) << bad;
}

TEST_F(ValuesTest, PrefixTimeframesKindsAndLog) {
    EXPECT_THAT(good("publish: {timeframes: [60m, 1day, 1Min, 1M]}").publish.timeframes,
        ElementsAre(Timeframe::h1, Timeframe::d1, Timeframe::m1, Timeframe::mo1));
    EXPECT_THAT(good("publish: {kinds: [bar]}").publish.kinds, ElementsAre(Kind::bar));
    EXPECT_THAT(fault("publish: {timeframes: [7m]}"),
        AllOf(HasSubstr("timeframes[0]: expected a timeframe"), HasSubstr("1s, 5s")));
    EXPECT_THAT(fault("publish: {timeframes: [1h, 60m]}"), HasSubstr("is in the list twice"));
    EXPECT_THAT(fault("publish: {kinds: [quotes]}"), HasSubstr("did you mean quote?"));
    EXPECT_EQ(good("log: {level: trace, format: json}").log.format, log::Format::json);
    for (const char* bad : {"a b", "a:b", "md*", "ü"})
        EXPECT_THAT(fault(quoted("redis: {prefix: ", bad)), HasSubstr("redis.prefix: expected 1 to 64")) << bad;
    EXPECT_THAT(fault("redis: {prefix: " + std::string(65, 'x') + "}"), HasSubstr("redis.prefix"));
}

TEST_F(ValuesTest, StaleByClassAndInstrument) {
    const Stale s = good("stale: {default: 30s, fx: 5s, 'crypto:BTC-USDT': 500ms, crypto: auto}").stale;
    EXPECT_EQ(s.of({AssetClass::equity, "SPY"}), milliseconds(30000));
    EXPECT_EQ(s.of({AssetClass::fx, "EUR-USD"}), milliseconds(5000));
    EXPECT_EQ(s.of({AssetClass::crypto, "BTC-USDT"}), milliseconds(500));
    EXPECT_EQ(s.of({AssetClass::crypto, "ETH-USDT"}), std::nullopt);
    EXPECT_EQ(good("stale: 10s").stale.fallback, milliseconds(10000));
    EXPECT_EQ(good("stale: auto").stale.fallback, std::nullopt);
    EXPECT_THAT(fault("stale: never"), HasSubstr("stale: expected auto, or a duration from 100ms to 7d"));
    EXPECT_THAT(fault("stale: {defualt: 1s}"), HasSubstr("did you mean default?"));
    EXPECT_THAT(fault("stale: {'crypt:BTC-USDT': 1s}"), HasSubstr("did you mean crypto?"));
    EXPECT_THAT(fault("stale: {fx: 1ms}"), HasSubstr("stale.fx: expected auto"));
}

} // namespace
} // namespace tickgate::config
