// Stream frames of Massive: any text, one frame a line, goes through both readers, which must agree, and through a
// whole session. The first byte says which cluster.
#include "massive/session.hpp"

#include <tickgate/feed_session.hpp>

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

// Exactly the padding of the contract behind it, so that one byte more is a fault; filled with what looks like JSON.
class Padded {
public:
    explicit Padded(std::string_view text) : bytes_(new char[text.size() + 64]), size_(text.size()) {
        std::memcpy(bytes_.get(), text.data(), text.size());
        static constexpr char behind[] = R"(":1,"p":1,"s":"1"}],[{"ev":"T","sym":"A","c":[1,2],"p":1,"s":1}])";
        for (std::size_t i = 0; i < 64; ++i)
            bytes_[size_ + i] = behind[i % (sizeof behind - 1)];
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
    void send(std::string_view text) override { require(text.starts_with("{\"action\":\"") && text.ends_with("\"}")); }
    void on_quote(const Quote& q) override {
        require(known(q.instrument) && (q.bid || q.ask || q.last));
        require(q.bid || !q.bid_size);
        require(q.ask || !q.ask_size);
        require(!q.bid || !q.bid->is_zero());
        check(q.bid);
        check(q.bid_size);
        check(q.ask);
        check(q.ask_size);
        check(q.last);
    }
    void on_source_quote(const Quote& q) override { require(known(q.instrument) && q.last); }
    void on_trade(const Trade& t) override {
        require(known(t.instrument) && !t.price.is_zero() && t.conditions.size() <= 16);
        for (const auto c : t.conditions)
            require(!c.empty());
        check(t.price);
        check(t.size);
    }
    void on_bar(const Bar& b) override {
        require(known(b.instrument) && b.open_time < b.close_time && b.final);
        check(b.open);
        check(b.volume);
        check(b.vwap);
    }
    void on_notice(const MarketNotice& n) override { require(known(n.instrument) && (n.lower || n.upper)); }
    void on_acknowledged(std::span<const Subscription> s) override { require(!s.empty()); }

private:
    static bool known(InstrumentId id) { return index_of(id) < 3; }
};

std::string told(const massive::Event& e) {
    std::string out = std::to_string(static_cast<int>(e.type)) + "|" + std::string(e.ev);
    if (e.type == massive::Event::Type::malformed)
        return out;
    out.append("|").append(e.symbol);
    const auto add = [&](const OptionalDecimal& d) { out += d ? "|" + d->to_string() : "|"; };
    using enum massive::Event::Type;
    if (e.type == quote || e.type == fmv)
        add(e.quote.bid), add(e.quote.bid_size), add(e.quote.ask), add(e.quote.ask_size), add(e.quote.last);
    else if (e.type == trade)
        add(e.trade.price), add(e.trade.size), out.append(e.trade.trade_id).append(e.trade.exchange);
    else if (e.type == bar)
        add(e.bar.open), add(e.bar.close), add(e.bar.volume), add(e.bar.vwap);
    else if (e.type == status)
        out.append(e.status).append(e.message);
    return out;
}

void compare(massive::FrameParser& quick, massive::FrameParser& full, std::string_view frame) {
    quick.start(frame, UnixNanos());
    full.start(frame, UnixNanos());
    for (;;) {
        const auto* const a = quick.next();
        const auto one = a != nullptr ? told(*a) : std::string("end");
        const auto* const b = full.next();
        require(one == (b != nullptr ? told(*b) : std::string("end")));
        if (a == nullptr)
            return;
        require(a->type != massive::Event::Type::malformed || !a->problem.empty());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto cluster = massive::all_clusters[data[0] % massive::all_clusters.size()];
    massive::FrameParser quick(cluster), full(cluster, false);
    massive::SessionOptions options;
    options.cluster = cluster;
    options.url = "wss://localhost";
    options.key = Secret("k");
    options.delayed = (data[0] & 64) != 0;
    options.lot_size = (data[0] & 128) != 0 ? 100 : 1;
    options.luld = options.fmv = true;
    massive::MassiveSession session(options);
    Checker checker;
    Moment now{MonoTime(1h), UnixNanos(1700000000s)};
    SubscriptionDelta wanted;
    std::uint32_t id = 0;
    for (const auto* native : {"AAPL", "EUR/USD", "BTC-USD"}) {
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
        compare(quick, full, frame.view());
        session.received(frame.view(), now, checker, checker);
        now.mono += 700ms;
        now.wall += 700ms;
        session.tick(now, checker, checker);
        if (session.ended())
            break;
        if (at % 5 == 0) {
            SubscriptionDelta change;
            change.remove = {wanted.add[at % wanted.add.size()].what};
            session.want(change, now, checker, checker);
            change.remove.clear();
            change.add = {wanted.add[(at + 1) % wanted.add.size()]};
            session.want(change, now, checker, checker);
        }
    }
    session.closed(static_cast<std::uint16_t>(size), text.substr(0, 100));
    return 0;
}
