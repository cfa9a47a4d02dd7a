// The hot path does not allocate once it is warm.
#include "massive/session.hpp"

#include "support/allocations.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

class Counter final : public EventSink, public Outbox {
public:
    void send(std::string_view) override {}
    void on_quote(const Quote&) override { ++messages; }
    void on_trade(const Trade&) override { ++messages; }
    void on_bar(const Bar&) override { ++messages; }
    void on_notice(const MarketNotice&) override { ++messages; }
    std::size_t messages = 0;
};

TEST(MassiveAllocations, AWarmSessionNeedsNone) {
    SessionOptions options;
    options.url = "wss://localhost";
    options.key = Secret("massive-test-key-8");
    options.luld = true;
    MassiveSession session(options);
    Counter sink;
    const Moment now{};
    SubscriptionDelta wanted;
    for (std::uint32_t i = 0; i < 50; ++i)
        for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
            wanted.add.push_back({{static_cast<InstrumentId>(i), kind, Timeframe::m1}, "SYMBOL" + std::to_string(i)});
    session.want(wanted, now, sink, sink);
    session.opened(now, sink);
    const auto receive = [&](const test::Padded& bytes) { session.received(bytes.view(), now, sink, sink); };
    receive(test::Padded(R"([{"ev":"status","status":"connected"},{"ev":"status","status":"auth_success"}])"));
    std::string frame = "[";
    for (int i = 0; i < 50; ++i) {
        const auto symbol = "SYMBOL" + std::to_string(i);
        frame += i == 0 ? "" : ",";
        frame += R"({"ev":"T","sym":")" + symbol +
                 R"(","x":4,"i":"12345","p":114.125,"s":100,"ds":"100.5","c":[0,12],"t":1536036818784,"q":3},)";
        frame += R"({"ev":"Q","sym":")" + symbol +
                 R"(","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"t":1536036818784,"q":5},)";
        frame += R"({"ev":"AM","sym":")" + symbol +
                 R"(","v":4110,"vw":1.5,"o":1,"c":2,"h":2,"l":1,"s":1610144640000,"e":1610144700000},)";
        frame += R"({ "ev":"LULD","T":")" + symbol +
                 R"(","h":218.11,"l":197.35,"i":[3],"t":1601318039223013600})"; // by the JSON parser
    }
    const test::Padded bytes(frame + "]");
    receive(bytes);
    ASSERT_EQ(sink.messages, 200u);
    const auto before = tickgate::test::allocations();
    for (int i = 0; i < 100; ++i)
        receive(bytes);
    EXPECT_EQ(tickgate::test::allocations(), before);
    EXPECT_EQ(sink.messages, 200u * 101u);
}

} // namespace
} // namespace tickgate::massive
