// History on a bad day.
#include "history_rig.hpp"

#include "core/clock.hpp"

namespace tickgate::test {
namespace {

class HistoryFault : public History {
protected:
    // Three minutes of those in which the venue traded.
    BarRequest some_minutes() {
        const auto end = bar_open(wall_now(), Timeframe::m1);
        return request(Timeframe::m1, end - 4min, end - 1min);
    }
};

TEST_P(HistoryFault, AFaultWhilePagingCostsThatPageOnly) {
    open();
    const auto what = some_minutes();
    const auto whole = bars(what);
    ASSERT_EQ(whole.size(), 3u);
    for (const char* how :
        {R"({"fault":"http_status","value":503,"count":1})",
            R"({"fault":"http_status","value":429,"count":1,"retry_after":1})",
            R"({"fault":"bad_body","value":"html","count":1})", R"({"fault":"bad_body","value":"truncated","count":1})",
            R"({"fault":"bad_body","value":"empty","count":1})", R"({"fault":"bad_body","value":"types","count":1})"}) {
        auto first = what;
        first.limit = 1;
        const auto one = page(first);
        ASSERT_TRUE(one && one->next) << how;
        auto second = what;
        second.from = *one->next;
        fault(how);
        const auto broken = page(second);
        ASSERT_FALSE(broken) << how;
        EXPECT_NE(recovery_of(broken.error()), Recovery::stop) << how;
        clear_faults();
        auto all = one->bars;
        const auto rest_of_it = bars(second);
        all.insert(all.end(), rest_of_it.begin(), rest_of_it.end());
        expect_same(all, whole);
    }
}

TEST_P(HistoryFault, BrokenTradesAreToldInPartsOfWholePages) {
    open();
    if (!adapter->capabilities().trades_history)
        GTEST_SKIP() << "no trades by REST";
    const auto end = bar_open(wall_now(), Timeframe::m1);
    const auto what = trades_in(end - 2min, end - 1min);
    const auto whole = trades(what);
    ASSERT_FALSE(whole.empty());
    for (const char* how : {"html", "truncated", "empty", "types"}) {
        fault(std::string(R"({"fault":"bad_body","count":1,"value":")") + how + R"("})");
        std::size_t told = 0;
        TradeSink sink = [&told](const Trade&) { ++told; };
        const auto cursor = ask(adapter->get_trades(what, std::move(sink), *rest));
        EXPECT_FALSE(cursor) << how;
        EXPECT_EQ(told, 0u) << how << ": a page that cannot be read tells nothing";
        clear_faults();
        EXPECT_EQ(trades(what), whole);
    }
}

TEST_P(HistoryFault, ASlowVenueIsWaitedFor) {
    open();
    const auto whole = bars(some_minutes());
    fault(R"({"fault":"latency","value":400})");
    const auto asked = mono_now();
    expect_same(bars(some_minutes()), whole);
    EXPECT_GE(mono_now() - asked, 300ms);
}

TEST_P(HistoryFault, DowntimeHasNoRows) {
    open();
    if (card().provider == "massive")
        GTEST_SKIP() << "its venue has no downtime";
    const auto end = bar_open(wall_now(), Timeframe::m1);
    const auto what = request(Timeframe::m1, end - 5min, end - 1min);
    const auto before = bars(what);
    ASSERT_EQ(before.size(), 4u);
    const auto seconds = [](UnixNanos t) { return std::to_string(t.time_since_epoch() / 1s); };
    fault(R"({"fault":"hole","value":")" + seconds(end - 4min) + "/" + seconds(end - 2min) + R"("})");
    const auto after = bars(what);
    ASSERT_EQ(after.size(), 2u);
    EXPECT_EQ(after[0].open_time, end - 5min);
    EXPECT_EQ(after[1].open_time, end - 2min);
    expect_same({before[0], before[3]}, after);
}

TEST_P(HistoryFault, WhatThePlanDoesNotIncludeIsToldAsSuch) {
    if (card().history_path.empty())
        GTEST_SKIP() << "this provider's data is public";
    open();
    fault(R"({"fault":"http_status","value":403,"path":")" + card().history_path + R"("})");
    const auto answer = page(some_minutes());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), errc::not_entitled) << describe(answer.error());
    clear_faults();
    EXPECT_TRUE(page(some_minutes()));
}

INSTANTIATE_TEST_SUITE_P(Providers, HistoryFault, ::testing::ValuesIn(all_cards()),
    [](const auto& one) { return one.param.provider + "_" + one.param.part; });

} // namespace
} // namespace tickgate::test
