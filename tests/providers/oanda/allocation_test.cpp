// After warm-up a session takes no memory, wherever the lines are cut.
#include "oanda/session.hpp"

#include "support/allocations.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

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
        const auto before = tickgate::test::allocations();
        for (const auto& chunk : chunks)
            session.received(chunk.view(), now, seen, seen);
        if (step > 1) {
            EXPECT_EQ(tickgate::test::allocations(), before) << "in pieces of " << step;
        }
    }
    EXPECT_EQ(seen.quotes, 4u * 19);
}

} // namespace
} // namespace tickgate::oanda
