// After warm-up a session takes no memory, wherever the lines are cut.
#include "oanda/session.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
bool counting = false;

void* take(std::size_t n) {
    if (counting)
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

namespace tickgate::oanda {
namespace {

struct Counter final : EventSink, Outbox {
    void send(std::string_view) override {}
    void on_quote(const Quote&) override { ++quotes; }
    std::size_t quotes = 0;
};

TEST(OandaAllocation, NoneOnTheHotPath) {
    const auto text = test::fixture("stream_two_instruments_2017-03-09.jsonl");
    const Moment now{MonoTime(std::chrono::hours(1)), UnixNanos()};
    OandaSession session({"https://stream.example", "101-1", "token"});
    Counter seen;
    SubscriptionDelta delta;
    for (std::uint32_t i = 0; i < 2; ++i) {
        Wanted wanted;
        wanted.what.instrument = static_cast<InstrumentId>(i);
        wanted.native = i == 0 ? "EUR_USD" : "EUR_JPY";
        delta.add.push_back(std::move(wanted));
    }
    session.want(delta, now, seen, seen);
    session.opened(now, seen);
    for (std::size_t step = 1; step < 700; step += 37) {
        // The year moves on, so that no line is a repeat; the first round is the warm-up.
        auto round = text;
        for (auto at = round.find("2017-"); at != std::string::npos; at = round.find("2017-", at))
            round.replace(at, 4, std::to_string(2020 + step / 37));
        std::vector<test::Padded> chunks;
        for (std::size_t i = 0; i < round.size(); i += step)
            chunks.emplace_back(std::string_view(round).substr(i, step));
        counting = step > 1;
        for (const auto& chunk : chunks)
            session.received(chunk.view(), now, seen, seen);
        counting = false;
    }
    EXPECT_EQ(allocations, 0u);
    EXPECT_EQ(seen.quotes, 4u * 19);
}

} // namespace
} // namespace tickgate::oanda
