#include "config/provider_specs.hpp"
#include "config_test_support.hpp"

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class ProviderTest : public Fixture {};

TEST_F(ProviderTest, OnlyBinanceRunsWithoutCredentials) {
    const Loaded loaded = load("symbols: {crypto: [BTC-USDT]}");
    ASSERT_TRUE(loaded.config);
    EXPECT_TRUE(loaded.config->providers.at("binance").enabled);
    EXPECT_EQ(loaded.config->providers.at("oanda").off_reason, "no credentials: set token and account");
    EXPECT_EQ(loaded.config->providers.at("massive").off_reason, "no credentials: set api_key");
    EXPECT_FALSE(loaded.config->providers.at("tradier").enabled);
    EXPECT_THAT(loaded.notices, IsEmpty()); // nobody asked for the others
}

TEST_F(ProviderTest, MentionedWithoutCredentialsIsOffWithANotice) {
    const Loaded loaded = load("providers: {oanda: {token: oanda-token-9}, massive: {api_key: '${KEY:-}'}}\n"
                               "symbols: {crypto: [BTC-USDT]}");
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.notices, UnorderedElementsAre("providers.oanda is off: no credentials: set account",
                                    "providers.massive is off: no credentials: set api_key"));
}

TEST_F(ProviderTest, EnabledFalseTurnsOff) {
    const Loaded loaded = load("providers: {binance: {enabled: false}}");
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->providers.at("binance").off_reason, "enabled is false");
    EXPECT_THAT(loaded.config->routes.by_class, IsEmpty());
    EXPECT_THAT(fault("providers: {binance: {enabled: false}}\nsymbols: {crypto: [BTC-USDT]}"),
        AllOf(HasSubstr(":2:19: symbols.crypto: no route serves crypto:BTC-USDT"),
            HasSubstr("providers.binance is off, enabled is false"), HasSubstr("providers.massive is off")));
}

TEST_F(ProviderTest, EndpointsAreSchemeHostPortAndMaybeAPath) {
    const auto ws = [this](const std::string& url) {
        return good("providers: {binance: {endpoints: {ws: '" + url + "'}}}")
            .providers.at("binance")
            .settings.at("endpoints.ws");
    };
    EXPECT_EQ(ws("wss://h.example"), "wss://h.example");
    EXPECT_EQ(ws("WSS://h.example:443/base/"), "wss://h.example:443/base");
    EXPECT_EQ(ws("ws://[::1]:9000/"), "ws://[::1]:9000");
    EXPECT_EQ(ws("ws://localhost:9000"), "ws://localhost:9000");
    for (const char* bad : {"h.example", "https://h.example", "wss://", "wss://h:0", "wss://h:70000", "wss:h",
             "wss://a b", "wss://user:pw@h.example", "wss://h?x=1", "wss://h#f"})
        EXPECT_THAT(fault("providers: {binance: {endpoints: {ws: '" + std::string(bad) + "'}}}"),
            HasSubstr("providers.binance.endpoints.ws: "))
            << bad;
}

TEST_F(ProviderTest, PlaintextEndpointsNeedPermission) {
    const std::string text =
        "providers:\n  binance:\n    endpoints: {rest: 'http://10.1.1.1:80', ws: 'ws://h.example'}\n";
    const auto all = faults(text);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_THAT(all[0], AllOf(HasSubstr(":3:23: providers.binance.endpoints.rest: "),
                            HasSubstr("providers.binance.allow_plaintext: true")));
    good(text + "    allow_plaintext: true\n");
}

TEST_F(ProviderTest, ChecksSettingsByTheTable) {
    EXPECT_THAT(fault("providers: {binance: {trade_stream: agTrade}}"), HasSubstr("did you mean aggTrade?"));
    EXPECT_THAT(fault("providers: {binance: {limits: {weight_per_minute: 0}}}"), HasSubstr("from 1 to 1000000"));
    EXPECT_THAT(fault("providers: {binance: {limits: {streams_per_connection: 1025}}}"), HasSubstr("from 1 to 1024"));
    EXPECT_THAT(fault("providers: {oanda: {environment: demo}}"), HasSubstr("allowed: practice, live"));
    EXPECT_THAT(fault("providers: {tradier: {environment: practice}}"), HasSubstr("allowed: live, sandbox"));
    EXPECT_THAT(fault("providers: {binance: {token: x}}"), HasSubstr("providers.binance.token: unknown key"));
    EXPECT_THAT(fault("providers: {binance: {tls: {ca_file: /none.pem}}}"),
        HasSubstr("providers.binance.tls.ca_file: cannot read the file: No such file"));
    files["/etc/tickgate/ca.pem"] = "pem";
    EXPECT_EQ(good("providers: {binance: {tls: {ca_file: ca.pem}}}").providers.at("binance").tls_ca_file,
        "/etc/tickgate/ca.pem");
    const auto settings = good("providers: {binance: {limits: {weight_per_minute: 1200, messages_per_second: 4}}}")
                              .providers.at("binance")
                              .settings;
    EXPECT_THAT(settings, UnorderedElementsAre(std::pair("limits.messages_per_second", "4"),
                              std::pair("limits.weight_per_minute", "1200")));
}

TEST_F(ProviderTest, DefaultRoutesNameProvidersThatServeTheClass) {
    for (int i = 0; i < asset_class_count; ++i)
        for (const std::string& name : default_route(static_cast<AssetClass>(i))) {
            ASSERT_NE(find_provider_spec(name), nullptr) << name;
            EXPECT_TRUE(find_provider_spec(name)->serves(static_cast<AssetClass>(i))) << name << i;
        }
}

} // namespace
} // namespace tickgate::config
