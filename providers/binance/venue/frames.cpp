#include "binance/venue/frames.hpp"

#include "venue_kit/text.hpp"

#include <algorithm>

namespace tickgate::binance_venue {

using kit::append_integer;

namespace {

// `,"E":` and the like: out, then one value.
void integer(std::string& out, std::string_view key, std::int64_t value) {
    out.append(key);
    append_integer(out, value);
}

void price(std::string& out, std::string_view key, const SymbolFormat& f, std::int64_t ticks) {
    out.append(key).push_back('"');
    f.price(out, ticks);
    out.push_back('"');
}

void size(std::string& out, std::string_view key, const SymbolFormat& f, std::int64_t lots) {
    out.append(key).push_back('"');
    f.size(out, lots);
    out.push_back('"');
}

void turnover(std::string& out, std::string_view key, const SymbolFormat& f, std::int64_t value) {
    out.append(key).push_back('"');
    f.turnover(out, value);
    out.push_back('"');
}

void symbol(std::string& out, const SymbolFormat& f) { out.append(R"(,"s":")").append(f.name).push_back('"'); }

} // namespace

SymbolFormat::SymbolFormat(Kind market, const kit::SyntheticSymbol& s)
    : kind(market),
      name(s.joined()),
      lower(kit::to_lower(name)),
      price_decimals(s.price_decimals),
      price_zeros(market == Kind::spot ? std::max(8 - s.price_decimals, 0) : 0),
      size_decimals(s.size_decimals),
      size_zeros(market == Kind::spot ? std::max(8 - s.size_decimals, 0) : 0),
      turnover_decimals(s.price_decimals + s.size_decimals),
      turnover_zeros(market == Kind::spot ? std::max(8 - turnover_decimals, 0) : 0) {}

void SymbolFormat::price(std::string& out, std::int64_t ticks) const {
    kit::append_fixed(out, ticks, price_decimals, price_zeros);
}

void SymbolFormat::size(std::string& out, std::int64_t lots) const {
    kit::append_fixed(out, lots, size_decimals, size_zeros);
}

void SymbolFormat::turnover(std::string& out, std::int64_t value) const {
    kit::append_fixed(out, value, turnover_decimals, turnover_zeros);
}

void book_ticker_frame(std::string& out, const SymbolFormat& f, const kit::MarketQuote& quote, Clock clock) {
    integer(out, f.kind == Kind::spot ? R"({"u":)" : R"({"e":"bookTicker","u":)", quote.update_id);
    symbol(out, f);
    price(out, R"(,"b":)", f, quote.bid);
    size(out, R"(,"B":)", f, quote.bid_lots);
    price(out, R"(,"a":)", f, quote.ask);
    size(out, R"(,"A":)", f, quote.ask_lots);
    if (f.kind == Kind::usdm) {
        integer(out, R"(,"T":)", clock.skewed(quote.time));
        integer(out, R"(,"E":)", clock.skewed(quote.time));
    }
    out.push_back('}');
}

void trade_frame(std::string& out, const SymbolFormat& f, const kit::Fill& fill, Clock clock) {
    integer(out, R"({"e":"trade","E":)", clock.skewed(fill.time));
    if (f.kind == Kind::usdm)
        integer(out, R"(,"T":)", clock.skewed(fill.time));
    symbol(out, f);
    integer(out, R"(,"t":)", fill.id);
    price(out, R"(,"p":)", f, fill.price);
    size(out, R"(,"q":)", f, fill.lots);
    if (f.kind == Kind::usdm)
        out.append(R"(,"X":"MARKET")");
    else
        integer(out, R"(,"T":)", clock.skewed(fill.time));
    out.append(fill.buyer_is_maker ? R"(,"m":true)" : R"(,"m":false)");
    out.append(f.kind == Kind::spot ? R"(,"M":true})" : "}");
}

void agg_trade_frame(std::string& out, const SymbolFormat& f, std::span<const kit::Fill> fills, Clock clock) {
    const auto& first = fills.front();
    const auto& last = fills.back();
    std::int64_t lots = 0;
    for (const auto& fill : fills)
        lots += fill.lots;
    integer(out, R"({"e":"aggTrade","E":)", clock.skewed(last.time));
    if (f.kind == Kind::usdm) {
        integer(out, R"(,"a":)", first.aggregate);
        symbol(out, f);
    } else {
        symbol(out, f);
        integer(out, R"(,"a":)", first.aggregate);
    }
    price(out, R"(,"p":)", f, first.price);
    size(out, R"(,"q":)", f, lots);
    integer(out, R"(,"f":)", first.id);
    integer(out, R"(,"l":)", last.id);
    integer(out, R"(,"T":)", clock.skewed(last.time));
    out.append(first.buyer_is_maker ? R"(,"m":true)" : R"(,"m":false)");
    out.append(f.kind == Kind::spot ? R"(,"M":true})" : "}");
}

void kline_frame(std::string& out, const SymbolFormat& f, const kit::TapeBar& bar, Timeframe tf, bool final,
    UnixNanos event_time, Clock clock) {
    integer(out, R"({"e":"kline","E":)", clock.skewed(event_time));
    symbol(out, f);
    integer(out, R"(,"k":{"t":)", clock.plain(bar.open_time));
    integer(out, R"(,"T":)", clock.before(bar_end(bar.open_time, tf)));
    symbol(out, f);
    out.append(R"(,"i":")").append(to_string(tf)).push_back('"');
    integer(out, R"(,"f":)", bar.first_id);
    integer(out, R"(,"L":)", bar.last_id);
    price(out, R"(,"o":)", f, bar.open);
    price(out, R"(,"c":)", f, bar.close);
    price(out, R"(,"h":)", f, bar.high);
    price(out, R"(,"l":)", f, bar.low);
    size(out, R"(,"v":)", f, bar.volume);
    integer(out, R"(,"n":)", bar.count);
    out.append(final ? R"(,"x":true)" : R"(,"x":false)");
    turnover(out, R"(,"q":)", f, bar.turnover);
    size(out, R"(,"V":)", f, bar.taker_volume);
    turnover(out, R"(,"Q":)", f, bar.taker_turnover);
    out.append(R"(,"B":"0"}})");
}

void kline_row(std::string& out, const SymbolFormat& f, const kit::TapeBar& bar, Timeframe tf, Clock clock) {
    integer(out, "[", clock.plain(bar.open_time));
    price(out, ",", f, bar.open);
    price(out, ",", f, bar.high);
    price(out, ",", f, bar.low);
    price(out, ",", f, bar.close);
    size(out, ",", f, bar.volume);
    integer(out, ",", clock.before(bar_end(bar.open_time, tf)));
    turnover(out, ",", f, bar.turnover);
    integer(out, ",", bar.count);
    size(out, ",", f, bar.taker_volume);
    turnover(out, ",", f, bar.taker_turnover);
    out.append(R"(,"0"])");
}

} // namespace tickgate::binance_venue
