// Micro-benchmarks of Massive's stream: parsing, each kind of event, and a whole session up to its sink.
#include "massive/parse.hpp"
#include "massive/session.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace {

using namespace tickgate;
using massive::Cluster;

constexpr std::string_view trade =
    R"({"ev":"T","sym":"AAPL","x":10,"i":"5096","z":3,"p":161.87,"s":300,"ds":"300","c":[14,41],"t":1651684192462,"q":4009402})";
constexpr std::string_view quote =
    R"({"ev":"Q","sym":"AAPL","bx":4,"bp":161.86,"bs":100,"ax":7,"ap":161.87,"as":160,"c":0,"i":[604],"t":1651684192462,"q":50385480,"z":3})";
constexpr std::string_view minute =
    R"({"ev":"AM","sym":"AAPL","v":4110,"av":9470157,"op":160.4372,"vw":161.4488,"o":161.4488,"c":161.4486,"h":161.4489,"l":161.4486,"a":161.4352,"z":685,"s":1610144640000,"e":1610144700000})";
constexpr std::string_view forex_quote = R"({"ev":"C","p":"EUR/USD","x":48,"a":1.08561,"b":1.08548,"t":1651684192462})";
constexpr std::string_view crypto_trade =
    R"({"ev":"XT","pair":"BTC-USD","p":33021.9,"t":1610462007425,"s":0.01616617,"c":[2],"i":14272084,"x":3,"r":1610462007576})";
constexpr std::string_view crypto_quote =
    R"({"ev":"XQ","pair":"BTC-USD","bp":33052.79,"bs":0.48,"ap":33073.19,"as":0.601,"t":1610462411115,"x":1,"r":1610462411128})";
constexpr std::string_view index_value = R"({"ev":"V","val":3988.5,"T":"I:SPX","t":1678220098130})";

struct Padded {
    explicit Padded(std::string_view text) : bytes(text.size() + 64, '\0'), size(text.size()) {
        std::memcpy(bytes.data(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes.data(), size}; }
    std::string bytes;
    std::size_t size;
};

std::string frame_of(std::string_view event, int count) {
    std::string frame = "[";
    for (int i = 0; i < count; ++i)
        frame.append(i == 0 ? "" : ",").append(event);
    return frame + "]";
}

void massive_parse(benchmark::State& state, Cluster cluster, std::string_view event, bool one_pass, int count) {
    massive::FrameParser parser(cluster, one_pass);
    const Padded frame(frame_of(event, count));
    for (auto _ : state) {
        parser.start(frame.view(), UnixNanos());
        while (auto* e = parser.next())
            benchmark::DoNotOptimize(e);
    }
    state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK_CAPTURE(massive_parse, stocks_trade, Cluster::stocks, trade, true, 1);
BENCHMARK_CAPTURE(massive_parse, stocks_trade_by_50, Cluster::stocks, trade, true, 50);
BENCHMARK_CAPTURE(massive_parse, stocks_trade_simdjson, Cluster::stocks, trade, false, 1);
BENCHMARK_CAPTURE(massive_parse, stocks_quote, Cluster::stocks, quote, true, 1);
BENCHMARK_CAPTURE(massive_parse, stocks_quote_by_50, Cluster::stocks, quote, true, 50);
BENCHMARK_CAPTURE(massive_parse, stocks_quote_simdjson, Cluster::stocks, quote, false, 1);
BENCHMARK_CAPTURE(massive_parse, stocks_minute, Cluster::stocks, minute, true, 1);
BENCHMARK_CAPTURE(massive_parse, stocks_minute_simdjson, Cluster::stocks, minute, false, 1);
BENCHMARK_CAPTURE(massive_parse, forex_quote, Cluster::forex, forex_quote, true, 1);
BENCHMARK_CAPTURE(massive_parse, crypto_trade, Cluster::crypto, crypto_trade, true, 1);
BENCHMARK_CAPTURE(massive_parse, crypto_quote, Cluster::crypto, crypto_quote, true, 1);
BENCHMARK_CAPTURE(massive_parse, index_value, Cluster::indices, index_value, true, 1);

class Sink final : public EventSink, public Outbox {
public:
    void send(std::string_view) override {}
    void on_quote(const Quote& q) override { benchmark::DoNotOptimize(&q); }
    void on_trade(const Trade& t) override { benchmark::DoNotOptimize(&t); }
    void on_bar(const Bar& b) override { benchmark::DoNotOptimize(&b); }
};

// From the bytes of a frame to the callback, one of 500 symbols.
void massive_session(benchmark::State& state, std::string_view event, Kind kind) {
    massive::SessionOptions options;
    options.url = "wss://localhost";
    options.key = Secret("benchmark");
    massive::MassiveSession one(options);
    Sink sink;
    const Moment now{};
    SubscriptionDelta wanted;
    for (std::uint32_t i = 0; i < 500; ++i) {
        Subscription s;
        s.instrument = static_cast<InstrumentId>(i);
        s.kind = kind;
        wanted.add.push_back({s, i == 250 ? "AAPL" : "SYM" + std::to_string(i)});
    }
    one.want(wanted, now, sink, sink);
    one.opened(now, sink);
    for (const char* status :
        {R"([{"ev":"status","status":"connected"}])", R"([{"ev":"status","status":"auth_success"}])"})
        one.received(Padded(status).view(), now, sink, sink);
    const Padded frame(frame_of(event, 1));
    for (auto _ : state)
        one.received(frame.view(), now, sink, sink);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(massive_session, quote, quote, Kind::quote);
BENCHMARK_CAPTURE(massive_session, trade, trade, Kind::trade);
BENCHMARK_CAPTURE(massive_session, minute, minute, Kind::bar);

} // namespace
