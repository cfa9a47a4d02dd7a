#include "oanda/venue/book.hpp"

#include "oanda/times.hpp"
#include "venue_kit/text.hpp"

namespace tickgate::oanda_venue {

using namespace std::chrono_literals;

namespace {

std::int64_t half_spread(const kit::SyntheticSymbol& symbol) noexcept {
    return std::max<std::int64_t>(symbol.spread / 2, 1);
}

kit::SyntheticSymbol shifted(kit::SyntheticSymbol symbol, std::int64_t ticks) {
    symbol.offset += ticks;
    return symbol;
}

// The week of fx: from Sunday to Friday, 17:00 New York.
bool is_open(UnixNanos t) {
    using namespace std::chrono;
    const UnixNanos shifted = t - oanda::behind_utc_in_new_york(t) + 7h; // the trading day's own date
    const weekday day(floor<days>(shifted));
    return day != Saturday && day != Sunday;
}

void append_level(std::string& out, std::int64_t price, int decimals, std::int64_t units) {
    out += R"({"price":")";
    kit::append_fixed(out, price, decimals, 0);
    out += R"(","liquidity":)";
    kit::append_integer(out, units);
    out += '}';
}

// Two levels, the worse one for ten times as much. The better one is not always first.
void append_side(
    std::string& out, std::int64_t best, std::int64_t worse, std::int64_t units, int decimals, bool best_first) {
    out += '[';
    append_level(out, best_first ? best : worse, decimals, best_first ? units : units * 10);
    out += ',';
    append_level(out, best_first ? worse : best, decimals, best_first ? units * 10 : units);
    out += ']';
}

} // namespace

Book::Book(Instrument instrument, std::uint64_t seed, UnixNanos start, kit::TapeLimits limits)
    : instrument_(std::move(instrument)),
      symbols_{instrument_.symbol, shifted(instrument_.symbol, half_spread(instrument_.symbol)),
          shifted(instrument_.symbol, 2 * half_spread(instrument_.symbol))},
      tapes_{kit::Tape(seed, symbols_[0], start, limits), kit::Tape(seed, symbols_[1], start, limits),
          kit::Tape(seed, symbols_[2], start, limits)} {
    for (auto& tape : tapes_)
        tape.keep_hours(is_open);
}

void Book::leave_out(const kit::Holes& holes) noexcept {
    for (auto& tape : tapes_)
        tape.leave_out(holes);
}

void Book::take(const kit::MarketQuote& quote) {
    price_.bid = quote.bid;
    price_.ask = quote.ask + ((quote.bid + quote.ask) & 1);
    price_.bid_units = quote.bid_lots;
    price_.ask_units = quote.ask_lots;
    price_.time = quote.time;
    price_.tradeable = true;
    ++price_.number;
}

void Book::begin(const kit::MarketQuote& quote) { take(quote); }

void Book::update(const kit::MarketQuote& quote) {
    take(quote);
    last_tick_ = quote.time;
    const auto id = next_id_++;
    const std::int64_t prices[] = {price_.bid, price_.mid(), price_.ask};
    for (std::size_t i = 0; i < tapes_.size(); ++i)
        tapes_[i].add({id, id, prices[i], 1, quote.time, false});
}

void Book::close(UnixNanos now) {
    if (!price_.tradeable)
        return;
    const auto half = std::max<std::int64_t>(price_.mid() / 2400, 1); // 1.18571/1.18671 has been seen
    price_.bid = std::max<std::int64_t>(price_.bid - half, 1);
    price_.ask = price_.ask + half;
    price_.time = now;
    price_.tradeable = false;
    ++price_.number;
}

kit::TapeBar Book::bar(Side side, UnixNanos open, UnixNanos end, UnixNanos now) {
    return tapes_[static_cast<std::size_t>(side)].span(open, end, now);
}

void append_time(std::string& out, UnixNanos t, bool unix_time) {
    out += '"';
    if (unix_time)
        kit::append_fixed(out, t.time_since_epoch().count(), 9, 0);
    else
        out += oanda::format_time(t);
    out += '"';
}

void append_price(
    std::string& out, const Book& book, std::chrono::milliseconds skew, bool unix_time, std::string_view type) {
    const auto& p = book.price();
    const int decimals = book.instrument().symbol.price_decimals;
    const bool best_first = p.number % 4 != 0;
    out += '{';
    if (!type.empty())
        out.append("\"type\":\"").append(type).append("\",");
    out += "\"time\":";
    append_time(out, p.time + skew, unix_time);
    out += ",\"bids\":";
    append_side(out, p.bid, std::max<std::int64_t>(p.bid - 2, 1), p.bid_units, decimals, best_first);
    out += ",\"asks\":";
    append_side(out, p.ask, p.ask + 2, p.ask_units, decimals, best_first);
    out += R"(,"closeoutBid":")";
    kit::append_fixed(out, std::max<std::int64_t>(p.bid - 4, 1), decimals, 0);
    out += R"(","closeoutAsk":")";
    kit::append_fixed(out, p.ask + 4, decimals, 0);
    out += p.tradeable ? R"(","status":"tradeable","tradeable":true,"instrument":")"
                       : R"(","status":"non-tradeable","tradeable":false,"instrument":")";
    out += book.instrument().native;
    out += "\"}";
}

} // namespace tickgate::oanda_venue
