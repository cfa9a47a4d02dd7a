// What the gateway tells of itself over HTTP, and what an operator changes.
#include "core/log.hpp"
#include "unit/api/http_door.hpp"

namespace tickgate::api {

namespace json = boost::json;
using testing::HasSubstr;

namespace {
class GatewayApi : public HttpDoor {
protected:
    void SetUp() override { start(); }
};
} // namespace

TEST_F(GatewayApi, ProvidersFeedsAndRoutes) {
    const auto providers = get("/api/v1/providers").data();
    ASSERT_EQ(providers.size(), 2u);
    EXPECT_EQ(providers[0].at("provider").as_string(), "binance");
    EXPECT_EQ(providers[1].at("state").as_string(), "off");
    const auto feeds = get("/api/v1/feeds").data();
    EXPECT_EQ(feeds[0].at("feed").as_string(), "binance.spot");
    EXPECT_EQ(feeds[0].at("since").as_string(), "2026-11-20T12:00:00Z");
    EXPECT_EQ(feeds[0].at("messages").at("quote").as_int64(), 3);
    expect_problem(get("/api/v1/feeds?feed=none"), 404, "not_found");
    const auto routes = get("/api/v1/routes?limit=2");
    EXPECT_EQ(routes.data().size(), 2u);
    EXPECT_EQ(routes.data()[0].at("symbol").as_string(), "crypto:AAA-USDT");
    EXPECT_EQ(routes.data()[0].at("route").as_array().size(), 2u);
    EXPECT_EQ(routes.object().at("next_cursor").as_string(), "crypto:BBB-USDT");
    const auto rest = get("/api/v1/routes?limit=2&cursor=crypto:BBB-USDT");
    EXPECT_EQ(rest.data()[0].at("symbol").as_string(), "crypto:CCC-USDT");
    EXPECT_TRUE(rest.object().at("next_cursor").is_null());
    EXPECT_FALSE(get("/api/v1/feeds").object().contains("next_cursor"));
    expect_problem(get("/api/v1/routes?cursor=%7Bx"), 400, "bad_request", "field cursor");
}

TEST_F(GatewayApi, SubscriptionsAreListedTakenAndEnded) {
    const auto list = get("/api/v1/subscriptions?class=equity").data();
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].at("symbol").as_string(), "equity:SPY");
    EXPECT_EQ(list[0].at("leases").at(0).at("client").as_string(), "me");
    const auto taken = ask("POST", "/api/v1/subscriptions", {},
        R"({"symbols":["crypto:BTC-USDT"],"channels":["Q","bar:1h"],"client":"desk","lease_s":90})");
    ASSERT_EQ(taken.status, 200) << taken.body;
    EXPECT_EQ(taken.data()[0].at("symbol").as_string(), "crypto:BTC-USDT");
    EXPECT_EQ(taken.data()[0].at("lease_until").as_string(), "2026-11-20T12:01:30Z");
    EXPECT_EQ(services.last_subscribe.client, "desk");
    EXPECT_EQ(services.last_subscribe.kinds, (std::vector<Kind>{Kind::quote, Kind::bar}));
    EXPECT_EQ(services.last_subscribe.timeframes, std::vector<Timeframe>{Timeframe::h1});
    const auto post = [&](const std::string& body) { return ask("POST", "/api/v1/subscriptions", {}, body); };
    expect_problem(post(R"({"symbols":["crypto:BTC-USDT"],"lease_s":"5m"})"), 400, "bad_request", "lease_s");
    expect_problem(post(R"({"symbols":["crypto:BTC-USDT"],"lease_s":1})"), 400, "bad_request", "lease");
    expect_problem(post(R"({"symbols":["crypto:BTC-USDT"],"channels":["book"]})"), 400, "bad_request", "channels");
    expect_problem(post("{}"), 400, "bad_request", "symbols");
    const auto released = ask("DELETE", "/api/v1/subscriptions?client=desk&symbols=crypto:BTC-USDT");
    EXPECT_EQ(released.object().at("ended").as_int64(), 2);
    EXPECT_EQ(services.last_unsubscribe.client, "desk");
}

TEST_F(GatewayApi, EventsGoOnFromACursor) {
    EXPECT_TRUE(get("/api/v1/events").object().at("next_cursor").is_null());
    services.log.add(ops::event_payload("stale", "BTC-USDT", 1));
    services.log.add(ops::event_payload("fresh", "BTC-USDT", 2));
    const auto first = get("/api/v1/events?event=stale");
    EXPECT_EQ(first.data().size(), 1u);
    EXPECT_EQ(first.data()[0].at("ts_pub_us").as_int64(), 1795176000000000) << "as on Redis";
    const std::string cursor(first.object().at("next_cursor").as_string());
    EXPECT_EQ(get("/api/v1/events?after=" + cursor).data().size(), 0u);
    services.log.add(ops::event_payload("stale", "ETH-USDT", 1));
    EXPECT_EQ(get("/api/v1/events?after=" + cursor).data().size(), 1u);
    EXPECT_EQ(get("/api/v1/events?cursor=" + cursor).data().size(), 1u);
    EXPECT_FALSE(get("/api/v1/events?after=" + cursor).object().at("missed").as_bool());
    EXPECT_TRUE(get("/api/v1/events?after=before-3").object().at("missed").as_bool());
    expect_problem(get("/api/v1/events?after=nonsense"), 400, "bad_request", "nonsense");
    expect_problem(get("/api/v1/events?limit=0"), 400, "bad_request", "limit");
}

TEST_F(GatewayApi, ConfigHasAValidatorAndNoSecrets) {
    const auto config = get("/api/v1/config");
    EXPECT_EQ(config.object().at("settings").at("redis.password").as_string(), "***");
    const auto tag = config.header("ETag");
    EXPECT_FALSE(tag.empty());
    EXPECT_EQ(config.header("Cache-Control"), "no-cache");
    const auto same = get("/api/v1/config", "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(same.status, 304);
    EXPECT_TRUE(same.body.empty());
    EXPECT_EQ(same.header("ETag"), tag);
    EXPECT_EQ(get("/api/v1/config", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(GatewayApi, TheLogLevelIsToldAndChanged) {
    EXPECT_EQ(get("/api/v1/log-level").object().at("level").as_string(), "info");
    EXPECT_EQ(ask("PUT", "/api/v1/log-level", {}, R"({"level":"debug"})").object().at("level").as_string(), "debug");
    EXPECT_EQ(services.level, "debug");
    expect_problem(ask("PUT", "/api/v1/log-level", {}, R"({"level":"loud"})"), 400, "bad_request", "loud");
    expect_problem(ask("PUT", "/api/v1/log-level"), 400, "bad_request", "empty");
    const auto wrong = ask("POST", "/api/v1/log-level", {}, R"({"level":"info"})");
    expect_problem(wrong, 405, "method_not_allowed");
    EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, PUT");
}

TEST_F(GatewayApi, AReloadTellsWhatChangedOrWhyNothingDid) {
    std::string lines;
    log::capture([&](log::Level, const std::string& line) { lines += line + "\n"; });
    const auto applied = ask("POST", "/api/v1/reload");
    ASSERT_EQ(applied.status, 200) << applied.body;
    EXPECT_TRUE(applied.object().at("applied").as_bool());
    EXPECT_EQ(applied.object().at("changed").at(1).at("key").as_string(), "hot.spin");
    EXPECT_EQ(applied.object().at("restart").at(0).as_string(), "hot.spin");
    services.report.value.applied = false;
    services.report.value.problems = {{"/etc/tickgate.yaml", 3, 7, "routes.fx", "no such provider", "try oanda"}};
    const auto refused = ask("POST", "/api/v1/reload", {}, "{}");
    log::capture({});
    expect_problem(refused, 422, "invalid_configuration", "routes.fx: no such provider");
    EXPECT_EQ(refused.object().at("problems").at(0).at("line").as_int64(), 3);
    EXPECT_EQ(refused.object().at("hint").as_string(), "try oanda");
    EXPECT_FALSE(refused.object().at("applied").as_bool());
    EXPECT_EQ(services.reloads, 2);
    EXPECT_THAT(lines, HasSubstr("event=changed_by_request method=POST path=/reload"));
    services.report = ops::Outcome<ops::ReloadReport>(errc::overflow, "another one is being applied");
    expect_problem(ask("POST", "/api/v1/reload"), 503, "busy");
    expect_problem(ask("POST", "/api/v1/reload", {}, R"({"force":true})"), 400, "bad_request", "force");
}

TEST_F(GatewayApi, WhatIsNotOfferedIsNotAcceptable) {
    for (const auto* accept : {"text/html", "application/xml, text/csv", "application/json;q=0"}) {
        const auto answer = get("/api/v1/feeds", "Accept: " + std::string(accept) + "\r\n");
        expect_problem(answer, 406, "not_acceptable");
    }
    for (const auto* accept :
        {"*/*", "text/html, application/*;q=0.5", "text/csv, application/json", "application/json"})
        EXPECT_EQ(get("/api/v1/feeds", "Accept: " + std::string(accept) + "\r\n").status, 200) << accept;
    expect_problem(get("/api/v1/feeds?format=csv"), 400, "bad_request", "csv");
    const std::string bars = "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T11:50:00Z";
    expect_problem(get(bars, "Accept: text/html\r\n"), 406, "not_acceptable");
    EXPECT_EQ(get(bars, "Accept: text/csv\r\n").header("Content-Type"), "text/csv; charset=utf-8; header=present");
    EXPECT_EQ(get(bars, "Accept: text/csv;q=0, application/json\r\n").header("Content-Type"), "application/json");
}

TEST_F(GatewayApi, LongAnswersAreCompressedForWhoeverTakesThat) {
    const std::string bars = "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T11:50:00Z";
    const auto plain = get(bars);
    ASSERT_GT(plain.body.size(), 1024u);
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    const auto packed = get(bars, "Accept-Encoding: br, gzip\r\n");
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
    EXPECT_LT(packed.body.size(), plain.body.size() / 2);
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(packed.header("Content-Length"), std::to_string(packed.body.size()));
    EXPECT_EQ(packed.header("ETag"), get(bars).header("ETag")) << "it is the same content";
    EXPECT_EQ(get("/api/v1/log-level", "Accept-Encoding: gzip\r\n").header("Content-Encoding"), "") << "too short";
    EXPECT_EQ(get("/metrics", "Accept-Encoding: gzip\r\n").header("Content-Encoding"), "gzip");
    EXPECT_EQ(get(bars + "&format=csv", "Accept-Encoding: gzip\r\n").header("Content-Encoding"), "");
    EXPECT_EQ(get(bars, "If-None-Match: " + packed.header("ETag") + "\r\n").status, 304);
}

TEST_F(GatewayApi, PagesFetchNothingFromElsewhere) {
    for (const auto* path : {"/docs", "/docs/page.css", "/docs/page.js", "/openapi.json"}) {
        const auto page = get(path);
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_GT(page.body.size(), 500u) << path;
        const auto policy = page.header("Content-Security-Policy");
        EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
        EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
        EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(get(path, "If-None-Match: " + page.header("ETag") + "\r\n").status, 304) << path;
        EXPECT_EQ(ask("POST", path).status, 405) << path;
        auto rest = page.body;
        for (const auto* own : {"http://www.w3.org/2000/svg", "http://www.apache.org", "ws://\" + location.host"})
            if (const auto at = rest.find(own); at != std::string::npos)
                rest.erase(at, std::string(own).size());
        EXPECT_EQ(rest.find("https://"), std::string::npos) << path;
        EXPECT_EQ(rest.find("http://"), std::string::npos) << path;
    }
    EXPECT_EQ(get("/docs/").header("Location"), "/docs");
    expect_problem(get("/docs/other"), 404, "not_found");
    EXPECT_EQ(get("/openapi.json").header("Content-Type"), "application/json");
    EXPECT_THAT(get("/docs").body, testing::Not(HasSubstr("style=")));
}

TEST_F(GatewayApi, RequestsAreMeasuredByRoute) {
    EXPECT_THAT(
        get("/metrics").body, HasSubstr("tickgate_http_request_duration_seconds_count{route=\"subscriptions\"} 0\n"));
    const auto feeds = get("/api/v1/feeds");
    ask("PUT", "/api/v1/log-level", {}, R"({"level":"warn"})");
    const auto bars = get("/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T11:50:00Z&format=csv");
    const auto metrics = get("/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_request_duration_seconds_count{route=\"feeds\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_request_duration_seconds_bucket{route=\"feeds\",le=\"60\"} 1\n"));
    EXPECT_THAT(metrics,
        HasSubstr("tickgate_http_response_bytes_total{route=\"feeds\"} " + std::to_string(feeds.body.size()) + "\n"));
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_request_bytes_total{route=\"log_level\"} 16\n"));
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_requests_in_flight 1\n")) << "this one";
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_requests_total{route=\"bars\",status=\"2xx\"} 1\n"));
    EXPECT_THAT(metrics, testing::Not(HasSubstr("tickgate_http_response_bytes_total{route=\"bars\"} 0\n")));
}

} // namespace tickgate::api
