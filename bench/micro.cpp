// Micro-benchmarks of the hot path: decimals, frames, messages, and the whole way from received bytes to encoded RESP.
#include "binance/parse.hpp"
#include "binance/session.hpp"
#include "core/clock.hpp"
#include "core/instrument_table.hpp"
#include "redis/publisher.hpp"

#include <tickgate/decimal.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include <cstring>
#include <string>

namespace {

using namespace tickgate;

constexpr std::string_view book_ticker =
    R"({"stream":"btcusdt@bookTicker","data":{"u":400900217123,"s":"BTCUSDT","b":"67321.12000000","B":"0.53210000","a":"67321.13000000","A":"3.19900000"}})";
constexpr std::string_view trade =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136123,"s":"BTCUSDT","t":3123456789,"p":"67321.12000000","q":"0.00100000","T":1672515782136001,"m":true,"M":true}})";
constexpr std::string_view kline =
    R"({"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1672515782136123,"s":"BTCUSDT","k":{"t":1672515780000000,"T":1672515839999999,"s":"BTCUSDT","i":"1m","f":3123456000,"L":3123456789,"o":"67320.00000000","c":"67321.12000000","h":"67330.00000000","l":"67310.55000000","v":"12.34567000","n":790,"x":false,"q":"831123.45678901","V":"6.10000000","Q":"410000.12345678","B":"0"}}})";

struct Padded {
    explicit Padded(std::string_view text) : bytes(text.size() + 64, '\0'), size(text.size()) {
        std::memcpy(bytes.data(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes.data(), size}; }
    std::string bytes;
    std::size_t size;
};

void decimal_parse(benchmark::State& state) {
    const std::string text = "67321.12000000";
    for (auto _ : state)
        benchmark::DoNotOptimize(Decimal::parse(text));
}
BENCHMARK(decimal_parse);

void decimal_print(benchmark::State& state) {
    const auto d = *Decimal::parse("67321.12000000");
    char out[Decimal::max_text];
    for (auto _ : state)
        benchmark::DoNotOptimize(d.print(out));
}
BENCHMARK(decimal_print);

void decimal_divide(benchmark::State& state) {
    const auto turnover = *Decimal::parse("831123.45678901");
    const auto volume = *Decimal::parse("12.34567000");
    for (auto _ : state)
        benchmark::DoNotOptimize(Decimal::divide(turnover, volume));
}
BENCHMARK(decimal_divide);

void parse_frame(benchmark::State& state, std::string_view text) {
    binance::FrameParser parser;
    const Padded frame(text);
    const auto at = wall_now();
    for (auto _ : state)
        benchmark::DoNotOptimize(parser.parse(frame.view(), at).type);
}
BENCHMARK_CAPTURE(parse_frame, book_ticker, book_ticker);
BENCHMARK_CAPTURE(parse_frame, trade, trade);
BENCHMARK_CAPTURE(parse_frame, kline, kline);

// A publisher that never connects: it encodes and queues as in an outage with room for everything.
struct Path final : EventSink, Outbox {
    Path() : publisher(io.get_executor(), options(), instruments) {
        const auto id = instruments.intern({AssetClass::crypto, "BTC-USDT"});
        Subscription s;
        s.instrument = id;
        SubscriptionDelta delta;
        for (const auto kind : {Kind::quote, Kind::trade, Kind::bar}) {
            s.kind = kind;
            channel[static_cast<std::size_t>(kind)] = publisher.open_channel(s, "binance", "BTCUSDT");
            delta.add.push_back({s, "BTCUSDT"});
        }
        session.want(delta, now(), *this, *this);
    }
    static redis::PublisherOptions options() {
        redis::PublisherOptions o;
        o.url = "redis://127.0.0.1:1/0";
        return o;
    }
    static binance::SessionOptions session_options() {
        binance::SessionOptions o;
        o.base = "wss://example";
        return o;
    }
    void send(std::string_view) override {}
    void on_quote(const Quote& q) override { publisher.publish(channel[0], q); }
    void on_trade(const Trade& t) override { publisher.publish(channel[1], t); }
    void on_bar(const Bar& b) override { publisher.publish(channel[2], b); }

    boost::asio::io_context io;
    InstrumentTable instruments;
    redis::Publisher publisher;
    redis::ChannelId channel[3]{};
    binance::BinanceSession session{session_options()};
};

// The id has to grow, else the frame is a repeat: its last digits are counted up in place.
void whole_path(benchmark::State& state, std::string_view text, std::string_view id_key) {
    Path path;
    Padded frame(text);
    const auto digits_at = frame.bytes.find(id_key) + id_key.size();
    const auto digits = frame.bytes.find(',', digits_at) - digits_at;
    std::uint64_t id = std::stoull(frame.bytes.substr(digits_at, digits));
    for (auto _ : state) {
        const auto next = std::to_string(++id);
        std::memcpy(frame.bytes.data() + digits_at, next.data(), digits);
        path.session.received(
            frame.view(), Moment{{}, UnixNanos(std::chrono::nanoseconds(1672515782136123000))}, path, path);
    }
}
BENCHMARK_CAPTURE(whole_path, book_ticker, book_ticker, "\"u\":");
BENCHMARK_CAPTURE(whole_path, trade, trade, "\"t\":");
BENCHMARK_CAPTURE(whole_path, kline, kline, "\"E\":");

} // namespace

BENCHMARK_MAIN();
