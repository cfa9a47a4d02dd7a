// Pure parsing of REST answers.
#pragma once

#include <tickgate/provider.hpp>

#include <string_view>
#include <vector>

namespace tickgate::binance {

// `/klines`: rows of [openTime, o, h, l, c, volume, closeTime, turnover, trades, …]. The last row may be the running
// bar; a bar is final when it has ended at `now` (binance.md §9). Errors: malformed_payload, number_overflow.
result<std::vector<Bar>> parse_klines(std::string_view body, Timeframe timeframe, UnixNanos now);

// `/ticker/bookTicker`: one object or an array. Calls `sink` with the native name. Errors: malformed_payload.
error_code parse_book_tickers(
    std::string_view body, UnixNanos now, const std::function<void(std::string_view native, const Quote&)>& sink);

} // namespace tickgate::binance
