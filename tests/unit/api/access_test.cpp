#include "api/access.hpp"
#include "api/api.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tickgate::api {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string reader = "reader-token-0123456789", admin = "admin-token-0123456789";

class AccessTest : public testing::Test {
protected:
    AccessTest() {
        log::capture([this](log::Level, const std::string& line) { lines += line + "\n"; });
    }
    ~AccessTest() override { log::capture({}); }

    static AccessOptions two_tokens() {
        AccessOptions o;
        o.tokens = {{"desk", Scope::read, Secret(reader)}, {"ops", Scope::admin, Secret(admin)}};
        return o;
    }
    using Headers = std::vector<std::pair<std::string, std::string>>;
    static net::HttpRequest request(std::string method, std::string path, Headers headers = {}) {
        net::HttpRequest r;
        r.method = std::move(method);
        r.path = std::move(path);
        r.headers = std::move(headers);
        if (r.header("host").empty())
            r.headers.emplace_back("host", "127.0.0.1:8787");
        r.peer = "127.0.0.1:5000";
        return r;
    }
    static Headers bearer(const std::string& token, Headers more = {}) {
        more.emplace_back("authorization", "Bearer " + token);
        return more;
    }
    static net::HttpRequest websocket(Headers headers) {
        headers.emplace_back("upgrade", "websocket");
        headers.emplace_back("connection", "Upgrade");
        return request("GET", "/ws/me", std::move(headers));
    }
    // 0: let in.
    static int ask(Access& access, const net::HttpRequest& r, MonoTime at = MonoTime(1h)) {
        const auto admission = access.admit(r, at, "id");
        return admission.refusal ? admission.refusal->status : 0;
    }
    static std::string header(const Headers& headers, std::string_view name) {
        for (const auto& [n, v] : headers)
            if (n == name)
                return v;
        return {};
    }
    static double refused(const Access& access, std::string_view reason) {
        const auto families = access.families();
        for (const auto& sample : families.at(0).samples)
            if (sample.labels.at(0).second == reason)
                return sample.value;
        return -1;
    }

    std::string lines;
};

} // namespace

TEST_F(AccessTest, TakesOnlyTheRightTokens) {
    Access access(two_tokens());
    for (const std::string& good :
        {"Bearer " + reader, "bearer " + reader, "BEARER   " + admin + " ", "Bearer\t" + admin}) {
        const bool tab = good.find('\t') != std::string::npos; // one space is what the scheme ends with
        EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"authorization", good}})), tab ? 401 : 0) << good;
    }
    for (const std::string& wrong : {std::string(), std::string("Bearer"), std::string("Bearer "),
             std::string("Bearer  "), reader, "Basic " + reader, "Bearer " + reader.substr(1), "Bearer " + reader + "x",
             "Bearer R" + reader.substr(1), "Bearer" + reader, "Bearer " + reader + " " + admin})
        EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"authorization", wrong}})), 401) << wrong;
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status")), 401);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/nothing", bearer("x"))), 401); // before it tells what is there
}

TEST_F(AccessTest, NamesTheHolderAndNeverTheToken) {
    Access access(two_tokens());
    EXPECT_EQ(access.admit(request("GET", "/api/v1/status", bearer(reader)), MonoTime(1h), "i").client, "desk");
    EXPECT_EQ(access.admit(request("GET", "/api/v1/status", bearer(admin)), MonoTime(1h), "i").client, "ops");
    EXPECT_EQ(access.admit(request("GET", "/api/v1/status", bearer("x")), MonoTime(1h), "i").client, "");
    const auto forbidden = access.admit(request("POST", "/api/v1/reload", bearer(reader)), MonoTime(2h), "i");
    EXPECT_THAT(lines, AllOf(HasSubstr("event=access_refused"), HasSubstr("client=desk"), Not(HasSubstr(reader))));
    EXPECT_THAT(forbidden.refusal->body, Not(HasSubstr(reader)));
}

TEST_F(AccessTest, AnUnknownTokenIsToldHowToAuthenticate) {
    Access access(two_tokens());
    const auto answer = access.admit(request("GET", "/api/v1/status"), MonoTime(1h), "id-7").refusal.value();
    EXPECT_EQ(header(answer.headers, "WWW-Authenticate"), "Bearer realm=\"tickgate\"");
    EXPECT_THAT(answer.body, AllOf(HasSubstr("\"code\":\"unauthorized\""), HasSubstr("\"request_id\":\"id-7\"")));
    EXPECT_EQ(refused(access, "unauthorized"), 1);
}

TEST_F(AccessTest, WhatChangesSomethingForAllNeedsScopeAdmin) {
    Access access(two_tokens());
    int admins = 0;
    for (const auto& e : endpoints()) {
        std::string path = "/api/v1" + std::string(e.path);
        if (path.ends_with('*'))
            path.back() = 'x';
        const auto asked = request(std::string(e.method), path, bearer(reader));
        EXPECT_EQ(ask(access, asked), e.scope == Scope::admin ? 403 : 0) << e.method << ' ' << path;
        EXPECT_EQ(ask(access, request(std::string(e.method), path, bearer(admin))), 0) << e.method << ' ' << path;
        admins += e.scope == Scope::admin;
        EXPECT_FALSE(e.method == "GET" && e.scope == Scope::admin) << path;
    }
    EXPECT_GE(admins, 5);
    const auto answer =
        access.admit(request("POST", "/api/v1/reload", bearer(reader)), MonoTime(1h), "id").refusal.value();
    EXPECT_THAT(answer.body, AllOf(HasSubstr("\"code\":\"forbidden\""), HasSubstr("scope admin")));
    EXPECT_THAT(header(answer.headers, "WWW-Authenticate"), HasSubstr("insufficient_scope"));
}

TEST_F(AccessTest, HealthIsForEveryoneAndMetricsForThisMachine) {
    Access access(two_tokens());
    auto r = request("GET", "/metrics");
    EXPECT_EQ(ask(access, r), 0);
    r.peer = "[::1]:1";
    EXPECT_EQ(ask(access, r), 0);
    r.peer = "10.0.0.9:1";
    EXPECT_EQ(ask(access, r), 401);
    r.headers = bearer(reader, {{"host", "gateway:8787"}});
    EXPECT_EQ(ask(access, r), 0);
    for (const char* path : {"/healthz", "/readyz"}) {
        r = request("GET", path, {{"host", "any.example"}, {"origin", "https://any.example"}});
        r.peer = "10.0.0.9:1";
        EXPECT_EQ(ask(access, r), 0) << path;
    }
    auto open = two_tokens();
    open.metrics_open = true;
    access.replace(open);
    r = request("GET", "/metrics", {{"host", "gateway:8787"}});
    r.peer = "10.0.0.9:1";
    EXPECT_EQ(ask(access, r), 0);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status")), 401);
}

// A page of a site whose name was made to point to 127.0.0.1 sends its own name as Host.
TEST_F(AccessTest, OnlyLocalNamesAreServedWithoutAToken) {
    Access access({});
    for (const char* host : {"127.0.0.1:8787", "localhost:8787", "LOCALHOST", "localhost.:8787", "[::1]:8787",
             "127.1.2.3", "gw.localhost:80", ""}) {
        auto r = request("GET", "/api/v1/status");
        r.headers = {{"host", host}};
        EXPECT_EQ(ask(access, r), 0) << host;
        r.path = "/metrics";
        EXPECT_EQ(ask(access, r), 0) << host;
    }
    for (const char* host : {"evil.example", "evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example",
             "10.0.0.1:8787", "[::2]:8787", "0.0.0.0:8787", "127.0.0.1@evil.example"})
        for (const char* path : {"/api/v1/status", "/metrics", "/ws/me", "/api/v1/nothing"})
            EXPECT_EQ(ask(access, request("GET", path, {{"host", host}})), 403) << host << path;
    EXPECT_GT(refused(access, "host"), 0);
    AccessOptions named;
    named.origins = {"https://desk.example:8443"};
    access.replace(named);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"host", "desk.example"}})), 0);
}

// With a proxy on this machine every peer is 127.0.0.1.
TEST_F(AccessTest, MetricsBehindAProxyNeedATokenUnderAPublicName) {
    Access access(two_tokens());
    EXPECT_EQ(ask(access, request("GET", "/metrics", {{"host", "ticks.example.com"}})), 401);
    EXPECT_EQ(ask(access, request("GET", "/metrics", bearer(reader, {{"host", "ticks.example.com"}}))), 0);
}

TEST_F(AccessTest, PagesOfOtherSitesNeitherChangeThingsNorOpenWebSockets) {
    for (const bool with_token : {false, true}) {
        auto options = with_token ? two_tokens() : AccessOptions();
        options.origins = {"https://desk.example"};
        Access access(options);
        const auto headers = [&](const std::string& origin) {
            Headers h{{"origin", origin}};
            return with_token ? bearer(admin, std::move(h)) : h;
        };
        for (const char* own :
            {"http://127.0.0.1:8787", "https://127.0.0.1:8787", "https://desk.example", "HTTPS://DESK.EXAMPLE"}) {
            EXPECT_EQ(ask(access, request("POST", "/api/v1/reload", headers(own))), 0) << own;
            EXPECT_EQ(ask(access, websocket(headers(own))), 0) << own;
        }
        for (const char* foreign : {"https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:8788",
                 "http://127.0.0.1:8787.evil.example", "https://desk.example.evil.example", "http://desk.example",
                 "file://"}) {
            EXPECT_EQ(ask(access, request("POST", "/api/v1/reload", headers(foreign))), 403) << foreign;
            EXPECT_EQ(ask(access, request("DELETE", "/api/v1/cache", headers(foreign))), 403) << foreign;
            EXPECT_EQ(ask(access, websocket(headers(foreign))), 403) << foreign;
            // Looking is refused where no token keeps the page out.
            EXPECT_EQ(ask(access, request("GET", "/api/v1/status", headers(foreign))), with_token ? 0 : 403) << foreign;
        }
        EXPECT_GT(refused(access, "origin"), 0);
    }
    Access access({});
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"sec-fetch-site", "cross-site"}})), 403);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"sec-fetch-site", "same-origin"}})), 0);
    EXPECT_EQ(ask(access, request("POST", "/api/v1/bars")), 0); // programs send no Origin
}

TEST_F(AccessTest, ABrowsersWebSocketBringsItsTokenAsProtocol) {
    Access access(two_tokens());
    const auto answer = [&](const std::string& protocols) {
        return access.admit(websocket({{"sec-websocket-protocol", protocols}}), MonoTime(1h), "id");
    };
    const auto good = answer("bearer, " + reader);
    EXPECT_FALSE(good.refusal);
    EXPECT_EQ(good.client, "desk");
    EXPECT_EQ(header(good.headers, "Sec-WebSocket-Protocol"), "bearer"); // a browser insists on one of those it offered
    EXPECT_FALSE(answer("Bearer," + admin + ", more").refusal);
    for (const std::string& wrong : {std::string("bearer"), "bearer, " + reader + "x", reader, "x, " + reader})
        EXPECT_TRUE(answer(wrong).refusal) << wrong;
    // Only there: elsewhere a token in such a place is none.
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", {{"sec-websocket-protocol", "bearer, " + reader}})), 401);
    const auto by_header = access.admit(websocket(bearer(reader)), MonoTime(1h), "id");
    EXPECT_FALSE(by_header.refusal);
    EXPECT_EQ(header(by_header.headers, "Sec-WebSocket-Protocol"), "");
}

TEST_F(AccessTest, CorsIsOffUnlessConfigured) {
    const Headers asks{{"origin", "https://desk.example"}, {"access-control-request-method", "POST"}};
    Access off(two_tokens());
    const auto refused_here = off.admit(request("OPTIONS", "/api/v1/bars", asks), MonoTime(1h), "id");
    EXPECT_EQ(refused_here.refusal.value().status, 401);
    EXPECT_EQ(header(refused_here.headers, "Access-Control-Allow-Origin"), "");
    EXPECT_EQ(header(refused_here.headers, "Vary"), "");

    auto options = two_tokens();
    options.cors = {"https://desk.example"};
    Access on(options);
    const auto preflight = on.admit(request("OPTIONS", "/api/v1/bars", asks), MonoTime(1h), "id");
    EXPECT_EQ(preflight.refusal.value().status, 204);
    EXPECT_EQ(header(preflight.headers, "Access-Control-Allow-Origin"), "https://desk.example");
    EXPECT_EQ(header(preflight.headers, "Vary"), "Origin");
    EXPECT_THAT(header(preflight.refusal->headers, "Access-Control-Allow-Methods"), HasSubstr("DELETE"));
    EXPECT_THAT(header(preflight.refusal->headers, "Access-Control-Allow-Headers"), HasSubstr("Authorization"));
    const auto read = on.admit(request("GET", "/api/v1/status", bearer(reader, {asks[0]})), MonoTime(1h), "id");
    EXPECT_FALSE(read.refusal);
    EXPECT_EQ(header(read.headers, "Access-Control-Allow-Origin"), "https://desk.example");
    const auto foreign =
        on.admit(request("OPTIONS", "/api/v1/bars", {{"origin", "https://evil.example"}, asks[1]}), MonoTime(1h), "id");
    EXPECT_EQ(foreign.refusal.value().status, 401);
    EXPECT_EQ(header(foreign.headers, "Access-Control-Allow-Origin"), "");
    // A page that may read sees the error as well.
    EXPECT_NE(header(on.admit(request("GET", "/api/v1/status", {asks[0]}), MonoTime(1h), "id").headers,
                  "Access-Control-Allow-Origin"),
        "");
}

TEST_F(AccessTest, TooManyRequestsWaitTheirTurn) {
    auto options = two_tokens();
    options.rate = 2;
    options.burst = 4;
    Access access(options);
    const auto r = request("GET", "/api/v1/status", bearer(reader));
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(ask(access, r), 0);
    const auto late = access.admit(r, MonoTime(1h), "id").refusal.value();
    EXPECT_EQ(late.status, 429);
    EXPECT_EQ(header(late.headers, "Retry-After"), "1");
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", bearer(admin))), 0); // another token, another bucket
    EXPECT_EQ(ask(access, request("GET", "/healthz")), 0);                      // never held up
    EXPECT_EQ(ask(access, r, MonoTime(1h + 500ms)), 0);
    EXPECT_EQ(ask(access, r, MonoTime(1h + 500ms)), 429);
    // Wrong tokens are limited by where they come from: guessing gets slower, not the others.
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(ask(access, request("GET", "/api/v1/status", bearer("guess")), MonoTime(2h)), 401);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", bearer("guess")), MonoTime(2h)), 429);
    EXPECT_EQ(ask(access, request("GET", "/nothing"), MonoTime(2h)), 429);
    EXPECT_EQ(refused(access, "rate"), 4);
}

TEST_F(AccessTest, AReplacedTokenEndsAndTheOthersGoOn) {
    Access access(two_tokens());
    auto changed = two_tokens();
    changed.tokens[0].secret = Secret("reader-token-the-second");
    access.replace(changed);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", bearer(reader))), 401);
    EXPECT_EQ(ask(access, request("GET", "/api/v1/status", bearer("reader-token-the-second"))), 0);
    EXPECT_FALSE(access.keeps("desk"));
    EXPECT_TRUE(access.keeps("ops"));
    EXPECT_TRUE(access.keeps("")); // health checks and the like
    auto lowered = changed;
    lowered.tokens[1].scope = Scope::read;
    access.replace(lowered);
    EXPECT_TRUE(access.keeps("desk"));
    EXPECT_FALSE(access.keeps("ops"));
    access.replace(two_tokens());
    EXPECT_TRUE(access.keeps("ops")); // more than before is no reason to go
    Access open({});
    open.replace(two_tokens());
    EXPECT_FALSE(open.keeps("")); // who came in without a token
}

TEST_F(AccessTest, RefusalsAreNotLoggedEachForItself) {
    Access access(two_tokens());
    for (int i = 0; i < 50; ++i)
        ask(access, request("GET", "/api/v1/status"), MonoTime(1h + i * 1ms));
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
    ask(access, request("GET", "/api/v1/status"), MonoTime(2h));
    EXPECT_THAT(lines, HasSubstr("suppressed=49"));
}

TEST(Access, KnowsLoopbackPeers) {
    for (const char* near : {"127.0.0.1:5000", "127.8.9.1:1", "[::1]:5000", "[::ffff:127.0.0.1]:5000", "127.0.0.1"})
        EXPECT_TRUE(is_loopback_peer(near)) << near;
    for (const char* far : {"", "10.0.0.1:5000", "[fe80::1]:5000", "[::ffff:10.0.0.1]:5000", "localhost:1",
             "/run/socket", "[::1", "128.0.0.1:1", "[::]:1", "0.0.0.0:1"})
        EXPECT_FALSE(is_loopback_peer(far)) << far;
}

TEST(Access, KnowsLoopbackHosts) {
    for (const char* near : {"127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1"})
        EXPECT_TRUE(is_loopback_host(near)) << near;
    for (const char* far : {"", "0.0.0.0", "::", "192.168.1.1", "example.com", "localhost.example.com"})
        EXPECT_FALSE(is_loopback_host(far)) << far;
}

} // namespace tickgate::api
