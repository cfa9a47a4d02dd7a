// A sink that writes down what it gets, and a router with two or more scripted providers.
#pragma once

#include "core/instrument_table.hpp"
#include "feed/router.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tickgate::feed::test {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

inline std::string flags_of(Flags flags) {
    std::string out;
    for (int i = 0; i < flag_count; ++i)
        if (const auto f = static_cast<Flag>(1u << i); flags.has(f))
            out.append(" ").append(to_string(f));
    return out;
}

// Each call becomes a line: `quote oanda/EUR_USD 1.1 1.2 snapshot`, `state stale oanda reason`, …
class Recorder final : public MarketSink {
public:
    explicit Recorder(const InstrumentTable& instruments) : instruments_(instruments) {}

    Channel open_channel(Subscription what, std::string_view provider, std::string_view native) override {
        return open(what, "", provider, native);
    }
    Channel open_source_channel(Subscription what, std::string_view provider, std::string_view native) override {
        return sources ? open(what, "src:", provider, native) : no_channel;
    }
    void close_channel(Channel channel) override {
        auto& c = channels_.at(static_cast<std::size_t>(channel));
        lines.push_back("close " + c.prefix + kind(c.what));
        c.open = false;
    }
    void publish(Channel channel, const Quote& q) override {
        const auto text = [](const OptionalDecimal& d) { return d ? d->to_string() : std::string("null"); };
        write(channel, text(q.bid) + ' ' + text(q.ask) + (q.exchange.empty() ? "" : " @" + std::string(q.exchange)) +
                           flags_of(q.flags));
    }
    void publish(Channel channel, const Trade& t) override { write(channel, t.price.to_string() + flags_of(t.flags)); }
    void publish(Channel channel, const Bar& b) override {
        write(channel, b.open.to_string() + ' ' + b.high.to_string() + ' ' + b.low.to_string() + ' ' +
                           b.close.to_string() + (b.final ? " final" : " forming") + flags_of(b.flags));
    }
    void publish_source(
        Subscription what, std::string_view provider, std::string_view native, const Quote& q) override {
        lines.push_back("source_quote " + std::string(provider) + '/' + std::string(native) + ' ' + kind(what) + ' ' +
                        (q.last ? q.last->to_string() : "null"));
    }
    void flush(Moment) override { ++flushes; }
    void state(InstrumentId, InstrumentState s, std::string_view reason, std::string_view provider) override {
        lines.push_back(
            "state " + std::string(to_string(s)) + ' ' + std::string(provider) + ": " + std::string(reason));
    }
    void feed_status(std::string_view feed, const FeedStatus&) override {
        lines.push_back("feed " + std::string(feed));
    }
    void event(const Event& e) override {
        std::string line = "event " + std::string(e.event) + ' ' + e.provider;
        if (!e.to_provider.empty())
            line += " > " + e.to_provider;
        lines.push_back(line + ' ' + e.cause + (e.source ? " src" : ""));
        events.push_back(e);
    }

    std::vector<std::string> take() { return std::exchange(lines, {}); }
    std::vector<std::string> lines;
    std::vector<Event> events;
    int flushes = 0;
    bool sources = false;

private:
    struct Open {
        Subscription what;
        std::string prefix, name;
        bool open = true;
    };
    static std::string kind(const Subscription& what) {
        std::string text(to_string(what.kind));
        if (what.kind == Kind::bar)
            text.append(":").append(to_string(what.timeframe));
        return text;
    }
    Channel open(Subscription what, std::string prefix, std::string_view provider, std::string_view native) {
        const auto name = std::string(provider) + '/' + std::string(native);
        for (std::size_t i = 0; i < channels_.size(); ++i) { // the same channel again takes the new name
            auto& c = channels_[i];
            if (c.what == what && c.prefix == prefix && (prefix.empty() || c.name == name)) {
                c.open = true;
                c.name = name;
                return static_cast<Channel>(i);
            }
        }
        channels_.push_back({what, std::move(prefix), name, true});
        return static_cast<Channel>(channels_.size() - 1);
    }
    void write(Channel channel, const std::string& text) {
        const auto& c = channels_.at(static_cast<std::size_t>(channel));
        EXPECT_TRUE(c.open) << text;
        lines.push_back(c.prefix + kind(c.what) + ' ' + c.name + ' ' + text);
    }
    const InstrumentTable& instruments_;
    std::vector<Open> channels_;
};

using Lines = std::vector<std::string>;

class RouterTest : public ::testing::Test {
protected:
    void make(RouterOptions options = {}) {
        options.clock = [this] { return now; };
        options.want_standby = [this](InstrumentId, const std::string& provider, bool wanted) {
            wants.push_back(provider + (wanted ? " wanted" : " released"));
        };
        router = std::make_unique<Router>(table, out, std::move(options));
    }
    InstrumentId instrument(std::string_view name) { return table.intern(InstrumentName::parse(name).value()); }
    static Subscription sub(InstrumentId id, Kind kind, Timeframe tf = Timeframe::m1) { return {id, kind, tf}; }
    void pass(std::chrono::milliseconds span) { // in steps, as the pulse does
        using namespace std::chrono_literals;
        while (span > 0ms) {
            const auto step = std::min<std::chrono::milliseconds>(span, 100ms);
            now.mono += step;
            now.wall += step;
            span -= step;
            router->tick(now);
        }
    }
    Quote quote(std::string_view bid, std::string_view ask) const {
        Quote q;
        q.bid = dec(bid);
        q.ask = dec(ask);
        q.event_time = q.received_time = now.wall;
        return q;
    }
    Trade trade(std::string_view price) const {
        Trade t;
        t.price = dec(price);
        t.size = dec("1");
        t.event_time = t.received_time = now.wall;
        return t;
    }
    Bar bar(std::string_view price, bool final = true) const {
        Bar b;
        b.open_time = bar_open(now.wall, Timeframe::m1);
        b.close_time = bar_end(b.open_time, Timeframe::m1);
        b.open = b.high = b.low = b.close = dec(price);
        b.final = final;
        return b;
    }
    void state(InstrumentId id, std::string_view provider, InstrumentState s, std::string_view reason = "why") {
        router->state(id, s, reason, provider);
    }
    void event(InstrumentId id, std::string_view name, std::string_view provider, Kind kind = Kind::quote) {
        Event e;
        e.event = name;
        e.instrument = id;
        e.kind = kind;
        e.provider = provider;
        e.cause = "test";
        router->event(e);
    }

    InstrumentTable table;
    Recorder out{table};
    Moment now{MonoTime(std::chrono::hours(1)),
        UnixNanos(std::chrono::sys_days(std::chrono::year{2026} / 11 / 18) + std::chrono::hours(14))};
    std::unique_ptr<Router> router;
    Lines wants;
};

} // namespace tickgate::feed::test
