#include "oanda/provider.hpp"

#include "core/clock.hpp"
#include "oanda/times.hpp"
#include "recorder.hpp"
#include "support/fake_rest.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace tickgate::oanda {
namespace {

using namespace std::chrono_literals;
using test::fixture;
using tickgate::test::FakeRest;
using tickgate::test::run;

class OandaRest : public ::testing::Test {
protected:
    static Settings settings() {
        Settings s;
        s.account = "101-1";
        s.token = Secret("token-of-this-test");
        return s;
    }
    static BarRequest bars(std::string_view from, std::string_view to, Timeframe tf) {
        BarRequest r;
        r.instrument = {AssetClass::fx, "EUR-USD"};
        r.timeframe = tf;
        r.from = *parse_time(from);
        r.to = *parse_time(to);
        return r;
    }
    static std::string candles(std::initializer_list<const char*> times) {
        std::string body = "{\"candles\":[";
        for (const char* time : times) {
            if (body.back() == '}')
                body += ',';
            body += R"({"complete":true,"volume":1,"time":")" + std::string(time) +
                    R"(","mid":{"o":"1","h":"1","l":"1","c":"1"}})";
        }
        return body + "]}";
    }

    FakeRest rest;
    OandaProvider provider{settings()};
};

TEST_F(OandaRest, CapabilitiesTellTheDocumentedLimits) {
    const auto& c = provider.capabilities();
    ASSERT_EQ(c.feeds.size(), 1u);
    const auto& feed = c.feeds[0];
    EXPECT_EQ(feed.part, "pricing");
    EXPECT_EQ(feed.classes, (std::vector<AssetClass>{AssetClass::fx, AssetClass::cfd}));
    EXPECT_EQ(feed.kinds, std::vector<Kind>{Kind::quote});
    EXPECT_TRUE(feed.timeframes.empty());
    EXPECT_TRUE(feed.time_ordered);
    EXPECT_EQ(feed.overlap, 1s);
    EXPECT_EQ(feed.connect_spacing, 1s);
    EXPECT_EQ(feed.max_connections, 18u);
    EXPECT_EQ(c.budgets[0].weight_limit, 120);
    EXPECT_EQ(c.budgets[0].window, 1s);
    EXPECT_EQ(c.bars_per_page, 5000u);
    EXPECT_FALSE(c.trades_history);
}

TEST_F(OandaRest, InstrumentsAreFoundByName) {
    rest.give(200, fixture("instruments_cfd_2016.json"));
    std::vector<InstrumentName> names{
        {AssetClass::fx, "EUR-USD"}, {AssetClass::cfd, "US30-USD"}, {AssetClass::fx, "NO-WAY"}};
    const auto found = run(provider.find_instruments(names, rest));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->size(), 2u);
    EXPECT_EQ(rest.asked(0), "/v3/accounts/101-1/instruments");
    EXPECT_EQ(rest.requests[0].headers[0].second, "Bearer token-of-this-test");
    rest.give(200, fixture("instruments_cfd_2016.json"));
    const auto hits = run(provider.search_instruments("30", 2, rest));
    ASSERT_TRUE(hits.has_value());
    EXPECT_EQ(hits->size(), 2u);
}

TEST_F(OandaRest, RefusedCredentialsAreTold) {
    rest.give(401, R"({"errorMessage":"Insufficient authorization to perform request."})");
    const auto found = run(provider.find_instruments({{AssetClass::fx, "EUR-USD"}}, rest));
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(recovery_of(found.error()), Recovery::give_up);
}

TEST_F(OandaRest, AnUnsetAccountIsAskedForOnce) {
    auto s = settings();
    s.account.clear();
    OandaProvider asking(std::move(s));
    rest.give(200, R"({"accounts":[{"id":"101-004-7-001","tags":[]}]})");
    auto first = run(asking.open_session("pricing", 0, 1, rest));
    ASSERT_TRUE(first.has_value());
    EXPECT_NE((*first)->plan().url.find("/accounts/101-004-7-001/"), std::string::npos);
    ASSERT_TRUE(run(asking.open_session("pricing", 0, 2, rest)).has_value());
    EXPECT_EQ(rest.requests.size(), 2u);
    EXPECT_EQ(rest.asked(1), "/v3/accounts/101-004-7-001/instruments")
        << "unanswered: the stream is tried all the same";
}

TEST_F(OandaRest, AStreamLeavesOutWhatTheAccountLost) {
    const auto list = [](const char* name) {
        return R"({"instruments":[{"name":")" + std::string(name) +
               R"(","type":"CURRENCY","displayName":"x","displayPrecision":5,"tradeUnitsPrecision":0}]})";
    };
    const auto address = [&](const char* native) {
        const auto session = run(provider.open_session("pricing", 0, 1, rest));
        EXPECT_TRUE(session.has_value());
        SubscriptionDelta delta;
        delta.add.push_back({Subscription(), native});
        test::Recorder seen;
        (*session)->want(delta, Moment(), seen, seen);
        EXPECT_EQ(seen.rejected.size(), (*session)->ended().has_value() ? 1u : 0u);
        return (*session)->plan().url;
    };
    rest.give(200, list("EUR_USD"));
    EXPECT_TRUE(address("EUR_USD").ends_with("=EUR_USD"));
    EXPECT_TRUE(address("USD_JPY").ends_with("="));
    EXPECT_EQ(rest.requests.size(), 1u) << "asked once a minute at most";
    EXPECT_EQ(rest.requests[0].deadline, 5s);
    rest.give(200, list("USD_JPY"));
    EXPECT_EQ(run(provider.find_instruments({{AssetClass::fx, "USD-JPY"}}, rest))->size(), 1u);
    EXPECT_TRUE(address("USD_JPY").ends_with("=USD_JPY")) << "every list that is read counts";
    EXPECT_TRUE(address("EUR_USD").ends_with("="));
    EXPECT_EQ(rest.requests.size(), 2u);
}

TEST_F(OandaRest, RefusedCredentialsEndTheStreamBeforeItIsAskedFor) {
    rest.give(401, R"({"errorMessage":"Insufficient authorization to perform request."})");
    EXPECT_EQ(run(provider.open_session("pricing", 0, 1, rest)).error(), errc::unauthorized);
    rest.give(401, R"({"errorMessage":"Insufficient authorization to perform request."})");
    EXPECT_EQ(run(provider.open_session("pricing", 0, 1, rest)).error(), errc::unauthorized) << "asked again";
    rest.give(503, "<html>maintenance</html>");
    EXPECT_TRUE(run(provider.open_session("pricing", 0, 1, rest)).has_value()) << "the stream may do all the same";
}

TEST_F(OandaRest, QuotesSurviveAnUnknownName) {
    rest.give(400, R"({"errorMessage":"Invalid value specified for 'instruments'"})");
    rest.give(200, fixture("instruments_cfd_2016.json"));
    rest.give(200, fixture("pricing_poll_2016-10-05.json"));
    QuoteRequest request;
    request.instruments = {{AssetClass::fx, "EUR-USD"}, {AssetClass::fx, "NO-WAY"}, {AssetClass::crypto, "BTC-USDT"}};
    const auto quotes = run(provider.get_quotes(request, rest));
    ASSERT_TRUE(quotes.has_value());
    EXPECT_EQ(rest.asked(0), "/v3/accounts/101-1/pricing?instruments=EUR_USD%2CNO_WAY&includeUnitsAvailable=false");
    EXPECT_EQ(rest.asked(2), "/v3/accounts/101-1/pricing?instruments=EUR_USD&includeUnitsAvailable=false");
    ASSERT_EQ(quotes->size(), 1u) << "what was not asked for is left out";
    EXPECT_EQ((*quotes)[0].first.to_string(), "fx:EUR-USD");
    EXPECT_TRUE((*quotes)[0].second.flags.has(Flag::snapshot));
}

TEST_F(OandaRest, APageAsksFromAndCountAndDropsTheCandleBefore) {
    rest.give(200, fixture("candles_EUR_USD_H1_mid_2017-01-01_count10_includeFirst_true.json"));
    const auto page = run(provider.get_bars(bars("2017-01-03T00:00:00Z", "2017-01-03T03:00:00Z", Timeframe::h1), rest));
    EXPECT_EQ(rest.asked(0), "/v3/instruments/EUR_USD/candles?granularity=H1&price=M&includeFirst=true&from="
                             "2017-01-03T00%3A00%3A00.000000000Z&count=5");
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->bars.size(), 3u);
    EXPECT_EQ(page->bars[0].open_time, *parse_time("2017-01-03T00:00:00Z"));
    EXPECT_FALSE(page->next.has_value());
}

TEST_F(OandaRest, AFullPageGoesOnBehindItsLastCandle) {
    auto request = bars("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", Timeframe::m1);
    request.limit = 2;
    rest.give(200, candles({"2020-01-01T00:00:00Z", "2020-01-01T00:01:00Z"}));
    auto page = run(provider.get_bars(request, rest));
    ASSERT_TRUE(page && page->next);
    EXPECT_EQ(page->bars.size(), 2u);
    // The candle that covers the next page's beginning is the last one again.
    request.from = *page->next;
    rest.give(200, candles({"2020-01-01T00:01:00Z", "2020-01-01T07:00:00Z"}));
    page = run(provider.get_bars(request, rest));
    ASSERT_TRUE(page && page->next);
    ASSERT_EQ(page->bars.size(), 1u);
    EXPECT_EQ(page->bars[0].open_time, *parse_time("2020-01-01T07:00:00Z"));
    request.from = *page->next;
    rest.give(200, candles({"2020-01-01T07:00:00Z", "2020-01-05T22:00:00Z"}));
    page = run(provider.get_bars(request, rest));
    ASSERT_TRUE(page.has_value());
    EXPECT_TRUE(page->bars.empty()) << "beyond the end";
    EXPECT_FALSE(page->next.has_value());
}

TEST_F(OandaRest, OneBarAtATimeGetsAlong) {
    auto request = bars("2020-01-01T00:00:30Z", "2020-01-02T00:00:00Z", Timeframe::m1);
    request.limit = 1;
    rest.give(200, candles({"2020-01-01T00:00:00Z", "2020-01-01T00:01:00Z"}));
    const auto page = run(provider.get_bars(request, rest));
    ASSERT_TRUE(page && page->next);
    ASSERT_EQ(page->bars.size(), 1u);
    EXPECT_EQ(page->bars[0].open_time, *parse_time("2020-01-01T00:01:00Z"));
}

TEST_F(OandaRest, DaysAreAskedWithTheirAlignment) {
    rest.give(200, fixture("candles_EUR_USD_D_mid_2022-05-12.json"));
    const auto page = run(provider.get_bars(bars("2022-05-11T00:00:00Z", "2022-05-14T00:00:00Z", Timeframe::d1), rest));
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(page->bars.size(), 2u);
    EXPECT_NE(rest.asked(0).find("&dailyAlignment=17&alignmentTimezone=America%2FNew_York"), std::string::npos);
}

TEST_F(OandaRest, WhatCannotBeIsNotAsked) {
    EXPECT_EQ(run(provider.get_bars(bars("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", Timeframe::m3), rest)).error(),
        errc::not_supported);
    auto future = bars("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", Timeframe::m1);
    future.from = wall_now() + 1h;
    future.to = future.from + 1h;
    EXPECT_TRUE(run(provider.get_bars(future, rest))->bars.empty());
    EXPECT_TRUE(rest.requests.empty());
    rest.give(400, R"({"errorMessage":"Invalid value specified for 'instrument'"})");
    EXPECT_EQ(run(provider.get_bars(bars("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", Timeframe::m1), rest)).error(),
        errc::unknown_symbol);
}

} // namespace
} // namespace tickgate::oanda
