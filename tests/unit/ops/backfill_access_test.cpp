// Operations over the real history, a store on disk and a provider in memory.
#include "unit/backfill/fake_provider.hpp"
#include "unit/ops/fake_history.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/json.hpp>

namespace tickgate::backfill {

namespace {

namespace json = boost::json;

struct Elements final : ops::Answer {
    asio::awaitable<error_code> add(std::string element) override {
        list.push_back(json::parse(element).as_object());
        co_return error_code();
    }
    std::size_t count(const std::string& type) const {
        return static_cast<std::size_t>(
            std::count_if(list.begin(), list.end(), [&](const auto& e) { return e.at("type").as_string() == type; }));
    }
    std::vector<json::object> list;
};

class AccessTest : public HistoryTest {
protected:
    std::optional<ops::Error> ask(const std::string& op, ops::Fields fields) {
        ops::HistoryParts parts;
        parts.history = history.get();
        ops::BackfillAccess access(parts);
        ops::Operations operations(services, &access);
        ops::Request r;
        r.op = op;
        r.fields = std::move(fields);
        got.list.clear();
        return run(operations.run(std::move(r), got));
    }
    static ops::Fields bars(int from, int to) {
        return {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "1m"},
            {"start", std::to_string(to_micros(at(std::chrono::minutes(from))))},
            {"end", std::to_string(to_micros(at(std::chrono::minutes(to))))}};
    }
    ops::FakeMarket services;
    Elements got;
};

} // namespace

// A page may wait long for its request budget: whoever asked has an answer at the deadline.
TEST_F(AccessTest, ADeadlineIsKeptWhileAPageStillWaits) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    ops::HistoryParts parts;
    parts.history = history.get();
    ops::BackfillAccess access(parts);
    asio::cancellation_signal deadline;
    std::optional<Ensured> answer;
    auto told = [&](const std::exception_ptr& fault, Ensured got_answer) {
        EXPECT_FALSE(fault);
        answer = std::move(got_answer);
    };
    BarsRequest question = request({at(0min), at(100min)});
    asio::co_spawn(*io, access.ensure(std::move(question), [](const Progress&) {}),
        asio::bind_cancellation_slot(deadline.slot(), std::move(told)));
    run_until([&] { return history->stats().in_flight > 0; });
    deadline.emit(asio::cancellation_type::terminal);
    run_until([&] { return answer.has_value(); }); // the gate is still closed
    EXPECT_EQ(answer->error, errc::cancelled);
    EXPECT_EQ(history->stats().in_flight, 1u);
    first.closed = false;
    first.gate->wake();
    run_until([&] { return history->stats().in_flight == 0; });
    first.gate = nullptr;
    const auto again = run(access.ensure(request({at(0min), at(100min)}), [](const Progress&) {}));
    EXPECT_FALSE(again.error);
    ASSERT_FALSE(again.parts.empty());
}

TEST_F(AccessTest, BarsAreFetchedOnceAndThenCached) {
    EXPECT_FALSE(ask("bars", bars(0, 250)));
    EXPECT_EQ(got.count("bar"), 250u);
    EXPECT_EQ(got.list.back().at("cached").as_bool(), false);
    EXPECT_EQ(got.list.back().at("fetched").as_int64(), 250);
    EXPECT_EQ(got.list.back().at("provider").as_string(), "first");
    const auto asked = first.asked.size();
    EXPECT_FALSE(ask("bars", bars(0, 250)));
    EXPECT_EQ(got.count("bar"), 250u);
    EXPECT_EQ(got.list.back().at("cached").as_bool(), true);
    EXPECT_EQ(first.asked.size(), asked);
    EXPECT_EQ(got.list.back().at("validation").at("checked").as_int64(), 250);
}

TEST_F(AccessTest, AbsentBarsAreNamedWithTheirCause) {
    first.has = [](UnixNanos open) { return open < at(3min) || open >= at(7min); };
    EXPECT_FALSE(ask("bars", bars(0, 10)));
    EXPECT_EQ(got.count("bar"), 6u);
    const auto& spans = got.list.back().at("coverage").as_array();
    ASSERT_EQ(spans.size(), 3u);
    EXPECT_EQ(spans[1].at("cause").as_string(), "no_trades");
    EXPECT_EQ(spans[1].at("from_us").as_int64(), to_micros(at(3min)));
    EXPECT_FALSE(ask("coverage", bars(0, 10)));
    EXPECT_EQ(got.list.at(0).at("seconds").at("no_trades").as_int64(), 240);
}

TEST_F(AccessTest, AProviderThatCannotIsAClearError) {
    auto e = ask("bars", {{"symbol", "crypto:BTC-USDT"}, {"timeframe", "5s"}, {"start", "2025-11-17"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "not_supported");
    EXPECT_NE(e->hint, "");
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::not_entitled); };
    e = ask("bars", bars(0, 10));
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "not_entitled");
}

TEST_F(AccessTest, TheStoreIsCountedAndCleared) {
    EXPECT_FALSE(ask("bars", bars(0, 100)));
    EXPECT_FALSE(ask("cache_stats", {}));
    EXPECT_EQ(got.list.at(0).at("bars").as_int64(), 100);
    EXPECT_EQ(got.list.at(0).at("backend").as_string(), "sqlite");
    EXPECT_FALSE(ask("cache_clear", {{"symbol", "crypto:BTC-USDT"}}));
    EXPECT_EQ(got.list.at(0).at("removed").as_int64(), 100);
    EXPECT_FALSE(ask("coverage", bars(0, 100)));
    EXPECT_EQ(got.list.at(0).at("bars").as_int64(), 0);
}

TEST_F(AccessTest, WithoutJobsAndCollectorsTheirOperationsAreUnavailable) {
    const auto e = ask("backfill", {{"symbol", "crypto:BTC-USDT"}, {"timeframes", "1m"}, {"start", "2025-11-17"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "unavailable");
    EXPECT_EQ(ask("collector_start", {{"symbol", "crypto:BTC-USDT"}})->code, "unavailable");
    EXPECT_FALSE(ask("collectors", {}));
    EXPECT_FALSE(ask("jobs", {}));
}

} // namespace tickgate::backfill
