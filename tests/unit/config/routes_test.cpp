#include "config_test_support.hpp"

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class RoutesTest : public Fixture {
protected:
    std::string with_oanda = "providers: {oanda: {account: 101-001-1-001, token: oanda-token-1}}\n";
};

TEST_F(RoutesTest, DefaultsAreRestrictedToProvidersThatAreOn) {
    EXPECT_THAT(good("").routes.by_class, ElementsAre(Pair(AssetClass::crypto, ElementsAre("binance")),
                                              Pair(AssetClass::future, ElementsAre("binance"))));
    EXPECT_THAT(good(with_oanda).routes.by_class,
        ElementsAre(Pair(AssetClass::fx, ElementsAre("oanda")), Pair(AssetClass::crypto, ElementsAre("binance")),
            Pair(AssetClass::future, ElementsAre("binance")), Pair(AssetClass::cfd, ElementsAre("oanda"))));
    // Settings that name no class leave the default routes in place.
    EXPECT_THAT(
        good("routes: {standby: cold, jump_guard: 0.5%}").routes.of({AssetClass::crypto, "A"}), ElementsAre("binance"));
}

TEST_F(RoutesTest, NamedClassesReplaceTheDefaults) {
    const Routes r = good(with_oanda + "routes: {fx: [massive, oanda]}").routes;
    EXPECT_THAT(r.by_class, ElementsAre(Pair(AssetClass::fx, ElementsAre("oanda"))));
    EXPECT_THAT(fault("routes: {future: [binance]}\nsymbols: {crypto: [BTC-USDT, ETH-USDT]}"),
        AllOf(HasSubstr(":2:19: symbols.crypto: no route serves crypto:BTC-USDT and 1 more"),
            HasSubstr("add routes.crypto: [binance]")));
}

TEST_F(RoutesTest, RouteWithoutAnyRunningProviderIsAProblem) {
    EXPECT_THAT(fault("routes: {equity: [massive, tradier], crypto: [binance]}"),
        AllOf(HasSubstr(":1:18: routes.equity: no provider of this route is on"),
            HasSubstr("providers.massive is off, no credentials: set api_key"), HasSubstr("providers.tradier is off")));
    EXPECT_THAT(
        fault("routes: {overrides: {'fx:EUR-USD': [oanda]}}"), HasSubstr("routes.overrides.fx:EUR-USD: no provider"));
}

TEST_F(RoutesTest, SymbolsOfAClassNobodyServesNameTheWayOut) {
    EXPECT_THAT(fault("symbols: {equity: [SPY]}"),
        AllOf(HasSubstr("symbols.equity: no route serves equity:SPY"), HasSubstr("providers.massive is off"),
            HasSubstr("providers.tradier is off, no credentials: set token"), HasSubstr("or take the symbols out")));
    // An override may serve what its class does not.
    good(with_oanda + "routes: {crypto: [binance], overrides: {'fx:EUR-USD': [oanda]}}\nsymbols: {fx: [EUR-USD]}");
}

TEST_F(RoutesTest, OneFaultIsToldOnce) {
    // The token is what is wrong; that its provider could then not run is no news.
    EXPECT_THAT(
        fault(
            "providers: {oanda: {account: 101-1, token: '${NONE}'}}\nroutes: {fx: [oanda]}\nsymbols: {fx: [EUR-USD]}"),
        HasSubstr("providers.oanda.token: environment variable NONE"));
    EXPECT_THAT(fault("routes: {crypto: [binanc]}\nsymbols: {crypto: [BTC-USDT]}"), HasSubstr("did you mean binance?"));
}

TEST_F(RoutesTest, ChecksTheLists) {
    EXPECT_THAT(fault("routes: {crypto: [binance, binance]}"), HasSubstr("routes.crypto[1]: is in the list twice"));
    EXPECT_THAT(
        fault("routes: {crypto: [oanda]}"), HasSubstr("routes.crypto[0]: oanda has no data of the class crypto"));
    EXPECT_THAT(fault("routes: {crypto: []}"), HasSubstr("routes.crypto: the list is empty"));
    EXPECT_THAT(fault("routes: {crypto: binance}"), HasSubstr("routes.crypto: expected a list"));
    EXPECT_THAT(fault("routes: {crypt: [binance]}"), HasSubstr("did you mean crypto?"));
    EXPECT_THAT(fault("routes: {standby: hot}"), HasSubstr("allowed: warm, cold"));
    EXPECT_THAT(
        fault("routes: {overrides: {'EUR-USD': [oanda]}}"), HasSubstr("expected an instrument, written class:symbol"));
    EXPECT_THAT(fault("routes: {overrides: {'forex:EUR-USD': [oanda]}}"), HasSubstr("classes: fx, crypto"));
    EXPECT_THAT(fault("routes: {overrides: {'crypto:BTC-USDT': []}}"), HasSubstr("name at least one provider"));
    for (const char* bad : {"2", "0%", "-1%", "101%", "x%", "%"})
        EXPECT_THAT(fault(std::string("routes: {jump_guard: '") + bad + "'}"),
            HasSubstr("routes.jump_guard: expected a percentage"))
            << bad;
    EXPECT_EQ(good("routes: {jump_guard: 0.25%}").routes.jump_guard.to_string(), "0.25");
}

TEST_F(RoutesTest, ChecksSymbols) {
    EXPECT_THAT(good("symbols: {crypto: [BTC-USDT, ETH-USDT], future: [BTC-USDT]}").symbols,
        ElementsAre(InstrumentName{AssetClass::crypto, "BTC-USDT"}, InstrumentName{AssetClass::crypto, "ETH-USDT"},
            InstrumentName{AssetClass::future, "BTC-USDT"}));
    EXPECT_THAT(good("symbols: {crypto: [A, a]}").symbols.size(), 2u); // case matters
    EXPECT_THAT(fault("symbols: {crypto: [BTC/USDT]}"),
        AllOf(HasSubstr("symbols.crypto[0]: expected a symbol"), HasSubstr("`BTC/USDT`")));
    EXPECT_THAT(fault("symbols: {crypto: ['crypto:BTC-USDT']}"), HasSubstr("write BTC-USDT"));
    EXPECT_THAT(fault("symbols:\n  crypto:\n    - BTC-USDT\n    - BTC-USDT\n"),
        AllOf(HasSubstr(":4:7: symbols.crypto[1]: is in the list twice"), HasSubstr("first on line 3")));
    EXPECT_THAT(fault("symbols: {stocks: [SPY]}"), HasSubstr("allowed: fx, crypto, equity"));
    EXPECT_THAT(good("symbols: {crypto: []}").symbols, IsEmpty());
}

} // namespace
} // namespace tickgate::config
