// The stream of Tradier: any text goes through the parser, through a WebSocket session line by line, and through two
// sessions of the HTTP stream, once in one piece and once cut at places that the text itself decides. Where it is cut
// must not matter.
#include "tradier/session.hpp"

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

void check(const OptionalDecimal& value) {
    if (!value)
        return;
    const auto text = value->to_string();
    const auto again = Decimal::parse(text);
    require(text.size() <= Decimal::max_text && again && again->to_string() == text && *again == *value);
}

class Checker final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { require(text.starts_with("{\"symbols\":[\"")); }
    void on_quote(const Quote& q) override {
        require(known(q.instrument) && (q.bid || !q.bid_size) && (q.ask || !q.ask_size));
        for (const auto* d : {&q.bid, &q.bid_size, &q.ask, &q.ask_size, &q.last})
            check(*d);
        tell('q', q.instrument, q.bid, q.ask);
    }
    void on_trade(const Trade& t) override {
        require(known(t.instrument) && !t.size.is_zero() && !t.size.is_negative() && !t.contiguous_ids);
        require(t.src_seq.has_value() == !(t.trade_id.empty() && t.ref_trade_id.empty()));
        require(t.conditions.size() <= 8);
        check(t.price);
        tell('t', t.instrument, t.price, t.size);
    }
    void on_acknowledged(std::span<const Subscription> s) override { require(!s.empty()); }
    void on_rejected(Subscription s, error_code ec, std::string_view) override { require(known(s.instrument) && ec); }

    std::string told;

private:
    static bool known(InstrumentId id) { return index_of(id) < 4; }
    void tell(char kind, InstrumentId id, const OptionalDecimal& a, const OptionalDecimal& b) {
        told += kind;
        told += std::to_string(index_of(id)) + (a ? a->to_string() : "-") + "/" + (b ? b->to_string() : "-") + "\n";
    }
};

struct Connection {
    explicit Connection(bool http) {
        tradier::SessionOptions options;
        options.base = http ? "https://localhost" : "wss://localhost";
        options.http = http;
        options.session_id = "id";
        options.created = now.mono;
        session = std::make_unique<tradier::TradierSession>(options);
        SubscriptionDelta wanted;
        std::uint32_t id = 0;
        for (const auto* native : {"SPY", "BRK/B", "SPX", "SPY240119C00480000"}) {
            for (const auto kind : {Kind::quote, Kind::trade})
                wanted.add.push_back({{static_cast<InstrumentId>(id), kind, Timeframe::m1}, native});
            ++id;
        }
        session->want(wanted, now, checker, checker);
        session->opened(now, checker);
    }
    // False once the session has ended.
    bool feed(std::string_view text) {
        const Padded bytes(text);
        session->received(bytes.view(), now, checker, checker);
        return !session->ended();
    }
    Moment now{MonoTime(1h), UnixNanos(1705674600s)};
    Checker checker;
    std::unique_ptr<tradier::TradierSession> session;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Connection socket(false);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (!socket.feed(text.substr(at, end - at)))
            break;
        at = end + 1;
        socket.now.mono += 3s;
        socket.now.wall += 3s;
        socket.session->tick(socket.now, socket.checker, socket.checker);
        if (socket.session->wants_renewal())
            socket.session->renewed(std::string("next"), socket.now, socket.checker, socket.checker);
        if (socket.session->ended())
            break;
    }
    (void)socket.session->closed(static_cast<std::uint16_t>(size), text.substr(0, 100));

    Connection whole(true), cut(true);
    const bool goes_on = whole.feed(text);
    std::size_t at = 0;
    while (at < text.size()) {
        const auto piece = std::min<std::size_t>(1 + static_cast<unsigned char>(text[at]) % 61, text.size() - at);
        if (!cut.feed(text.substr(at, piece)))
            break;
        at += piece;
    }
    // A session that ended stops reading after the piece at hand, which is more in one go.
    if (goes_on && size < 16000)
        require(whole.checker.told == cut.checker.told);
    return 0;
}
