// Pure parsing of REST answers that tell the latest quote.
#pragma once

#include "massive/config.hpp"

#include <tickgate/provider.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tickgate::massive {

// Takes the ticker as the answer writes it (`AAPL`, `O:…`, `X:BTCUSD`, `AUD/USD`) and its quote, flag `snapshot`.
// Texts are valid during the call. A quote without any value is not told.
using QuoteSink = std::function<void(std::string_view ticker, const Quote& quote)>;

// All below: errors malformed_payload, number_overflow.

// `/v2/last/nbbo/{ticker}`: `p s` bid, `P S` ask.
error_code parse_last_nbbo(std::string_view body, UnixNanos now, const QuoteSink& sink);
// `/v2/last/trade/{ticker}`: a quote with only `last`, if the print moves the last price.
error_code parse_last_trade(std::string_view body, UnixNanos now, const QuoteSink& sink);
// `/v1/last_quote/currencies/{from}/{to}` and `/v1/last/crypto/{from}/{to}`.
error_code parse_last_currency(std::string_view body, UnixNanos now, const QuoteSink& sink);
// `/v2/snapshot/…/tickers[/{ticker}]` of stocks and forex.
error_code parse_market_snapshot(std::string_view body, UnixNanos now, const QuoteSink& sink);
// `/v3/snapshot` of any class, `/v3/snapshot/options/…` and `/v3/snapshot/indices`. Returns next_url, empty at the end.
// Tickers that the venue does not know are entries with `error`: `unknown` is told their names.
result<std::string> parse_snapshot(std::string_view body, UnixNanos now, const QuoteSink& sink,
    const std::function<void(std::string_view ticker)>& unknown = {});

} // namespace tickgate::massive
