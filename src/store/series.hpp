// What identifies a series of bars, and a bar as the store keeps it.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/provider.hpp>
#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

#include <compare>
#include <cstdint>
#include <string>

namespace tickgate::store {

// Bars of different keys never mix.
struct SeriesKey {
    std::string provider;
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    BarVariant variant;

    std::string to_string() const; // `binance crypto:BTC-USDT 1m trade utc raw`, for log lines
    auto operator<=>(const SeriesKey&) const = default;
};

// Final bars only. `bar.instrument` is not set.
struct StoredBar {
    Bar bar;
    UnixNanos fetched_at{};
    std::int32_t revision = 1; // 1 when first stored, +1 with each write that changed a value
};

struct Span {
    UnixNanos from{}, to{}; // to is exclusive
    friend bool operator==(const Span&, const Span&) = default;
};

} // namespace tickgate::store
