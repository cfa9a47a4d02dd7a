#include "quality/bar_checks.hpp"

#include "calendar/bar_spans.hpp"
#include "quality/price_scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tickgate::quality {

namespace {

using namespace std::chrono_literals;

// A vwap is rounded by its venue, and that of US tapes counts trades that move neither high nor low.
constexpr double vwap_rounding = 0.0001, vwap_loose = 0.02;

enum class Lowest : std::uint8_t { above_zero, zero, any };

Lowest lowest_price(AssetClass c) noexcept {
    switch (c) {
    case AssetClass::fx:
    case AssetClass::crypto:
    case AssetClass::equity:
        return Lowest::above_zero;
    case AssetClass::option: // worthless ones are quoted at 0
        return Lowest::zero;
    case AssetClass::index:
    case AssetClass::future:
    case AssetClass::cfd:
        break;
    }
    return Lowest::any;
}

bool is_us_tape(AssetClass c) noexcept { return c == AssetClass::equity || c == AssetClass::option; }

std::string prices_text(const Bar& b) {
    return fmt::format("open {}, high {}, low {}, close {}", b.open.to_string(), b.high.to_string(), b.low.to_string(),
        b.close.to_string());
}

Issue refusal(Check check, const Bar& bar, std::string text) {
    return {check, Severity::error, bar.open_time, bar.close_time, 1, std::move(text)};
}

void check_volume(const Bar& bar, Sink& sink) {
    if (!bar.volume || bar.volume->is_negative())
        return;
    const bool none = bar.volume->is_zero();
    if (none && bar.trades.value_or(0) > 0) { // a share of a unit may be rounded away
        sink.add(finding(Check::volume, Severity::note, bar),
            [&] { return fmt::format("{} trades without volume at {}", *bar.trades, time_text(bar.open_time)); });
    } else if (!none && bar.trades == 0) {
        sink.add(finding(Check::volume, Severity::warning, bar), [&] {
            return fmt::format("volume {} without a trade at {}", bar.volume->to_string(), time_text(bar.open_time));
        });
    } else if (none && bar.low < bar.high) {
        sink.add(finding(Check::volume, Severity::warning, bar), [&] {
            return fmt::format("prices from {} to {} without volume at {}", bar.low.to_string(), bar.high.to_string(),
                time_text(bar.open_time));
        });
    }
}

void check_vwap(const Bar& bar, AssetClass asset_class, Sink& sink) {
    if (!bar.vwap || bar.high < bar.low || (*bar.vwap >= bar.low && *bar.vwap <= bar.high))
        return;
    const double low = approximate(bar.low), high = approximate(bar.high), vwap = approximate(*bar.vwap);
    const double off = std::max(low - vwap, vwap - high) / std::max(std::fabs(low), 1e-300);
    if (off <= vwap_rounding)
        return;
    const bool usual = is_us_tape(asset_class) && off <= vwap_loose;
    sink.add(finding(Check::vwap, usual ? Severity::note : Severity::warning, bar), [&] {
        return fmt::format("vwap {} is not between low {} and high {} at {}", bar.vwap->to_string(),
            bar.low.to_string(), bar.high.to_string(), time_text(bar.open_time));
    });
}

void check_variant(const Bar& bar, const Subject& s, Sink& sink) {
    const bool clock = s.timeframe > Timeframe::h1 && bar.align != s.variant.align;
    if (bar.price_type == s.variant.price_type && bar.adjusted == s.variant.adjusted && !clock)
        return;
    sink.add(finding(Check::mixed_variant, Severity::error, bar), [&] {
        return fmt::format("the bar at {} is of another kind: {}", time_text(bar.open_time),
            bar.price_type != s.variant.price_type ? "another price"
            : clock                                ? "another clock"
            : bar.adjusted                         ? "adjusted for splits"
                                                   : "not adjusted for splits");
    });
}

// Exchanges other than New York's keep clocks of their own: there the provider's word is taken if it is a whole hour.
bool is_placed(const Bar& bar, const Subject& s) {
    const calendar::Span span{bar.open_time, bar.close_time};
    if (calendar::is_bar(s.timeframe, s.variant.align, span))
        return true;
    const bool own_clock = s.variant.align == Alignment::exchange && s.timeframe > Timeframe::h1 &&
                           (s.timeframe < Timeframe::d1 || (s.instrument.asset_class != AssetClass::equity &&
                                                               s.instrument.asset_class != AssetClass::option &&
                                                               s.instrument.asset_class != AssetClass::index));
    return own_clock && bar.open_time == std::chrono::floor<std::chrono::hours>(bar.open_time);
}

void check_place(const Bar& bar, const Subject& s, Sink& sink) {
    if (bar.close_time <= bar.open_time || is_placed(bar, s))
        return;
    const bool sure = s.variant.align != Alignment::exchange && s.timeframe != Timeframe::d3;
    sink.add(finding(Check::misaligned, sure ? Severity::error : Severity::warning, bar), [&] {
        return fmt::format("no bar of {} runs from {} to {}", to_string(s.timeframe), time_text(bar.open_time),
            time_text(bar.close_time));
    });
}

} // namespace

std::optional<Issue> refuse(const Bar& bar, AssetClass asset_class) {
    if (bar.high < bar.low || bar.open > bar.high || bar.open < bar.low || bar.close > bar.high || bar.close < bar.low)
        return refusal(Check::ohlc, bar,
            fmt::format("{} contradict each other at {}", prices_text(bar), time_text(bar.open_time)));
    const auto lowest = lowest_price(asset_class);
    if ((lowest == Lowest::above_zero && (bar.low.is_zero() || bar.low.is_negative())) ||
        (lowest == Lowest::zero && bar.low.is_negative()))
        return refusal(Check::not_positive, bar,
            fmt::format(
                "a price of {} at {} is no price of this class", bar.low.to_string(), time_text(bar.open_time)));
    if (bar.volume && bar.volume->is_negative() && !bar.volume->is_zero())
        return refusal(Check::volume, bar,
            fmt::format("volume {} at {} is negative", bar.volume->to_string(), time_text(bar.open_time)));
    if (bar.trades.value_or(0) < 0)
        return refusal(Check::volume, bar, fmt::format("{} trades at {}", *bar.trades, time_text(bar.open_time)));
    if (bar.close_time <= bar.open_time)
        return refusal(
            Check::misaligned, bar, fmt::format("the bar at {} ends before it begins", time_text(bar.open_time)));
    return std::nullopt;
}

std::optional<Issue> check_quote(const Quote& q) {
    if (!q.bid || !q.ask || *q.bid < *q.ask)
        return std::nullopt;
    const UnixNanos at = q.event_time.value_or(q.received_time);
    if (*q.bid == *q.ask)
        return Issue{
            Check::locked, Severity::note, at, at, 1, fmt::format("bid and ask are both {}", q.bid->to_string())};
    return Issue{Check::crossed, Severity::warning, at, at, 1,
        fmt::format("bid {} is above ask {}", q.bid->to_string(), q.ask->to_string())};
}

bool check_bar(const Bar& bar, const Subject& subject, Sink& sink) {
    const auto refused = refuse(bar, subject.instrument.asset_class);
    if (refused)
        sink.add(finding(refused->check, refused->severity, bar), [&] { return refused->text; });
    check_volume(bar, sink);
    check_vwap(bar, subject.instrument.asset_class, sink);
    check_variant(bar, subject, sink);
    check_place(bar, subject, sink);
    return !refused;
}

} // namespace tickgate::quality
