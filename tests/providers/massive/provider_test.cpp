#include "massive/provider.hpp"

#include "recorder.hpp"
#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono_literals;
using test::fixture;
using tickgate::test::FakeRest;
using tickgate::test::run;

InstrumentName name(const char* text) { return *InstrumentName::parse(text); }

class Provider : public ::testing::Test {
protected:
    std::unique_ptr<DataProvider> make(ProviderSettings settings = {}) {
        settings.emplace("api_key", "massive-test-key-9");
        ProviderRegistry registry;
        register_massive(registry);
        std::string problem;
        auto made = registry.find("massive")->make(settings, problem);
        EXPECT_TRUE(made) << problem;
        return made;
    }
    FakeRest rest;
};

TEST_F(Provider, CapabilitiesFollowThePlan) {
    const auto plain = make();
    const auto& c = plain->capabilities();
    ASSERT_EQ(c.feeds.size(), 6u);
    EXPECT_EQ(c.feeds[0].part, "stocks");
    EXPECT_EQ(c.feeds[0].max_connections, 1u);
    EXPECT_EQ(c.feeds[1].streams_per_connection, 1000u);
    EXPECT_EQ(c.feeds[2].kinds, (std::vector<Kind>{Kind::quote, Kind::bar})) << "forex has no trades";
    EXPECT_EQ(c.feeds[0].timeframes, (std::vector<Timeframe>{Timeframe::s1, Timeframe::m1}));
    EXPECT_EQ(c.feeds[0].delay, 0ms);
    EXPECT_EQ(c.budgets.at(0).weight_limit, 100);
    EXPECT_EQ(c.budgets.at(0).window, 1s);
    const auto delayed = make({{"delayed", "true"}, {"plan", "business"}});
    const auto& d = delayed->capabilities();
    EXPECT_EQ(d.feeds[0].delay, 15min);
    EXPECT_EQ(d.feeds[2].delay, 0ms);
    EXPECT_EQ(d.feeds[5].delay, 10min);
    EXPECT_EQ(d.feeds[1].max_connections, 3u);
    const auto few = make({{"plan", "free"}});
    EXPECT_EQ(few->capabilities().budgets.at(0).weight_limit, 5);
    EXPECT_EQ(few->capabilities().budgets.at(0).window, 60s);
    const auto fewer = make({{"limits.requests_per_minute", "30"}});
    EXPECT_EQ(fewer->capabilities().budgets.at(0).weight_limit, 30) << "not 60 a minute";
    EXPECT_EQ(fewer->capabilities().budgets.at(0).window, 60s);
}

TEST_F(Provider, OnlyQuotesOfOptionsCountAgainstTheContractLimit) {
    const auto p = make();
    Subscription s;
    EXPECT_EQ(p->weight_of("options", s), 1);
    s.kind = Kind::trade;
    EXPECT_EQ(p->weight_of("options", s), 0);
    s.kind = Kind::bar;
    EXPECT_EQ(p->weight_of("options", s), 0);
}

TEST_F(Provider, SessionsKnowTheirCluster) {
    const auto p = make({{"endpoints.ws", "ws://127.0.0.1:9010"}});
    const auto session = run(p->open_session("forex", 0, 1, rest));
    ASSERT_TRUE(session);
    EXPECT_EQ((*session)->plan().url, "ws://127.0.0.1:9010/forex");
    EXPECT_FALSE(run(p->open_session("bonds", 0, 1, rest)));
    EXPECT_TRUE(rest.requests.empty());
}

TEST_F(Provider, TheKeyTravelsInAHeader) {
    const auto p = make();
    rest.give(200, fixture("rest/last_nbbo_AAPL.json"));
    QuoteRequest request;
    request.instruments = {name("equity:AAPL")};
    const auto quotes = run(p->get_quotes(request, rest));
    ASSERT_TRUE(quotes);
    ASSERT_EQ(quotes->size(), 1u);
    EXPECT_EQ(quotes->at(0).second.bid->to_string(), "155.65");
    EXPECT_EQ(rest.asked(0), "/v2/last/nbbo/AAPL");
    ASSERT_EQ(rest.requests[0].headers.size(), 1u);
    EXPECT_EQ(rest.requests[0].headers[0].second, "Bearer massive-test-key-9");
    EXPECT_EQ(rest.requests[0].base, "https://api.massive.com");
}

TEST_F(Provider, ASizeThatDoesNotFitAsSharesIsAbsent) {
    const auto p = make({{"lot_size", "7"}});
    rest.give(200,
        R"({"results":{"T":"AAPL","P":2,"S":3,"p":1,"s":999999999999999999,"t":1651179319310617300},"status":"OK"})");
    QuoteRequest request;
    request.instruments = {name("equity:AAPL")};
    const auto quotes = run(p->get_quotes(request, rest));
    ASSERT_TRUE(quotes);
    ASSERT_EQ(quotes->size(), 1u);
    EXPECT_EQ(quotes->at(0).second.ask_size->to_string(), "21");
    EXPECT_EQ(quotes->at(0).second.bid->to_string(), "1");
    EXPECT_FALSE(quotes->at(0).second.bid_size.has_value());
}

TEST_F(Provider, APlanWithoutQuotesGivesTheLastTrade) {
    const auto p = make();
    rest.give(403, R"({"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."})");
    rest.give(200, R"({"results":{"T":"AAPL","c":[14],"p":166.25,"s":2,"t":1651179319310617300},"status":"DELAYED"})");
    QuoteRequest request;
    request.instruments = {name("equity:AAPL")};
    const auto quotes = run(p->get_quotes(request, rest));
    ASSERT_TRUE(quotes);
    ASSERT_EQ(quotes->size(), 1u);
    EXPECT_EQ(quotes->at(0).second.last->to_string(), "166.25");
    EXPECT_TRUE(quotes->at(0).second.flags.has(Flag::delayed));
    EXPECT_EQ(rest.asked(1), "/v2/last/trade/AAPL");
}

TEST_F(Provider, OneCurrencyPairHasItsOwnEndpoint) {
    const auto p = make();
    rest.give(200, fixture("rest/last_quote_AUD_USD.json"));
    QuoteRequest request;
    request.instruments = {name("fx:AUD-USD")};
    const auto quotes = run(p->get_quotes(request, rest));
    ASSERT_TRUE(quotes);
    EXPECT_EQ(quotes->at(0).first.to_string(), "fx:AUD-USD");
    EXPECT_EQ(rest.asked(0), "/v1/last_quote/currencies/AUD/USD");
}

TEST_F(Provider, ManyQuotesAreOneSnapshotAndUnknownOnesAreLeftOut) {
    const auto p = make({{"lot_size", "100"}});
    rest.give(200, fixture("rest/universal_snapshot.json"));
    QuoteRequest request;
    request.instruments = {name("equity:AAPL"), name("option:NCLH221014C00005000"), name("equity:TSLAAPL"),
        name("future:ESZ4"), name("cfd:SPX500-USD")};
    const auto quotes = run(p->get_quotes(request, rest));
    ASSERT_TRUE(quotes);
    EXPECT_EQ(rest.asked(0), "/v3/snapshot?limit=250&ticker.any_of=AAPL,O:NCLH221014C00005000,TSLAAPL");
    ASSERT_EQ(quotes->size(), 2u);
    for (const auto& [n, q] : *quotes) {
        EXPECT_TRUE(q.exchange.empty());
        EXPECT_EQ(q.bid_size->to_string(), n.asset_class == AssetClass::equity ? "17200" : "172");
    }
}

TEST_F(Provider, MoreThan250TickersAreSeveralSnapshots) {
    const auto p = make();
    rest.give(200, R"({"status":"OK"})");
    rest.give(200, R"({"status":"OK"})");
    QuoteRequest request;
    for (int i = 0; i < 300; ++i)
        request.instruments.push_back({AssetClass::equity, "S" + std::to_string(1000 + i)});
    ASSERT_TRUE(run(p->get_quotes(request, rest)));
    ASSERT_EQ(rest.requests.size(), 2u);
    EXPECT_EQ(std::count(rest.requests[0].target.begin(), rest.requests[0].target.end(), ','), 249);
}

BarRequest bars_of(const char* instrument, Timeframe tf, std::int64_t from_ms, std::int64_t to_ms) {
    BarRequest r;
    r.instrument = name(instrument);
    r.timeframe = tf;
    r.from = from_millis(from_ms);
    r.to = from_millis(to_ms);
    return r;
}

TEST_F(Provider, BarsAreAskedRawAscendingWithBothEndsInclusive) {
    const auto p = make();
    rest.give(200, R"({"status":"OK","adjusted":false,"results":[{"o":1,"h":2,"l":1,"c":2,"v":3,"t":1704720600000}]})");
    const auto page = run(p->get_bars(bars_of("equity:BRK.B", Timeframe::m5, 1704720600000, 1704721200000), rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(rest.asked(0),
        "/v2/aggs/ticker/BRK.B/range/5/minute/1704720600000/1704721199999?adjusted=false&sort=asc&limit=50000");
    ASSERT_EQ(page->bars.size(), 1u);
    EXPECT_FALSE(page->bars[0].adjusted);
    EXPECT_FALSE(page->next.has_value());
}

TEST_F(Provider, TheLimitCountsBaseBars) {
    const auto p = make({{"adjusted", "true"}});
    auto request = bars_of("fx:EUR-USD", Timeframe::h1, 1704720600000, 1714721200000);
    rest.give(200, R"({"results":[]})");
    ASSERT_TRUE(run(p->get_bars(request, rest)));
    EXPECT_NE(rest.asked(0).find("C:EURUSD/range/1/hour/"), std::string::npos);
    EXPECT_NE(rest.asked(0).find("adjusted=false&sort=asc&limit=49980"), std::string::npos)
        << "currencies have no splits: " << rest.asked(0);
    request.limit = 10;
    rest.give(200, R"({"results":[]})");
    ASSERT_TRUE(run(p->get_bars(request, rest)));
    EXPECT_NE(rest.asked(1).find("limit=600"), std::string::npos);
    request.limit = 1;
    rest.give(200,
        R"({"results":[{"o":1,"h":2,"l":1,"c":2,"t":1704720600000},{"o":1,"h":2,"l":1,"c":2,"t":1704724200000}]})");
    const auto page = run(p->get_bars(request, rest));
    ASSERT_TRUE(page);
    EXPECT_NE(rest.asked(2).find("limit=120"), std::string::npos) << "one bar alone may be cut: two are asked";
    EXPECT_EQ(page->bars.size(), 1u);
    EXPECT_EQ(page->next, from_millis(1704724200000));
}

TEST_F(Provider, AFullPageSaysWhereToGoOn) {
    const auto p = make();
    const std::string results =
        R"("results":[{"o":1,"h":2,"l":1,"c":2,"t":1704720600000},{"o":1,"h":2,"l":1,"c":2,"t":1704724200000}],)"
        R"("next_url":"https://api.polygon.io/v2/aggs/ticker/A/range/1/hour/1704727800000/1704820600000?cursor=x"})";
    rest.give(200, "{" + results);
    auto page = run(p->get_bars(bars_of("equity:A", Timeframe::h1, 1704720600000, 1704820600000), rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->bars.size(), 1u) << "the last one may be cut";
    EXPECT_EQ(page->next, from_millis(1704724200000));
    rest.give(200, "{" + results);
    page = run(p->get_bars(bars_of("equity:A", Timeframe::m1, 1704720600000, 1704820600000), rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->bars.size(), 2u) << "base bars are whole";
    EXPECT_EQ(page->next, from_millis(1704724200001));
}

TEST_F(Provider, EmptyPagesAreFollowedAndStrangersAreNot) {
    const auto p = make();
    const auto request = bars_of("equity:A", Timeframe::m1, 1704720600000, 1704820600000);
    rest.give(200, R"({"status":"OK","next_url":"https://api.massive.com/v2/aggs/x?cursor=1"})");
    rest.give(200, R"({"status":"OK","results":[{"o":1,"h":2,"l":1,"c":2,"t":1704720600000}]})");
    auto page = run(p->get_bars(request, rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->bars.size(), 1u);
    EXPECT_EQ(rest.asked(1), "/v2/aggs/x?cursor=1");
    rest.give(200, R"({"status":"OK","next_url":"https://evil.example/v2/aggs/x?cursor=1"})");
    page = run(p->get_bars(request, rest));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error(), errc::malformed_payload);
    EXPECT_EQ(rest.requests.size(), 3u);
    rest.give(200, R"({"next_url":"https://api.massive.com/same"})");
    rest.give(200, R"({"next_url":"https://api.massive.com/same"})");
    EXPECT_FALSE(run(p->get_bars(request, rest))) << "a page that was there before";
}

TEST_F(Provider, FuturesBarsHaveTheirOwnRoute) {
    const auto p = make();
    rest.give(200,
        R"({"results":[{"open":1,"high":2,"low":1,"close":2,"window_start":1704720660000000000},{"open":1,"high":2,"low":1,"close":2,"window_start":1704720600000000000}]})");
    const auto page = run(p->get_bars(bars_of("future:ESZ4", Timeframe::m1, 1704720600000, 1704721200000), rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(rest.asked(0),
        "/futures/vX/aggs/"
        "ESZ4?resolution=1min&window_start.gte=1704720600000000000&window_start.lt=1704721200000000000&limit=50000");
    ASSERT_EQ(page->bars.size(), 2u);
    EXPECT_LT(page->bars[0].open_time, page->bars[1].open_time);
    EXPECT_EQ(run(p->get_bars(bars_of("future:ESZ4", Timeframe::d3, 1, 2), rest)).error(), errc::not_supported);
    EXPECT_EQ(run(p->get_bars(bars_of("cfd:SPX500-USD", Timeframe::m1, 1, 2), rest)).error(), errc::not_supported);
}

TEST_F(Provider, ErrorsAreTheContracts) {
    const auto p = make();
    const auto request = bars_of("equity:A", Timeframe::m1, 1704720600000, 1704820600000);
    const std::pair<int, errc> rows[] = {{400, errc::bad_request}, {401, errc::unauthorized}, {403, errc::not_entitled},
        {404, errc::unknown_symbol}, {429, errc::rate_limited}, {502, errc::venue_error}};
    for (const auto& [status, code] : rows) {
        rest.give(status, "<html>no</html>");
        EXPECT_EQ(run(p->get_bars(request, rest)).error(), code);
    }
    EXPECT_EQ(run(p->get_bars(request, rest)).error(), errc::unavailable);
}

TEST_F(Provider, FewInstrumentsAreAskedByName) {
    const auto p = make();
    rest.give(200, R"({"results":[{"ticker":"AAPL","name":"Apple Inc.","market":"stocks","active":true}]})");
    rest.give(200, R"({"results":[]})");
    rest.give(200, fixture("rest/options_contracts_page1.json").substr(0, 600) + "}]}");
    rest.answers.back().value().body =
        R"({"results":[{"contract_type":"call","expiration_date":"2022-05-20","strike_price":65,"ticker":"O:A220520C00065000","underlying_ticker":"A"}]})";
    const auto found = run(p->find_instruments(
        {name("equity:AAPL"), name("equity:NOPE"), name("option:A220520C00065000"), name("cfd:X"), name("future:ESZ4")},
        rest));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 3u);
    EXPECT_EQ(found->at(0).name.to_string(), "future:ESZ4");
    EXPECT_EQ(found->at(1).description, "Apple Inc.");
    EXPECT_EQ(found->at(2).native, "O:A220520C00065000");
    EXPECT_EQ(rest.asked(0), "/v3/reference/tickers?limit=10&ticker=AAPL");
    EXPECT_EQ(rest.asked(2),
        "/v3/reference/options/"
        "contracts?underlying_ticker=A&expiration_date=2022-05-20&limit=1000&strike_price=65&contract_type=call");
}

TEST_F(Provider, ManyInstrumentsAreAskedByOneSnapshotAndByNameWhereThePlanHasNone) {
    const auto p = make();
    const std::vector<InstrumentName> names{
        name("equity:AAPL"), name("equity:TSLAAPL"), name("option:NCLH221014C00005000"), name("crypto:BTC-USD")};
    rest.give(200, fixture("rest/universal_snapshot.json"));
    auto found = run(p->find_instruments(names, rest));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ(found->at(1).name.to_string(), "equity:AAPL");
    EXPECT_EQ(found->at(1).description, "Apple Inc.");
    EXPECT_EQ(rest.requests.size(), 1u);
    rest.give(403, R"({"status":"NOT_AUTHORIZED","message":"no"})");
    for (int i = 0; i < 4; ++i)
        rest.give(200, R"({"results":[]})");
    found = run(p->find_instruments(names, rest));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->empty());
    EXPECT_EQ(rest.requests.size(), 6u);
}

TEST_F(Provider, ListsEveryPageOfEveryMarket) {
    const auto p = make();
    rest.give(200, fixture("rest/tickers_page1.json"));
    rest.give(200, R"({"results":[{"ticker":"AAA","market":"stocks","active":true}]})");
    rest.give(200, R"({"results":[{"ticker":"C:EURUSD","market":"fx","active":true}]})");
    rest.give(200, R"({"results":[{"ticker":"X:BTCUSD","market":"crypto","active":true}]})");
    rest.give(200, R"({"results":[{"ticker":"I:SPX","market":"indices","active":true}]})");
    std::vector<std::string> names;
    const auto ec =
        run(p->list_instruments([&](const InstrumentInfo& i) { names.push_back(i.name.to_string()); }, rest));
    EXPECT_FALSE(ec);
    EXPECT_EQ(names,
        (std::vector<std::string>{"equity:A", "equity:AA", "equity:AAA", "fx:EUR-USD", "crypto:BTC-USD", "index:SPX"}));
    EXPECT_TRUE(rest.asked(1).starts_with("/v3/reference/tickers?cursor=YWN0"));
}

TEST_F(Provider, SearchAndMarketDays) {
    const auto p = make();
    rest.give(200, fixture("rest/tickers_page1.json"));
    const auto found = run(p->search_instruments("al coa", 1, rest));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 1u);
    EXPECT_EQ(rest.asked(0), "/v3/reference/tickers?active=true&limit=1&search=al%20coa");
    rest.give(200, fixture("rest/marketstatus_upcoming.json"));
    const auto days = run(p->get_market_days(rest));
    ASSERT_TRUE(days);
    EXPECT_EQ(days->size(), 21u);
    EXPECT_EQ(rest.asked(1), "/v1/marketstatus/upcoming");
}

} // namespace
} // namespace tickgate::massive
