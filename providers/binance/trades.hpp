// Past trades: pure parsing of REST answers.
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tickgate::binance {

struct PastTrade {
    std::uint64_t id = 0; // `id` of a trade, `a` of an aggregate: the number that the stream of the same kind has
    Decimal price, size;
    UnixNanos time{};
    bool buyer_is_maker = false; // the aggressor sold
};

// `/historicalTrades`, or `/aggTrades` if `aggregate`. Ids grow from one to the next.
// Errors: malformed_payload, number_overflow.
result<std::vector<PastTrade>> parse_trades(std::string_view body, bool aggregate);

// Of the first aggregate of `/aggTrades`: its time and the id of its first trade. Empty: there is none.
// Errors: malformed_payload.
struct FirstTrade {
    std::uint64_t id = 0;
    UnixNanos time{};
};
result<std::optional<FirstTrade>> parse_first_trade(std::string_view body);

} // namespace tickgate::binance
