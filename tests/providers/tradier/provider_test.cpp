#include "tradier/new_york.hpp"
#include "tradier/provider.hpp"

#include "core/clock.hpp"
#include "recorder.hpp"

#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using namespace std::chrono_literals;
using tradier_test::fixture;

using tickgate::test::FakeRest;
using tickgate::test::run;

Settings settings() {
    Settings s;
    s.token = Secret("token-of-the-test");
    return s;
}

class Provider : public ::testing::Test {
protected:
    FakeRest rest;
    TradierProvider provider{settings()};
};

std::vector<InstrumentName> names(std::initializer_list<const char*> list) {
    std::vector<InstrumentName> out;
    for (const auto* text : list)
        out.push_back(*InstrumentName::parse(text));
    return out;
}

TEST_F(Provider, OffersOneFeedOnOneConnection) {
    const auto& c = provider.capabilities();
    ASSERT_EQ(c.feeds.size(), 1u);
    EXPECT_EQ(c.feeds[0].part, "market");
    EXPECT_EQ(c.feeds[0].max_connections, 1u);
    EXPECT_TRUE(c.feeds[0].timeframes.empty()) << "bars are built from trades";
    EXPECT_EQ(c.budgets[0].weight_limit, 120);
}

TEST_F(Provider, FindsInstrumentsByTheirQuotes) {
    rest.give(200,
        R"({"quotes":{"quote":[{"symbol":"BRK/B","description":"Berkshire","type":"stock"},{"symbol":"SPX","type":"index"},{"symbol":"SPY240119C00480000","type":"option"}],"unmatched_symbols":{"symbol":"ZZZZ"}}})");
    const auto found = run(provider.find_instruments(
        names({"equity:BRK.B", "equity:SPX", "option:SPY240119C00480000", "equity:ZZZZ", "fx:EUR-USD"}), rest));
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 2u) << "SPX is an index, no share";
    EXPECT_EQ((*found)[0].native, "BRK/B");
    EXPECT_EQ((*found)[0].name.to_string(), "equity:BRK.B");
    EXPECT_EQ((*found)[0].feed, "market");
    ASSERT_EQ(rest.requests.size(), 1u);
    EXPECT_EQ(rest.requests[0].target, "/v1/markets/quotes?symbols=BRK%2FB,SPX,SPY240119C00480000,ZZZZ&greeks=false");
    EXPECT_EQ(rest.requests[0].headers[0].second, "Bearer token-of-the-test");
    EXPECT_EQ(rest.requests[0].headers[1].second, "application/json");
}

TEST_F(Provider, ManySymbolsGoIntoABody) {
    std::vector<InstrumentName> many;
    for (int i = 0; i < 601; ++i)
        many.push_back({AssetClass::equity, "S" + std::to_string(i)});
    rest.give(200, R"({"quotes":null})");
    rest.give(200, R"({"quotes":"null"})");
    EXPECT_TRUE(run(provider.find_instruments(many, rest))->empty());
    ASSERT_EQ(rest.requests.size(), 2u);
    EXPECT_EQ(rest.requests[0].method, "POST");
    EXPECT_EQ(rest.requests[0].target, "/v1/markets/quotes");
    EXPECT_TRUE(rest.requests[0].body.starts_with("symbols=S0,S1,"));
    EXPECT_TRUE(rest.requests[1].body.ends_with(",S600&greeks=false"));
}

TEST_F(Provider, QuotesComeByTheirCanonicalName) {
    rest.give(200, fixture("rest/doc_quotes_2019.json"));
    QuoteRequest request;
    request.instruments = names({"equity:AAPL", "option:VXX190517P00016000", "equity:MSFT"});
    const auto quotes = run(provider.get_quotes(std::move(request), rest));
    ASSERT_TRUE(quotes.has_value());
    ASSERT_EQ(quotes->size(), 2u);
    EXPECT_EQ((*quotes)[0].first.to_string(), "equity:AAPL");
    EXPECT_EQ((*quotes)[0].second.bid_size->to_string(), "1200");
    EXPECT_TRUE((*quotes)[0].second.exchange.empty());
}

TEST_F(Provider, ASessionIsMadeBeforeItIsOpened) {
    rest.give(200, fixture("rest/session.json"));
    const auto session = run(provider.open_session("market", 0, 1, rest));
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ((*session)->plan().url, "wss://ws.tradier.com/v1/markets/events");
    ASSERT_EQ(rest.requests.size(), 1u);
    EXPECT_EQ(rest.requests[0].method, "POST");
    EXPECT_EQ(rest.requests[0].target, "/v1/markets/events/session");
    EXPECT_EQ(rest.requests[0].body, "");
    SubscriptionDelta delta;
    delta.add.push_back({Subscription(), "SPY"});
    tradier_test::Recorder seen;
    (*session)->want(delta, now(), seen, seen);
    (*session)->opened(now(), seen);
    ASSERT_EQ(seen.sent.size(), 1u);
    EXPECT_NE(seen.sent[0].find("316908ae-c98d-4cc4-bb3b-32a3dc58aca0"), std::string::npos);
    rest.give(200, R"({"stream":{"url":"https://stream.tradier.com/v1/markets/events","sessionid":"fresh"}})");
    EXPECT_EQ(*run(provider.renew("market", rest)), "fresh");
}

TEST_F(Provider, RefusedSessionsSayWhatToDo) {
    rest.give(401,
        R"({"fault":{"faultstring":"Invalid Access Token","detail":{"errorcode":"keymanagement.service.invalid_access_token"}}})");
    EXPECT_EQ(run(provider.open_session("market", 0, 1, rest)).error(), errc::unauthorized);
    rest.give(403, "Forbidden");
    EXPECT_EQ(run(provider.open_session("market", 0, 1, rest)).error(), errc::restricted);
    rest.give(502, "<html>Bad Gateway</html>");
    EXPECT_EQ(run(provider.open_session("market", 0, 1, rest)).error(), errc::venue_error);
    rest.give(200, "<html>busy</html>");
    EXPECT_EQ(run(provider.open_session("market", 0, 1, rest)).error(), errc::malformed_payload);
    EXPECT_EQ(run(provider.renew("market", rest)).error(), errc::unavailable);
}

TEST_F(Provider, TooManySessionsAreWaitedOutLongerEachTime) {
    for (const auto pause : {6min, 12min, 18min}) {
        rest.give(200, R"({"error":"too many sessions requested"})");
        const auto session = run(provider.open_session("market", 0, 1, rest));
        ASSERT_TRUE(session.has_value());
        ASSERT_TRUE((*session)->ended().has_value());
        EXPECT_EQ((*session)->ended()->reason, errc::too_many_connections);
        EXPECT_EQ((*session)->ended()->pause, pause);
        SubscriptionDelta delta;
        delta.add.push_back({Subscription(), "SPY"});
        tradier_test::Recorder seen;
        (*session)->want(delta, now(), seen, seen);
        EXPECT_TRUE((*session)->ended().has_value()) << "nothing is connected";
        EXPECT_TRUE(seen.sent.empty());
    }
}

TEST_F(Provider, SearchesBySymbolThenByWords) {
    rest.give(200,
        R"({"securities":{"security":{"symbol":"AAPL","exchange":"Q","type":"stock","description":"Apple Inc"}}})");
    rest.give(200, fixture("rest/search.json"));
    const auto found = run(provider.search_instruments("apple i", 4, rest));
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 4u);
    EXPECT_EQ((*found)[0].name.symbol, "AAPL");
    EXPECT_EQ((*found)[1].name.symbol, "AMAT") << "AAPL is not told twice";
    EXPECT_EQ(rest.requests[0].target, "/v1/markets/lookup?q=apple%20i");
    EXPECT_EQ(rest.requests[1].target, "/v1/markets/search?q=apple%20i&indexes=true");
}

TEST_F(Provider, TheCalendarOfThisAndTheNextMonthIsAsked) {
    rest.give(200,
        R"({"clock":{"date":"2024-12-06","description":"","state":"open","timestamp":1733500000,"next_change":"16:00","next_state":"postmarket"}})");
    rest.give(
        200, R"({"calendar":{"days":{"day":{"date":"2024-12-25","status":"closed","description":"Christmas"}}}})");
    rest.give(200, R"({"calendar":{"days":null}})");
    const auto days = run(provider.get_market_days(rest));
    ASSERT_TRUE(days.has_value());
    EXPECT_EQ(days->size(), 3u);
    ASSERT_EQ(rest.requests.size(), 3u);
    EXPECT_EQ(rest.requests[1].target, "/v1/markets/calendar?month=12&year=2024");
    EXPECT_EQ(rest.requests[2].target, "/v1/markets/calendar?month=1&year=2025");
}

TEST_F(Provider, BarsOfDaysAndTheirErrors) {
    rest.give(200, fixture("rest/doc_history_daily_2019.json"));
    BarRequest request;
    request.instrument = *InstrumentName::parse("equity:AAPL");
    request.timeframe = Timeframe::d1;
    request.from = from_new_york(*parse_local("2019-01-02"));
    request.to = from_new_york(*parse_local("2019-01-04"));
    auto page = run(provider.get_bars(request, rest));
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(page->bars.size(), 2u);
    EXPECT_EQ(
        rest.requests[0].target, "/v1/markets/history?symbol=AAPL&interval=daily&start=2019-01-02&end=2019-01-03");
    rest.give(200, R"({"history":"null"})");
    EXPECT_TRUE(run(provider.get_bars(request, rest))->bars.empty());
    rest.give(400, "Invalid Parameter, start");
    EXPECT_EQ(run(provider.get_bars(request, rest)).error(), errc::bad_request);
    request.timeframe = Timeframe::h4;
    EXPECT_EQ(run(provider.get_bars(request, rest)).error(), errc::not_supported);
    EXPECT_EQ(rest.requests.size(), 3u);
    rest.answers.clear();
    EXPECT_EQ(run(provider.list_instruments([](const InstrumentInfo&) {}, rest)), errc::not_supported);
}

TEST(TradierRegistry, TheSandboxIsRefusedWithAReason) {
    ProviderRegistry registry;
    register_tradier(registry);
    std::string problem;
    EXPECT_EQ(registry.find("tradier")->make({{"token", "x-1"}, {"environment", "sandbox"}}, problem), nullptr);
    EXPECT_FALSE(problem.empty());
    EXPECT_NE(registry.find("tradier")->make({{"token", "x-1"}}, problem), nullptr);
}

} // namespace
} // namespace tickgate::tradier
