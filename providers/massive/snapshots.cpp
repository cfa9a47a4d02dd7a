#include "massive/snapshots.hpp"

#include "massive/conditions.hpp"
#include "massive/json_records.hpp"

#include <charconv>

namespace tickgate::massive {

namespace {

struct SideNames {
    std::string_view bid, bid_size, ask, ask_size;
};

void sides(Record& r, const SideNames& names, Quote& quote) noexcept {
    quote.bid = r.decimal(names.bid);
    quote.bid_size = r.decimal(names.bid_size);
    quote.ask = r.decimal(names.ask);
    quote.ask_size = r.decimal(names.ask_size);
    if (!quote.bid || quote.bid->is_zero())
        quote.bid.reset(), quote.bid_size.reset();
    if (!quote.ask || quote.ask->is_zero())
        quote.ask.reset(), quote.ask_size.reset();
}

error_code tell(Record& r, std::string_view ticker, Quote& quote, UnixNanos now, bool delayed, const QuoteSink& sink) {
    if (r.problem())
        return r.problem();
    if (ticker.empty())
        return errc::malformed_payload;
    quote.received_time = now;
    quote.flags.set(Flag::snapshot);
    if (delayed)
        quote.flags.set(Flag::delayed);
    if (quote.bid || quote.ask || quote.last)
        sink(ticker, quote);
    return {};
}

// A price that the rules allow to be the last one.
OptionalDecimal eligible(Record& r, std::string_view price, std::string_view conditions, Cluster cluster) {
    const auto value = r.decimal(price);
    if (!value || value->is_zero())
        return std::nullopt;
    for (const auto text : r.texts(conditions)) {
        std::int64_t id = 0;
        std::from_chars(text.data(), text.data() + text.size(), id);
        if (!rule_of(cluster, id).open_close)
            return std::nullopt;
    }
    return value;
}

Cluster cluster_of_ticker(std::string_view ticker) noexcept {
    return ticker.starts_with("O:")   ? Cluster::options
           : ticker.starts_with("X:") ? Cluster::crypto
           : ticker.starts_with("C:") ? Cluster::forex
           : ticker.starts_with("I:") ? Cluster::indices
                                      : Cluster::stocks;
}

// The later member `status` decides whether it is delayed: the answer is read before its entries are told.
error_code read_one(
    std::string_view body, std::string_view name, const std::function<error_code(Record&, bool)>& each) {
    Record top, data;
    bool any = false;
    const auto ec = read_records(body, name, top, [&](Record& r) -> error_code {
        data = r;
        any = true;
        return {};
    });
    if (ec || !any)
        return ec;
    return each(data, top.text("status") == "DELAYED");
}

} // namespace

error_code parse_last_nbbo(std::string_view body, UnixNanos now, const QuoteSink& sink) {
    return read_one(body, "results", [&](Record& r, bool delayed) {
        Quote quote;
        sides(r, {"p", "s", "P", "S"}, quote);
        quote.event_time = r.time("t");
        if (const auto q = r.integer("q"); q && *q >= 0)
            quote.src_seq = static_cast<std::uint64_t>(*q);
        if (r.text("x") == r.text("X"))
            quote.exchange = r.text("x");
        return tell(r, r.text("T"), quote, now, delayed, sink);
    });
}

error_code parse_last_trade(std::string_view body, UnixNanos now, const QuoteSink& sink) {
    return read_one(body, "results", [&](Record& r, bool delayed) {
        Quote quote;
        quote.last = eligible(r, "p", "c", cluster_of_ticker(r.text("T")));
        quote.event_time = r.time("t");
        quote.exchange = r.text("x");
        return tell(r, r.text("T"), quote, now, delayed, sink);
    });
}

error_code parse_last_currency(std::string_view body, UnixNanos now, const QuoteSink& sink) {
    Record r;
    if (const auto ec = read_record(body, r))
        return ec;
    Quote quote;
    sides(r, {"last.bid", "", "last.ask", ""}, quote);
    quote.last = r.decimal("last.price");
    quote.event_time = r.time("last.timestamp");
    quote.exchange = r.text("last.exchange");
    return tell(r, r.text("symbol"), quote, now, r.text("status") == "DELAYED", sink);
}

error_code parse_market_snapshot(std::string_view body, UnixNanos now, const QuoteSink& sink) {
    const auto one = [&](Record& r) -> error_code {
        Quote quote;
        if (r.has("lastQuote.a") || r.has("lastQuote.b"))
            sides(r, {"lastQuote.b", "", "lastQuote.a", ""}, quote);
        else
            sides(r, {"lastQuote.p", "lastQuote.s", "lastQuote.P", "lastQuote.S"}, quote);
        quote.last = eligible(r, "lastTrade.p", "lastTrade.c", cluster_of_ticker(r.text("ticker")));
        quote.event_time = r.time(r.has("lastQuote.t") ? "lastQuote.t" : "lastTrade.t");
        return tell(r, r.text("ticker"), quote, now, false, sink);
    };
    Record top;
    if (const auto ec = read_records(body, "ticker", top, one))
        return ec;
    return read_records(body, "tickers", top, one);
}

result<std::string> parse_snapshot(
    std::string_view body, UnixNanos now, const QuoteSink& sink, const std::function<void(std::string_view)>& unknown) {
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        const auto ticker = r.has("ticker") ? r.text("ticker") : r.text("details.ticker");
        if (r.has("error")) {
            if (unknown)
                unknown(ticker);
            return {};
        }
        Quote quote;
        sides(r, {"last_quote.bid", "last_quote.bid_size", "last_quote.ask", "last_quote.ask_size"}, quote);
        quote.last = eligible(r, "last_trade.price", "last_trade.conditions", cluster_of_ticker(ticker));
        quote.event_time = r.time("last_quote.last_updated");
        std::string_view timeframe = r.text("last_quote.timeframe");
        if (!quote.bid && !quote.ask && quote.last) {
            quote.event_time =
                r.time(r.has("last_trade.sip_timestamp") ? "last_trade.sip_timestamp" : "last_trade.last_updated");
            timeframe = r.text("last_trade.timeframe");
        }
        if (r.has("value")) { // an index
            quote.last = r.decimal("value");
            quote.event_time = r.time("last_updated");
            quote.flags.set(Flag::indicative);
            timeframe = r.text("timeframe");
        }
        return tell(r, ticker, quote, now, timeframe == "DELAYED", sink);
    });
    if (ec)
        return ec;
    return std::string(top.text("next_url"));
}

} // namespace tickgate::massive
