// /api/v1 through real sockets, with operations over a market and a history in memory.
#include "api/api.hpp"
#include "api/data_api.hpp"
#include "api/parameters.hpp"
#include "net/http_client.hpp"
#include "unit/ops/fake_history.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <gmock/gmock.h>

namespace tickgate::api {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using ops::FakeHistory;
using testing::HasSubstr;
using testing::StartsWith;

class NoSource final : public Source {
public:
    asio::awaitable<Readiness> readiness() override { co_return Readiness(); }
    asio::awaitable<std::vector<Family>> metrics() override { co_return std::vector<Family>(); }
};

class DataApiTest : public testing::Test {
protected:
    DataApiTest() { history.add_minutes("crypto:BTC-USDT", from_micros(FakeHistory::noon_us - 600000000), 10); }

    void SetUp() override {
        ApiOptions options;
        options.port = 0;
        options.token = Secret("open-sesame-4711");
        api = std::make_unique<Api>(loop.get_executor(), std::move(options), source, &operations);
        ASSERT_FALSE(api->listen());
        asio::co_spawn(loop, api->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    void TearDown() override {
        client.stop();
        api->stop();
        loop.restart();
        loop.run_for(10s);
        EXPECT_TRUE(ended);
    }

    RestResponse ask(const std::string& method, const std::string& target, const std::string& body = {},
        std::vector<std::pair<std::string, std::string>> headers = {}) {
        RestRequest r;
        r.method = method;
        r.base = "http://127.0.0.1:" + std::to_string(api->port());
        r.target = target;
        r.body = body;
        r.headers = std::move(headers);
        if (method == "POST" && r.headers.empty())
            r.headers.emplace_back("Content-Type", "application/json");
        r.headers.emplace_back("Authorization", "Bearer " + token);
        RestResponse answer;
        bool done = false;
        std::string detail;
        asio::co_spawn(
            loop, client.send(std::move(r), {}, detail), [&](const std::exception_ptr& e, result<RestResponse> got) {
                EXPECT_FALSE(e);
                if (got)
                    answer = std::move(*got);
                done = true;
            });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done && loop.run_one_until(limit) > 0) {
        }
        EXPECT_TRUE(done);
        return answer;
    }
    static json::object object(const RestResponse& r) {
        json::error_code ec;
        auto v = json::parse(r.body, ec);
        EXPECT_FALSE(ec) << r.body;
        return v.is_object() ? v.as_object() : json::object();
    }
    static json::array data(const RestResponse& r) {
        const auto o = object(r);
        return o.contains("data") ? o.at("data").as_array() : json::array();
    }
    void expect_problem(const RestResponse& r, int status, const std::string& code, const std::string& part = {}) {
        EXPECT_EQ(r.status, status) << r.body;
        EXPECT_EQ(r.header("content-type"), "application/problem+json");
        const auto o = object(r);
        EXPECT_EQ(std::string(o.at("code").as_string()), code);
        EXPECT_THAT(std::string(o.at("detail").as_string()), HasSubstr(part));
        EXPECT_EQ(std::string(o.at("request_id").as_string()), r.header("x-request-id"));
    }
    static std::string bars(const std::string& more = {}) {
        return "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T11:50:00Z" + more;
    }

    asio::io_context loop{1};
    NoSource source;
    ops::FakeMarket services;
    FakeHistory history;
    ops::Operations operations{services, &history};
    net::HttpClient client{loop.get_executor(), nullptr};
    std::unique_ptr<Api> api;
    std::string token = "open-sesame-4711";
    bool ended = false;
};

} // namespace

TEST_F(DataApiTest, BarsAsJson) {
    const auto got = ask("POST", "/api/v1/bars",
        R"({"symbol":"crypto:BTC-USDT","timeframe":"1m","start_date":"2026-11-20T11:50:00Z","end_date":"2026-11-20T12:00:00Z","use_cache":true,"validate":true})");
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("content-type"), "application/json");
    const auto o = object(got);
    EXPECT_EQ(o.at("symbol").as_string(), "crypto:BTC-USDT");
    EXPECT_EQ(o.at("timeframe").as_string(), "1m");
    EXPECT_EQ(o.at("bar_count").as_int64(), 10);
    EXPECT_EQ(o.at("cached").as_bool(), true);
    EXPECT_EQ(o.at("complete").as_bool(), true);
    EXPECT_EQ(o.at("data").as_array().size(), 10u);
    EXPECT_TRUE(o.at("validation").as_object().contains("quality"));
    EXPECT_EQ(o.at("coverage").as_array().at(0).at("from").as_string(), "2026-11-20T11:50:00Z");
    // To the digit.
    EXPECT_THAT(got.body, HasSubstr(R"([{"timestamp":"2026-11-20T11:50:00Z","open":1.10,"high":1.1050,"low":1.10,)"
                                    R"("close":1.1050,"volume":12.500,"vwap":1.10,"transactions":7},)"));
    EXPECT_THAT(got.body, HasSubstr(R"("volume":null,"vwap":null,"transactions":null})"));
}

TEST_F(DataApiTest, BarsOfSeveralSymbolsAreAList) {
    history.error = {};
    const auto got = ask("POST", "/api/v1/bars",
        R"({"symbols":["crypto:BTC-USDT","crypto:ETH-USDT"],"timeframe":"1m","start_date":"2026-11-20T11:50:00Z"})");
    ASSERT_EQ(got.status, 200) << got.body;
    const auto list = json::parse(got.body).as_array();
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].at("bar_count").as_int64(), 10);
    EXPECT_EQ(list[1].at("bar_count").as_int64(), 0);
    EXPECT_EQ(history.requests.back().symbols, 2u);
    const auto one = ask("POST", "/api/v1/bars",
        R"({"symbols":["crypto:BTC-USDT"],"timeframe":"1m","start_date":"2026-11-20T11:50:00Z"})");
    EXPECT_EQ(json::parse(one.body).as_array().size(), 1u);
}

TEST_F(DataApiTest, SeveralSymbolsInTheFieldSymbolAreAListToo) {
    for (const auto& got :
        {ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT,crypto:ETH-USDT&timeframe=1m&start=2026-11-20"),
            ask("POST", "/api/v1/bars",
                R"({"symbol":["crypto:BTC-USDT","crypto:ETH-USDT"],"timeframe":"1m","start_date":"2026-11-20"})")}) {
        ASSERT_EQ(got.status, 200) << got.body;
        json::error_code ec;
        const auto list = json::parse(got.body, ec);
        ASSERT_FALSE(ec) << got.body;
        ASSERT_TRUE(list.is_array());
        EXPECT_EQ(list.as_array().size(), 2u);
    }
    const auto lines =
        ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT,crypto:ETH-USDT&timeframe=1m&start=2026-11-20&format=ndjson");
    EXPECT_THAT(lines.body, StartsWith(R"({"symbol":"crypto:BTC-USDT",)")) << "rows say whose they are";
}

TEST_F(DataApiTest, BarsAsNdjsonEndWithASummary) {
    for (const bool by_header : {false, true}) {
        std::vector<std::pair<std::string, std::string>> headers;
        if (by_header)
            headers.emplace_back("Accept", "text/html, application/x-ndjson;q=0.9");
        const auto got = ask("GET", bars(by_header ? "" : "&format=ndjson"), {}, std::move(headers));
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.header("content-type"), "application/x-ndjson");
        EXPECT_EQ(got.header("x-tickgate-complete"), "true");
        EXPECT_EQ(got.header("x-tickgate-provider"), "binance");
        std::vector<std::string> lines;
        for (std::size_t at = 0, end = got.body.find('\n'); end != std::string::npos;
             at = end + 1, end = got.body.find('\n', at))
            lines.push_back(got.body.substr(at, end - at));
        ASSERT_EQ(lines.size(), 11u);
        EXPECT_THAT(lines[0], StartsWith(R"({"timestamp":"2026-11-20T11:50:00Z","open":1.10,)"));
        EXPECT_EQ(json::parse(lines[10]).as_object().at("bar_count").as_int64(), 10);
    }
}

TEST_F(DataApiTest, BarsAsCsv) {
    const auto got = ask("GET", bars("&format=csv&limit=5"));
    EXPECT_THAT(std::string(got.header("content-type")), StartsWith("text/csv"));
    EXPECT_THAT(got.body, StartsWith("timestamp,open,high,low,close,volume,vwap,transactions\n"
                                     "2026-11-20T11:50:00Z,1.10,1.1050,1.10,1.1050,12.500,1.10,7\n"));
    EXPECT_THAT(got.body, testing::EndsWith("2026-11-20T11:54:00Z,1.14,1.1450,1.14,1.1450,,,\n"));
    const auto two = ask("GET",
        "/api/v1/bars?symbols=crypto:BTC-USDT,crypto:ETH-USDT&timeframe=1m&start=2026-11-20T11:50:00Z&format=csv");
    EXPECT_THAT(two.body, StartsWith("symbol,timestamp,"));
    EXPECT_THAT(two.body, HasSubstr("\ncrypto:BTC-USDT,2026-11-20T11:50:00Z,"));
}

TEST_F(DataApiTest, AStreamIsWholeHoweverLong) {
    history.series.clear();
    history.clock = from_micros(FakeHistory::noon_us) + std::chrono::hours(24 * 60);
    history.add_minutes("crypto:BTC-USDT", from_micros(FakeHistory::noon_us), 60000);
    const auto got =
        ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20&format=csv&validate=false");
    EXPECT_EQ(std::count(got.body.begin(), got.body.end(), '\n'), 60001);
    EXPECT_GE(history.reads, 3) << "page by page";
    const auto whole = ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20&validate=false");
    EXPECT_EQ(object(whole).at("data").as_array().size(), 60000u);
}

TEST_F(DataApiTest, AStreamThatFailsBeforeItsHeadIsAProblem) {
    expect_problem(ask("GET", bars("&format=csv&end=2026-11-20T11:00:00Z")), 400, "bad_request", "reversed");
    history.error = errc::not_entitled;
    history.series.clear();
    expect_problem(ask("GET", bars("&format=ndjson")), 403, "not_entitled");
}

TEST_F(DataApiTest, AStreamThatFailsInTheMiddleIsCutAndNotTakenForWhole) {
    history.store_error = errc::store_failed;
    EXPECT_EQ(ask("GET", bars("&format=csv")).status, 0);
}

TEST_F(DataApiTest, PartialAnswersNameTheMissingSpansAndWhy) {
    history.error = errc::rate_limited;
    history.retry_after = 5000ms;
    history.cause = store::Cause::not_fetched;
    const auto got = ask("GET", bars());
    EXPECT_EQ(got.status, 200);
    const auto o = object(got);
    EXPECT_EQ(o.at("complete").as_bool(), false);
    EXPECT_EQ(o.at("error").at("retry_after_ms").as_int64(), 5000);
    EXPECT_EQ(o.at("coverage").as_array().at(1).at("cause").as_string(), "not_fetched");
    EXPECT_EQ(ask("GET", bars("&format=csv")).header("x-tickgate-error"), "rate_limited");
    history.series.clear();
    const auto none = ask("GET", bars());
    expect_problem(none, 429, "rate_limited");
    EXPECT_EQ(none.header("retry-after"), "5");
    EXPECT_EQ(object(none).at("retry_after_ms").as_int64(), 5000);
}

TEST_F(DataApiTest, BadInputIsAProblemThatNamesTheField) {
    expect_problem(ask("GET", bars("&timeframe=1m")), 400, "bad_request", "given twice");
    expect_problem(ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=7m&start=2026-11-20"), 400, "bad_request",
        "field timeframe is \"7m\"");
    expect_problem(
        ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-02-30"), 400, "bad_request", "28 days");
    expect_problem(ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=1970-01-01"), 400, "bad_request",
        "years long");
    expect_problem(
        ask("GET", "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2027-01-01"), 400, "bad_request", "future");
    expect_problem(ask("GET", bars("&end=2026-11-20T11:00:00Z")), 400, "bad_request", "reversed");
    expect_problem(ask("GET", bars("&colour=red")), 400, "bad_request", "has no field \"colour\"");
    expect_problem(ask("GET", bars("&format=xml")), 400, "bad_request", "xml");
    expect_problem(ask("GET", bars("&deadline_ms=0")), 400, "bad_request", "deadline_ms");
    expect_problem(ask("GET", "/api/v1/bars?symbol=NOPE&timeframe=1m&start=2026-11-20"), 404, "unknown_symbol");
    expect_problem(ask("GET", "/api/v1/bars?symbol=b/d&timeframe=1m&start=2026-11-20"), 400, "malformed_symbol");
    EXPECT_TRUE(history.requests.empty());
    history.error = errc::not_supported;
    history.series.clear();
    expect_problem(ask("GET", bars()), 422, "not_supported");
}

TEST_F(DataApiTest, ABadBodyIsAProblemThatSaysWhere) {
    const auto post = [&](const std::string& body) { return ask("POST", "/api/v1/bars", body); };
    expect_problem(post("{\"symbol\":"), 400, "bad_request", "at byte");
    expect_problem(post("{} {}"), 400, "bad_request", "no JSON");
    expect_problem(post(""), 400, "bad_request", "empty");
    expect_problem(post("[1]"), 400, "bad_request", "no JSON object");
    expect_problem(post(R"({"symbol":{"a":1},"timeframe":"1m"})"), 400, "bad_request", "field symbol");
    expect_problem(post(R"({"symbols":["a,b"],"timeframe":"1m"})"), 400, "bad_request", "field symbols");
    expect_problem(post(R"({"symbol":1.5,"timeframe":"1m"})"), 400, "bad_request", "field symbol");
    expect_problem(
        ask("POST", "/api/v1/bars", "symbol=x", {{"Content-Type", "text/plain"}}), 415, "bad_request", "text/plain");
}

TEST_F(DataApiTest, TheDeadlineOfTheRequestEndsIt) {
    history.hang = true;
    expect_problem(ask("GET", bars("&deadline_ms=40")), 504, "expired");
    EXPECT_TRUE(history.cancelled);
    history.cancelled = false;
    expect_problem(ask("GET", bars("&deadline_ms=40&format=csv")), 504, "expired");
    EXPECT_TRUE(history.cancelled);
}

TEST_F(DataApiTest, ADeadlineThatPassedAtAClosedBudgetSaysWhenToComeBack) {
    history.hang = true;
    services.routed = {"massive"};
    services.budgets.resize(1);
    services.budgets[0].provider = "massive";
    services.budgets[0].limit = services.budgets[0].used = 5;
    services.budgets[0].reset_in = 41200ms;
    for (const auto* format : {"&format=json", "&format=ndjson"}) {
        const auto got = ask("GET", bars("&deadline_ms=40" + std::string(format)));
        expect_problem(got, 504, "expired", "request budget of massive");
        EXPECT_EQ(got.header("retry-after"), "42");
        EXPECT_EQ(object(got).at("retry_after_ms").as_int64(), 41200);
    }
}

TEST_F(DataApiTest, PathsMethodsAndTokens) {
    for (const auto* path : {"/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/bars/x", "/api/v1/latest/",
             "/api/v1/latest/a/b", "/api/v1/backfill/"})
        expect_problem(ask("GET", path), 404, "not_found");
    const auto refused = ask("DELETE", "/api/v1/bars");
    expect_problem(refused, 405, "method_not_allowed");
    EXPECT_EQ(refused.header("allow"), "GET, HEAD, POST");
    EXPECT_EQ(ask("GET", "/api/v1/cache").header("allow"), "DELETE");
    EXPECT_EQ(ask("GET", "/api/v1/collectors/btc").header("allow"), "DELETE");
    EXPECT_EQ(ask("DELETE", "/api/v1/collectors/status").header("allow"), "GET, HEAD");
    EXPECT_EQ(ask("HEAD", bars()).status, 200);
    token = "wrong";
    expect_problem(ask("GET", bars()), 401, "unauthorized");
    expect_problem(ask("GET", bars("&format=csv")), 401, "unauthorized");
    EXPECT_TRUE(ask("GET", bars()).header("www-authenticate").starts_with("Bearer"));
}

TEST_F(DataApiTest, LatestQuotesAndLookups) {
    const auto latest = ask("GET", "/api/v1/latest/crypto%3ABTC-USDT");
    EXPECT_EQ(object(latest).at("quote").at("symbol").as_string(), "BTC-USDT");
    EXPECT_TRUE(object(latest).at("trade").is_null());
    EXPECT_THAT(latest.body, HasSubstr("1.08550"));
    EXPECT_EQ(data(ask("GET", "/api/v1/quotes?symbols=crypto:BTC-USDT,crypto:ETH-USDT")).size(), 2u);
    EXPECT_EQ(data(ask("GET", "/api/v1/search?q=BTC")).at(0).at("symbol").as_string(), "BTC-USDT");
    EXPECT_EQ(data(ask("GET", "/api/v1/symbols?text=SPY")).size(), 1u);
    EXPECT_EQ(data(ask("GET", "/api/v1/rate-limit")).at(0).at("remaining").as_int64(), 4500);
    EXPECT_EQ(data(ask("GET", "/api/v1/coverage?symbol=crypto:BTC-USDT")).size(), 1u);
    EXPECT_EQ(object(ask("GET", "/api/v1/cache/stats")).at("bars").as_int64(), 1234);
    EXPECT_EQ(
        object(ask("DELETE", "/api/v1/cache?symbol=crypto:BTC-USDT&older_than_days=3")).at("removed").as_int64(), 10);
    const auto checked = data(ask("POST", "/api/v1/validate", R"({"symbols":["crypto:BTC-USTD"]})"));
    EXPECT_EQ(checked.at(0).at("suggestions").as_array().at(0).as_string(), "crypto:BTC-USDT");
    const auto trades = data(ask("GET", "/api/v1/trades?symbol=crypto:BTC-USDT&start=2026-11-20T11:00:00Z"));
    EXPECT_EQ(trades.at(0).at("timestamp").as_string(), "2026-11-20T11:00:00Z");
    EXPECT_EQ(data(ask("GET", "/api/v1/status")).size(), 1u);
}

TEST_F(DataApiTest, JobsAndCollectors) {
    const auto started = ask("POST", "/api/v1/backfill",
        R"({"symbols":["crypto:BTC-USDT"],"timeframe":"1m","start_date":"2026-11-18","end_date":"2026-11-19"})");
    EXPECT_EQ(started.status, 202) << started.body;
    EXPECT_EQ(object(started).at("id").as_string(), "bf-000000000001");
    EXPECT_EQ(object(started).at("start").as_string(), "2026-11-18T00:00:00Z");
    EXPECT_EQ(data(ask("GET", "/api/v1/backfill")).size(), 1u);
    EXPECT_EQ(object(ask("GET", "/api/v1/backfill/bf-000000000001")).at("state").as_string(), "waiting");
    EXPECT_EQ(object(ask("DELETE", "/api/v1/backfill/bf-000000000001")).at("state").as_string(), "cancelled");
    expect_problem(ask("GET", "/api/v1/backfill/bf-none"), 404, "not_found");
    expect_problem(ask("DELETE", "/api/v1/backfill/bf-none"), 404, "not_found");

    EXPECT_EQ(
        ask("POST", "/api/v1/collectors", R"({"symbol":"crypto:BTC-USDT","timeframe":"1m","name":"btc"})").status, 201);
    const auto status = data(ask("GET", "/api/v1/collectors/status"));
    EXPECT_EQ(status.at(0).at("running").as_bool(), true);
    EXPECT_EQ(status.at(0).at("series").as_array().at(0).at("last_collection").as_string(), "2026-11-20T12:00:00Z");
    EXPECT_EQ(ask("DELETE", "/api/v1/collectors/btc").status, 200);
    expect_problem(ask("DELETE", "/api/v1/collectors/btc"), 404, "not_found");
}

TEST_F(DataApiTest, RequestsAreCountedByRouteFromTheStart) {
    EXPECT_THAT(ask("GET", "/metrics").body,
        HasSubstr("tickgate_http_requests_total{route=\"cache_stats\",status=\"2xx\"} 0\n"));
    ask("GET", bars());
    ask("GET", bars("&format=csv"));
    ask("GET", bars("&end=1"));
    const auto metrics = ask("GET", "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("{route=\"bars\",status=\"2xx\"} 2\n"));
    EXPECT_THAT(metrics, HasSubstr("{route=\"bars\",status=\"4xx\"} 1\n"));
}

} // namespace tickgate::api
