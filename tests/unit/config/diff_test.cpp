#include "config_test_support.hpp"

#include "config/diff.hpp"
#include "config/digest.hpp"
#include "config/reference.hpp"
#include "support/test_certs.hpp"

#include <fstream>
#include <set>
#include <sstream>

namespace tickgate::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two configurations that differ in every setting there is.
constexpr const char* one = R"(
redis: {url: "redis://127.0.0.1:6379/0", prefix: md, username: gate, password: first-redis-secret, tls: {ca_file: /ca1}}
http: {listen: "127.0.0.1:8787", token: first-token-1234567890, tls: {cert_file: /cert.pem, key_file: /key.pem}}
store: {url: "postgresql://gate@127.0.0.1/bars", password: first-store-secret}
hot: {spin: false}
history: {}
collect: {majors: {symbols: [crypto:BTC-USDT]}}
providers:
  binance: {}
  oanda: {token: first-oanda-secret, account: 101-001-1234567-001}
  massive: {api_key: first-massive-secret, s3: {access_key: first-access, secret_key: first-s3-secret}}
  tradier: {token: first-tradier-secret, stream: http}
routes: {fx: [oanda, massive], crypto: [binance, massive], equity: [massive, tradier], option: [tradier, massive],
  index: [massive, tradier], future: [binance], cfd: [oanda], overrides: {"fx:USD-JPY": [massive]}}
symbols: {fx: [EUR-USD], crypto: [BTC-USDT], equity: [SPY], option: [AAPL240119C00190000], index: [SPX],
  future: [BTC-USDT-PERP], cfd: [SPX500-USD]}
stale: {fx: 30s}
)";
constexpr const char* two = R"(
redis: {url: "redis://127.0.0.1:6380/0", prefix: md2, username: gate2, password: second-redis-secret,
  tls: {ca_file: /ca2}, allow_plaintext: true}
http: {listen: "127.0.0.1:8788", token: second-token-1234567890, tls: {cert_file: /cert2.pem, key_file: /key2.pem},
  tokens: {desk: {scope: admin, token: third-token-1234567890}}, origins: ["https://a.example"], cors: ["https://b.example"],
  metrics_open: true, rate: 50, burst: 60, connections: 100, connections_per_peer: 50}
store: {url: "postgresql://gate@127.0.0.1/bars2", password: second-store-secret}
hot: {spin: true}
history: {repair: false, reconcile: false, shared_budget: true, parallel: 2, settle: 60s}
collect: {majors: {symbols: [crypto:ETH-USDT], timeframes: [1d], provider: binance, every: 5m, outside: 1h, look_back: 2d}}
providers:
  binance: {enabled: true, allow_plaintext: true, tls: {ca_file: /ca2}, trade_stream: aggTrade, endpoints: {ws: "wss://a.example",
    rest: "https://a.example", usdm_ws: "wss://b.example", usdm_rest: "https://b.example",
    trades_rest: "https://c.example"}, limits: {weight_per_minute: 3000, streams_per_connection: 512, messages_per_second: 3}}
  oanda: {allow_plaintext: true, tls: {ca_file: /ca2}, token: second-oanda-secret, account: 101-001-1234567-002, environment: live,
    candle_price: bid, endpoints: {rest: "https://a.example", stream: "https://b.example"},
    limits: {requests_per_second: 60, connections: 10, streams_per_connection: 32}}
  massive: {allow_plaintext: true, tls: {ca_file: /ca2}, api_key: second-massive-secret, plan: business, delayed: true, luld: false,
    fmv: true, adjusted: true, crypto_exchange: 2, lot_size: 100,
    endpoints: {ws: "wss://a.example", rest: "https://a.example", s3: "https://c.example"},
    s3: {access_key: second-access, secret_key: second-s3-secret, monthly_gb: 10},
    limits: {requests_per_minute: 100, requests_per_day: 1000, connections: 2}}
  tradier: {allow_plaintext: true, tls: {ca_file: /ca2}, token: second-tradier-secret, environment: sandbox, stream: websocket,
    trades: trade, lot_size: 1, endpoints: {rest: "https://a.example", ws: "wss://a.example", stream: "https://b.example"},
    limits: {requests_per_minute: 60, subscriptions: 100}}
routes: {fx: [massive, oanda], crypto: [massive, binance], equity: [tradier, massive], option: [massive, tradier],
  index: [tradier, massive], future: [binance], cfd: [oanda], overrides: {"fx:USD-JPY": [oanda]}, standby: cold, jump_guard: 5%}
symbols: {fx: [USD-JPY], crypto: [ETH-USDT], equity: [QQQ], option: [AAPL240119P00190000], index: [NDX],
  future: [ETH-USDT-PERP], cfd: [NAS100-USD]}
publish: {kinds: [quote], timeframes: [1s], streams: true, stream_maxlen: 500, sources: true, linger: 5s,
  last_value_interval: 100ms}
stale: {default: 60s, fx: 10s}
metrics: {per_symbol: true, per_symbol_max: 10}
log: {level: debug, format: json}
)";

// Of which both texts must say the same: there is no other value, or it is another word for a setting of its own.
bool is_exempt(const std::string& key) {
    constexpr std::string_view file = "_file";
    if (key.ends_with(file))
        if (const auto* secret = find_setting(key.substr(0, key.size() - file.size())); secret && secret->secret)
            return true;
    return key == "stale" || key == "routes.future" || key == "routes.cfd" || key.ends_with(".enabled");
}

class DiffTest : public Fixture {
protected:
    void SetUp() override {
        const auto& certs = test::test_certs();
        files = {{"/ca1", "x"}, {"/ca2", "y"}, {"/cert.pem", content(certs.good.cert)},
            {"/key.pem", content(certs.good.key)}, {"/cert2.pem", content(certs.good.cert)},
            {"/key2.pem", content(certs.good.key)}};
    }
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        std::stringstream buffer;
        buffer << in.rdbuf();
        return buffer.str();
    }
    static const Change* find(const std::vector<Change>& changes, std::string_view key) {
        for (const auto& change : changes)
            if (change.key == key)
                return &change;
        return nullptr;
    }
};

TEST_F(DiffTest, EveryChangeIsFoundAndEverySettingIsAppliedAsItsTableSays) {
    const Config before = good(one), file = good(two);
    const auto changes = diff_of(before, file);
    std::set<std::string> changed;
    for (const auto& change : changes) {
        const Setting* setting = find_setting(change.key);
        ASSERT_NE(setting, nullptr) << change.key << " is no setting";
        changed.insert(setting->key);
    }
    for (const auto& setting : settings())
        EXPECT_TRUE(changed.contains(setting.key) || is_exempt(setting.key))
            << setting.key << ": let the second text of this test say something else than the first";

    const Config now = merged(before, file);
    const auto pending = diff_of(now, file);
    for (const auto& change : changes) {
        const bool live = find_setting(change.key)->apply == Apply::live;
        EXPECT_EQ(find(pending, change.key) == nullptr, live) << change.key;
    }
    for (const auto& change : diff_of(before, now))
        EXPECT_EQ(find_setting(change.key)->apply, Apply::live) << change.key;
    EXPECT_EQ(now.digest, digest_of(now));
    EXPECT_NE(now.digest, file.digest) << "what waits for a restart can be seen";
    EXPECT_NE(now.digest, before.digest);
}

TEST_F(DiffTest, SecretsAreComparedAndNeverShown) {
    const auto changes = diff_of(good(one), good(two));
    for (const auto& change : changes)
        for (const auto& text : {change.before, change.now}) {
            EXPECT_THAT(text, Not(HasSubstr("secret"))) << change.key;
            EXPECT_THAT(text, Not(HasSubstr("1234567890"))) << change.key;
            EXPECT_THAT(text, Not(HasSubstr("-access"))) << change.key;
        }
    std::size_t secrets = 0;
    for (const auto& setting : settings()) {
        if (!setting.secret || setting.key.find('*') != std::string::npos)
            continue;
        ++secrets;
        const auto* change = find(changes, setting.key);
        ASSERT_NE(change, nullptr) << setting.key;
        EXPECT_EQ(change->before, "***") << setting.key;
        EXPECT_EQ(change->now, "(changed)") << setting.key;
    }
    EXPECT_GE(secrets, 8u);
    const auto* added = find(changes, "http.tokens.desk.token");
    ASSERT_NE(added, nullptr);
    EXPECT_EQ(added->before, "");
    EXPECT_EQ(added->now, "***");
}

TEST_F(DiffTest, TheSameFileIsNoChange) {
    const Config before = good(one);
    EXPECT_THAT(diff_of(before, good(one)), IsEmpty());
    EXPECT_EQ(merged(before, before).digest, before.digest);
}

TEST_F(DiffTest, ChangesTellBothValues) {
    const auto changes = diff_of(good("symbols: {crypto: [BTC-USDT, ETH-USDT]}\npublish: {linger: 10s}"),
        good("symbols: {crypto: [BTC-USDT, SOL-USDT]}\npublish: {linger: 20s}"));
    ASSERT_EQ(changes.size(), 3u);
    EXPECT_EQ(changes[0].key, "publish.linger");
    EXPECT_EQ(changes[0].before, "10000ms");
    EXPECT_EQ(changes[0].now, "20000ms");
    EXPECT_EQ(changes[1].key, "symbols.crypto:ETH-USDT");
    EXPECT_EQ(changes[1].now, "");
    EXPECT_EQ(changes[2].key, "symbols.crypto:SOL-USDT");
    EXPECT_EQ(changes[2].before, "");
    EXPECT_TRUE(touches(changes, "symbols"));
    EXPECT_TRUE(touches(changes, "publish.linger"));
    EXPECT_FALSE(touches(changes, "publish.line"));
    EXPECT_FALSE(touches(changes, "symbol"));
}

TEST_F(DiffTest, APublicAddressNeverLosesItsLastToken) {
    const Config before = good("http: {listen: \"0.0.0.0:8787\", token: a-token-1234567890}\nsymbols: {crypto: [A]}");
    const Config file = good("http: {listen: \"127.0.0.1:8787\", metrics_open: true}\nsymbols: {crypto: [A]}");
    const Config now = merged(before, file);
    EXPECT_EQ(now.http.listen, "0.0.0.0:8787");
    EXPECT_EQ(now.http.token.reveal(), "a-token-1234567890");
    EXPECT_FALSE(now.http.metrics_open) << "all of http waits";
    EXPECT_NE(find(diff_of(now, file), "http.token"), nullptr);
}

TEST_F(DiffTest, TlsItselfWaitsForARestart) {
    const Config plain = good("symbols: {crypto: [A]}");
    const Config file =
        good("http: {tls: {cert_file: /cert.pem, key_file: /key.pem}, rate: 5}\nsymbols: {crypto: [A]}");
    EXPECT_EQ(merged(plain, file).http.cert_file, "");
    EXPECT_EQ(merged(plain, file).http.rate, 5);
    EXPECT_EQ(merged(file, plain).http.cert_file, "/cert.pem");
}

} // namespace
} // namespace tickgate::config
