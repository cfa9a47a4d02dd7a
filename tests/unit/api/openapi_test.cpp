// The description of the API and what is served agree, both ways.
#include "api/openapi.hpp"

#include "api/parameters.hpp"
#include "ops/fields.hpp"
#include "support/process.hpp"
#include "unit/api/http_door.hpp"

#include <set>

namespace tickgate::api {

namespace {

namespace json = boost::json;

// Served by other doors than the endpoint table; tested there.
const std::set<std::string> streams{"/api/v1/stream", "/ws/{client_id}"};
const std::set<std::string> own{"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"};

const json::object& document() {
    static const auto doc = json::parse(openapi_json()).as_object();
    return doc;
}

const json::object& resolved(const json::value& v) {
    const auto* ref = v.as_object().if_contains("$ref");
    if (ref == nullptr)
        return v.as_object();
    const auto path = std::string(ref->as_string()).substr(1);
    const auto* target = &document();
    for (std::size_t at = 1; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        target = &target->at(path.substr(at, end - at)).as_object();
        at = end + 1;
    }
    return *target;
}

std::string method_of(std::string name) {
    for (auto& c : name)
        c = static_cast<char>(c - 'a' + 'A');
    return name;
}

std::string filled(std::string path) {
    const auto open = path.find('{');
    return open == std::string::npos ? path : path.substr(0, open) + "x";
}

std::string template_of(const Endpoint& e) {
    auto path = "/api/v1" + std::string(e.path);
    return path.ends_with('*') ? path.substr(0, path.size() - 1) + "{" + std::string(e.path_field) + "}" : path;
}

// The fault of an operation that was given this, if it is about the name; empty: the name is known.
std::string unknown_name(const Endpoint& endpoint, const net::HttpRequest& request) {
    auto parameters = read_parameters(endpoint, "x", request);
    if (parameters.error)
        return parameters.error->message.find("holds an item") != std::string::npos ? parameters.error->message : "";
    const auto fault = ops::check_fields(*ops::Operations::find(endpoint.op), parameters.request.fields);
    return fault && fault->message.find("has no field") != std::string::npos ? fault->message : "";
}

} // namespace

TEST(OpenApi, EveryEndpointIsDescribedAndEveryDescribedPathIsServed) {
    const auto& paths = document().at("paths").as_object();
    std::set<std::pair<std::string, std::string>> described, served;
    for (const auto& [path, item] : paths)
        for (const auto& [method, operation] : item.as_object())
            if (!streams.contains(std::string(path)) && !own.contains(std::string(path)))
                described.emplace(path, method_of(std::string(method)));
    for (const auto& e : endpoints())
        served.emplace(template_of(e), e.method);
    EXPECT_EQ(described, served);
    for (const auto& [path, method] : described) {
        const auto match = match_endpoint(filled(path).substr(7), method);
        EXPECT_NE(match.endpoint, nullptr) << method << " " << path;
    }
    for (const auto& path : own)
        EXPECT_TRUE(paths.contains(path)) << path;
}

TEST(OpenApi, EveryParameterIsTakenAndEveryFieldIsDescribed) {
    for (const auto& e : endpoints()) {
        auto method = std::string(e.method);
        for (auto& c : method)
            c = static_cast<char>(c - 'A' + 'a');
        const auto& described = document().at("paths").at(template_of(e)).at(method).as_object();
        EXPECT_EQ(described.at("x-scope").as_string(), std::string(to_string(e.scope)));
        std::set<std::string> names;
        for (const auto& p : described.at("parameters").as_array()) {
            const auto& parameter = resolved(p);
            const std::string name(parameter.at("name").as_string());
            if (parameter.at("in").as_string() == "path") {
                EXPECT_EQ(name, e.path_field);
            }
            if (parameter.at("in").as_string() != "query")
                continue;
            names.insert(name);
            net::HttpRequest request;
            request.method = e.method;
            request.query = name + "=1";
            if (e.method == "POST" || e.method == "PUT")
                request.body = "{}";
            EXPECT_EQ(unknown_name(e, request), "") << template_of(e);
        }
        if (const auto* body = described.if_contains("requestBody")) {
            const auto& schema = body->at("content").at("application/json").at("schema").as_object();
            for (const auto& [name, property] : schema.at("properties").as_object()) {
                names.insert(std::string(name));
                net::HttpRequest request;
                request.method = e.method;
                request.body = json::serialize(json::object{{name, "1"}});
                EXPECT_EQ(unknown_name(e, request), "") << template_of(e);
            }
        }
        for (const auto& f : ops::Operations::find(e.op)->fields) {
            const std::string name(f.name);
            const bool in_path = name == e.path_field || (e.path_field == "symbol" && name == "symbols");
            const bool described_there = names.contains(name) || names.contains(name + "_date");
            EXPECT_TRUE(described_there || in_path || name == "follow") << template_of(e) << " " << name;
        }
    }
}

class OpenApiDoor : public HttpDoor {
protected:
    // One line a try, as check_openapi.py reads it.
    void note(
        const std::string& method, const std::string& path, const std::string& target, const std::string& body = {}) {
        const auto answer = ask(method, target, {}, body);
        json::object line{{"method", method}, {"path", path}, {"status", answer.status},
            {"type", answer.header("Content-Type")}, {"body", answer.body}};
        lines += json::serialize(line) + "\n";
    }
    std::string lines;
};

TEST_F(OpenApiDoor, ItIsValidAndDescribesWhatIsAnswered) {
    start();
    services.log.add(ops::event_payload("stale", "BTC-USDT", 1));
    history.progress_steps = 0;
    const std::string range = "symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T11:50:00Z";
    for (const auto* path : {"/healthz", "/readyz"})
        note("GET", path, path);
    for (const auto* path : {"/status", "/providers", "/feeds", "/subscriptions", "/routes", "/events", "/config",
             "/log-level", "/rate-limit", "/cache/stats", "/symbols", "/backfill", "/collectors/status"})
        note("GET", "/api/v1" + std::string(path), "/api/v1" + std::string(path));
    note("GET", "/api/v1/status", "/api/v1/status?symbols=crypto:BTC-USDT");
    note("GET", "/api/v1/latest/{symbol}", "/api/v1/latest/crypto:BTC-USDT");
    note("GET", "/api/v1/bars", "/api/v1/bars?" + range);
    note("GET", "/api/v1/bars", "/api/v1/bars?symbols=crypto:BTC-USDT,crypto:ETH-USDT&timeframe=1m&start=2026-11-20");
    note("GET", "/api/v1/bars", "/api/v1/bars?" + range + "&colour=red");
    note("GET", "/api/v1/trades", "/api/v1/trades?symbol=crypto:BTC-USDT&start=2026-11-20T11:00:00Z");
    note("GET", "/api/v1/validate", "/api/v1/validate?symbols=crypto:BTC-USTD,crypto:BTC-USDT");
    note("GET", "/api/v1/validate", "/api/v1/validate?" + range);
    note("GET", "/api/v1/search", "/api/v1/search?text=BTC");
    note("GET", "/api/v1/search", "/api/v1/search?text=BTCUSD");
    note("GET", "/api/v1/coverage", "/api/v1/coverage?symbols=crypto:BTC-USDT,crypto:ETH-USDT");
    note("POST", "/api/v1/subscriptions", "/api/v1/subscriptions", R"({"symbols":["equity:SPY"]})");
    note("DELETE", "/api/v1/subscriptions", "/api/v1/subscriptions");
    note("PUT", "/api/v1/log-level", "/api/v1/log-level", R"({"level":"warn"})");
    note("POST", "/api/v1/reload", "/api/v1/reload");
    services.report.value.applied = false;
    services.report.value.problems = {{"/etc/tickgate.yaml", 3, 7, "", "bad", ""}};
    note("POST", "/api/v1/reload", "/api/v1/reload");
    note("POST", "/api/v1/backfill", "/api/v1/backfill",
        R"({"symbols":["crypto:BTC-USDT"],"timeframes":["1m"],"start_date":"2026-11-18"})");
    note("GET", "/api/v1/backfill/{id}", "/api/v1/backfill/bf-000000000001");
    note("GET", "/api/v1/backfill/{id}", "/api/v1/backfill/none");
    note("DELETE", "/api/v1/backfill/{id}", "/api/v1/backfill/bf-000000000001");
    note("POST", "/api/v1/collectors", "/api/v1/collectors", R"({"symbols":"crypto:BTC-USDT","name":"btc"})");
    note("GET", "/api/v1/collectors/status", "/api/v1/collectors/status");
    note("DELETE", "/api/v1/collectors/{name}", "/api/v1/collectors/btc");
    note("DELETE", "/api/v1/cache", "/api/v1/cache?symbol=crypto:BTC-USDT");
    note("GET", "/api/v1/feeds", "/api/v1/feeds?feed=none");
    const test::TemporaryDirectory folder;
    const auto checked = test::run({"/usr/bin/python3", TICKGATE_SOURCE "/tests/unit/api/check_openapi.py",
        folder.write("openapi.json", get("/openapi.json").body), folder.write("answers", lines)});
    EXPECT_EQ(checked.code, 0) << checked.err;
}

TEST_F(OpenApiDoor, WhatIsServedBesidesTheTableIsDescribedTruly) {
    start();
    for (const auto& path : own)
        EXPECT_NE(get(path).status, 404) << path;
}

} // namespace tickgate::api
