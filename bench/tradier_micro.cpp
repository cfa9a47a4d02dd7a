// Micro-benchmarks of the Tradier adapter: what one event costs to parse, and to parse and deliver.
#include "tradier/event_parser.hpp"
#include "tradier/session.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;
using namespace std::chrono_literals;

constexpr std::string_view quote =
    R"({"type":"quote","symbol":"SPY","bid":281.84,"bidsz":60,"bidexch":"M","biddate":"1557757189000","ask":281.85,"asksz":6,"askexch":"Z","askdate":"1557757190000"})";
constexpr std::string_view trade =
    R"({"type":"trade","symbol":"SPY","exch":"J","price":"281.1200","size":"100","cvol":"34507070","date":"1557757204760","last":"281.1200"})";
constexpr std::string_view timesale =
    R"({"type":"timesale","symbol":"SPY","exch":"Q","bid":"281.09","ask":"281.10","last":"281.10","size":"100","date":"1557757204760","seq":1352342,"flag":"","cancel":false,"correction":false,"session":"normal"})";
constexpr std::string_view summary =
    R"({"type":"summary","symbol":"SPY","open":"284.01","high":"284.42","low":"280.51","prevClose":"287.59"})";

struct Padded {
    explicit Padded(std::string_view text) : bytes(text.size() + 64, '\0'), size(text.size()) {
        std::memcpy(bytes.data(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes.data(), size}; }
    std::string bytes;
    std::size_t size;
};

void tradier_parse(benchmark::State& state, std::string_view text) {
    tradier::EventParser parser;
    const Padded event(text);
    for (auto _ : state)
        benchmark::DoNotOptimize(parser.parse(event.view()));
}
BENCHMARK_CAPTURE(tradier_parse, quote, quote);
BENCHMARK_CAPTURE(tradier_parse, trade, trade);
BENCHMARK_CAPTURE(tradier_parse, tradex, trade);
BENCHMARK_CAPTURE(tradier_parse, timesale, timesale);
BENCHMARK_CAPTURE(tradier_parse, summary, summary);
// The same event with white space in it, which takes the way of any JSON.
BENCHMARK_CAPTURE(tradier_parse, quote_with_spaces,
    R"({ "type":"quote","symbol":"SPY","bid":281.84,"bidsz":60,"bidexch":"M","biddate":"1557757189000","ask":281.85,"asksz":6,"askexch":"Z","askdate":"1557757190000"})");

struct Nobody final : EventSink, Outbox {
    void send(std::string_view) override {}
    void on_quote(const Quote& q) override { benchmark::DoNotOptimize(q.bid); }
    void on_trade(const Trade& t) override { benchmark::DoNotOptimize(t.price); }
};

// The number has to grow, else the event is a repeat: its last digits are counted up in place.
void tradier_deliver(benchmark::State& state, std::string_view text, std::string_view key, bool http) {
    tradier::SessionOptions options;
    options.base = "wss://example";
    options.http = http;
    options.session_id = "id";
    tradier::TradierSession session(options);
    Nobody nobody;
    Moment now{MonoTime(1h), UnixNanos(1705674600s)};
    SubscriptionDelta wanted;
    for (const auto kind : {Kind::quote, Kind::trade})
        wanted.add.push_back({{InstrumentId{}, kind, Timeframe::m1}, "SPY"});
    session.want(wanted, now, nobody, nobody);
    session.opened(now, nobody);
    Padded event(std::string(text) + "\n");
    const auto at = event.bytes.find(key) + key.size();
    const auto digits = event.bytes.find_first_not_of("0123456789", at) - at;
    std::uint64_t number = std::stoull(event.bytes.substr(at, digits));
    for (auto _ : state) {
        const auto next = std::to_string(++number);
        std::memcpy(event.bytes.data() + at, next.data(), digits);
        session.received(event.view(), now, nobody, nobody);
    }
}
BENCHMARK_CAPTURE(tradier_deliver, quote, quote, "\"askdate\":\"", false);
BENCHMARK_CAPTURE(tradier_deliver, timesale, timesale, "\"seq\":", false);
BENCHMARK_CAPTURE(tradier_deliver, quote_http, quote, "\"askdate\":\"", true);

} // namespace
