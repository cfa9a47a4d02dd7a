// Candles: granularities, alignment, pure parsing of REST answers.
#pragma once

#include <tickgate/provider.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::oanda {

// `M1` of 1m, `D` of 1d; empty for those OANDA does not have (1s, 3m, 3d).
std::optional<std::string_view> granularity_of(Timeframe tf) noexcept;
std::optional<Timeframe> timeframe_of(std::string_view granularity) noexcept; // empty for M2, H3 and others not ours
std::vector<Timeframe> candle_timeframes();

// Up to 1h the alignment does not matter and is called utc; longer candles keep New York's 17:00.
constexpr Alignment align_of(Timeframe tf) noexcept { return tf <= Timeframe::h1 ? Alignment::utc : Alignment::ny17; }

char component_of(PriceType price) noexcept; // `M`, `B`, `A`

// What an address needs so that candles keep this clock; empty up to 1h. By utc weeks begin on Monday.
std::string alignment_query(Timeframe tf, Alignment align);

// Price and clock that candles can be asked for: mid, bid or ask; ny17 or utc above 1h.
constexpr bool has_variant(Timeframe tf, const BarVariant& v) noexcept {
    return v.price_type != PriceType::trade && !v.adjusted &&
           (v.align == Alignment::utc || (v.align == Alignment::ny17 && tf > Timeframe::h1));
}

struct CandlePage {
    std::vector<Bar> bars; // ascending; the running one has final == false
    std::size_t rows = 0;  // candles in the answer, repeats included
};

// `/candles`: the bars of one price component. A repeated time is left out. Volume counts price updates (unit ticks).
// The echoed instrument is not looked at: it has been seen in another spelling.
// Errors: malformed_payload (also when the component is not there), number_overflow.
result<CandlePage> parse_candles(
    std::string_view body, PriceType price, Timeframe timeframe, Alignment align, UnixNanos now);
inline result<CandlePage> parse_candles(std::string_view body, PriceType price, Timeframe timeframe, UnixNanos now) {
    return parse_candles(body, price, timeframe, align_of(timeframe), now);
}

// One list of `/candles/latest`: the last finished and the running candle, each component there is as bars of its own.
struct LatestCandles {
    std::string native;
    std::vector<Bar> bars;
};
// Lists of granularities that are not ours are left out. Errors: as parse_candles.
result<std::vector<LatestCandles>> parse_latest_candles(std::string_view body, UnixNanos now);

} // namespace tickgate::oanda
