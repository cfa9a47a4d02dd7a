// Which request answers a question for bars, and what of its answer was asked for.
#pragma once

#include "tradier/history.hpp"

#include <tickgate/provider.hpp>

#include <string>

namespace tickgate::tradier {

inline constexpr std::size_t bars_per_page = 5000;

// Days, weeks and months are New York's and split-adjusted; shorter bars are as they were traded.
constexpr BarVariant variant_of(Timeframe timeframe) noexcept {
    BarVariant v;
    if (timeframe >= Timeframe::d1) {
        v.align = Alignment::exchange;
        v.adjusted = true;
    }
    return v;
}

// How far back bars are told; empty: no limit known. Errors: not_supported (timeframe, class).
result<std::optional<std::chrono::seconds>> reach_of(AssetClass asset_class, Timeframe timeframe);

struct BarQuery {
    std::string target;            // empty: nothing was asked for
    bool history = false;          // days and longer; else timesales
    UnixNanos from{}, to{};        // of this page, by open time
    std::optional<UnixNanos> next; // where the next page begins
};

// Intraday bars reach back 10 days (1 minute) or 18 days (5 and 15 minutes) with extended hours: what lies before is
// not asked for, as the venue then answers nothing at all. The venue's ends are inclusive, ours are not.
// Nothing is asked of the future. Errors: not_supported (timeframe, class, all of it before that).
result<BarQuery> query_of(const BarRequest& request, UnixNanos now);

// The bars that were asked for, at most as many as the request and the page allow.
void trim(ParsedBars& parsed, const BarRequest& request, const BarQuery& query, BarPage& page);

} // namespace tickgate::tradier
