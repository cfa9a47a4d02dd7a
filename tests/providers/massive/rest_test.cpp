// Known answers: every REST sample through its parser.
#include "massive/history.hpp"
#include "massive/reference.hpp"
#include "massive/snapshots.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tickgate::massive {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using test::fixture;

const UnixNanos now = from_micros(1763682000000000);

std::string text_of(const OptionalDecimal& d) { return d ? d->to_string() : "null"; }
UnixNanos nanos(std::int64_t n) { return UnixNanos(nanoseconds(n)); }

AggregatePage aggregates(const char* file, Cluster cluster) {
    const auto page = parse_aggregates(fixture(std::string("rest/") + file), cluster, Timeframe::d1, now);
    EXPECT_TRUE(page.has_value()) << file;
    return page ? *page : AggregatePage();
}

using Told = std::vector<std::pair<std::string, Quote>>;
QuoteSink into(Told& told) {
    return [&told](std::string_view ticker, const Quote& q) {
        told.emplace_back(ticker, q);
        told.back().second.exchange = {};
        EXPECT_TRUE(q.flags.has(Flag::snapshot));
    };
}

TEST(MassiveRest, DailyBarsAcrossTheChangeOfClocks) {
    const auto page = aggregates("aggs_AAPL_1day_2005-04-01_2005-04-04.json", Cluster::stocks);
    ASSERT_EQ(page.bars.size(), 2u);
    const auto& b = page.bars[0];
    EXPECT_EQ(b.open_time, from_millis(1112331600000));            // 05:00Z
    EXPECT_EQ(page.bars[1].open_time, from_millis(1112587200000)); // 04:00Z
    EXPECT_EQ(text_of(b.volume), "642646396.0");
    EXPECT_EQ(b.open.to_string(), "1.5032");
    EXPECT_EQ(b.high.to_string(), "1.5064");
    EXPECT_EQ(b.low.to_string(), "1.4489");
    EXPECT_EQ(b.close.to_string(), "1.4604");
    EXPECT_EQ(text_of(b.vwap), "1.469");
    EXPECT_EQ(b.trades, 82132);
    EXPECT_TRUE(b.adjusted && b.final);
    EXPECT_EQ(b.align, Alignment::exchange);
    EXPECT_TRUE(page.next_url.empty());
}

// 2024-03-10 has 23 hours in New York: what it lies in ends an hour earlier, and is final then.
TEST(MassiveRest, BarsOfAnExchangeEndByItsClock) {
    struct Row {
        Cluster cluster;
        Timeframe timeframe;
        std::int64_t open, close; // seconds
    };
    const Row rows[] = {
        {Cluster::stocks, Timeframe::d1, 1710046800, 1710129600},
        {Cluster::stocks, Timeframe::d1, 1710129600, 1710216000},
        {Cluster::stocks, Timeframe::w1, 1710046800, 1710648000},
        {Cluster::stocks, Timeframe::d3, 1709960400, 1710216000},
        {Cluster::stocks, Timeframe::mo1, 1709269200, 1711944000},
        {Cluster::stocks, Timeframe::d1, 1730606400, 1730696400},  // 2024-11-03: 25 hours
        {Cluster::stocks, Timeframe::d1, 1143954000, 1144036800},  // 2006-04-02
        {Cluster::indices, Timeframe::d1, 1710050400, 1710133200}, // Chicago's midnight
        {Cluster::crypto, Timeframe::d1, 1710028800, 1710115200},
        {Cluster::crypto, Timeframe::w1, 1710028800, 1710633600},
        {Cluster::forex, Timeframe::mo1, 1709251200, 1711929600},
        {Cluster::forex, Timeframe::d1, 1710046800, 1710129600},
        {Cluster::stocks, Timeframe::h4, 1710046800, 1710061200},
    };
    for (const auto& [cluster, timeframe, open, close] : rows) {
        const auto body =
            R"({"status":"OK","results":[{"o":1,"h":2,"l":1,"c":2,"t":)" + std::to_string(open) + "000}]}";
        const auto end = nanos(close * 1'000'000'000);
        auto page = parse_aggregates(body, cluster, timeframe, end);
        ASSERT_TRUE(page) << open;
        EXPECT_EQ(page->bars[0].close_time, end) << part_of(cluster) << " " << to_string(timeframe) << " " << open;
        EXPECT_TRUE(page->bars[0].final);
        page = parse_aggregates(body, cluster, timeframe, end - 1ns);
        EXPECT_FALSE(page->bars[0].final);
    }
    // A week of sessions, and a month of them, from 17:00 in Chicago.
    const std::pair<Timeframe, std::pair<std::int64_t, std::int64_t>> sessions[] = {
        {Timeframe::w1, {1709506800, 1710108000}}, {Timeframe::mo1, {1709247600, 1711922400}}};
    for (const auto& [timeframe, span] : sessions) {
        const auto page =
            parse_futures_aggregates(R"({"results":[{"open":1,"high":2,"low":1,"close":2,"window_start":)" +
                                         std::to_string(span.first) + "000000000}]}",
                timeframe, now);
        ASSERT_TRUE(page);
        EXPECT_EQ(page->bars[0].close_time, nanos(span.second * 1'000'000'000)) << to_string(timeframe);
    }
}

TEST(MassiveRest, BarsOfOtherClusters) {
    const auto crypto = aggregates("spec_aggs_crypto.json", Cluster::crypto);
    ASSERT_EQ(crypto.bars.size(), 2u);
    EXPECT_EQ(text_of(crypto.bars[0].volume), "303067.6562332156");
    EXPECT_EQ(crypto.bars[0].open_time, from_millis(1590984000000));
    EXPECT_EQ(crypto.bars[0].align, Alignment::exchange) << "04:00Z is no midnight of UTC";
    const auto options = aggregates("spec_aggs_options.json", Cluster::options);
    ASSERT_EQ(options.bars.size(), 2u);
    EXPECT_EQ(options.bars[1].close.to_string(), "28.3");
    EXPECT_EQ(text_of(options.bars[1].volume), "2");
    const auto indices = aggregates("spec_aggs_indices.json", Cluster::indices);
    ASSERT_EQ(indices.bars.size(), 2u);
    EXPECT_EQ(indices.bars[0].open.to_string(), "12230.83658266843");
    EXPECT_FALSE(indices.bars[0].volume || indices.bars[0].vwap || indices.bars[0].trades);
    EXPECT_EQ(indices.bars[0].volume_unit, VolumeUnit::none);
    EXPECT_FALSE(indices.bars[0].adjusted);
}

TEST(MassiveRest, RunningAndDelayedBarsAreNotFinal) {
    const std::string body =
        R"("results":[{"o":1,"h":2,"l":1,"c":2,"v":1.2e+07,"t":1763681880000},{"o":1,"h":2,"l":1,"c":2,"t":1763681940000},{"o":1,"h":2,"l":1,"c":2,"t":1763682000000}]})";
    auto page = parse_aggregates(R"({"status":"OK",)" + body, Cluster::stocks, Timeframe::m1, now);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->bars[0].final && page->bars[1].final && !page->bars[2].final);
    EXPECT_EQ(text_of(page->bars[0].volume), "12000000");
    EXPECT_EQ(page->bars[0].align, Alignment::utc);
    page = parse_aggregates(R"({"status":"DELAYED",)" + body, Cluster::stocks, Timeframe::m1, now);
    ASSERT_TRUE(page && page->delayed);
    EXPECT_FALSE(page->bars[0].final);
    EXPECT_TRUE(page->bars[0].flags.has(Flag::delayed));
}

TEST(MassiveRest, AbsentResultsAreNoError) {
    const auto page = parse_aggregates(
        R"({"ticker":"X","queryCount":0,"resultsCount":0,"status":"OK","next_url":"https://api.massive.com/n"})",
        Cluster::stocks, Timeframe::m1, now);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->bars.empty());
    EXPECT_EQ(page->next_url, "https://api.massive.com/n");
    EXPECT_TRUE(parse_aggregates(R"({"results":null})", Cluster::stocks, Timeframe::m1, now)->bars.empty());
}

TEST(MassiveRest, WhatIsNotAllowedIsMalformed) {
    for (const char* body : {"", "x", "[", "7", R"({"results":[7]})", R"({"results":[{"o":1}]})", R"({"results":"x"})",
             R"({"results":[{"o":"x","h":2,"l":1,"c":2,"t":1}]})", R"({"results":[{"o":1,"h":2,"l":1,"c":2,"t":1.5}]})",
             R"({"results":[{"o":1,"h":2,"l":1,"c":2,"t":2000},{"o":1,"h":2,"l":1,"c":2,"t":2000}]})",
             R"({"results":[{"o":1)"}) {
        const auto page = parse_aggregates(body, Cluster::stocks, Timeframe::m1, now);
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error(), errc::malformed_payload) << body;
    }
    EXPECT_EQ(parse_aggregates(R"({"results":[{"o":1.2345678901234567891,"h":2,"l":1,"c":2,"t":2000}]})",
                  Cluster::stocks, Timeframe::m1, now)
                  .error(),
        errc::number_overflow);
}

TEST(MassiveRest, DailyFiguresNameTheirEnd) {
    std::size_t told = 0;
    EXPECT_FALSE(parse_daily(fixture("rest/prev_AAPL.json"), [&](const DailyFigures& d) {
        ++told;
        EXPECT_EQ(d.ticker, "AAPL");
        EXPECT_EQ(d.end, from_millis(1651003200000));
        EXPECT_EQ(d.close.to_string(), "156.8");
        EXPECT_EQ(text_of(d.volume), "95595226.0");
        EXPECT_EQ(d.trades, 899965);
    }));
    EXPECT_FALSE(parse_daily(fixture("rest/grouped_us_stocks.json"), [&](const DailyFigures& d) {
        ++told;
        EXPECT_EQ(d.ticker, "GIK");
        EXPECT_EQ(d.end, from_millis(1602705600000));
        EXPECT_EQ(text_of(d.vwap), "9.9979");
        EXPECT_EQ(d.low.to_string(), "9.9");
    }));
    EXPECT_FALSE(parse_open_close(fixture("rest/open_close_AAPL.json"), [&](const DailyFigures& d) {
        ++told;
        EXPECT_EQ(d.ticker, "AAPL");
        EXPECT_EQ(d.date, 2021y / April / 1);
        EXPECT_EQ(d.open.to_string(), "123.66");
        EXPECT_EQ(d.close.to_string(), "123");
        EXPECT_EQ(text_of(d.volume), "75089134");
    }));
    EXPECT_EQ(told, 3u);
}

TEST(MassiveRest, QuotePagesJoinedByNextUrl) {
    std::vector<Quote> quotes;
    const auto take = [&](const Quote& q) { quotes.push_back(q); };
    auto next = parse_quotes(fixture("rest/quotes_AAPL_page1.json"), now, take);
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->starts_with("https://api.massive.com/v3/quotes/AAPL?cursor=YXA9MTkyODgx"));
    ASSERT_EQ(quotes.size(), 10u);
    EXPECT_EQ(text_of(quotes[0].bid), "155.85");
    EXPECT_EQ(text_of(quotes[0].bid_size), "4");
    EXPECT_EQ(text_of(quotes[0].ask), "155.87");
    EXPECT_EQ(quotes[0].src_seq, 19288684u);
    EXPECT_EQ(quotes[0].event_time, nanos(1652191872800638700));
    next = parse_quotes(fixture("rest/quotes_AAPL_page2.json"), now, take);
    ASSERT_TRUE(next && next->empty());
    ASSERT_EQ(quotes.size(), 20u);
    EXPECT_EQ(quotes[10].event_time, nanos(1652191872690386918)) << "every digit of nanoseconds";
    EXPECT_EQ(quotes[19].src_seq, 19288004u);
    std::set<std::uint64_t> numbers;
    for (const auto& q : quotes)
        numbers.insert(*q.src_seq);
    EXPECT_EQ(numbers.size(), 20u);
}

TEST(MassiveRest, ForexQuotesHaveOnlyPricesAndTimes) {
    std::vector<Quote> quotes;
    const auto next = parse_quotes(fixture("rest/spec_quotes_fx.json"), now, [&](const Quote& q) {
        quotes.push_back(q);
        EXPECT_EQ(q.exchange, "48");
    });
    ASSERT_TRUE(next && !next->empty());
    ASSERT_EQ(quotes.size(), 2u);
    EXPECT_EQ(text_of(quotes[1].bid), "1.18559");
    EXPECT_EQ(text_of(quotes[1].ask), "1.18565");
    EXPECT_EQ(text_of(quotes[1].bid_size), "null");
    EXPECT_EQ(quotes[0].event_time, nanos(1625097600000000000));
}

TEST(MassiveRest, TradePages) {
    std::vector<Trade> trades;
    std::vector<std::string> ids;
    const auto take = [&](const Trade& t) {
        trades.push_back(t);
        ids.emplace_back(t.trade_id);
        ids.back() += "@" + std::string(t.exchange) + "/" + std::to_string(t.conditions.size());
    };
    ASSERT_TRUE(parse_trades(fixture("rest/trades_AAPL_limit2.json"), Cluster::stocks, now, take));
    ASSERT_EQ(trades.size(), 2u);
    EXPECT_EQ(ids[0], "183276@11/2");
    EXPECT_EQ(ids[1], "183276@12/2");
    EXPECT_EQ(trades[1].price.to_string(), "157.43");
    EXPECT_EQ(trades[0].size.to_string(), "10");
    EXPECT_EQ(trades[0].src_seq, 7179341u);
    EXPECT_EQ(trades[0].event_time, nanos(1651181822461979400));
    EXPECT_FALSE(trades[0].updates_last);
    trades.clear(), ids.clear();
    const auto next = parse_trades(fixture("rest/spec_trades_crypto.json"), Cluster::crypto, now, take);
    ASSERT_TRUE(next && next->find("X:BTC-USD?cursor=") != std::string::npos);
    ASSERT_EQ(trades.size(), 2u);
    EXPECT_EQ(ids[0], "191450340@1/1");
    EXPECT_EQ(trades[0].side, Side::sell);
    EXPECT_EQ(trades[1].side, Side::buy);
    EXPECT_EQ(trades[0].size.to_string(), "1.0434526");
    EXPECT_EQ(trades[1].price.to_string(), "35059.99");
    EXPECT_EQ(trades[1].event_time, nanos(1625097600368000000));
    trades.clear();
    ASSERT_TRUE(parse_trades(
        R"({"results":[{"price":1,"size":0,"decimal_size":"0.125","exchange":4}]})", Cluster::stocks, now, take));
    EXPECT_EQ(trades.at(0).size.to_string(), "0.125");
}

TEST(MassiveRest, LastValues) {
    Told told;
    EXPECT_FALSE(parse_last_nbbo(fixture("rest/last_nbbo_AAPL.json"), now, into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].first, "AAPL");
    EXPECT_EQ(text_of(told[0].second.bid), "155.65");
    EXPECT_EQ(text_of(told[0].second.bid_size), "1");
    EXPECT_EQ(text_of(told[0].second.ask), "155.66");
    EXPECT_EQ(text_of(told[0].second.ask_size), "14");
    EXPECT_EQ(told[0].second.src_seq, 26006043u);
    EXPECT_EQ(told[0].second.event_time, nanos(1652192754171838500));
    told.clear();
    EXPECT_FALSE(parse_last_trade(fixture("rest/last_trade_AAPL.json"), now, into(told)));
    EXPECT_TRUE(told.empty()) << "an odd lot in extended hours is no last price";
    EXPECT_FALSE(parse_last_trade(
        R"({"results":{"T":"AAPL","c":[14],"p":166.25,"s":2,"t":1651179319310617300},"status":"DELAYED"})", now,
        into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(text_of(told[0].second.last), "166.25");
    EXPECT_TRUE(told[0].second.flags.has(Flag::delayed));
    told.clear();
    EXPECT_FALSE(parse_last_currency(fixture("rest/last_quote_AUD_USD.json"), now, into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].first, "AUD/USD");
    EXPECT_EQ(text_of(told[0].second.bid), "0.6952");
    EXPECT_EQ(text_of(told[0].second.ask), "0.69527");
    EXPECT_EQ(told[0].second.event_time, from_millis(1652193694000));
    told.clear();
    EXPECT_FALSE(parse_last_currency(fixture("rest/last_crypto_BTC_USD.json"), now, into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(text_of(told[0].second.last), "39976.89682331");
    EXPECT_EQ(told[0].second.event_time, from_millis(1651180409688));
}

TEST(MassiveRest, Snapshots) {
    Told told;
    std::vector<std::string> unknown;
    const auto next = parse_snapshot(fixture("rest/universal_snapshot.json"), now, into(told),
        [&](std::string_view ticker) { unknown.emplace_back(ticker); });
    ASSERT_TRUE(next && next->empty());
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].first, "O:NCLH221014C00005000");
    EXPECT_EQ(text_of(told[0].second.bid), "20.9");
    EXPECT_EQ(text_of(told[0].second.bid_size), "172");
    EXPECT_EQ(text_of(told[0].second.ask), "21.25");
    EXPECT_EQ(text_of(told[0].second.last), "0.05");
    EXPECT_EQ(told[0].second.event_time, nanos(1636573458756383500));
    EXPECT_EQ(told[1].first, "AAPL");
    EXPECT_EQ(unknown, std::vector<std::string>{"TSLAAPL"});
    told.clear();
    ASSERT_TRUE(parse_snapshot(fixture("rest/options_chain_AAPL.json"), now, into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].first, "O:AAPL230616C00150000");
    EXPECT_EQ(text_of(told[0].second.last), "29.25");
    EXPECT_EQ(told[0].second.event_time, nanos(1651254260800059648));
    told.clear();
    EXPECT_FALSE(parse_market_snapshot(fixture("rest/snapshot_stocks_AAPL.json"), now, into(told)));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(text_of(told[0].second.bid), "159.98");
    EXPECT_EQ(text_of(told[0].second.bid_size), "3");
    EXPECT_EQ(text_of(told[0].second.ask_size), "5");
    EXPECT_EQ(text_of(told[0].second.last), "159.99");
    EXPECT_EQ(told[0].second.event_time, nanos(1651251948407646487)) << "every digit of nanoseconds";
    told.clear();
    ASSERT_TRUE(parse_snapshot(
        R"({"results":[{"ticker":"I:SPX","type":"indices","value":3822.39,"last_updated":1678220098130000000,"timeframe":"DELAYED"}]})",
        now, into(told)));
    EXPECT_EQ(text_of(told.at(0).second.last), "3822.39");
    EXPECT_TRUE(told[0].second.flags.has(Flag::indicative) && told[0].second.flags.has(Flag::delayed));
}

TEST(MassiveRest, KnownAndUnknownTickers) {
    std::vector<std::string> verdicts;
    ASSERT_TRUE(parse_known(fixture("rest/universal_snapshot.json"), [&](const KnownTicker& k) {
        verdicts.push_back(std::string(k.ticker) + "=" + std::to_string(static_cast<int>(k.verdict)));
    }));
    EXPECT_EQ(verdicts, (std::vector<std::string>{"O:NCLH221014C00005000=0", "AAPL=0", "TSLAAPL=1"}));
}

TEST(MassiveRest, TickersAndContracts) {
    const auto tickers = parse_tickers(fixture("rest/tickers_page1.json"));
    ASSERT_TRUE(tickers);
    ASSERT_EQ(tickers->instruments.size(), 2u);
    EXPECT_EQ(tickers->instruments[1].name.to_string(), "equity:AA");
    EXPECT_EQ(tickers->instruments[1].description, "Alcoa Corporation");
    EXPECT_EQ(tickers->instruments[1].feed, "stocks");
    EXPECT_TRUE(tickers->instruments[1].tradeable);
    EXPECT_FALSE(tickers->next_url.empty());
    const auto pairs = parse_tickers(
        R"({"results":[{"ticker":"X:1INCHUSD","market":"crypto","base_currency_symbol":"1INCH","currency_symbol":"USD","active":true},)"
        R"({"ticker":"C:EURUSD","market":"fx","base_currency_symbol":"EUR","currency_symbol":"USD","active":true},)"
        R"({"ticker":"I:SPX","market":"indices","active":true},{"ticker":"OLD","market":"stocks","active":false},)"
        R"({"ticker":"A B","market":"stocks"},{"ticker":"Z","market":"bonds"},)"
        R"({"ticker":"X:ABC","market":"crypto","base_currency_symbol":"X","currency_symbol":"YZ"}]})");
    ASSERT_TRUE(pairs);
    ASSERT_EQ(pairs->instruments.size(), 4u);
    EXPECT_EQ(pairs->refused, 3u);
    EXPECT_EQ(pairs->instruments[0].name.to_string(), "crypto:1INCH-USD");
    EXPECT_EQ(pairs->instruments[0].native, "1INCH-USD");
    EXPECT_EQ(pairs->instruments[1].native, "EUR/USD");
    EXPECT_EQ(pairs->instruments[2].name.to_string(), "index:SPX");
    EXPECT_FALSE(pairs->instruments[3].tradeable);
    const auto contracts = parse_contracts(fixture("rest/options_contracts_page1.json"));
    ASSERT_TRUE(contracts);
    ASSERT_EQ(contracts->instruments.size(), 10u);
    EXPECT_EQ(contracts->instruments[0].name.to_string(), "option:A220520C00065000");
    EXPECT_EQ(contracts->instruments[0].native, "O:A220520C00065000");
    EXPECT_EQ(contracts->instruments[0].description, "A 2022-05-20 65 call");
    EXPECT_FALSE(contracts->next_url.empty());
}

TEST(MassiveRest, OptionSymbolsAreReadFromTheRight) {
    const auto terms = option_terms("AAPL240119C00190000");
    ASSERT_TRUE(terms);
    EXPECT_EQ(terms->root, "AAPL");
    EXPECT_EQ(terms->expiration, "2024-01-19");
    EXPECT_TRUE(terms->call);
    EXPECT_EQ(terms->strike.to_string(), "190");
    EXPECT_EQ(option_terms("AAPL1240119P00012500")->root, "AAPL1");
    EXPECT_EQ(option_terms("AAPL1240119P00012500")->strike.to_string(), "12.5");
    for (const char* bad :
        {"", "AAPL", "240119C00190000", "AAPL241319C00190000", "AAPL240119X00190000", "AAPL240119C0019000a"})
        EXPECT_FALSE(option_terms(bad)) << bad;
}

TEST(MassiveRest, TheFixedTableAgreesWithTheVendorsConditions) {
    const auto conditions = parse_conditions(fixture("rest/conditions_stocks.json"));
    ASSERT_TRUE(conditions);
    ASSERT_EQ(conditions->size(), 10u);
    for (const auto& c : *conditions) {
        ASSERT_TRUE(c.rule) << c.name;
        const auto ours = rule_of(Cluster::stocks, c.id);
        EXPECT_EQ(ours.high_low, c.rule->high_low) << c.name;
        EXPECT_EQ(ours.open_close, c.rule->open_close) << c.name;
        EXPECT_EQ(ours.volume, c.rule->volume) << c.name;
    }
}

TEST(MassiveRest, Exchanges) {
    const auto exchanges = parse_exchanges(fixture("rest/exchanges.json"));
    ASSERT_TRUE(exchanges);
    EXPECT_EQ(exchanges->front().id, 1);
    EXPECT_EQ(exchanges->front().mic, "XASE");
    EXPECT_EQ(exchanges->front().participant, "A");
    std::set<std::int64_t> ids;
    std::size_t facilities = 0;
    for (const auto& e : *exchanges) {
        ids.insert(e.id);
        facilities += e.id == 4 ? 1u : 0u;
    }
    EXPECT_EQ(facilities, 4u);
    EXPECT_EQ(ids.size(), exchanges->size() - 3);
}

TEST(MassiveRest, MarketDays) {
    const auto days = parse_market_days(fixture("rest/marketstatus_upcoming.json"));
    ASSERT_TRUE(days);
    ASSERT_EQ(days->size(), 7u * 3u);
    EXPECT_EQ(days->at(0).date, 2022y / May / 30);
    EXPECT_EQ(days->at(0).name, "Memorial Day");
    EXPECT_TRUE(days->at(0).closed);
    const auto& early = days->at(5);
    EXPECT_EQ(early.date, 2022y / November / 25);
    EXPECT_FALSE(early.closed);
    EXPECT_EQ(early.open, UnixNanos(sys_days(2022y / November / 25)) + 14h + 30min);
    EXPECT_EQ(early.close, UnixNanos(sys_days(2022y / November / 25)) + 18h);
    EXPECT_EQ(days->at(7).asset_class, AssetClass::option);
    EXPECT_EQ(days->at(20).asset_class, AssetClass::index);
    const auto status = parse_market_status(fixture("rest/marketstatus_now.json"));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->market, "extended-hours");
    EXPECT_TRUE(status->after_hours && !status->early_hours);
    EXPECT_EQ(status->crypto, "open");
    EXPECT_EQ(status->server_time, UnixNanos(sys_days(2022y / April / 28)) + 20h + 48min + 8s);
    EXPECT_FALSE(parse_market_days(R"([{"exchange":"NYSE","date":"2022-13-01","status":"closed"}])"));
    EXPECT_FALSE(parse_market_days(R"([{"exchange":"NYSE","date":"2022-12-01","status":"early-close"}])"));
}

TEST(MassiveRest, FuturesBarsHaveNamesOfTheirOwn) {
    const auto page = parse_futures_aggregates(
        R"({"status":"OK","results":[{"ticker":"ESZ4","open":5000.25,"high":5001,"low":5000,"close":5000.75,"volume":12,"dollar_volume":60009,"transactions":7,"window_start":1734484200000000000,"session_end_date":"2024-12-18"}]})",
        Timeframe::m1, now);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->bars.size(), 1u);
    EXPECT_EQ(page->bars[0].open_time, nanos(1734484200000000000));
    EXPECT_EQ(text_of(page->bars[0].volume), "12");
    EXPECT_EQ(page->bars[0].trades, 7);
    EXPECT_EQ(futures_resolution(Timeframe::d1), "1session");
    EXPECT_TRUE(futures_resolution(Timeframe::d3).empty());
}

} // namespace
} // namespace tickgate::massive
