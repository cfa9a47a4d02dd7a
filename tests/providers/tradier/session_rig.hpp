// A session with a clock that the test moves.
#pragma once

#include "tradier/session.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {

using namespace std::chrono_literals;

inline Wanted wanted(std::uint32_t i, std::string native, Kind kind = Kind::quote) {
    Subscription s;
    s.instrument = static_cast<InstrumentId>(i);
    s.kind = kind;
    return {s, std::move(native)};
}

class SessionRig : public ::testing::Test {
protected:
    SessionRig() { make(options()); }
    SessionOptions options() {
        SessionOptions o;
        o.base = "wss://ws.example";
        o.session_id = "id-1";
        o.created = now.mono;
        o.crowded = crowded;
        return o;
    }
    void make(SessionOptions o) { session = std::make_unique<TradierSession>(std::move(o)); }
    void want(std::vector<Wanted> add, std::vector<Subscription> remove = {}) {
        SubscriptionDelta delta;
        delta.add = std::move(add);
        delta.remove = std::move(remove);
        session->want(delta, now, seen, seen);
    }
    void open(std::vector<Wanted> add) {
        want(std::move(add));
        session->opened(now, seen);
    }
    void receive(std::string_view text) {
        const tradier_test::Padded bytes(text);
        session->received(bytes.view(), now, seen, seen);
    }
    void advance(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 100ms) {
            now.mono += 100ms;
            now.wall += 100ms;
            session->tick(now, seen, seen);
        }
    }
    static std::string quote(std::string symbol, int bid, std::int64_t ms = 1705674600000) {
        return R"({"type":"quote","symbol":")" + symbol + R"(","bid":)" + std::to_string(bid) +
               R"(.50,"bidsz":3,"bidexch":"Q","biddate":")" + std::to_string(ms) + R"(","ask":)" +
               std::to_string(bid + 1) + R"(.25,"asksz":4,"askexch":"Q","askdate":")" + std::to_string(ms) + "\"}\n";
    }
    static std::string sale(std::string symbol, std::uint64_t seq, std::string rest = "", std::string size = "100",
        std::int64_t ms = 1705674600000) {
        return R"({"type":"timesale","symbol":")" + symbol +
               R"(","exch":"Q","bid":"1","ask":"2","last":"1.5000","size":")" + size + R"(","date":")" +
               std::to_string(ms) + R"(","seq":)" + std::to_string(seq) + rest + "}\n";
    }

    Moment now{MonoTime(10h), UnixNanos(1705674600s)}; // 2024-01-19 09:30 New York
    std::shared_ptr<std::atomic<int>> crowded = std::make_shared<std::atomic<int>>(0);
    tradier_test::Recorder seen;
    std::unique_ptr<TradierSession> session;
};

} // namespace tickgate::tradier
