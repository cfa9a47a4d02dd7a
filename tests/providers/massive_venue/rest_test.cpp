#include "providers/massive_venue/venue_fixture.hpp"

#include "net/gzip.hpp"

#include <set>

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using VenueRest = VenueFixture;

std::int64_t number(const json::object& object, std::string_view key) {
    return object.at({key.data(), key.size()}).to_number<std::int64_t>();
}

TEST_F(VenueRest, WantsAKey) {
    start();
    EXPECT_EQ(ask("/v1/marketstatus/now", "").status, 401);
    const auto wrong = ask("/v1/marketstatus/now", "wrong");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_THAT(wrong.body, HasSubstr(R"("error":"Unknown API Key")"));
    EXPECT_EQ(ask("/v1/marketstatus/now?apiKey=test", "").status, 200);
    const auto none = ask("/v9/nothing");
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(none.content_type, "text/plain");
}

TEST_F(VenueRest, RefusesWhatThePlanLacksAndWhoAsksTooMuch) {
    options.rest_refused = {"/v3/quotes"};
    options.rest_per_minute = 3;
    options.history_days = 30;
    start();
    const auto refused = ask("/v3/quotes/AAPL");
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr(R"("status":"NOT_AUTHORIZED")"));
    const auto old = ask("/v2/aggs/ticker/AAPL/range/1/day/2024-01-01/2024-02-01");
    EXPECT_EQ(old.status, 403);
    EXPECT_THAT(old.body, HasSubstr("data timeframe"));
    EXPECT_EQ(ask("/v1/marketstatus/now").status, 200);
    EXPECT_EQ(ask("/v1/marketstatus/now").status, 429);
    now.mono += 61s;
    EXPECT_EQ(ask("/v1/marketstatus/now").status, 200);
}

TEST_F(VenueRest, AggregatesArePagedByBaseBars) {
    start();
    const auto whole = get("/v2/aggs/ticker/AAPL/range/1/hour/2025-11-19/2025-11-19?sort=asc&limit=50000");
    EXPECT_EQ(number(whole, "resultsCount"), 24);
    EXPECT_FALSE(whole.contains("next_url"));
    const auto& first = whole.at("results").as_array().at(0).as_object();
    EXPECT_EQ(number(first, "t"), 1'763'528'400'000); // midnight of New York
    EXPECT_TRUE(first.contains("vw") && first.contains("n"));

    // 150 minutes scanned: two hours a page.
    std::size_t pages = 0;
    const auto paged = all("/v2/aggs/ticker/AAPL/range/1/hour/2025-11-19/2025-11-19?sort=asc&limit=150", pages);
    EXPECT_EQ(pages, 12u);
    ASSERT_EQ(paged.size(), 24u);
    const auto down = all("/v2/aggs/ticker/AAPL/range/1/hour/2025-11-19/2025-11-19?sort=desc&limit=150", pages);
    ASSERT_EQ(down.size(), 24u);
    for (std::size_t i = 0; i < 24; ++i) {
        EXPECT_EQ(json::serialize(paged[i]), json::serialize(whole.at("results").as_array().at(i)));
        EXPECT_EQ(json::serialize(paged[i]), json::serialize(down[23 - i]));
    }
}

TEST_F(VenueRest, DaysBeginWhereTheirMarketsDo) {
    start();
    const auto stocks = get("/v2/aggs/ticker/AAPL/range/1/day/2025-10-31/2025-11-04?sort=asc");
    const auto& bars = stocks.at("results").as_array();
    ASSERT_EQ(bars.size(), 5u);
    EXPECT_EQ(number(bars.at(0).as_object(), "t"), 1'761'883'200'000); // 04:00Z in summer time
    EXPECT_EQ(number(bars.at(4).as_object(), "t"), 1'762'232'400'000); // 05:00Z in winter
    const auto coins = get("/v2/aggs/ticker/X:BTCUSD/range/1/day/2025-11-03/2025-11-03");
    EXPECT_EQ(number(coins.at("results").as_array().at(0).as_object(), "t"), 1'762'128'000'000);
    const auto index = get("/v2/aggs/ticker/I:SPX/range/1/day/2025-11-03/2025-11-03");
    const auto& bar = index.at("results").as_array().at(0).as_object();
    EXPECT_EQ(number(bar, "t"), 1'762'149'600'000); // midnight of Chicago
    EXPECT_FALSE(bar.contains("v") || bar.contains("vw") || bar.contains("n"));
    // A page scans 120 days at most.
    std::size_t pages = 0;
    EXPECT_EQ(all("/v2/aggs/ticker/X:BTCUSD/range/1/day/2025-01-01/2025-08-01?sort=asc", pages).size(), 213u);
    EXPECT_EQ(pages, 2u);
}

TEST_F(VenueRest, ResultsAreAbsentWhenThereAreNone) {
    options.market_hours = true;
    start();
    const auto weekend = get("/v2/aggs/ticker/AAPL/range/1/minute/2025-11-15/2025-11-16");
    EXPECT_EQ(number(weekend, "resultsCount"), 0);
    EXPECT_FALSE(weekend.contains("results"));
    EXPECT_FALSE(get("/v2/aggs/ticker/NOSUCH/range/1/minute/2025-11-17/2025-11-18").contains("results"));
    const auto day = get("/v2/aggs/ticker/AAPL/range/1/hour/2025-11-18/2025-11-18");
    EXPECT_EQ(number(day, "resultsCount"), 16); // 04:00 to 20:00
    EXPECT_EQ(ask("/v2/aggs/ticker/AAPL/range/1/fortnight/2025-11-18/2025-11-18").status, 400);
    EXPECT_EQ(ask("/v2/aggs/ticker/AAPL/range/1/day/yesterday/2025-11-18").status, 400);
    EXPECT_EQ(ask("/v2/aggs/ticker/AAPL/range/1/day/2025-11-17/2025-11-18?limit=50001").status, 400);
    EXPECT_EQ(ask("/v1/open-close/AAPL/2025-11-16").status, 404);
    EXPECT_EQ(ask("/v1/open-close/AAPL/2025-11-18").status, 200);
    EXPECT_EQ(number(get("/v2/aggs/ticker/AAPL/prev"), "resultsCount"), 1);
    EXPECT_GT(number(get("/v2/aggs/grouped/locale/us/market/stocks/2025-11-18"), "resultsCount"), 40);
}

TEST_F(VenueRest, LastValuesAgreeWithTheStream) {
    options.common.rate = 4000;
    options.common.symbol_count = 2;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "T.AAPL,Q.AAPL");
    pass(1s);
    const auto objects = client.port->objects();
    const auto trade = events(objects, "T").back(), quote = events(objects, "Q").back();
    const auto last = get("/v2/last/trade/AAPL").at("results").as_object();
    EXPECT_EQ(last.at("p"), trade.at("p"));
    EXPECT_EQ(last.at("q"), trade.at("q"));
    EXPECT_EQ(last.at("ds"), trade.at("ds"));
    EXPECT_EQ(number(last, "t") / 1'000'000, number(trade, "t"));
    const auto nbbo = get("/v2/last/nbbo/AAPL").at("results").as_object();
    EXPECT_EQ(nbbo.at("p"), quote.at("bp"));
    EXPECT_EQ(nbbo.at("P"), quote.at("ap"));
    EXPECT_EQ(ask("/v2/last/trade/NOSUCH").status, 404);
    EXPECT_EQ(get("/v1/last_quote/currencies/EUR/USD").at("symbol"), "EUR/USD");
    EXPECT_EQ(get("/v1/last/crypto/BTC/USD").at("status"), "success");
}

TEST_F(VenueRest, TicksArePagedInBothOrders) {
    options.common.rate = 3000;
    options.common.symbol_count = 1;
    start();
    pass(2s);
    std::size_t pages = 0;
    const std::string since_start = "timestamp.gte=1763737200000000000"; // before, a made-up past
    const auto up = all("/v3/trades/AAPL?order=asc&limit=100&" + since_start, pages);
    EXPECT_GT(pages, 3u);
    for (std::size_t i = 1; i < up.size(); ++i)
        EXPECT_GT(number(up[i], "sequence_number"), number(up[i - 1], "sequence_number"));
    const auto down = all("/v3/trades/AAPL?limit=1000&" + since_start, pages);
    ASSERT_EQ(down.size(), up.size());
    EXPECT_EQ(json::serialize(down.front()), json::serialize(up.back()));
    const auto from = std::to_string(number(up[10], "sip_timestamp"));
    const auto to = std::to_string(number(up[20], "sip_timestamp"));
    EXPECT_EQ(all("/v3/trades/AAPL?order=asc&timestamp.gte=" + from + "&timestamp.lt=" + to, pages).size(), 10u);
    EXPECT_GT(all("/v3/quotes/AAPL?limit=500&" + since_start, pages).size(), 1'000u);
    EXPECT_TRUE(get("/v3/trades/AAPL?timestamp=2025-11-01").contains("results"));
    EXPECT_FALSE(get("/v3/trades/AAPL?timestamp=2019-11-01").contains("results")) << "before any history";
    EXPECT_EQ(ask("/v3/trades/AAPL?timestamp=soon").status, 400);
    const auto forex = get("/v3/quotes/C:EUR-USD?limit=1").at("results").as_array();
    EXPECT_FALSE(forex.at(0).as_object().contains("ask_size"));
}

TEST_F(VenueRest, SnapshotsOfAllClasses) {
    options.common.symbol_count = 64;
    start();
    const auto contract = venue->market(Cluster::options).instrument(0).wire;
    const auto page = get("/v3/snapshot?ticker.any_of=AAPL," + contract + ",X:BTCUSD,C:EURUSD,I:SPX,NOSUCH");
    const auto& results = page.at("results").as_array();
    ASSERT_EQ(results.size(), 6u);
    EXPECT_EQ(results.at(0).at("type"), "stocks");
    EXPECT_TRUE(results.at(1).as_object().contains("details"));
    EXPECT_EQ(results.at(2).at("ticker"), "X:BTCUSD");
    EXPECT_FALSE(results.at(3).at("last_quote").as_object().contains("ask_size"));
    EXPECT_TRUE(results.at(4).as_object().contains("value"));
    EXPECT_EQ(results.at(5).at("error"), "NOT_FOUND");
    std::size_t pages = 0;
    EXPECT_EQ(all("/v3/snapshot?ticker.any_of=AAPL,MSFT,NVDA,AMZN&limit=3", pages).size(), 4u);
    EXPECT_EQ(pages, 2u);
    EXPECT_GT(all("/v3/snapshot/options/AAPL?contract_type=call&limit=3", pages).size(), 3u);
    EXPECT_EQ(get("/v3/snapshot/options/AAPL/" + contract).at("results").at("details").at("ticker").as_string(),
        contract.c_str());
    EXPECT_EQ(get("/v3/snapshot/indices?ticker.any_of=I:SPX").at("results").as_array().size(), 1u);
    const auto stock = get("/v2/snapshot/locale/us/markets/stocks/tickers/AAPL").at("ticker").as_object();
    for (const auto key : {"day", "prevDay", "lastQuote", "lastTrade", "todaysChange", "updated"})
        EXPECT_TRUE(stock.contains(key)) << key;
    EXPECT_EQ(
        get("/v2/snapshot/locale/us/markets/stocks/tickers?tickers=AAPL,MSFT").at("tickers").as_array().size(), 2u);
    EXPECT_EQ(get("/v2/snapshot/locale/global/markets/forex/tickers").at("tickers").as_array().size(), 64u);
}

TEST_F(VenueRest, ReferencePagesAreJoinedByCursors) {
    options.common.symbol_count = 250;
    start();
    std::size_t pages = 0;
    const auto stocks = all("/v3/reference/tickers?market=stocks&active=true&limit=100", pages);
    EXPECT_EQ(stocks.size(), 250u);
    EXPECT_EQ(pages, 3u);
    std::set<std::string> names;
    for (const auto& ticker : stocks)
        names.insert(std::string(ticker.at("ticker").as_string()));
    EXPECT_EQ(names.size(), 250u);
    EXPECT_TRUE(names.contains("BRK.B"));
    const auto pair = get("/v3/reference/tickers?market=fx&search=EURUSD").at("results").as_array().at(0);
    EXPECT_EQ(pair.at("ticker"), "C:EURUSD");
    EXPECT_EQ(pair.at("base_currency_symbol"), "EUR");
    EXPECT_FALSE(get("/v3/reference/tickers?ticker=NOSUCH").contains("results"));
    EXPECT_EQ(get("/v3/reference/tickers/AAPL").at("results").at("ticker"), "AAPL");
    EXPECT_EQ(all("/v3/reference/options/contracts?underlying_ticker=AAPL&limit=5", pages).empty(), false);
    EXPECT_GT(pages, 1u);
    EXPECT_FALSE(get("/v3/reference/exchanges?asset_class=stocks").at("results").as_array().empty());
    EXPECT_EQ(get("/v3/reference/conditions?asset_class=stocks").at("results").as_array().size(), 10u);
}

TEST_F(VenueRest, TellsTheMarketsStateAndHolidays) {
    options.market_hours = true;
    start();
    EXPECT_EQ(get("/v1/marketstatus/now").at("market"), "open"); // Friday, 10:00 in New York
    EXPECT_EQ(get("/v1/marketstatus/now").at("serverTime"), "2025-11-21T10:00:00-05:00");
    now.wall += 8h;
    EXPECT_EQ(get("/v1/marketstatus/now").at("market"), "extended-hours");
    now.wall += 24h;
    EXPECT_EQ(get("/v1/marketstatus/now").at("market"), "closed");
    const auto list = json::parse(ask("/v1/marketstatus/upcoming").body).as_array();
    EXPECT_EQ(list.at(0).at("name"), "Thanksgiving");
    EXPECT_EQ(list.at(0).at("date"), "2025-11-27");
    EXPECT_EQ(list.at(2).at("status"), "early-close");
    EXPECT_EQ(list.at(2).at("close"), "2025-11-28T18:00:00.000Z");
    EXPECT_THAT(json::serialize(list), HasSubstr(R"("name":"Good Friday","date":"2026-04-03")"));
}

TEST_F(VenueRest, FuturesHaveTheirOwnConventions) {
    start();
    const auto name = venue->market(Cluster::futures).instrument(0).rest;
    std::size_t pages = 0;
    const auto bars =
        all("/futures/vX/aggs/" + name + "?resolution=5min&window_start.gte=1763650800000000000&limit=100", pages);
    EXPECT_GT(bars.size(), 200u);
    EXPECT_GT(pages, 10u);
    EXPECT_EQ(number(bars.at(0), "window_start"), 1'763'650'800'000'000'000);
    EXPECT_TRUE(bars.at(0).contains("dollar_volume"));
    EXPECT_EQ(ask("/futures/vX/aggs/" + name + "?resolution=5fortnights").status, 400);
}

TEST_F(VenueRest, CompressesLargeAnswers) {
    start();
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/v3/reference/tickers";
    request.headers = {{"authorization", "Bearer test"}, {"accept-encoding", "gzip, deflate"}, {"host", "x"}};
    const auto packed = venue->request(request, false, now).response;
    ASSERT_THAT(packed.headers, testing::Contains(std::pair<std::string, std::string>("Content-Encoding", "gzip")));
    net::Inflater inflater;
    std::string body;
    EXPECT_FALSE(inflater.feed(packed.body, [&](std::string_view piece) {
        body += piece;
        return error_code();
    }));
    EXPECT_TRUE(json::parse(body).as_object().contains("next_url"));
}

} // namespace
} // namespace tickgate::massive_venue
