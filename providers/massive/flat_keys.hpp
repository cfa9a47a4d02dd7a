// Names and days of Massive's flat files.
#pragma once

#include "massive/config.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::massive {

// One kind of files: `us_stocks_sip/minute_aggs_v1`.
struct FlatSet {
    Cluster cluster = Cluster::stocks;
    Kind kind = Kind::bar;
    Timeframe timeframe = Timeframe::m1; // of bars: 1m or 1d
    std::string_view prefix, type;
};
// Empty: there are no such files (other timeframes; trades of forex and indices; quotes of crypto; futures, whose
// files go by exchange, which a contract's name does not tell).
std::optional<FlatSet> flat_set(AssetClass asset_class, Kind kind, Timeframe timeframe) noexcept;

// Days of a file: the date in New York for stocks, options and indices, in UTC for forex and crypto.
struct FlatSpan {
    UnixNanos from{}, to{}; // `to` is exclusive
};
FlatSpan flat_span(Cluster cluster, std::chrono::sys_days day) noexcept;
std::chrono::sys_days flat_day(Cluster cluster, UnixNanos t) noexcept; // whose span holds `t`

// `us_stocks_sip/trades_v1/2024/03/2024-03-08.csv.gz`
std::string flat_key(const FlatSet& set, std::chrono::sys_days day);
// Empty: not a key of this set.
std::optional<std::chrono::sys_days> day_of_key(const FlatSet& set, std::string_view key);
// With which all keys of these days begin: that of a month, a year, or all.
std::string flat_prefix(const FlatSet& set, std::chrono::sys_days first, std::chrono::sys_days last);

// `C:EUR-USD`, `X:BTC-USD`; others as by REST.
std::string flat_ticker(const InstrumentName& name);

} // namespace tickgate::massive
