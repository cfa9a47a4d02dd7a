// status, lists, events, reload: what they ask, show and answer.
#include "cli/events_command.hpp"
#include "cli/list_command.hpp"
#include "cli/reload_command.hpp"
#include "cli/status_command.hpp"
#include "cli/views.hpp"
#include "core/clock.hpp"
#include "unit/cli/daemon_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickgate::cli {

namespace {

using testing::HasSubstr;
using testing::Not;

const std::string gateway =
    R"({"instance":"host:1:2","version":"1.0","session":"01J","ready":READY,"owner":true,"holder":null,"reasons":[REASONS],"uptime_s":93784})";
const std::string feed =
    R"({"feed":"binance.spot","provider":"binance","state":"STATE","reason":"REASON","since":"2026-11-21T10:00:00Z",)"
    R"("last_message":"2026-11-21T10:00:00Z","connections":1,"subscriptions_wanted":4,"subscriptions_acked":4,)"
    R"("messages":{"quote":1000,"trade":234,"bar":0},"lag_ms":1.250,"reconnects":2,"gaps":1,"lost":7})";

std::string with(std::string text, const std::string& what, const std::string& value) {
    return text.replace(text.find(what), what.size(), value);
}

class GatewayCommands : public DaemonFixture {
protected:
    void gateway_is(bool ready, const std::string& feed_state, const std::string& symbol_state) {
        pages["/api/v1/status"] = "{\"data\":[" +
                                  with(with(gateway, "READY", ready ? "true" : "false"), "REASONS",
                                      ready ? "" : "\"redis is not writable\"") +
                                  "]}";
        pages["/api/v1/feeds"] = "{\"data\":[" + with(with(feed, "STATE", feed_state), "REASON", "why") + "]}";
        pages["/api/v1/subscriptions"] =
            R"({"data":[{"symbol":"crypto:BTC-USDT","channels":["quote"],"configured":true,"subscribed":false,"leases":[],"state":")" +
            symbol_state + R"(","provider":"binance"}]})";
        pages["/api/v1/rate-limit"] =
            R"({"data":[{"provider":"binance","name":"spot","what":"requests","limit":6000,"used":5990,"waiting":2,"paused":false}]})";
    }
    int status(Format format = Format::table) {
        return run([&](DaemonClient& c) { return show_status(c, as(format), err); });
    }
};

} // namespace

TEST_F(GatewayCommands, StatusTellsAllAtOneGlance) {
    gateway_is(true, "live", "live");
    EXPECT_EQ(status(), exit_ok) << err.str();
    for (const auto* part : {"tickgate 1.0 on host:1:2, up 1d 02h", "this instance publishes", "Redis is writable",
             "1 live", "1 since the start, 7 messages lost; 2 reconnects",
             "binance spot requests: 5990 of 6000 used, 2 waiting", "binance.spot", "1,234"})
        EXPECT_THAT(out.str(), HasSubstr(part));
    EXPECT_EQ(status(Format::json), exit_ok);
    EXPECT_EQ(out.str(), pages["/api/v1/status"] + "\n");
}

TEST_F(GatewayCommands, StatusFailsWhenSomethingIsNotWell) {
    gateway_is(true, "closed", "closed");
    EXPECT_EQ(status(), exit_ok) << "a closed market is well";
    gateway_is(true, "down", "live");
    EXPECT_EQ(status(), exit_failed);
    EXPECT_THAT(out.str(), HasSubstr("why"));
    gateway_is(true, "live", "stale");
    EXPECT_EQ(status(), exit_failed);
    EXPECT_THAT(out.str(), HasSubstr("stale: crypto:BTC-USDT (binance)"));
    gateway_is(false, "live", "live");
    EXPECT_EQ(status(), exit_failed);
    EXPECT_THAT(out.str(), HasSubstr("no: redis is not writable"));
    EXPECT_EQ(status(Format::json), exit_failed);
}

TEST_F(GatewayCommands, AListInEveryForm) {
    gateway_is(true, "live", "live");
    const auto feeds = [&](Format format) {
        return run([&](DaemonClient& c) {
            DaemonClient::Call call;
            call.target = "/api/v1/feeds";
            return show_list(c, std::move(call), views::feeds(wall_now()), as(format), err);
        });
    };
    EXPECT_EQ(feeds(Format::table), exit_ok);
    EXPECT_THAT(out.str(), HasSubstr("FEED          STATE"));
    EXPECT_EQ(feeds(Format::json), exit_ok);
    EXPECT_EQ(out.str(), pages["/api/v1/feeds"] + "\n");
    EXPECT_EQ(feeds(Format::csv), exit_ok);
    EXPECT_THAT(out.str(), HasSubstr("binance.spot,binance,live,2026-11-21T10:00:00Z"));
    EXPECT_EQ(feeds(Format::ndjson), exit_ok);
    const auto text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    pages["/api/v1/feeds"] = R"({"data":[]})";
    EXPECT_EQ(feeds(Format::table), exit_ok);
    EXPECT_EQ(out.str(), "");
    EXPECT_THAT(err.str(), HasSubstr("no feeds"));
    EXPECT_EQ(feeds(Format::json), exit_ok);
    EXPECT_EQ(out.str(), "{\"data\":[]}\n");
    pages["/api/v1/feeds"] = "<html>";
    EXPECT_EQ(feeds(Format::json), exit_failed);
    EXPECT_THAT(err.str(), HasSubstr("not understood"));
}

TEST_F(GatewayCommands, AnErrorOfOneOfSeveralIsToldAndFails) {
    will_answer(
        R"({"data":[{"type":"quote","class":"crypto","symbol":"A","bid":1.10,"ask":1.20,"seq":4,"flags":["snapshot"]},)"
        R"({"type":"error","class":"crypto","symbol":"B","error":{"code":"unknown_symbol","message":"nobody has it","hint":"look"}}]})");
    const int code = run([&](DaemonClient& c) {
        DaemonClient::Call call;
        call.target = "/api/v1/quotes";
        return show_list(c, std::move(call), views::quotes(wall_now()), table(), err);
    });
    EXPECT_EQ(code, exit_failed);
    EXPECT_THAT(out.str(), HasSubstr("crypto:A"));
    EXPECT_THAT(out.str(), HasSubstr("1.10"));
    EXPECT_THAT(out.str(), Not(HasSubstr("crypto:B")));
    EXPECT_EQ(err.str(), "tickgate: crypto:B: nobody has it (look)\n");
}

TEST_F(GatewayCommands, ScopesAreExplained) {
    will_answer(R"({"detail":"this needs scope admin","code":"forbidden"})", 403);
    EXPECT_EQ(run([&](DaemonClient& c) { return reload(c, table(), err); }), exit_credentials);
    EXPECT_THAT(err.str(), HasSubstr("scope admin with --token-file"));
}

TEST_F(GatewayCommands, AReloadTellsWhatChangedAndWhatDidNot) {
    will_answer(R"({"applied":true,"digest":"d1","changed":[{"key":"publish.linger","old":"60000ms","new":"5000ms"},)"
                R"({"key":"symbols.fx","old":"","new":"EUR-USD"}],"restart":["http.listen"],"problems":[]})");
    EXPECT_EQ(run([&](DaemonClient& c) { return reload(c, table(), err); }), exit_ok);
    EXPECT_EQ(out.str(),
        "2 settings have changed\n  publish.linger: 60000ms -> 5000ms\n  symbols.fx: (none) -> EUR-USD\n"
        "  waits for a restart: http.listen\ndigest d1\n");
    EXPECT_EQ(requests.back(), "POST /api/v1/reload");
    answers.clear();
    will_answer(
        R"({"status":422,"code":"invalid_configuration","detail":"refused","problems":[{"file":"t.yaml","line":3,)"
        R"("column":5,"key":"publish.linger","text":"expected a duration","hint":"got soon"}]})",
        422);
    EXPECT_EQ(run([&](DaemonClient& c) { return reload(c, table(), err); }), exit_configuration);
    EXPECT_EQ(err.str(),
        "t.yaml:3:5: publish.linger: expected a duration (got soon)\n1 problem in the configuration: nothing "
        "was changed\n");
}

TEST_F(GatewayCommands, EventsAreFollowedByTheirCursor) {
    will_answer(
        R"({"data":[{"event":"link_up","feed":"a.b","cursor":"x-1","ts_pub_us":1763726400000000}],"next_cursor":"x-1"})");
    will_answer(R"({"data":[],"next_cursor":"x-7","missed":true})");
    will_answer(
        R"({"data":[{"event":"route","class":"fx","symbol":"EUR-USD","provider":"a","to_provider":"b","cause":"down","cursor":"x-8","ts_pub_us":1}],"next_cursor":"x-8"})");
    EventsArguments a;
    a.follow = true;
    a.interval = std::chrono::milliseconds(1);
    a.event = "link_up,route";
    std::unique_ptr<Events> events;
    const int code = run([&](DaemonClient& c) {
        events = std::make_unique<Events>(a, table(), err);
        asio::co_spawn(
            loop,
            [this, &events]() -> asio::awaitable<void> {
                while (requests.size() < 4)
                    co_await asio::post(loop, asio::use_awaitable);
                events->leave();
            },
            [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
        return events->run(c);
    });
    EXPECT_EQ(code, exit_ok) << err.str();
    EXPECT_THAT(requests.at(0), HasSubstr("limit=50&event=link_up,route"));
    EXPECT_THAT(requests.at(1), HasSubstr("after=x-1"));
    EXPECT_THAT(requests.at(2), HasSubstr("after=x-7"));
    EXPECT_THAT(out.str(), HasSubstr("2025-11-21T12:00:00Z  link_up  a.b"));
    EXPECT_THAT(out.str(), HasSubstr("fx:EUR-USD"));
    EXPECT_THAT(out.str(), HasSubstr("cause=down from=a to=b"));
    EXPECT_THAT(err.str(), HasSubstr("events are missing here"));
}

TEST_F(GatewayCommands, EventsOfThePastEndByThemselves) {
    will_answer(R"({"data":[],"next_cursor":null,"missed":false})");
    Events events({}, table(), err);
    EXPECT_EQ(run([&](DaemonClient& c) { return events.run(c); }), exit_ok);
    EXPECT_EQ(err.str(), "no events so far\n");
}

} // namespace tickgate::cli
