#include "fake_provider.hpp"

namespace tickgate::backfill {
namespace {

TEST_F(HistoryTest, TradesGoStraightThroughAndFallBackOnlyBeforeTheFirst) {
    route = {&first, &second};
    first.can.trades_history = second.can.trades_history = true;
    first.trade_fault = errc::not_entitled;
    History::TradesRequest wanted;
    wanted.instrument = btc;
    wanted.span = minutes(0, 10);
    int taken = 0;
    std::string told_by;
    History::TakeTrade take = [&](const std::string& provider, const Trade&) {
        told_by = provider;
        ++taken;
        return true;
    };
    const auto done = run(history->trades(wanted, take));
    EXPECT_FALSE(done.error) << done.detail;
    EXPECT_EQ(done.provider, "second");
    EXPECT_EQ(told_by, "second");
    EXPECT_EQ(done.trades, 30u);
    EXPECT_EQ(taken, 30);
    EXPECT_TRUE(done.complete);
    wanted.limit = 12;
    const auto some = run(history->trades(wanted, take));
    EXPECT_EQ(some.trades, 12u);
    EXPECT_FALSE(some.complete);
    first.can.trades_history = second.can.trades_history = false;
    EXPECT_EQ(run(history->trades(wanted, take)).error, errc::not_supported);
}

TEST_F(HistoryTest, StopDoesNotWaitForTheNextAttemptAtTrades) {
    end();
    options.back_off = 20s;
    begin();
    first.can.trades_history = true;
    first.trade_fault = errc::unavailable;
    History::TradesRequest wanted;
    wanted.instrument = btc;
    wanted.span = minutes(0, 10);
    std::optional<History::TradesDone> done;
    bool stopped = false;
    asio::co_spawn(*io, history->trades(wanted, [](const std::string&, const Trade&) { return true; }),
        [&](const std::exception_ptr&, History::TradesDone d) { done = std::move(d); });
    run_until([&] { return history->stats().pages == 1; });
    io->poll();
    const auto start = std::chrono::steady_clock::now();
    asio::co_spawn(*io, history->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run_until([&] { return stopped && done; });
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    EXPECT_EQ(done->error, errc::stopped);
}

} // namespace
} // namespace tickgate::backfill
