// What a line of OANDA's price stream costs: parsing alone, and through the whole session.
#include "oanda/session.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace {

using namespace tickgate;
using namespace std::chrono_literals;

constexpr std::string_view price =
    R"({"type":"PRICE","time":"2017-09-24T22:20:39.888097022Z","bids":[{"price":"1.19195","liquidity":10000000},{"price":"1.19197","liquidity":500000}],"asks":[{"price":"1.19218","liquidity":10000000},{"price":"1.19216","liquidity":500000}],"closeoutBid":"1.19180","closeoutAsk":"1.19233","status":"tradeable","tradeable":true,"instrument":"EUR_USD"})";

void oanda_parse_price(benchmark::State& state) {
    std::string bytes(price);
    bytes.resize(price.size() + 64);
    oanda::LineParser parser;
    for (auto _ : state)
        benchmark::DoNotOptimize(&parser.parse({bytes.data(), price.size()}, UnixNanos()));
    state.SetBytesProcessed(static_cast<std::int64_t>(price.size()) * state.iterations());
}
BENCHMARK(oanda_parse_price);

struct Sink final : EventSink, Outbox {
    void send(std::string_view) override {}
    void on_quote(const Quote& q) override { benchmark::DoNotOptimize(&q); }
};

// Every line is a nanosecond newer than the one before.
void oanda_session(benchmark::State& state, std::size_t split) {
    oanda::OandaSession session({"https://localhost", "101-1", "token"});
    Sink sink;
    const Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    SubscriptionDelta wanted;
    wanted.add.push_back({{static_cast<InstrumentId>(1), Kind::quote, Timeframe::m1}, "EUR_USD"});
    session.want(wanted, now, sink, sink);
    session.opened(now, sink);
    std::string bytes(price);
    bytes += '\n';
    const auto size = bytes.size(), digits = bytes.find("888097022");
    bytes.resize(size + 64);
    std::uint64_t number = 100'000'000;
    for (auto _ : state) {
        auto n = ++number;
        for (std::size_t i = 9; i-- > 0; n /= 10)
            bytes[digits + i] = static_cast<char>('0' + n % 10);
        const std::string_view line(bytes.data(), size);
        if (split > 0)
            session.received(line.substr(0, split), now, sink, sink);
        session.received(line.substr(split), now, sink, sink);
    }
}
BENCHMARK_CAPTURE(oanda_session, whole_line, 0u);
BENCHMARK_CAPTURE(oanda_session, line_in_two_chunks, 200u);

} // namespace
