#include "config_test_support.hpp"

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class LoadTest : public Fixture {};

TEST_F(LoadTest, EmptyTextIsAllDefaults) {
    for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "{}", "~", "redis:\nhttp: {}\n"}) {
        const Config c = good(text);
        EXPECT_EQ(c.redis.url, "redis://127.0.0.1:6379/0");
        EXPECT_EQ(c.redis.prefix, "md");
        EXPECT_EQ(c.http.listen, "127.0.0.1:8787");
        EXPECT_EQ(c.store.url, "sqlite:///var/lib/tickgate/bars.db");
        EXPECT_FALSE(c.hot.spin);
        EXPECT_THAT(c.symbols, IsEmpty());
        EXPECT_THAT(c.publish.kinds, ElementsAre(Kind::quote, Kind::trade, Kind::bar));
        EXPECT_THAT(c.publish.timeframes, ElementsAre(Timeframe::m1));
        EXPECT_EQ(c.publish.linger, std::chrono::seconds(60));
        EXPECT_EQ(c.publish.last_value_interval, milliseconds(50));
        EXPECT_FALSE(c.stale.fallback);
        EXPECT_EQ(c.log.level, log::Level::info);
        EXPECT_THAT(c.digest, SizeIs(16));
    }
    EXPECT_THAT(load("").notices, ElementsAre(HasSubstr("no symbols are configured")));
}

TEST_F(LoadTest, ReadsTheFileOfTheContract) {
    environment = {{"OANDA_TOKEN", "oanda-secret-1"}, {"MASSIVE_API_KEY", "massive-secret-1"}};
    files = {{"/etc/tickgate/token", "door-secret\n"}, {"/etc/tickgate/tradier", "tradier-secret\r\n"},
        {"/run/s3", "s3-secret"}};
    const Config c = good(R"(
redis: {url: "redis://127.0.0.1:6379/0", prefix: md}
http: {listen: "127.0.0.1:8787", token_file: /etc/tickgate/token}
store: {url: "sqlite:///var/lib/tickgate/bars.db"}
hot: {spin: false}
providers:
  binance: {endpoints: {ws: "wss://stream.binance.com:9443", rest: "https://api.binance.com", usdm_ws: "wss://fstream.binance.com", usdm_rest: "https://fapi.binance.com"}, trade_stream: trade}
  oanda: {environment: practice, account: "101-001-1234567-001", token: "${OANDA_TOKEN}", endpoints: {rest: "https://api-fxpractice.oanda.com", stream: "https://stream-fxpractice.oanda.com"}}
  massive: {api_key: "${MASSIVE_API_KEY}", plan: advanced, delayed: false, endpoints: {ws: "wss://socket.massive.com", rest: "https://api.massive.com", s3: "https://files.massive.com"}, s3: {access_key: AKIA1234, secret_key_file: /run/s3}}
  tradier: {token_file: tradier, environment: live, endpoints: {rest: "https://api.tradier.com", ws: "wss://ws.tradier.com", stream: "https://stream.tradier.com"}}
routes: {fx: [oanda, massive], crypto: [binance, massive], equity: [massive, tradier], option: [tradier, massive], index: [massive], overrides: {"fx:EUR-USD": [massive, oanda]}, standby: warm, jump_guard: 2%}
symbols: {fx: [EUR-USD], crypto: [BTC-USDT, ETH-USDT], equity: [SPY]}
publish: {kinds: [quote, trade, bar], timeframes: [1m], streams: false, sources: false, linger: 60s, last_value_interval: 50ms}
stale: {default: auto}
)");
    EXPECT_EQ(c.http.token.reveal(), "door-secret");
    EXPECT_EQ(c.providers.at("tradier").secrets.at("token").reveal(), "tradier-secret");
    EXPECT_EQ(c.providers.at("massive").secrets.at("s3.secret_key").reveal(), "s3-secret");
    EXPECT_EQ(c.providers.at("oanda").revealed().at("token"), "oanda-secret-1");
    EXPECT_EQ(c.providers.at("binance").settings.at("endpoints.ws"), "wss://stream.binance.com:9443");
    EXPECT_EQ(c.providers.at("massive").settings.at("delayed"), "false");
    for (const auto& [name, provider] : c.providers)
        EXPECT_TRUE(provider.enabled) << name;
    EXPECT_THAT(c.routes.of({AssetClass::fx, "EUR-USD"}), ElementsAre("massive", "oanda"));
    EXPECT_THAT(c.routes.of({AssetClass::fx, "GBP-USD"}), ElementsAre("oanda", "massive"));
    EXPECT_EQ(c.routes.jump_guard, Decimal::from_integer(2));
    EXPECT_EQ(c.symbols.size(), 4u);
}

TEST_F(LoadTest, TellsAllProblemsAtOnceInOrderOfTheFile) {
    const auto all = faults("redis:\n"
                            "  prefx: x\n"                     // 2
                            "  url: http://h\n"                // 3
                            "publish:\n"                       // 4
                            "  linger: soon\n"                 // 5
                            "  kinds: quote\n"                 // 6
                            "symbols:\n"                       // 7
                            "  crypto: [BTC-USDT, BTC-USDT]\n" // 8
                            "log: {level: verbose}\n");        // 9
    ASSERT_THAT(all, SizeIs(6));
    EXPECT_THAT(all[0],
        AllOf(StartsWith("/etc/tickgate/t.yaml:2:3: redis.prefx: unknown key"), HasSubstr("did you mean prefix?")));
    EXPECT_THAT(
        all[1], AllOf(StartsWith("/etc/tickgate/t.yaml:3:8: redis.url: expected a URL"), HasSubstr("got `http://h`")));
    EXPECT_THAT(all[2],
        AllOf(StartsWith("/etc/tickgate/t.yaml:5:11: publish.linger: expected a duration"), HasSubstr("got `soon`")));
    EXPECT_THAT(all[3], StartsWith("/etc/tickgate/t.yaml:6:10: publish.kinds: expected a list"));
    EXPECT_THAT(all[4], StartsWith("/etc/tickgate/t.yaml:8:22: symbols.crypto[1]: is in the list twice"));
    EXPECT_THAT(all[5], AllOf(StartsWith("/etc/tickgate/t.yaml:9:14: log.level: "),
                            HasSubstr("allowed: trace, debug, info, warn, error")));
}

TEST_F(LoadTest, SuggestsTheNearestKeyAtEveryLevel) {
    EXPECT_THAT(fault("htpp: {}"), AllOf(HasSubstr(":1:1: htpp: unknown key"), HasSubstr("did you mean http?")));
    EXPECT_THAT(fault("providers: {binanc: {}}"), HasSubstr("did you mean binance?"));
    EXPECT_THAT(
        fault("providers: {binance: {endpoints: {usdm_res: 'https://h'}}}"), HasSubstr("did you mean usdm_rest?"));
    EXPECT_THAT(fault("zebra: 1"), AllOf(HasSubstr("allowed: redis, http"), ::testing::Not(HasSubstr("did you mean"))));
    EXPECT_THAT(fault("redis.url: x"), HasSubstr("indented"));
    EXPECT_THAT(fault("<<: {}"), HasSubstr("merge keys"));
}

TEST_F(LoadTest, FindsDuplicateKeysAtEveryLevel) {
    EXPECT_THAT(fault("hot: {spin: true}\nlog: {}\nhot: {spin: false}\n"),
        AllOf(HasSubstr(":3:1: hot: this key is here twice"), HasSubstr("first on line 1")));
    EXPECT_THAT(fault("hot: {spin: true, spin: true}"), HasSubstr(":1:19: hot.spin: this key is here twice"));
    EXPECT_THAT(fault("symbols:\n  fx:\n  fx:\n"), HasSubstr(":3:3: symbols.fx: this key is here twice"));
    EXPECT_THAT(fault("stale: {default: 1s, default: 2s}"), HasSubstr("stale.default: this key is here twice"));
}

TEST_F(LoadTest, TellsWrongShapes) {
    EXPECT_THAT(fault("just words"), AllOf(HasSubstr(":1:1: expected a map of keys"), HasSubstr("got `just words`")));
    EXPECT_THAT(fault("- a\n"), HasSubstr("got a list"));
    EXPECT_THAT(fault("redis: yes"), HasSubstr(":1:8: redis: expected a map of keys"));
    EXPECT_THAT(fault("redis: {prefix: [a]}"), HasSubstr("redis.prefix: expected a single value (got a list)"));
    EXPECT_THAT(fault("redis: {prefix: {a: b}}"), HasSubstr("(got a map of keys)"));
    EXPECT_THAT(fault("symbols: [BTC-USDT]"), HasSubstr("symbols: expected a map of keys"));
    EXPECT_THAT(fault("symbols: {crypto: [[BTC-USDT]]}"), HasSubstr("symbols.crypto[0]: expected a single value"));
    EXPECT_THAT(fault("symbols: {crypto: [BTC-USDT, ]}\nlog: {[a]: b}"), HasSubstr("a key must be a plain word"));
    EXPECT_THAT(fault("symbols: {crypto: [~]}"), HasSubstr("an element of the list is empty"));
    EXPECT_THAT(fault("publish: {kinds: []}"), HasSubstr("the list is empty"));
}

TEST_F(LoadTest, DigestFollowsSettingsAndNothingElse) {
    const std::string plain = good("").digest;
    EXPECT_EQ(good("# a comment\nhot: {spin: false}\npublish: {linger: 1m}").digest, plain);
    EXPECT_NE(good("hot: {spin: true}").digest, plain);
    EXPECT_NE(good("symbols: {crypto: [BTC-USDT]}").digest, plain);
    const auto with_token = [&](const char* token) { return good(std::string("http: {token: ") + token + "}").digest; };
    EXPECT_EQ(with_token("first-token"), with_token("second-token"));
    EXPECT_NE(with_token("first-token"), plain);
}

TEST_F(LoadTest, EffectiveSettingsAreCompleteAndSorted) {
    const auto settings = effective_settings(good("providers: {tradier: {token: tradier-token-1}}"));
    EXPECT_TRUE(std::is_sorted(settings.begin(), settings.end()));
    using Pair = std::pair<std::string, std::string>;
    EXPECT_THAT(settings, Contains(Pair("publish.linger", "60000ms")));
    EXPECT_THAT(settings, Contains(Pair("providers.tradier.token", "***")));
    EXPECT_THAT(settings, Contains(Pair("routes.equity", "tradier")));
    EXPECT_THAT(settings, Contains(Pair("publish.kinds", "quote,trade,bar")));
}

} // namespace
} // namespace tickgate::config
