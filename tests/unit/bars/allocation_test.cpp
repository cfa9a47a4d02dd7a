// A tick takes no memory.
#include "bars_test_support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
void* take(std::size_t n) {
    ++allocations;
    if (void* p = std::malloc(n))
        return p;
    throw std::bad_alloc();
}
} // namespace

void* operator new(std::size_t n) { return take(n); }
void* operator new[](std::size_t n) { return take(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace tickgate::bars {
namespace {

TEST(Allocation, NoneAnyTick) {
    TickBars mids(InstrumentId{1}, Timeframe::s1, TickBars::Input::mid);
    TickBars trades(InstrumentId{1}, Timeframe::m1, TickBars::Input::trades);
    auto q = test::quote(test::at(0), "1.10001", "1.10003");
    auto t = test::trade(test::at(0), "65123.45", "0.00123");
    std::size_t messages = 0;
    const auto before = allocations;
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
    EXPECT_EQ(allocations, before);
    EXPECT_GT(messages, 400u);
}

} // namespace
} // namespace tickgate::bars
