// Stream frames of Binance: any text, one frame a line, goes through the parser and through a whole session.
#include "binance/session.hpp"

#include <tickgate/feed_session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace {

using namespace tickgate;
using namespace std::chrono_literals;

void require(bool ok) {
    if (!ok)
        std::abort();
}

// Exactly the padding of the contract behind it, so that one byte more is a fault.
class Padded {
public:
    explicit Padded(std::string_view text) : bytes_(new char[text.size() + 64]()), size_(text.size()) {
        std::memcpy(bytes_.get(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

void check(const Decimal& value) {
    const auto text = value.to_string();
    require(text.size() <= Decimal::max_text);
    const auto again = Decimal::parse(text);
    require(again && again->to_string() == text && *again == value);
}

void check(const OptionalDecimal& value) {
    if (value)
        check(*value);
}

class Checker final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { require(!text.empty() && text.size() <= 4096); }
    void on_quote(const Quote& q) override {
        require(known(q.instrument) && q.src_seq.has_value());
        require(q.bid || !q.bid_size);
        require(q.ask || !q.ask_size);
        check(q.bid);
        check(q.bid_size);
        check(q.ask);
        check(q.ask_size);
    }
    void on_trade(const Trade& t) override {
        require(known(t.instrument) && t.src_seq.has_value() && !t.trade_id.empty());
        check(t.price);
        check(t.size);
        auto& last = last_trade[index_of(t.instrument)];
        require(last == 0 || *t.src_seq >= last);
        last = *t.src_seq;
    }
    void on_bar(const Bar& b) override {
        require(known(b.instrument) && b.open_time < b.close_time);
        check(b.open);
        check(b.close);
        check(b.volume);
        check(b.vwap);
    }
    void on_acknowledged(std::span<const Subscription> s) override { require(!s.empty()); }
    void on_gap(Subscription, std::optional<std::uint64_t> lost) override { require(!lost || *lost > 0); }

private:
    static bool known(InstrumentId id) { return index_of(id) < 3; }
    std::uint64_t last_trade[3] = {};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    binance::FrameParser parser;
    binance::SessionOptions options;
    options.base = "wss://localhost";
    options.aggregate_trades = true;
    binance::BinanceSession session(options);
    Checker checker;
    Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    SubscriptionDelta wanted;
    std::uint32_t id = 0;
    for (const auto* native : {"BTCUSDT", "NKNUSDT", "SUSHIUSDT"}) {
        for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
            wanted.add.push_back({{static_cast<InstrumentId>(id), kind, Timeframe::m1}, native});
        ++id;
    }
    session.want(wanted, now, checker, checker);
    session.opened(now, checker);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const Padded frame(text.substr(at, end - at));
        at = end + 1;
        const auto& parsed = parser.parse(frame.view(), now.wall);
        require(parsed.type != binance::Frame::Type::malformed || !parsed.problem.empty());
        session.received(frame.view(), now, checker, checker);
        now.mono += 300ms;
        now.wall += 300ms;
        session.tick(now, checker, checker);
        if (session.ended())
            break;
    }
    session.closed(static_cast<std::uint16_t>(size), text.substr(0, 100));
    return 0;
}
