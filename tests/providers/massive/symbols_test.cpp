#include "massive/symbols.hpp"

#include "massive/conditions.hpp"
#include "massive/config.hpp"
#include "massive/errors.hpp"
#include "massive/next_page.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono_literals;

InstrumentName name(const char* text) { return *InstrumentName::parse(text); }

TEST(MassiveSymbols, EachClassHasItsForms) {
    const struct {
        const char *canonical, *stream, *rest;
    } rows[] = {{"equity:BRK.B", "BRK.B", "BRK.B"}, {"equity:BACpA", "BACpA", "BACpA"},
        {"option:AAPL240119C00190000", "O:AAPL240119C00190000", "O:AAPL240119C00190000"},
        {"index:SPX", "I:SPX", "I:SPX"}, {"fx:EUR-USD", "EUR/USD", "C:EURUSD"},
        {"crypto:BTC-USD", "BTC-USD", "X:BTCUSD"}, {"future:ESZ4", "ESZ4", "ESZ4"}};
    for (const auto& row : rows) {
        EXPECT_EQ(stream_symbol(name(row.canonical)), row.stream);
        EXPECT_EQ(rest_ticker(name(row.canonical)), row.rest);
        const auto cluster = *cluster_of(name(row.canonical).asset_class);
        EXPECT_EQ(canonical_symbol(cluster, row.stream), name(row.canonical).symbol);
        EXPECT_EQ(canonical_symbol(cluster, row.rest), name(row.canonical).symbol);
    }
    EXPECT_FALSE(cluster_of(AssetClass::cfd));
}

TEST(MassiveSymbols, PairsComeInManyForms) {
    for (const char* form : {"EUR/USD", "EUR-USD", "C:EURUSD", "C:EUR-USD", "EURUSD"})
        EXPECT_EQ(canonical_symbol(Cluster::forex, form), "EUR-USD") << form;
    EXPECT_EQ(canonical_symbol(Cluster::crypto, "X:DOGEUSD"), "DOGE-USD");
    EXPECT_EQ(canonical_symbol(Cluster::crypto, "X:BTCUSDT"), "BTC-USDT");
    EXPECT_EQ(canonical_symbol(Cluster::crypto, "ETHBTC"), "ETH-BTC");
    EXPECT_EQ(canonical_symbol(Cluster::crypto, "X:USD"), std::nullopt);
    EXPECT_EQ(canonical_symbol(Cluster::crypto, "ABC"), std::nullopt);
    EXPECT_EQ(canonical_symbol(Cluster::forex, "EURUSDX"), std::nullopt);
    EXPECT_EQ(canonical_symbol(Cluster::forex, "/USD"), std::nullopt);
    EXPECT_EQ(canonical_symbol(Cluster::options, "AAPL"), std::nullopt);
    EXPECT_EQ(canonical_symbol(Cluster::stocks, "A B"), std::nullopt);
    char buffer[64];
    EXPECT_EQ(normalise(Cluster::forex, "C:EURUSD", buffer), "EUR/USD");
    EXPECT_EQ(normalise(Cluster::crypto, "X:BTCUSD", buffer), "BTC-USD");
    EXPECT_EQ(normalise(Cluster::stocks, "AAPL", buffer), "AAPL");
    EXPECT_EQ(normalise(Cluster::forex, std::string(80, 'X') + "/USD", buffer), "");
}

TEST(MassiveConfig, PlansAndHostsFollowTheSettings) {
    std::string problem;
    const auto read = [&](ProviderSettings s) {
        s.emplace("api_key", "massive-test-key-3");
        return read_settings(s, problem);
    };
    auto s = *read({});
    EXPECT_EQ(s.stream_url(Cluster::stocks), "wss://socket.massive.com/stocks");
    EXPECT_EQ(s.connections, 1u);
    s = *read({{"delayed", "true"}});
    EXPECT_EQ(s.stream_url(Cluster::options), "wss://delayed.massive.com/options");
    EXPECT_EQ(s.stream_url(Cluster::forex), "wss://socket.massive.com/forex") << "real time only";
    EXPECT_FALSE(s.delayed_on(Cluster::crypto));
    s = *read({{"plan", "business"}});
    EXPECT_EQ(s.stream_url(Cluster::stocks), "wss://business.massive.com/business/stocks");
    EXPECT_EQ(s.stream_url(Cluster::indices), "wss://socket.massive.com/indices");
    EXPECT_EQ(s.connections, 3u);
    s = *read({{"plan", "business"}, {"delayed", "true"}});
    EXPECT_EQ(s.stream_url(Cluster::stocks), "wss://delayed-business.massive.com/business/stocks");
    s = *read({{"plan", "free"}});
    EXPECT_EQ(s.requests_per_minute, 5);
    s = *read({{"endpoints.ws", "ws://127.0.0.1:9010/x/"}, {"endpoints.rest", "http://127.0.0.1:9010/"},
        {"limits.connections", "2"}, {"limits.requests_per_minute", "77"}, {"lot_size", "100"},
        {"crypto_exchange", "6"}, {"luld", "false"}});
    EXPECT_EQ(s.stream_url(Cluster::crypto), "ws://127.0.0.1:9010/x/crypto");
    EXPECT_EQ(s.rest, "http://127.0.0.1:9010");
    EXPECT_TRUE(s.connections == 2 && s.requests_per_minute == 77 && s.lot_size == 100 && !s.luld);
    EXPECT_EQ(s.crypto_exchange, "6");
    for (const auto& [key, value] : ProviderSettings{{"delayed", "yes"}, {"lot_size", "0"}, {"lot_size", "x"},
             {"limits.connections", "1001"}, {"crypto_exchange", "-1"}, {"fmv", "1"}}) {
        ProviderSettings one;
        one.emplace(key, value);
        EXPECT_FALSE(read(one)) << key;
        EXPECT_NE(problem.find(key), std::string::npos);
    }
    EXPECT_FALSE(read_settings({}, problem));
    EXPECT_FALSE(read_settings({{"api_key", "with\nline"}}, problem));
    EXPECT_EQ(problem.find("with"), problem.find("with characters")) << "the key is never told";
}

TEST(MassiveErrors, StatusesMeanWhatTheReferenceSays) {
    const auto of = [](int status, std::string body) {
        RestResponse r;
        r.status = status;
        r.body = std::move(body);
        return error_of(r);
    };
    EXPECT_EQ(of(400, R"({"status":"ERROR","request_id":"x","error":"bad parameter"})").code, errc::bad_request);
    EXPECT_EQ(of(400, R"({"status":"ERROR","error":"bad parameter"})").text, "bad parameter");
    EXPECT_EQ(of(401, R"({"status":"ERROR","error":"Unknown API Key"})").code, errc::unauthorized);
    const auto e = of(403, R"({"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."})");
    EXPECT_EQ(e.code, errc::not_entitled);
    EXPECT_EQ(e.text, "You are not entitled to this data.");
    EXPECT_EQ(of(404, "404 page not found").code, errc::unknown_symbol);
    EXPECT_EQ(of(404, "404 page not found").text, "404 page not found");
    EXPECT_EQ(of(429, "{}").code, errc::rate_limited);
    EXPECT_EQ(of(503, std::string(1000, 'x')).code, errc::venue_error);
    EXPECT_EQ(of(503, std::string(1000, 'x')).text.size(), 300u);
    EXPECT_EQ(of(499, "").code, errc::venue_error);
    RestResponse answer;
    answer.status = 200;
    EXPECT_FALSE(budget_of(answer).pause);
    answer.status = 429;
    EXPECT_EQ(budget_of(answer).pause, 60s);
    answer.headers.emplace_back("retry-after", "7");
    EXPECT_EQ(budget_of(answer).pause, 7s);
}

TEST(MassiveConditions, TheTableOfRulesIsTheVendors) {
    // 0 regular sale, 14 sweep, 41 trade-through exempt; 37 odd lot counts for volume only.
    for (const int id : {0, 14, 17, 18, 19, 41, -1, 5000})
        EXPECT_TRUE(rule_of(Cluster::stocks, id).open_close) << id;
    EXPECT_TRUE(rule_of(Cluster::stocks, 37).volume);
    EXPECT_FALSE(rule_of(Cluster::stocks, 37).high_low);
    EXPECT_FALSE(rule_of(Cluster::stocks, 15).volume) << "the official close is no print of its own";
    EXPECT_FALSE(rule_of(Cluster::options, 203).volume);
    EXPECT_TRUE(rule_of(Cluster::crypto, 2).open_close);
}

TEST(MassivePages, TheKeyGoesToTheConfiguredOriginOnly) {
    const auto follow = [](std::string base, std::string_view url) { return Pages(std::move(base)).follow(url); };
    EXPECT_EQ(*follow("https://api.massive.com", "https://api.massive.com/v3/quotes/AAPL?cursor=YX%3D"),
        "/v3/quotes/AAPL?cursor=YX%3D");
    EXPECT_EQ(*follow("https://api.massive.com", "https://api.polygon.io/v3/x?cursor=a"), "/v3/x?cursor=a");
    EXPECT_EQ(*follow("https://API.massive.com:443", "https://api.massive.com/x"), "/x");
    EXPECT_EQ(*follow("http://127.0.0.1:9010", "http://127.0.0.1:9010/x"), "/x");
    EXPECT_EQ(*follow("http://127.0.0.1:9010/pre", "http://127.0.0.1:9010/pre/x?y"), "/x?y");
    for (const char* bad :
        {"http://api.massive.com/x", "https://api.massive.com.evil.example/x", "https://evil.example/x",
            "https://api.massive.com@evil.example/x", "https://api.massive.com:8443/x", "/v3/x", "",
            "https://api.massive.com", "https://api.massive.com?x", "https://api.massive.com/x\r\nHost: evil",
            "https://api.massive.com/ x", "https:\\\\evil/x", "ftp://api.massive.com/x"})
        EXPECT_FALSE(follow("https://api.massive.com", bad)) << bad;
    EXPECT_FALSE(follow("http://127.0.0.1:9010", "https://api.massive.com/x")) << "the alias is for the vendor's own";
    EXPECT_FALSE(follow("http://127.0.0.1:9010/pre", "http://127.0.0.1:9010/other/x"));
    EXPECT_FALSE(follow("http://127.0.0.1:9010/pre", "http://127.0.0.1:9010/prex"));
    Pages pages("https://api.massive.com", 2);
    EXPECT_TRUE(pages.follow("https://api.massive.com/1"));
    EXPECT_FALSE(pages.follow("https://api.massive.com/1")) << "seen before";
    EXPECT_TRUE(pages.follow("https://api.massive.com/2"));
    EXPECT_FALSE(pages.follow("https://api.massive.com/3")) << "too many";
}

} // namespace
} // namespace tickgate::massive
