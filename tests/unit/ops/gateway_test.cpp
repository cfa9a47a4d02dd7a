// Operations on the gateway itself, and lists that come in pieces.
#include "ops/operations.hpp"

#include "core/secret.hpp"
#include "support/process.hpp"
#include "unit/ops/fake_gateway.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::ops {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

struct Collected : Answer {
    asio::awaitable<error_code> add(std::string element) override {
        elements.push_back(json::parse(element).as_object());
        texts.push_back(std::move(element));
        co_return error_code();
    }
    std::vector<std::string> texts;
    std::vector<json::object> elements;
};

class GatewayOps : public ::testing::Test {
protected:
    std::optional<Error> run(const std::string& op, Fields fields, bool over_http = false) {
        got = {};
        Request r;
        r.op = op;
        r.client = "me";
        r.fields = std::move(fields);
        r.over_http = over_http;
        r.times = over_http ? Times::rfc3339 : Times::micros;
        asio::io_context loop;
        std::optional<Error> error;
        asio::co_spawn(
            loop, operations.run(std::move(r), got), [&](const std::exception_ptr& e, std::optional<Error> result) {
                EXPECT_FALSE(e);
                error = std::move(result);
            });
        loop.run();
        return error;
    }
    std::string code(const std::string& op, Fields fields, bool over_http = false) {
        const auto e = run(op, std::move(fields), over_http);
        return e ? e->code : "";
    }
    static std::string text(const json::object& o, const char* key) {
        return o.at(key).is_null() ? "null" : std::string(o.at(key).as_string());
    }
    // Symbols of all pages, and how many pages there were.
    std::vector<std::string> pages(const std::string& op, Fields fields, const char* key, std::size_t& count) {
        std::vector<std::string> all;
        std::string cursor;
        for (count = 0; count < 20; ++count) {
            auto one = fields;
            if (!cursor.empty())
                one.emplace_back("cursor", cursor);
            EXPECT_FALSE(run(op, std::move(one)));
            cursor.clear();
            for (const auto& e : got.elements)
                if (e.at("type").as_string() == "page")
                    cursor = e.at("next_cursor").as_string();
                else
                    all.emplace_back(e.at(key).as_string());
            if (cursor.empty())
                return all;
        }
        return all;
    }

    FakeGateway services;
    FakeHistory history;
    Operations operations{services, &history};
    Collected got;
};

} // namespace

TEST_F(GatewayOps, ProvidersAndFeedsAreToldAndFiltered) {
    EXPECT_FALSE(run("providers", {}));
    ASSERT_EQ(got.elements.size(), 2u);
    EXPECT_EQ(text(got.elements[0], "state"), "live");
    EXPECT_EQ(text(got.elements[1], "reason"), "no credentials");
    EXPECT_FALSE(run("providers", {{"provider", "oanda"}}));
    EXPECT_EQ(got.elements.size(), 1u);
    EXPECT_EQ(code("providers", {{"provider", "nobody"}}), "not_found");

    EXPECT_FALSE(run("feeds", {}));
    ASSERT_EQ(got.elements.size(), 2u);
    EXPECT_EQ(got.elements[0].at("messages").at("trade").as_int64(), 2);
    EXPECT_NE(got.texts[0].find(R"("lag_ms":1.500)"), std::string::npos);
    EXPECT_TRUE(got.elements[1].at("lag_ms").is_null());
    EXPECT_EQ(got.elements[1].at("last_message_us").as_int64(), 1795176000500000);
    EXPECT_FALSE(run("feeds", {{"feed", "binance.usdm"}}, true));
    ASSERT_EQ(got.elements.size(), 1u);
    EXPECT_EQ(text(got.elements[0], "last_message"), "2026-11-20T12:00:00.5Z");
    EXPECT_EQ(code("feeds", {{"feed", "binance.futures"}}), "not_found");
    EXPECT_EQ(code("feeds", {{"provider", "oanda"}}), "") << "nothing runs there: an empty list";
}

TEST_F(GatewayOps, DemandComesInPagesThatNeitherRepeatNorLeaveOut) {
    std::size_t count = 0;
    const std::vector<std::string> all{"AAA-USDT", "BBB-USDT", "CCC-USDT", "SPY"};
    for (const auto* limit : {"1", "2", "3", "4", "5", "1000"}) {
        EXPECT_EQ(pages("subscriptions", {{"limit", limit}}, "symbol", count), all) << limit;
        EXPECT_EQ(pages("routes", {{"limit", limit}}, "symbol", count), all) << limit;
    }
    EXPECT_EQ(pages("subscriptions", {{"limit", "2"}}, "symbol", count).size(), 4u);
    EXPECT_EQ(count, 1u) << "no empty page at the end";
    EXPECT_EQ(pages("subscriptions", {{"class", "equity"}}, "symbol", count), std::vector<std::string>{"SPY"});
    EXPECT_EQ(pages("routes", {{"symbols", "crypto:BBB-USDT"}}, "symbol", count), std::vector<std::string>{"BBB-USDT"});
    EXPECT_EQ(code("subscriptions", {{"cursor", "not a name"}}), "bad_request");
    EXPECT_EQ(code("routes", {{"cursor", "stock:SPY"}}), "bad_request");
    EXPECT_EQ(code("subscriptions", {{"limit", "0"}}), "bad_request");
    EXPECT_EQ(code("subscriptions", {{"symbols", "crypto:"}}), "malformed_symbol");
}

TEST_F(GatewayOps, NamesAndTimesAreThoseOfTheDoor) {
    EXPECT_FALSE(run("subscriptions", {{"limit", "1"}}));
    EXPECT_EQ(text(got.elements[0], "class"), "crypto");
    EXPECT_EQ(text(got.elements[0], "symbol"), "AAA-USDT");
    EXPECT_EQ(got.elements[0].at("leases").at(0).at("until_us").as_int64(), 1795176060000000);
    EXPECT_FALSE(run("subscriptions", {{"limit", "1"}}, true));
    EXPECT_FALSE(got.elements[0].contains("class"));
    EXPECT_EQ(text(got.elements[0], "symbol"), "crypto:AAA-USDT");
    EXPECT_EQ(text(got.elements[0].at("leases").at(0).as_object(), "until"), "2026-11-20T12:01:00Z");
    EXPECT_EQ(text(got.elements[0], "since"), "2026-11-20T12:00:00Z");
}

TEST_F(GatewayOps, ChannelsMayBeNamedInOneField) {
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}, {"channels", "Q,bar:1h,T,bar:5m"}}));
    EXPECT_EQ(services.last_subscribe.kinds, (std::vector<Kind>{Kind::quote, Kind::bar, Kind::trade}));
    EXPECT_EQ(services.last_subscribe.timeframes, (std::vector<Timeframe>{Timeframe::h1, Timeframe::m5}));
    EXPECT_FALSE(services.last_subscribe.usual_bars);
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}, {"channels", "bar,bar:1h"}}));
    EXPECT_TRUE(services.last_subscribe.usual_bars);
    EXPECT_FALSE(run("unsubscribe", {{"symbol", "SPY"}, {"channels", "bar,bar:1h"}}));
    EXPECT_TRUE(services.last_unsubscribe.timeframes.empty()) << "all bars";
    EXPECT_FALSE(run("unsubscribe", {{"symbol", "SPY"}, {"channels", "bar:1h"}}));
    EXPECT_EQ(services.last_unsubscribe.timeframes, std::vector<Timeframe>{Timeframe::h1});
    EXPECT_EQ(code("subscribe", {{"symbol", "SPY"}, {"channels", "book"}}), "bad_request");
    EXPECT_EQ(code("subscribe", {{"symbol", "SPY"}, {"channels", "bar:7m"}}), "bad_request");
    EXPECT_EQ(code("subscribe", {{"symbol", "SPY"}, {"channels", "Q"}, {"kinds", "quote"}}), "bad_request");
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}}));
    EXPECT_EQ(got.elements[0].at("channels").at(0).as_string(), "md:quote:equity:SPY");
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}}, true));
    EXPECT_EQ(got.elements[0].at("channels").at(0).as_string(), "quote");
    EXPECT_EQ(text(got.elements[0], "lease_until"), "2026-11-20T12:10:00Z");
}

TEST_F(GatewayOps, EventsAreReadOnFromACursor) {
    services.log.add(event_payload("stale", "BTC-USDT", 1));
    services.log.add(event_payload("fresh", "BTC-USDT", 2));
    EXPECT_FALSE(run("events", {{"limit", "1"}}));
    ASSERT_EQ(got.elements.size(), 2u);
    EXPECT_EQ(text(got.elements[0], "event"), "fresh");
    EXPECT_EQ(text(got.elements[0], "cursor"), "run1-2");
    EXPECT_EQ(text(got.elements[1], "next_cursor"), "run1-2");
    EXPECT_FALSE(run("events", {{"after", "run1-1"}}));
    EXPECT_EQ(text(got.elements[0], "event"), "fresh");
    EXPECT_FALSE(run("events", {{"cursor", "run1-2"}}));
    EXPECT_EQ(got.elements.size(), 1u) << "the page alone";
    EXPECT_FALSE(run("events", {{"symbol", "crypto:BTC-USDT"}, {"event", "stale, link_up"}}));
    EXPECT_EQ(got.elements.size(), 2u);
    const auto e = run("events", {{"after", "run1-77"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "bad_request");
    EXPECT_NE(e->message.find("run1-77"), std::string::npos);
}

TEST_F(GatewayOps, WhatIsForTheOperatorIsRefusedOnRedis) {
    for (const std::string op : {"config", "reload", "log_level"})
        EXPECT_EQ(code(op, {}), "not_supported") << op;
    EXPECT_EQ(code("log_level_set", {{"level", "debug"}}), "not_supported");
    EXPECT_EQ(services.reloads, 0);
    EXPECT_EQ(services.level, "info");
}

TEST_F(GatewayOps, ConfigLogLevelAndReloadOverHttp) {
    const Secret secret("hunter2-token");
    EXPECT_FALSE(run("config", {}, true));
    EXPECT_EQ(got.elements[0].at("settings").at("redis.password").as_string(), "***");
    EXPECT_EQ(got.elements[0].at("settings").at("redis.username").as_string(), "") << "no value is no null";
    EXPECT_FALSE(run("log_level_set", {{"level", "debug"}}, true));
    EXPECT_EQ(text(got.elements[0], "level"), "debug");
    EXPECT_EQ(services.level, "debug");
    EXPECT_EQ(code("log_level_set", {{"level", "loud"}}, true), "bad_request");
    EXPECT_EQ(code("log_level_set", {}, true), "bad_request");

    EXPECT_FALSE(run("reload", {}, true));
    EXPECT_TRUE(got.elements[0].at("applied").as_bool());
    EXPECT_EQ(got.elements[0].at("changed").at(0).at("new").as_string(), "90000ms");
    EXPECT_EQ(got.elements[0].at("restart").at(0).as_string(), "hot.spin");
    services.report.value.applied = false;
    services.report.value.changed.clear();
    services.report.value.problems = {
        {"/etc/tickgate.yaml", 3, 7, "routes.fx", "nobody of hunter2-token", "try oanda"}};
    const auto e = run("reload", {}, true);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "invalid_configuration");
    const auto members = json::parse("{" + e->members.substr(1) + "}").as_object();
    EXPECT_EQ(members.at("problems").at(0).at("line").as_int64(), 3);
    EXPECT_FALSE(members.at("applied").as_bool());
    EXPECT_EQ(e->members.find("hunter2"), std::string::npos);
    services.report = Outcome<ReloadReport>(errc::overflow, "another one is being applied");
    EXPECT_EQ(code("reload", {}, true), "busy");
}

TEST_F(GatewayOps, ListsWithoutNamesComeInPagesToo) {
    std::size_t count = 0;
    EXPECT_EQ(pages("symbols", {{"text", "USDT"}, {"limit", "1"}}, "symbol", count),
        (std::vector<std::string>{"BTC-USDT", "ETH-USDT"}));
    EXPECT_EQ(count, 1u);
    EXPECT_EQ(pages("search", {{"text", "USDT"}, {"limit", "1"}}, "symbol", count).size(), 2u);
    EXPECT_EQ(
        pages("coverage", {{"symbols", "crypto:AAA,crypto:BBB,crypto:CCC"}, {"limit", "2"}}, "symbol", count).size(),
        3u);
    EXPECT_EQ(count, 1u);
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(
            run("backfill", {{"symbols", "SPY"}, {"timeframes", "1m"}, {"start", "2026-11-18"}, {"follow", "false"}}));
    const auto jobs = pages("jobs", {{"limit", "2"}}, "id", count);
    EXPECT_EQ(jobs.size(), 3u);
    EXPECT_EQ(count, 1u);
    for (const std::string op : {"symbols", "coverage", "jobs"}) {
        Fields fields{{"cursor", "nowhere"}};
        if (op == "coverage")
            fields.emplace_back("symbol", "SPY");
        EXPECT_EQ(code(op, std::move(fields)), "bad_request") << op;
    }
    EXPECT_EQ(code("search", {{"text", "USDT"}, {"cursor", "-5"}}), "bad_request");
}

TEST_F(GatewayOps, EveryElementFitsItsSchema) {
    std::string lines;
    services.log.add(event_payload("stale", "BTC-USDT", 1));
    for (const std::string op : {"providers", "feeds", "subscriptions", "routes", "events", "status"}) {
        EXPECT_FALSE(run(op, {})) << op;
        for (const auto& t : got.texts)
            lines += t + "\n";
    }
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}}));
    lines += got.texts.at(0) + "\n";
    EXPECT_FALSE(run("unsubscribe", {}));
    lines += got.texts.at(0) + "\n";
    const test::TemporaryDirectory folder;
    const auto checked = test::run({"/usr/bin/python3", TICKGATE_SOURCE "/tests/unit/ops/check_elements.py",
        TICKGATE_SOURCE "/docs/schemas", folder.write("elements", lines), "provider", "feed", "demand", "route",
        "event", "page", "status", "subscription", "unsubscription"});
    EXPECT_EQ(checked.code, 0) << checked.err;
}

} // namespace tickgate::ops
