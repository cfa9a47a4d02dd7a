// Quotes by REST, and what they tell of an instrument.
#pragma once

#include <tickgate/provider.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier {

// One row of `quotes.quote` or `options.option`. Views are valid during the call.
struct QuoteRow {
    std::string_view native; // `BRK/B`
    std::string_view type;   // stock, etf, mutual_fund, option, index; empty in old answers
    std::string_view description;
    Quote quote; // sizes in units of the instrument; of an index `last` alone
};

using TakeQuote = std::function<void(const QuoteRow& row)>;

// `lot_size`: what a unit of a quoted size stands for, options excepted, which are quoted in contracts. Rows without a
// symbol or with a number that is none are left out and counted in `skipped`. Errors: malformed_payload.
error_code parse_quotes(
    std::string_view body, std::int64_t lot_size, UnixNanos now, const TakeQuote& take, std::size_t& skipped);
// The same rows of an option chain, `{"options":{"option":[…]}}`.
error_code parse_chain(
    std::string_view body, std::int64_t lot_size, UnixNanos now, const TakeQuote& take, std::size_t& skipped);

// Names that the venue does not know. Errors: malformed_payload.
result<std::vector<std::string>> parse_unmatched(std::string_view body);

} // namespace tickgate::tradier
