#include "unit/ops/fake_history.hpp"

#include "core/secret.hpp"
#include "ops/history_text.hpp"
#include "support/process.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::ops {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

struct Collected final : Answer {
    asio::awaitable<error_code> add(std::string element) override {
        texts.push_back(element);
        elements.push_back(json::parse(element).as_object());
        if (texts.size() == most)
            co_return errc::timed_out;
        co_return error_code();
    }
    asio::awaitable<error_code> flush() override {
        ++flushes;
        co_return error_code();
    }
    std::vector<std::string> of_type(const std::string& type) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (elements[i].at("type").as_string() == type)
                out.push_back(texts[i]);
        return out;
    }
    std::vector<std::string> texts;
    std::vector<json::object> elements;
    int flushes = 0;
    std::size_t most = 0;
};

class HistoryOps : public ::testing::Test {
protected:
    HistoryOps() { history.add_minutes("crypto:BTC-USDT", from_micros(FakeHistory::noon_us - 600000000), 10); }

    std::optional<Error> run(const std::string& op, Fields fields, bool cancel = false) {
        got = {};
        got.most = most;
        Request r;
        r.op = op;
        r.client = "me";
        r.times = times;
        r.fields = std::move(fields);
        asio::io_context loop;
        std::optional<Error> error;
        asio::cancellation_signal signal;
        auto done = [&](const std::exception_ptr& e, std::optional<Error> result) {
            EXPECT_EQ(e != nullptr, cancel);
            error = std::move(result);
        };
        asio::co_spawn(
            loop, operations.run(std::move(r), got), asio::bind_cancellation_slot(signal.slot(), std::move(done)));
        if (cancel) {
            while (history.requests.empty() && loop.run_one() > 0) {
            }
            signal.emit(asio::cancellation_type::terminal);
        }
        loop.run();
        return error;
    }
    std::string code(const std::string& op, Fields fields) {
        const auto e = run(op, std::move(fields));
        return e ? e->code : "";
    }
    Fields bars(Fields more = {}) {
        Fields f{{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-20T11:50:00Z"}};
        f.insert(f.end(), more.begin(), more.end());
        return f;
    }

    FakeMarket services;
    FakeHistory history;
    Operations operations{services, &history};
    Collected got;
    Times times = Times::micros;
    std::size_t most = 0;
};

} // namespace

TEST_F(HistoryOps, BarsComeAsOnRedisWithASummaryBehind) {
    EXPECT_FALSE(run("bars", bars()));
    ASSERT_EQ(got.texts.size(), 11u);
    EXPECT_EQ(got.texts[0],
        R"({"v":1,"type":"bar","class":"crypto","symbol":"BTC-USDT","provider":"binance","timeframe":"1m",)"
        R"("ts_open_us":1795175400000000,"ts_close_us":1795175460000000,"open":1.10,"high":1.1050,"low":1.10,)"
        R"("close":1.1050,"volume":12.500,"volume_unit":"base","vwap":1.10,"trades":7,"price_type":"trade",)"
        R"("align":"utc","adjusted":false,"source":"provider","final":true,"rev":600000,)"
        R"("ts_fetched_us":1795176000000000,"flags":[]})");
    EXPECT_TRUE(got.elements[4].at("volume").is_null());
    EXPECT_TRUE(got.elements[4].at("trades").is_null());
    const auto& s = got.elements.back();
    EXPECT_EQ(s.at("type").as_string(), "summary");
    EXPECT_EQ(s.at("bar_count").as_int64(), 10);
    EXPECT_EQ(s.at("cached").as_bool(), true);
    EXPECT_EQ(s.at("complete").as_bool(), true);
    EXPECT_EQ(s.at("provider").as_string(), "binance");
    EXPECT_EQ(s.at("start_us").as_int64(), 1795175400000000);
    EXPECT_EQ(s.at("coverage").as_array().at(0).at("cause").as_string(), "none");
    EXPECT_TRUE(s.at("error").is_null());
    EXPECT_FALSE(s.at("validation").is_null());
    EXPECT_FALSE(run("bars", bars({{"validate", "false"}})));
    EXPECT_TRUE(got.elements.back().at("validation").is_null());
}

TEST_F(HistoryOps, BarsPassEveryFieldOn) {
    EXPECT_FALSE(run(
        "bars", bars({{"provider", "binance"}, {"use_cache", "no"}, {"method", "flat_files"}, {"adjusted", "true"}})));
    const auto& r = history.requests.at(0);
    EXPECT_EQ(r.provider, "binance");
    EXPECT_FALSE(r.use_cache);
    EXPECT_EQ(r.method, backfill::Method::flat_files);
    ASSERT_TRUE(r.variant);
    EXPECT_TRUE(r.variant->adjusted);
    EXPECT_EQ(r.client, "me");
    EXPECT_EQ(r.symbols, 1u);
    EXPECT_FALSE(run("bars", bars()));
    EXPECT_FALSE(history.requests.back().variant);
}

TEST_F(HistoryOps, ALimitCutsAndSaysSo) {
    EXPECT_FALSE(run("bars", bars({{"limit", "3"}})));
    EXPECT_EQ(got.of_type("bar").size(), 3u);
    EXPECT_EQ(got.elements.back().at("bar_count").as_int64(), 3);
    EXPECT_TRUE(got.elements.back().at("truncated").as_bool());
    EXPECT_FALSE(run("bars", bars({{"limit", "10"}})));
    EXPECT_FALSE(got.elements.back().at("truncated").as_bool());
    EXPECT_EQ(got.of_type("bar").size(), 10u);
}

TEST_F(HistoryOps, BadInputIsNamed) {
    EXPECT_EQ(code("bars", {{"symbol", "crypto:BTC-USDT"}, {"start", "2026-11-20"}}), "bad_request");
    EXPECT_EQ(code("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}}), "bad_request");
    auto e = run("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "7m"}, {"start", "2026-11-20"}});
    ASSERT_TRUE(e);
    EXPECT_NE(e->message.find("field timeframe is \"7m\""), std::string::npos);
    EXPECT_NE(e->hint.find("1s 5s"), std::string::npos);
    e = run("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "2026-02-30"}});
    ASSERT_TRUE(e);
    EXPECT_NE(e->message.find("28 days"), std::string::npos);
    e = run("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "1970-01-01"}});
    ASSERT_TRUE(e);
    EXPECT_NE(e->message.find("years long"), std::string::npos);
    EXPECT_EQ(code("bars", bars({{"end", "2026-11-20T11:40:00Z"}})), "bad_request");
    EXPECT_EQ(
        code("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "2027-01-01"}}), "bad_request");
    EXPECT_EQ(code("bars", {{"symbol", "NOPE"}, {"timeframe", "1m"}, {"start", "2026-11-20"}}), "unknown_symbol");
    EXPECT_EQ(code("bars", bars({{"align", "london"}})), "bad_request");
    EXPECT_TRUE(history.requests.empty()) << "nothing was asked for";
}

TEST_F(HistoryOps, AFaultWithoutBarsIsTheErrorAndWithBarsAPartialAnswer) {
    history.error = errc::rate_limited;
    history.retry_after = 61000ms;
    history.detail = "quota of the day is used up";
    auto e = run("bars", {{"symbol", "crypto:ETH-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-19"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "rate_limited");
    EXPECT_EQ(e->retry_after, 61000ms);
    EXPECT_NE(e->message.find("quota of the day"), std::string::npos);

    EXPECT_FALSE(run("bars", bars()));
    const auto& s = got.elements.back();
    EXPECT_EQ(s.at("bar_count").as_int64(), 10);
    EXPECT_FALSE(s.at("complete").as_bool());
    EXPECT_EQ(s.at("error").at("code").as_string(), "rate_limited");
    EXPECT_EQ(s.at("error").at("retry_after_ms").as_int64(), 61000);
    EXPECT_EQ(s.at("coverage").as_array().at(1).at("cause").as_string(), "not_fetched");

    // Of several symbols the one without bars is an element.
    EXPECT_FALSE(run("bars",
        {{"symbols", "crypto:ETH-USDT,crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-20T11:50:00Z"}}));
    EXPECT_EQ(got.elements[0].at("type").as_string(), "error");
    EXPECT_EQ(got.elements[0].at("symbol").as_string(), "ETH-USDT");
    EXPECT_EQ(got.of_type("bar").size(), 10u);
}

TEST_F(HistoryOps, SeveralSymbolsAreAskedForTogetherAndToldInOrder) {
    std::string names;
    for (int i = 0; i < 6; ++i) {
        const auto name = "crypto:S" + std::to_string(i);
        history.add_minutes(name, from_micros(FakeHistory::noon_us - 600000000), i + 1);
        names += name + ",";
    }
    EXPECT_FALSE(run("bars", {{"symbols", names}, {"timeframe", "1m"}, {"start", "2026-11-20T11:50:00Z"}}));
    EXPECT_EQ(history.most_at_once, 4);
    ASSERT_EQ(history.requests.size(), 6u);
    ASSERT_TRUE(history.requests[0].alongside);
    EXPECT_EQ(history.requests[0].alongside->size(), 6u);
    std::size_t at = 0;
    for (int i = 0; i < 6; ++i) {
        for (int bar = 0; bar <= i; ++bar)
            EXPECT_EQ(got.elements.at(at++).at("symbol").as_string(), "S" + std::to_string(i));
        EXPECT_EQ(got.elements.at(at++).at("type").as_string(), "summary");
    }
    EXPECT_EQ(at, got.elements.size());
}

TEST_F(HistoryOps, EachFaultOfAProviderHasItsCodeAndHint) {
    const std::pair<errc, std::string> expected[] = {{errc::not_supported, "not_supported"},
        {errc::not_entitled, "not_entitled"}, {errc::unknown_symbol, "unknown_symbol"},
        {errc::timed_out, "unavailable"}, {errc::store_full, "unavailable"}, {errc::cancelled, "expired"},
        {errc::banned, "rate_limited"}};
    for (const auto& [fault, word] : expected) {
        history.error = fault;
        EXPECT_EQ(code("bars", {{"symbol", "crypto:ETH-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-19"}}), word);
    }
    history.error = errc::not_entitled;
    EXPECT_NE(run("bars", {{"symbol", "crypto:ETH-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-19"}})->hint, "");
}

TEST_F(HistoryOps, AnUnknownSymbolIsAnsweredWithNamesNearIt) {
    history.error = errc::unknown_symbol;
    history.detail = "binance: unknown symbol";
    const auto error = run("bars", {{"symbol", "crypto:ETH-USDX"}, {"timeframe", "1m"}, {"start", "2026-11-19"}});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, "unknown_symbol");
    EXPECT_EQ(error->message, "binance: unknown symbol") << "said once";
    EXPECT_EQ(error->hint, "did you mean crypto:ETH-USDT?");
    const auto far = run("bars", {{"symbol", "crypto:QQQQQQ"}, {"timeframe", "1m"}, {"start", "2026-11-19"}});
    EXPECT_EQ(far->hint, "operation search finds names");
    history.detail = "asked binance";
    const auto other = run("bars", {{"symbol", "crypto:QQQQQQ"}, {"timeframe", "1m"}, {"start", "2026-11-19"}});
    EXPECT_EQ(other->message, "unknown symbol: asked binance");
}

TEST_F(HistoryOps, ADeadlineThatPassedAtAClosedBudgetSaysWhenItOpens) {
    const auto expired = [&](Fields fields, std::string op = "bars") {
        Request r;
        r.op = std::move(op);
        r.fields = std::move(fields);
        asio::io_context loop;
        Error error;
        asio::co_spawn(loop, operations.expired(std::move(r)), [&](const std::exception_ptr& e, Error got_error) {
            EXPECT_FALSE(e);
            error = std::move(got_error);
        });
        loop.run();
        EXPECT_EQ(error.code, "expired");
        return error;
    };
    services.budgets.resize(3);
    auto& used_up = services.budgets[0];
    used_up.provider = "massive";
    used_up.name = "rest 1m";
    used_up.limit = 5;
    used_up.used = 4;
    used_up.remaining = 0; // a part is kept free
    used_up.reset_in = 41200ms;
    auto& paused = services.budgets[1];
    paused.provider = "oanda";
    paused.limit = 100;
    paused.paused = true;
    paused.reset_in = 7000ms;
    auto& streams = services.budgets[2]; // that is no budget of requests
    streams.provider = "tradier";
    streams.what = LimitView::What::streams;
    streams.limit = streams.used = 10;
    EXPECT_FALSE(expired(bars()).retry_after) << "nobody is asked about it";
    services.routed = {"binance", "tradier"};
    EXPECT_FALSE(expired(bars()).retry_after) << "no budget of its route is closed";
    services.routed = {"massive", "binance"};
    const auto quota = expired(bars());
    EXPECT_EQ(quota.retry_after, 41200ms);
    EXPECT_EQ(quota.message, "the deadline passed while the request budget of massive was used up (5 rest 1m); it "
                             "opens in 42 s");
    const auto pause = expired(bars({{"provider", "oanda"}}));
    EXPECT_EQ(pause.retry_after, 7000ms);
    EXPECT_NE(pause.message.find("oanda paused, as the provider asked; it opens in 7 s"), std::string::npos);
    EXPECT_FALSE(expired({{"symbol", "crypto:BTC-USDT"}}, "quote").retry_after);
    EXPECT_FALSE(run("rate_limit", {}));
    EXPECT_EQ(got.elements.at(0).at("remaining").as_int64(), 0) << "what may still go, not limit less used";
}

TEST_F(HistoryOps, AStoreThatFailsInTheMiddleIsAnError) {
    history.store_error = errc::store_corrupt;
    EXPECT_EQ(code("bars", bars()), "unavailable");
    EXPECT_EQ(code("cache_stats", {}), "unavailable");
}

TEST_F(HistoryOps, ProgressIsToldWhileItIsFetched) {
    history.progress_steps = 2;
    EXPECT_FALSE(run("bars", bars()));
    const auto told = got.of_type("progress");
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(got.elements.front().at("type").as_string(), "progress");
    EXPECT_GE(got.flushes, 1);
    EXPECT_EQ(got.of_type("bar").size(), 10u);
    EXPECT_NE(told.front().find("\"fraction\":0."), std::string::npos);
}

TEST_F(HistoryOps, ADeadlineEndsTheFetching) {
    history.hang = true;
    run("bars", bars(), true);
    EXPECT_TRUE(history.cancelled);
    EXPECT_TRUE(got.texts.empty());
}

TEST_F(HistoryOps, WhenNobodyTakesMoreItEnds) {
    most = 3;
    EXPECT_TRUE(run("bars", bars()));
    EXPECT_EQ(got.texts.size(), 3u);
}

TEST_F(HistoryOps, WithoutHistoryItIsUnavailable) {
    Operations bare(services);
    const Fields fields{{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-20"}};
    for (const std::string op : {"bars", "cache_stats", "jobs", "collectors"}) {
        Request r;
        r.op = op;
        if (op == "bars")
            r.fields = fields;
        asio::io_context loop;
        std::optional<Error> error;
        Collected answer;
        asio::co_spawn(loop, bare.run(std::move(r), answer),
            [&](const std::exception_ptr&, std::optional<Error> result) { error = std::move(result); });
        loop.run();
        ASSERT_TRUE(error) << op;
        EXPECT_EQ(error->code, "unavailable");
        EXPECT_NE(error->hint.find("store.url"), std::string::npos);
    }
}

TEST_F(HistoryOps, TradesAreToldWithTheirSummary) {
    const Fields fields{{"symbol", "crypto:BTC-USDT"}, {"start", "2026-11-20T11:00:00Z"}};
    EXPECT_FALSE(run("trades", fields));
    ASSERT_EQ(got.texts.size(), 6u);
    EXPECT_NE(got.texts[0].find("\"price\":1.0850"), std::string::npos);
    EXPECT_EQ(got.elements[0].at("trade_id").as_string(), "100");
    EXPECT_TRUE(got.elements[5].at("complete").as_bool());
    auto cut = fields;
    cut.emplace_back("limit", "2");
    EXPECT_FALSE(run("trades", cut));
    EXPECT_EQ(got.elements.back().at("trade_count").as_int64(), 2);
    EXPECT_TRUE(got.elements.back().at("truncated").as_bool());
    history.error = errc::not_supported;
    EXPECT_EQ(code("trades", fields), "not_supported");
}

TEST_F(HistoryOps, CoverageNamesEverySpanAndAsksNobody) {
    EXPECT_FALSE(run("coverage", {{"symbol", "crypto:BTC-USDT"}, {"start", "2026-11-20"}}));
    ASSERT_EQ(got.elements.size(), 1u);
    const auto& spans = got.elements[0].at("spans").as_array();
    ASSERT_EQ(spans.size(), 2u);
    EXPECT_EQ(spans[0].at("cause").as_string(), "not_fetched");
    EXPECT_EQ(spans[1].at("cause").as_string(), "none");
    EXPECT_EQ(got.elements[0].at("seconds").at("none").as_int64(), 600);
    EXPECT_FALSE(run("coverage", {{"symbol", "crypto:ETH-USDT"}, {"timeframe", "1h"}}));
    EXPECT_EQ(got.elements.at(0).at("bars").as_int64(), 0);
    EXPECT_EQ(got.elements[0].at("spans").as_array().at(0).at("cause").as_string(), "not_fetched");
    EXPECT_TRUE(history.requests.empty());
}

TEST_F(HistoryOps, ValidateSuggestsAndReportsOnWhatIsStored) {
    EXPECT_FALSE(run("validate", {{"symbols", "crypto:BTC-USTD,equity:SPY"}}));
    EXPECT_EQ(got.elements[0].at("error").at("code").as_string(), "unknown_symbol");
    EXPECT_EQ(got.elements[0].at("suggestions").as_array().at(0).as_string(), "crypto:BTC-USDT");
    EXPECT_TRUE(got.elements[1].at("valid").as_bool());
    EXPECT_TRUE(got.elements[1].at("reports").is_null());
    EXPECT_FALSE(run("validate", bars()));
    const auto& reports = got.elements[0].at("reports").as_array();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].at("validation").at("checked").as_int64(), 10);
    EXPECT_EQ(code("validate", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"}}), "bad_request");
}

TEST_F(HistoryOps, SearchSuggestsWhenNothingFits) {
    EXPECT_FALSE(run("search", {{"text", "BTC"}}));
    EXPECT_EQ(got.elements.at(0).at("symbol").as_string(), "BTC-USDT");
    EXPECT_FALSE(run("search", {{"text", "crypto:ETH"}}));
    EXPECT_EQ(got.elements.at(0).at("symbol").as_string(), "ETH-USDT");
    EXPECT_FALSE(run("search", {{"text", "BTCUSD"}}));
    ASSERT_EQ(got.elements.size(), 1u);
    EXPECT_EQ(got.elements[0].at("suggestions").as_array().at(0).as_string(), "crypto:BTC-USDT");
    EXPECT_EQ(code("search", {}), "bad_request");
}

TEST_F(HistoryOps, AJobIsStartedFollowedAndCancelled) {
    int looks = 0;
    history.on_look = [&](backfill::JobView& job) {
        job.state = ++looks < 3 ? backfill::JobState::running : backfill::JobState::done;
        job.progress.total = 100s;
        job.progress.done = 50s;
        job.progress.bars = 5;
    };
    EXPECT_FALSE(run("backfill", {{"symbols", "crypto:BTC-USDT,equity:SPY"}, {"timeframes", "1m,1d"},
                                     {"start", "2026-11-18"}, {"end", "2026-11-18"}}));
    const auto& spec = history.held.at(0).spec;
    EXPECT_EQ(spec.instruments.size(), 2u);
    EXPECT_EQ(spec.timeframes, (std::vector<Timeframe>{Timeframe::m1, Timeframe::d1}));
    EXPECT_EQ(spec.span.to - spec.span.from, 29h) << "the UTC day and the New York day together";
    ASSERT_GE(got.elements.size(), 3u);
    EXPECT_EQ(got.elements.front().at("id").as_string(), "bf-000000000001");
    EXPECT_EQ(got.elements[1].at("type").as_string(), "progress");
    EXPECT_NE(got.texts[1].find("\"fraction\":0.5000"), std::string::npos);
    EXPECT_EQ(got.elements.back().at("state").as_string(), "done");
    EXPECT_GE(got.flushes, 2);

    history.on_look = {};
    EXPECT_FALSE(run("jobs", {}));
    EXPECT_EQ(got.elements.size(), 1u);
    EXPECT_EQ(code("jobs", {{"id", "bf-none"}}), "not_found");
    EXPECT_EQ(code("jobs", {{"follow", "true"}}), "bad_request");
    EXPECT_FALSE(run("job_cancel", {{"id", "bf-000000000001"}}));
    EXPECT_EQ(got.elements.at(0).at("state").as_string(), "cancelled");
    EXPECT_EQ(code("job_cancel", {{"id", "bf-none"}}), "not_found");
    history.job_error = errc::overflow;
    EXPECT_EQ(code("backfill", {{"symbols", "SPY"}, {"timeframes", "1m"}, {"start", "2026-11-18"}}), "busy");
}

TEST_F(HistoryOps, CollectorsStartAndEnd) {
    EXPECT_FALSE(run("collector_start",
        {{"symbols", "crypto:BTC-USDT"}, {"name", "btc"}, {"timeframes", "1m"}, {"in_session", "30s"}}));
    EXPECT_EQ(history.running.at(0).spec.in_session, 30s);
    EXPECT_EQ(history.running.at(0).spec.outside, 300s);
    EXPECT_FALSE(run("collectors", {}));
    EXPECT_EQ(got.elements.at(0).at("series").as_array().at(0).at("source").as_string(), "binance");
    EXPECT_TRUE(got.elements[0].at("running").as_bool());
    EXPECT_EQ(code("collector_start", {{"symbols", "crypto:BTC-USDT"}, {"name", "a b"}}), "bad_request");
    EXPECT_FALSE(run("collector_end", {{"name", "btc"}}));
    EXPECT_EQ(code("collector_end", {{"name", "btc"}}), "not_found");
    EXPECT_EQ(code("collector_start", {{"symbol", "crypto:BTC-USDT"}, {"name", "status"}}), "bad_request")
        << "its path is that of all collectors";
}

TEST_F(HistoryOps, LimitsAndCacheAreTold) {
    times = Times::rfc3339;
    EXPECT_FALSE(run("rate_limit", {}));
    EXPECT_EQ(got.elements.at(0).at("remaining").as_int64(), 4500);
    EXPECT_EQ(got.elements[0].at("what").as_string(), "requests");
    EXPECT_FALSE(run("rate_limit", {{"provider", "oanda"}}));
    EXPECT_TRUE(got.elements.empty());
    EXPECT_FALSE(run("cache_stats", {}));
    EXPECT_EQ(got.elements.at(0).at("oldest").as_string(), "2026-11-20T12:00:00Z");
    EXPECT_NE(got.texts[0].find("\"hit_rate\":0.7500"), std::string::npos);
    EXPECT_FALSE(run("cache_clear", {{"symbols", "crypto:BTC-USDT,equity:SPY"}, {"older_than_days", "2"}}));
    EXPECT_EQ(got.elements.at(0).at("removed").as_int64(), 20);
    ASSERT_EQ(history.erased.size(), 2u);
    EXPECT_EQ(history.erased[0].fetched_before, history.clock - 48h);
    for (const auto* name : {"symbol", "symbols", "provider", "timeframe", "older_than_days"})
        EXPECT_EQ(code("cache_clear", {{name, " "}}), "bad_request") << "an empty " << name << " is not all of them";
    EXPECT_EQ(history.erased.size(), 2u);
    EXPECT_FALSE(run("cache_clear", {}));
    EXPECT_FALSE(history.erased.back().instrument);
    EXPECT_FALSE(run("latest", {{"symbol", "SPY"}}));
    EXPECT_NE(got.texts[0].find("\"bid\":1.08550"), std::string::npos);
    EXPECT_TRUE(got.elements[0].at("bar").is_null());
}

TEST_F(HistoryOps, NoAnswerHoldsASecret) {
    const Secret secret("hunter2-token");
    history.error = errc::venue_error;
    history.detail = "it said hunter2-token";
    const auto e = run("bars", {{"symbol", "crypto:ETH-USDT"}, {"timeframe", "1m"}, {"start", "2026-11-19"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(to_json(*e).find("hunter2"), std::string::npos);
    EXPECT_FALSE(run("bars", bars()));
    EXPECT_EQ(got.texts.back().find("hunter2"), std::string::npos);
}

TEST_F(HistoryOps, EveryElementFitsItsSchema) {
    std::string lines;
    const auto take = [&](const std::string& op, Fields fields) {
        EXPECT_FALSE(run(op, std::move(fields))) << op;
        for (const auto& text : got.texts)
            lines += text + "\n";
    };
    history.progress_steps = 2;
    take("bars", bars());
    history.progress_steps = 0;
    history.error = errc::rate_limited;
    history.retry_after = 5s;
    take("bars", bars());
    history.error = {};
    take("trades", {{"symbol", "crypto:BTC-USDT"}, {"start", "2026-11-20"}});
    take("coverage", {{"symbols", "crypto:BTC-USDT,crypto:ETH-USDT"}});
    take("validate", {{"symbols", "crypto:BTC-USTD,SPY"}});
    take("validate", bars());
    take("search", {{"text", "BTC"}});
    take("search", {{"text", "BTCUSD"}});
    take("latest", {{"symbol", "SPY"}});
    take("rate_limit", {});
    take("cache_stats", {});
    take("cache_clear", {});
    int looks = 0;
    history.on_look = [&](backfill::JobView& job) {
        job.state = ++looks < 2 ? backfill::JobState::running : backfill::JobState::partial;
        FakeHistory::add_coverage(job.missing, history.clock - 1h, history.clock, store::Cause::provider_hole);
    };
    take("backfill", {{"symbols", "SPY"}, {"timeframes", "1m"}, {"start", "2026-11-18"}});
    take("collector_start", {{"symbols", "SPY"}, {"name", "spy"}});
    take("collectors", {});
    take("collector_end", {{"name", "spy"}});
    const test::TemporaryDirectory folder;
    const auto checked = test::run({"/usr/bin/python3", TICKGATE_SOURCE "/tests/unit/ops/check_elements.py",
        TICKGATE_SOURCE "/docs/schemas", folder.write("elements", lines)});
    EXPECT_EQ(checked.code, 0) << checked.err;
}

TEST(HistorySchemas, EveryOperationHasASchemaThatParses) {
    for (const auto& op : Operations::all()) {
        const auto schema = json::parse(Operations::schema(op)).as_object();
        EXPECT_EQ(schema.at("title").as_string(), std::string(op.name));
        for (const auto& f : op.fields)
            EXPECT_FALSE(f.about.empty()) << op.name << " " << f.name;
    }
    const auto bars = json::parse(Operations::schema(*Operations::find("bars"))).as_object();
    EXPECT_EQ(bars.at("properties").at("method").at("enum").as_array().size(), 3u);
}

} // namespace tickgate::ops
