#include "app/provider_rest.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/http_server.hpp"
#include "support/bare_provider.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace tickgate::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A provider that only has budgets.
class Budgeted final : public test::BareProvider {
public:
    std::string_view name() const noexcept override { return "venue"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    BudgetReading read_budget(const RestResponse& answer) const override {
        BudgetReading reading;
        if (answer.status == 429 || answer.status == 418)
            reading.pause = retry_after;
        reading.banned = answer.status == 418;
        return reading;
    }

    Capabilities capabilities_;
    std::chrono::milliseconds retry_after{200};
};

class ProviderRestTest : public ::testing::Test {
protected:
    ProviderRestTest() {
        log::capture([](log::Level, const std::string&) {});
        server = std::make_unique<net::HttpServer>(
            io.get_executor(), net::HttpServerOptions(), [this](net::HttpRequest r) { return answer(std::move(r)); });
        EXPECT_FALSE(server->listen());
        asio::co_spawn(io, server->run(), [this](std::exception_ptr) { ended = true; });
    }
    ~ProviderRestTest() override {
        if (rest)
            rest->stop();
        server->stop();
        EXPECT_TRUE(run_until([&] { return ended && done == started; }));
        log::capture({});
    }
    asio::awaitable<net::HttpResponse> answer(net::HttpRequest request) {
        seen.push_back(request.path);
        times.push_back(mono_now());
        net::HttpResponse r;
        r.status = refuse > 0 ? 429 : 200;
        refuse = std::max(refuse - 1, 0);
        r.body = "{}";
        co_return r;
    }
    void make(std::int64_t limit, std::chrono::milliseconds window, std::vector<LimitSpec> more = {}) {
        RequestBudgetSpec spec;
        spec.name = "rest";
        spec.weight_limit = limit;
        spec.window = window;
        spec.more = std::move(more);
        provider.capabilities_.budgets = {spec};
        rest = std::make_unique<ProviderRest>(io.get_executor(), "venue", nullptr);
        rest->attach(provider);
    }
    void send(Rest& by, const std::string& path, std::chrono::milliseconds deadline = 10s) {
        RestRequest request;
        request.base = "http://127.0.0.1:" + std::to_string(server->port());
        request.target = path;
        request.deadline = deadline;
        ++started;
        asio::co_spawn(io, by.send(std::move(request)), [this](std::exception_ptr e, result<RestResponse> answer) {
            EXPECT_FALSE(e);
            ++done;
            results.push_back(answer ? std::to_string(answer->status) : answer.error().message());
            last = answer ? error_code() : answer.error();
        });
    }
    bool run_until(const std::function<bool()>& ready) {
        for (const auto end = mono_now() + 20s; !ready();) {
            if (mono_now() > end)
                return false;
            io.restart();
            io.run_for(1ms);
        }
        return true;
    }
    bool finish() {
        return run_until([&] { return done == started; });
    }

    asio::io_context io;
    Budgeted provider;
    std::unique_ptr<net::HttpServer> server;
    std::unique_ptr<ProviderRest> rest;
    std::vector<std::string> seen, results;
    std::vector<MonoTime> times;
    error_code last;
    int started = 0, done = 0, refuse = 0;
    bool ended = false;
};

TEST_F(ProviderRestTest, CallersHaveTheirPriorityAndTheirTurn) {
    make(1, 150ms);
    const auto repair = rest->as(budget::Priority::repair, "live"), bulk = rest->as(budget::Priority::bulk, "job"),
               anna = rest->as(budget::Priority::user, "anna");
    send(*rest, "/first");
    ASSERT_TRUE(run_until([&] { return seen.size() == 1; }));
    send(*bulk, "/bulk");
    send(*anna, "/anna1");
    send(*anna, "/anna2");
    send(*rest, "/nobody");
    send(*repair, "/repair");
    ASSERT_TRUE(finish());
    EXPECT_THAT(seen, ElementsAre("/first", "/repair", "/anna1", "/nobody", "/anna2", "/bulk"));
    for (std::size_t i = 1; i < times.size(); ++i)
        EXPECT_GE(times[i] - times[i - 1], 150ms) << "as the venue counts";
    const auto view = rest->budgets().at(0);
    EXPECT_EQ(view.provider, "venue");
    EXPECT_EQ(view.budget, "rest");
    EXPECT_EQ(view.passed, 6u);
    EXPECT_EQ(view.in_flight, 0u);
    EXPECT_GT(view.busy_or_closed_seconds, 0.7);
    EXPECT_EQ(rest->stats().by_status.at(200), 6u);
}

TEST_F(ProviderRestTest, WhatCannotGoInTimeIsAnsweredAtOnceWithHowLong) {
    make(1, 1h);
    const auto user = rest->as(budget::Priority::user, "anna");
    send(*user, "/one");
    ASSERT_TRUE(finish());
    EXPECT_EQ(user->retry_after(), std::nullopt);
    const auto begun = mono_now();
    send(*user, "/two", 5s);
    ASSERT_TRUE(finish());
    EXPECT_LT(mono_now() - begun, 2s);
    EXPECT_EQ(last, errc::rate_limited);
    ASSERT_TRUE(user->retry_after());
    EXPECT_GT(*user->retry_after(), 3590s);
    EXPECT_EQ(seen.size(), 1u);
    EXPECT_EQ(rest->retry_after(), std::nullopt) << "another caller";
}

TEST_F(ProviderRestTest, WhoIsPatientWaitsLongerThanItsDeadline) {
    make(1, 800ms);
    const auto bulk = rest->as(budget::Priority::bulk, "job", 10s);
    send(*bulk, "/one");
    ASSERT_TRUE(finish());
    send(*bulk, "/two", 150ms);
    send(*rest, "/hasty", 150ms);
    ASSERT_TRUE(finish());
    EXPECT_THAT(seen, ElementsAre("/one", "/two"));
    EXPECT_EQ(results.back(), "200");
}

TEST_F(ProviderRestTest, AfterA429NothingGoesUntilItsPauseEndsAndThenOneTries) {
    make(100, 1s);
    refuse = 2;
    send(*rest, "/refused");
    ASSERT_TRUE(finish());
    for (int i = 0; i < 10; ++i)
        send(*rest, "/later");
    ASSERT_TRUE(finish());
    ASSERT_EQ(times.size(), 11u);
    EXPECT_GE(times[1] - times[0], 200ms);
    EXPECT_GE(times[2] - times[1], 400ms) << "the second refusal in a row: twice as long";
    EXPECT_EQ(std::count(results.begin(), results.end(), "429"), 2);
    EXPECT_EQ(rest->budgets().at(0).pauses, 2u);
}

TEST_F(ProviderRestTest, QuotasOutliveTheProcess) {
    LimitSpec day;
    day.kind = LimitSpec::Kind::day;
    day.limit = 2;
    make(100, 1s, {day});
    send(*rest, "/one");
    send(*rest, "/two");
    ASSERT_TRUE(finish());
    const auto saved = rest->snapshots();
    ASSERT_EQ(saved.size(), 1u);
    EXPECT_EQ(saved[0].first, "rest");
    make(100, 1s, {day});
    EXPECT_TRUE(rest->restore("rest", saved[0].second));
    EXPECT_FALSE(rest->restore("other", saved[0].second));
    send(*rest, "/three", 1s);
    ASSERT_TRUE(finish());
    EXPECT_EQ(last, errc::rate_limited);
    EXPECT_EQ(seen.size(), 2u);
}

TEST_F(ProviderRestTest, StopEndsThoseThatWait) {
    make(1, 2s);
    send(*rest, "/one");
    ASSERT_TRUE(finish());
    send(*rest, "/two");
    ASSERT_TRUE(run_until([&] { return rest->budgets().at(0).waiting[1] == 1; }));
    rest->stop();
    ASSERT_TRUE(finish());
    EXPECT_EQ(last, errc::stopped);
}

TEST_F(ProviderRestTest, AFailedRequestGivesItsPlaceInFlightFree) {
    make(100, 1s);
    RestRequest request;
    request.base = "http://127.0.0.1:1";
    request.target = "/";
    ++started;
    asio::co_spawn(io, rest->send(std::move(request)), [this](std::exception_ptr, result<RestResponse> answer) {
        ++done;
        last = answer ? error_code() : answer.error();
    });
    ASSERT_TRUE(finish());
    EXPECT_TRUE(last);
    const auto view = rest->budgets().at(0);
    EXPECT_EQ(view.in_flight, 0u);
    EXPECT_EQ(view.windows[0].used, 1);
}

} // namespace
} // namespace tickgate::app
