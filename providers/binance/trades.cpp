#include "binance/trades.hpp"

#include "binance/time_units.hpp"

#include <simdjson.h>

namespace tickgate::binance {

namespace dom = simdjson::dom;

namespace {

// The names of the fields in the two answers.
struct Names {
    const char *id, *price, *size, *time, *maker;
};
constexpr Names plain{"id", "price", "qty", "time", "isBuyerMaker"}, aggregated{"a", "p", "q", "T", "m"};

result<Decimal> positive(dom::element row, const char* name) {
    std::string_view text;
    if (row[name].get(text) != simdjson::SUCCESS)
        return errc::malformed_payload;
    const auto d = Decimal::parse(text);
    if (!d)
        return d.error() == errc::number_overflow ? d.error() : make_error_code(errc::malformed_payload);
    if (*d <= Decimal())
        return errc::malformed_payload;
    return *d;
}

result<PastTrade> parse_row(dom::element row, const Names& names) {
    PastTrade trade;
    std::int64_t time = 0;
    if (!row.is_object() || row[names.id].get(trade.id) != simdjson::SUCCESS ||
        row[names.time].get(time) != simdjson::SUCCESS || !plausible_time(time) ||
        row[names.maker].get(trade.buyer_is_maker) != simdjson::SUCCESS)
        return errc::malformed_payload;
    const auto price = positive(row, names.price), size = positive(row, names.size);
    if (!price || !size)
        return price ? size.error() : price.error();
    trade.price = *price;
    trade.size = *size;
    trade.time = venue_time(time);
    return trade;
}

} // namespace

result<std::vector<PastTrade>> parse_trades(std::string_view body, bool aggregate) {
    dom::parser parser;
    dom::array rows;
    if (parser.parse(body.data(), body.size()).get(rows) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::vector<PastTrade> trades;
    for (const auto row : rows) {
        const auto trade = parse_row(row, aggregate ? aggregated : plain);
        if (!trade)
            return trade.error();
        if (!trades.empty() && trade->id <= trades.back().id)
            return errc::malformed_payload; // documented as ascending
        trades.push_back(*trade);
    }
    return trades;
}

result<std::optional<FirstTrade>> parse_first_trade(std::string_view body) {
    dom::parser parser;
    dom::array rows;
    if (parser.parse(body.data(), body.size()).get(rows) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::optional<FirstTrade> first;
    for (const auto row : rows) {
        FirstTrade f;
        std::int64_t time = 0;
        if (!row.is_object() || row["f"].get(f.id) != simdjson::SUCCESS || row["T"].get(time) != simdjson::SUCCESS ||
            !plausible_time(time))
            return errc::malformed_payload;
        f.time = venue_time(time);
        first = f;
        break;
    }
    return first;
}

} // namespace tickgate::binance
