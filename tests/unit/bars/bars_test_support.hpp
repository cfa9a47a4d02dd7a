// Ticks and times for the tests of bars.
#pragma once

#include "bars/tick_bars.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::bars::test {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

// Seconds (and ms) after a full hour.
inline UnixNanos at(int seconds, int ms = 0) {
    using namespace std::chrono;
    return UnixNanos(sys_days(year{2026} / 11 / 18) + hours(14)) + std::chrono::seconds(seconds) + milliseconds(ms);
}

inline Quote quote(UnixNanos t, std::string_view bid, std::string_view ask) {
    Quote q;
    q.bid = dec(bid);
    q.ask = dec(ask);
    q.event_time = t;
    q.received_time = t;
    return q;
}

inline Trade trade(UnixNanos t, std::string_view price, std::string_view size) {
    Trade r;
    r.price = dec(price);
    r.size = dec(size);
    r.event_time = t;
    r.received_time = t;
    return r;
}

inline std::vector<Bar> all_due(TickBars& bars, UnixNanos now) {
    std::vector<Bar> out;
    while (auto b = bars.due(now))
        out.push_back(*b);
    return out;
}

// `open high low close volume`, with `final` or `forming`.
inline std::string text(const Bar& b) {
    return b.open.to_string() + ' ' + b.high.to_string() + ' ' + b.low.to_string() + ' ' + b.close.to_string() + ' ' +
           (b.volume ? b.volume->to_string() : "null") + (b.final ? " final" : " forming");
}

} // namespace tickgate::bars::test
