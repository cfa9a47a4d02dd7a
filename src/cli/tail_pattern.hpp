// What `tickgate tail` is asked to show, as patterns of Redis.
#pragma once

#include <tickgate/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::cli {

struct TailPattern {
    std::vector<std::string> channels; // for PSUBSCRIBE; no message matches two of them
    std::string prefix;                // whose gateway is meant; empty: several, or unknown
};

// Forms of `text`, `md` being the prefix:
//   (nothing)               all data: quotes, trades, bars
//   crypto:BTC-USDT         all data of an instrument; globs too: crypto:*, *:BTC-USDT
//   crypto, BTC-USDT        all data of a class; of a symbol in whatever class
//   quote, bar:1m, trade:fx one kind, completed by `:*`; event and heartbeat likewise
//   md:event:feed:*         a channel or glob as it is, of any prefix
// Errors: malformed_symbol, `problem` says what is wrong and names the nearest word.
result<TailPattern> parse_tail_pattern(std::string_view text, std::string_view prefix, std::string& problem);

} // namespace tickgate::cli
