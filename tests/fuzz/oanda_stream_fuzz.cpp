// The price stream of OANDA: any bytes, cut into chunks at any place. What a session makes of them must not depend on
// the cuts.
#include "oanda/session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;
using namespace std::chrono_literals;

void require(bool ok) {
    if (!ok)
        std::abort();
}

// Exactly the padding of the contract behind it, filled with `filler`: it must not matter.
class Padded {
public:
    Padded(std::string_view text, char filler) : bytes_(new char[text.size() + 64]), size_(text.size()) {
        std::memset(bytes_.get() + size_, filler, 64);
        std::memcpy(bytes_.get(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

// Writes down what it is told.
class Writer final : public EventSink, public Outbox {
public:
    void send(std::string_view) override { std::abort(); }
    void on_quote(const Quote& q) override {
        require(q.event_time.has_value() && index_of(q.instrument) < 2);
        require(q.bid || !q.bid_size);
        require(q.ask || !q.ask_size);
        auto& last = last_[index_of(q.instrument)];
        require(q.event_time->time_since_epoch().count() >= last);
        last = q.event_time->time_since_epoch().count();
        text += "quote " + std::to_string(index_of(q.instrument)) + ' ' + std::to_string(last);
        for (const auto& value : {q.bid, q.bid_size, q.ask, q.ask_size}) {
            text += ' ';
            if (!value)
                continue;
            const auto digits = value->to_string();
            const auto again = Decimal::parse(digits);
            require(again && *again == *value && again->to_string() == digits);
            text += digits;
        }
        text += '\n';
    }
    void on_notice(const MarketNotice& n) override {
        text += "notice " + std::to_string(static_cast<int>(n.what)) + ' ' + std::string(n.text) + '\n';
    }
    void on_skipped(Skip why, std::string_view what) override {
        text += "skipped " + std::to_string(static_cast<int>(why)) + ' ' + std::string(what) + '\n';
    }
    void on_trade(const Trade&) override { std::abort(); }
    void on_bar(const Bar&) override { std::abort(); }

    std::string text;

private:
    std::int64_t last_[2] = {};
};

// The bytes in pieces of lengths that `next` gives.
template <class Next>
std::string run(std::string_view bytes, char filler, Next next) {
    oanda::OandaSession session({"https://localhost", "101-1", "token"});
    Writer writer;
    const Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    SubscriptionDelta wanted;
    std::uint32_t id = 0;
    for (const auto* native : {"EUR_USD", "EUR_JPY"})
        wanted.add.push_back({{static_cast<InstrumentId>(id++), Kind::quote, Timeframe::m1}, native});
    session.want(wanted, now, writer, writer);
    session.opened(now, writer);
    while (!bytes.empty()) {
        const auto n = std::min<std::size_t>(std::max<std::size_t>(next(), 1), bytes.size());
        const Padded chunk(bytes.substr(0, n), filler);
        session.received(chunk.view(), now, writer, writer);
        bytes.remove_prefix(n);
    }
    return writer.text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    std::uint32_t random = data[0] * 2654435761u + 1u;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = run(bytes, '\0', [&] { return bytes.size(); });
    require(whole == run(bytes, '"', [] { return std::size_t{1}; }));
    require(whole == run(bytes, '}', [&random] {
        random = random * 1664525u + 1013904223u;
        return static_cast<std::size_t>(random >> 24);
    }));
    return 0;
}
