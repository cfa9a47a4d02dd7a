// A tick takes no memory.
#include "bars_test_support.hpp"

#include "support/allocations.hpp"

#include <gtest/gtest.h>

namespace tickgate::bars {
namespace {

TEST(Allocation, NoneAnyTick) {
    TickBars mids(InstrumentId{1}, Timeframe::s1, TickBars::Input::mid);
    TickBars trades(InstrumentId{1}, Timeframe::m1, TickBars::Input::trades);
    auto q = test::quote(test::at(0), "1.10001", "1.10003");
    auto t = test::trade(test::at(0), "65123.45", "0.00123");
    std::size_t messages = 0;
    const auto before = tickgate::test::allocations();
    for (int i = 0; i < 5000; ++i) {
        const auto now = test::at(0, i * 50);
        q.received_time = t.received_time = now;
        q.event_time = t.event_time = now;
        mids.add(q);
        trades.add(t);
        while (mids.due(now))
            ++messages;
        while (trades.due(now))
            ++messages;
    }
    EXPECT_EQ(tickgate::test::allocations(), before);
    EXPECT_GT(messages, 400u);
}

} // namespace
} // namespace tickgate::bars
