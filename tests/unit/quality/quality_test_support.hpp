// Series of bars for the tests of quality.
#pragma once

#include "calendar/bar_spans.hpp"
#include "calendar/new_york.hpp"
#include "quality/quality.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::quality::test {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
inline InstrumentName name(std::string_view text) { return InstrumentName::parse(text).value(); }
inline UnixNanos at(std::chrono::year_month_day date, int hour = 0, int minute = 0) {
    return UnixNanos(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}
inline UnixNanos ny(std::chrono::year_month_day date, int hour, int minute = 0) {
    return calendar::new_york_time(
        std::chrono::sys_days(date), std::chrono::hours(hour) + std::chrono::minutes(minute));
}

inline Subject subject(std::string_view instrument, Timeframe tf = Timeframe::m1, bool continuous = false) {
    Subject s;
    s.instrument = name(instrument);
    s.timeframe = tf;
    s.continuous = continuous;
    s.variant.align = calendar::usual_alignment(s.instrument.asset_class, tf);
    return s;
}

inline Bar bar(const Subject& s, UnixNanos t, std::string_view o, std::string_view h, std::string_view l,
    std::string_view c, std::string_view volume = "10") {
    Bar b;
    const auto span = calendar::bar_at(s.timeframe, s.variant.align, t);
    b.timeframe = s.timeframe;
    b.open_time = span.from;
    b.close_time = span.to;
    b.open = dec(o);
    b.high = dec(h);
    b.low = dec(l);
    b.close = dec(c);
    b.volume = dec(volume);
    b.volume_unit = VolumeUnit::base;
    b.align = s.variant.align;
    b.price_type = s.variant.price_type;
    b.adjusted = s.variant.adjusted;
    b.final = true;
    return b;
}

// A walk of prices in ticks of 0.01 from 100.00, some 0.05 % a bar, heavy-tailed as markets are; every bar of the span
// in which the market is open (its regular session).
class Walk {
public:
    explicit Walk(Subject s, unsigned seed = 1) : subject_(std::move(s)), random_(seed) {}

    Bar next(const calendar::Span& span) {
        std::student_t_distribution<double> moves(3);
        const auto move = [&] { return std::lround(std::clamp(moves(random_), -12.0, 12.0) * 4); };
        const std::int64_t open = price_, close = std::max<std::int64_t>(5000, open + move());
        const std::int64_t high = std::max(open, close) + std::abs(move()),
                           low = std::min(open, close) - std::abs(move()) / 2;
        price_ = close;
        Bar b = bar(subject_, span.from, "1", "1", "1", "1");
        b.open = Decimal::from_parts(open, -2), b.high = Decimal::from_parts(high, -2);
        b.low = Decimal::from_parts(low, -2), b.close = Decimal::from_parts(close, -2);
        b.volume = Decimal::from_integer(std::uniform_int_distribution<int>(1, 5000)(random_));
        return b;
    }

    std::vector<Bar> all(UnixNanos from, UnixNanos to, const calendar::MarketHours& hours) {
        const auto market = calendar::market_of(subject_.instrument);
        std::vector<Bar> out;
        calendar::Session session{calendar::Phase::closed, from, from};
        auto span = calendar::bar_at(subject_.timeframe, subject_.variant.align, from);
        for (; span.from < to; span = calendar::next_bar(subject_.timeframe, subject_.variant.align, span)) {
            bool open = false; // at some moment of it; short bars in the regular session
            for (auto t = span.from; t < span.to && !open; t = session.until) {
                if (t < session.since || t >= session.until)
                    session = hours.at(market, t);
                open = subject_.timeframe <= Timeframe::h1 ? session.phase == calendar::Phase::open
                                                           : session.phase != calendar::Phase::closed;
            }
            if (open)
                out.push_back(next(span));
        }
        return out;
    }

private:
    Subject subject_;
    std::mt19937_64 random_;
    std::int64_t price_ = 10000;
};

inline Report check(const Subject& s, const std::vector<Bar>& bars, const calendar::MarketHours& hours) {
    Checker checker(s, hours);
    for (const auto& b : bars)
        checker.add(b);
    return checker.finish();
}

// `gap warning 3; vwap note 1`
inline std::string text(const std::vector<Issue>& issues) {
    std::string out;
    for (const auto& i : issues)
        out += (out.empty() ? "" : "; ") + std::string(to_string(i.check)) + ' ' + std::string(to_string(i.severity)) +
               ' ' + std::to_string(i.count);
    return out;
}
inline std::string text(const Report& r) {
    return std::string(to_string(r.grade)) + (r.issues.empty() ? "" : ": ") + text(r.issues);
}

} // namespace tickgate::quality::test
