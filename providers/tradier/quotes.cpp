#include "tradier/quotes.hpp"

#include "tradier/new_york.hpp"
#include "tradier/rest_rows.hpp"
#include "tradier/symbols.hpp"

namespace tickgate::tradier {

namespace {

// Milliseconds; in old answers `2013-06-10T16:00:00-04:00`.
bool read_date(Token token, std::optional<UnixNanos>& into) {
    if (!token.quoted || token.text.size() != 25)
        return read_millis(token, into);
    const auto local = parse_local(token.text.substr(0, 19));
    const auto offset = parse_local("1970-01-01T" + std::string(token.text.substr(20, 5)) + ":00");
    if (!local || !offset || (token.text[19] != '-' && token.text[19] != '+'))
        return false;
    const auto shift = offset->time_since_epoch();
    into = UnixNanos(local->time_since_epoch() + (token.text[19] == '-' ? shift : -shift));
    return true;
}

bool read_price(Token token, OptionalDecimal& into) {
    const auto reading = read_decimal(token, into);
    if (into && into->is_zero())
        into.reset();
    return reading == Reading::value || reading == Reading::absent;
}

bool read_size(Token token, std::int64_t lot, OptionalDecimal& into) {
    const auto reading = read_decimal(token, into);
    if (reading == Reading::malformed || reading == Reading::overflow || (into && into->is_negative()))
        return false;
    if (!into || lot == 1)
        return true;
    const auto units = Decimal::multiply(*into, Decimal::from_integer(lot));
    if (units)
        into = *units;
    return units.has_value();
}

bool fill(const Row& row, std::int64_t lot_size, QuoteRow& out) {
    out.native = row.text("symbol");
    out.type = row.text("type");
    out.description = row.text("description");
    if (out.native.empty())
        return false;
    auto& q = out.quote;
    std::optional<UnixNanos> bid_date, ask_date, trade_date;
    const bool option = out.type == "option" || is_option(out.native);
    const auto lot = option ? 1 : lot_size;
    if (!read_price(row["bid"], q.bid) || !read_price(row["ask"], q.ask) || !read_price(row["last"], q.last) ||
        !read_size(row["bidsize"], lot, q.bid_size) || !read_size(row["asksize"], lot, q.ask_size) ||
        !read_date(row["bid_date"], bid_date) || !read_date(row["ask_date"], ask_date) ||
        !read_date(row["trade_date"], trade_date))
        return false;
    if (!q.bid)
        q.bid_size.reset();
    if (!q.ask)
        q.ask_size.reset();
    q.event_time = !bid_date || (ask_date && *ask_date > *bid_date) ? ask_date : bid_date;
    if (out.type == "index") {
        q.bid.reset(), q.bid_size.reset(), q.ask.reset(), q.ask_size.reset();
        q.flags.set(Flag::indicative);
        q.event_time = trade_date;
    } else if (const auto exchange = row.text("bidexch"); q.bid && exchange == row.text("askexch")) {
        q.exchange = exchange;
    }
    return true;
}

error_code rows(std::string_view body, std::initializer_list<std::string_view> path, std::int64_t lot_size,
    UnixNanos now, const TakeQuote& take, std::size_t& skipped) {
    return read_rows(body, path, [&](const Row& row) {
        QuoteRow out;
        out.quote.received_time = now;
        out.quote.flags.set(Flag::snapshot);
        if (fill(row, lot_size, out))
            take(out);
        else
            ++skipped;
        return error_code();
    });
}

} // namespace

error_code parse_quotes(
    std::string_view body, std::int64_t lot_size, UnixNanos now, const TakeQuote& take, std::size_t& skipped) {
    return rows(body, {"quotes", "quote"}, lot_size, now, take, skipped);
}

error_code parse_chain(
    std::string_view body, std::int64_t lot_size, UnixNanos now, const TakeQuote& take, std::size_t& skipped) {
    return rows(body, {"options", "option"}, lot_size, now, take, skipped);
}

result<std::vector<std::string>> parse_unmatched(std::string_view body) {
    std::vector<std::string> names;
    const auto ec = read_rows(body, {"quotes", "unmatched_symbols", "symbol"}, [&](const Row& row) {
        if (const auto name = row.text(""); !name.empty())
            names.emplace_back(name);
        return error_code();
    });
    if (ec)
        return ec;
    return names;
}

} // namespace tickgate::tradier
