// What the running daemon tells of itself over HTTP, who may change it, and whether its own description is true.
#include "integration/gateway_system.hpp"

#include <fstream>
#include <iterator>

namespace tickgate::test {

namespace {

SystemOptions without_start() {
    SystemOptions o;
    o.start = false;
    return o;
}

// As JSON text; only what needs it is escaped.
std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + "\"";
}

std::string header(const HttpAnswer& answer, std::string_view name) {
    const auto at = answer.head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos)
        return {};
    const auto begin = at + name.size() + 4;
    return answer.head.substr(begin, answer.head.find("\r\n", begin) - begin);
}

class GatewayApi : public ::testing::Test {
protected:
    HttpAnswer get(std::string_view path, std::string_view headers = {}) const {
        return http(system.http_port, "GET", path, {}, headers);
    }
    HttpAnswer send(std::string_view method, std::string_view path, std::string_view body = {}) const {
        return http(system.http_port, method, path, body,
            body.empty() ? std::string_view() : std::string_view("Content-Type: application/json\r\n"));
    }
    bool eventually_in(std::string_view path, std::string_view part) const {
        return System::eventually([&] { return get(path).body.find(part) != std::string::npos; });
    }
    System system;
};

} // namespace

TEST_F(GatewayApi, TellsProvidersFeedsDemandAndRoutes) {
    EXPECT_TRUE(eventually_in("/api/v1/feeds", "\"state\":\"live\""));
    const auto feeds = get("/api/v1/feeds").body;
    EXPECT_EQ(field(feeds, "feed"), "binance.spot");
    EXPECT_EQ(number(feeds, "connections"), 1u);
    EXPECT_EQ(number(feeds, "subscriptions_wanted"), number(feeds, "subscriptions_acked"));
    EXPECT_TRUE(System::eventually([&] { return number(get("/api/v1/feeds").body, "quote") > 0; }));
    const auto providers = get("/api/v1/providers").body;
    EXPECT_NE(providers.find(R"("provider":"binance","enabled":true,"state":"live")"), std::string::npos) << providers;
    EXPECT_NE(providers.find(R"("provider":"oanda","enabled":false,"state":"off")"), std::string::npos) << providers;
    const auto demand = get("/api/v1/subscriptions?limit=1").body;
    EXPECT_EQ(field(demand, "symbol"), "crypto:BTC-USDT");
    EXPECT_EQ(field(demand, "next_cursor"), "crypto:BTC-USDT");
    EXPECT_EQ(field(get("/api/v1/subscriptions?cursor=crypto:BTC-USDT").body, "symbol"), "crypto:ETH-USDT");
    EXPECT_TRUE(eventually_in("/api/v1/routes?symbols=crypto:ETH-USDT",
        R"("symbol":"crypto:ETH-USDT","route":["binance"],"provider":"binance","state":"live")"));
    const auto config = get("/api/v1/config").body;
    EXPECT_EQ(field(config, "digest").size(), 16u);
    EXPECT_EQ(field(config, "digest"), system.redis.cli({"HGET", "md:info", "config_digest"}).text);
    EXPECT_EQ(field(config, "redis.prefix"), "md");
}

TEST_F(GatewayApi, ALeaseOverHttpBringsDataAndItsEndReleasesThem) {
    const auto taken = send("POST", "/api/v1/subscriptions",
        R"({"symbols":["crypto:SOL-USDT"],"channels":["quote","bar:5m"],"client":"desk","lease_s":300})");
    ASSERT_EQ(taken.status, 200) << taken.body;
    EXPECT_NE(taken.body.find(R"("channels":["quote","bar:5m"])"), std::string::npos) << taken.body;
    const std::string path = "/api/v1/subscriptions?symbols=crypto:SOL-USDT";
    EXPECT_TRUE(eventually_in(path, "\"state\":\"live\"")) << get(path).body;
    const auto held = get(path).body;
    EXPECT_EQ(field(held, "client"), "desk");
    EXPECT_NE(held.find("\"configured\":false"), std::string::npos) << held;
    EXPECT_TRUE(System::eventually([&] { return !system.redis.get("md:last:quote:crypto:SOL-USDT").empty(); }));
    const auto ended = send("DELETE", "/api/v1/subscriptions?client=desk");
    EXPECT_EQ(number(ended.body, "ended"), 2u) << ended.body;
    EXPECT_NE(get(path).body.find("\"leases\":[]"), std::string::npos) << "it lingers, without a lease";
}

TEST_F(GatewayApi, EventsAreThoseOnRedisAndGoOnFromACursor) {
    Listener listener(system.redis.port(), "md:event:*");
    const auto before = field(get("/api/v1/events?limit=1").body, "next_cursor");
    system.fault(R"({"fault":"drop"})");
    ASSERT_TRUE(listener.until_event("link_down", "feed:binance.spot"));
    const std::string path =
        "/api/v1/events?event=link_down" + (before.empty() || before == "null" ? "" : "&after=" + before);
    ASSERT_TRUE(eventually_in(path, "link_down"));
    const auto told = get(path).body;
    const auto published = listener.events("link_down", "feed:binance.spot").front();
    EXPECT_EQ(number(told, "seq"), number(published.payload, "seq"));
    EXPECT_EQ(number(told, "ts_pub_us"), number(published.payload, "ts_pub_us"));
    const auto next = field(told, "next_cursor");
    EXPECT_EQ(get("/api/v1/events?event=link_down&after=" + next).body.find("link_down"), std::string::npos);
    EXPECT_EQ(get("/api/v1/events?after=" + next + "0").status, 400) << "a place that was never reached";
}

TEST_F(GatewayApi, WrongRequestsAreClearProblems) {
    struct Case {
        std::string method, path, headers;
        int status;
        std::string code;
    };
    const Case cases[] = {
        {"GET", "/api/v1/quotes?symbols=crypto:NOSUCH-COIN", "", 404, "unknown_symbol"},
        {"GET", "/api/v1/subscriptions?cursor=%00", "", 400, "bad_request"},
        {"GET", "/api/v1/events?after=x", "", 400, "bad_request"},
        {"GET", "/api/v1/feeds?feed=binance.nothing", "", 404, "not_found"},
        {"GET", "/api/v1/routes?limit=10001", "", 400, "bad_request"},
        {"GET", "/api/v1/routes?colour=red", "", 400, "bad_request"},
        {"DELETE", "/api/v1/feeds", "", 405, "method_not_allowed"},
        {"GET", "/api/v1/reload", "", 405, "method_not_allowed"},
        {"GET", "/api/v1/feeds", "Accept: text/html\r\n", 406, "not_acceptable"},
        {"GET", "/api/v1/nothing", "", 404, "not_found"},
    };
    for (const auto& c : cases) {
        const auto answer = http(system.http_port, c.method, c.path, {}, c.headers);
        EXPECT_EQ(answer.status, c.status) << c.path << "\n" << answer.body;
        EXPECT_EQ(field(answer.body, "code"), c.code) << c.path;
        EXPECT_EQ(field(answer.body, "request_id"), header(answer, "X-Request-Id")) << c.path;
        EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json") << c.path;
    }
}

TEST_F(GatewayApi, ItsDescriptionIsTrue) {
    ASSERT_TRUE(eventually_in("/api/v1/latest/crypto:BTC-USDT", "\"bid\":"));
    std::string lines;
    const auto note = [&](const std::string& method, const std::string& path, const std::string& target,
                          const std::string& body = {}) {
        const auto answer = send(method, target, body);
        lines += "{\"method\":\"" + method + "\",\"path\":" + json_text(path) +
                 ",\"status\":" + std::to_string(answer.status) +
                 ",\"type\":" + json_text(header(answer, "Content-Type")) + ",\"body\":" + json_text(answer.body) +
                 "}\n";
    };
    for (const std::string path : {"/healthz", "/readyz", "/api/v1/status", "/api/v1/providers", "/api/v1/feeds",
             "/api/v1/subscriptions", "/api/v1/routes", "/api/v1/events", "/api/v1/config", "/api/v1/log-level",
             "/api/v1/rate-limit", "/api/v1/cache/stats", "/api/v1/backfill", "/api/v1/collectors/status"})
        note("GET", path, path);
    note("GET", "/api/v1/quotes", "/api/v1/quotes?symbols=crypto:BTC-USDT,crypto:NOSUCH-COIN");
    note("GET", "/api/v1/latest/{symbol}", "/api/v1/latest/crypto:BTC-USDT");
    note("GET", "/api/v1/symbols", "/api/v1/symbols?text=BTC&limit=3");
    note("GET", "/api/v1/status", "/api/v1/status?symbols=crypto:BTC-USDT");
    note("POST", "/api/v1/reload", "/api/v1/reload");
    note("PUT", "/api/v1/log-level", "/api/v1/log-level", R"({"level":"info"})");
    const auto checked = run({"/usr/bin/python3", TICKGATE_SOURCE "/tests/unit/api/check_openapi.py",
        system.directory.write("openapi.json", get("/openapi.json").body), system.directory.write("answers", lines)});
    EXPECT_EQ(checked.code, 0) << checked.err;
    EXPECT_EQ(get("/docs").status, 200);
    EXPECT_EQ(get("/api/v1/log-level").body.find("\"debug\""), std::string::npos) << "it was changed";
}

TEST(GatewayApiScopes, ReadersLookAndAdminsChange) {
    System system(without_start());
    const auto reader = system.directory.write("reader.token", "reader-token-0123456789abcdef\n");
    const auto admin = system.directory.write("admin.token", "admin-token-0123456789abcdef\n");
    const auto port = std::to_string(system.http_port);
    const std::string plain = "http: {listen: \"127.0.0.1:" + port + "\"}\n";
    std::ifstream file(system.config_file);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto at = text.find(plain);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, plain.size(),
        "http: {listen: \"127.0.0.1:" + port + "\", token_file: \"" + admin +
            "\", tokens: {reader: {scope: read, token_file: \"" + reader + "\"}}}\n");
    system.directory.write("tickgate.yaml", text);
    system.start_gateway();
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();
    const auto ask = [&](std::string_view method, std::string_view path, std::string_view token,
                         std::string_view body = {}) {
        std::string headers = token.empty() ? "" : "Authorization: Bearer " + std::string(token) + "\r\n";
        if (!body.empty())
            headers += "Content-Type: application/json\r\n";
        return http(system.http_port, method, path, body, headers);
    };
    constexpr std::string_view reads = "reader-token-0123456789abcdef", changes = "admin-token-0123456789abcdef";
    EXPECT_EQ(ask("GET", "/api/v1/feeds", {}).status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/feeds", reads).status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/config", reads).status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/config", reads).body.find("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(ask("POST", "/api/v1/subscriptions", reads, R"({"symbols":["crypto:BTC-USDT"]})").status, 200);
    EXPECT_NE(ask("GET", "/api/v1/subscriptions", reads).body.find("\"client\":\"reader\""), std::string::npos)
        << "named by the token";
    EXPECT_EQ(ask("DELETE", "/api/v1/subscriptions", reads).status, 200);
    const std::pair<std::string_view, std::string_view> admins[] = {{"POST", "/api/v1/reload"},
        {"PUT", "/api/v1/log-level"}, {"DELETE", "/api/v1/cache"}, {"POST", "/api/v1/backfill"},
        {"DELETE", "/api/v1/backfill/x"}, {"POST", "/api/v1/collectors"}, {"DELETE", "/api/v1/collectors/x"}};
    for (const auto& [method, path] : admins) {
        const auto refused = ask(method, path, reads);
        EXPECT_EQ(refused.status, 403) << path << refused.body;
        EXPECT_EQ(field(refused.body, "code"), "forbidden");
        const auto taken = ask(method, path, changes).status;
        EXPECT_NE(taken, 403) << path;
        EXPECT_NE(taken, 401) << path;
    }
    for (const auto* path : {"/docs", "/openapi.json", "/healthz"})
        EXPECT_EQ(ask("GET", path, {}).status, 200) << path;
}

} // namespace tickgate::test
