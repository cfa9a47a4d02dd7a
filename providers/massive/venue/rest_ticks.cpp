#include "massive/venue/rest.hpp"
#include "venue_kit/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

std::int64_t nanos(UnixNanos t) noexcept { return t.time_since_epoch().count(); }

// Prices on v2 and v3 are of the same market; ids and sequences too, so that stream and REST can be compared.
std::string trade_row(const Instrument& instrument, const kit::Fill& fill) {
    const auto print = print_of(instrument, fill);
    std::string out = "{";
    if (!print.conditions.empty())
        out += fmt::format(R"("conditions":{},)", print.conditions);
    const auto t = nanos(fill.time);
    if (instrument.cluster == Cluster::crypto)
        return out + fmt::format(R"("exchange":{},"id":"{}","participant_timestamp":{},"price":{},"size":{}}})",
                         print.exchange, trade_id(fill), t, instrument.price(fill.price), instrument.size(fill.lots));
    if (instrument.cluster == Cluster::options)
        return out + fmt::format(R"("correction":0,"exchange":{},"price":{},"sip_timestamp":{},"size":{}}})",
                         print.exchange, instrument.price(fill.price), t, fill.lots);
    out += fmt::format(R"("correction":0,"decimal_size":"{}","exchange":{},"id":"{}","participant_timestamp":{},)"
                       R"("price":{},"sequence_number":{},"sip_timestamp":{},"size":{},"tape":{})",
        instrument.size(fill.lots), print.exchange, trade_id(fill), t - 350'123, instrument.price(fill.price),
        print.sequence, t, instrument.whole(fill.lots), instrument.tape());
    if (print.trf != 0)
        out += fmt::format(R"(,"trf_id":{},"trf_timestamp":{})", print.trf, t);
    return out + '}';
}

std::string quote_row(const Instrument& instrument, const kit::MarketQuote& quote) {
    const auto t = nanos(quote.time);
    const auto ask = instrument.price(quote.ask), bid = instrument.price(quote.bid);
    const auto ax = ask_exchange(instrument, quote), bx = bid_exchange(instrument, quote);
    if (instrument.cluster == Cluster::forex)
        return fmt::format(R"({{"ask_exchange":{},"ask_price":{},"bid_exchange":{},"bid_price":{},)"
                           R"("participant_timestamp":{}}})",
            ax, ask, bx, bid, t);
    auto out = fmt::format(R"({{"ask_exchange":{},"ask_price":{},"ask_size":{},"bid_exchange":{},"bid_price":{},)"
                           R"("bid_size":{},"sequence_number":{},"sip_timestamp":{})",
        ax, ask, instrument.whole(quote.ask_lots) + (instrument.cluster == Cluster::stocks ? 1 : 0), bx, bid,
        instrument.whole(quote.bid_lots) + (instrument.cluster == Cluster::stocks ? 1 : 0), quote_sequence(quote), t);
    if (instrument.cluster == Cluster::stocks)
        out += fmt::format(R"(,"participant_timestamp":{},"tape":{})", t - 250'321, instrument.tape());
    return out + '}';
}

net::HttpResponse result_of(const RestCall& call, const std::string& object) {
    net::HttpResponse response;
    response.body =
        fmt::format(R"({{"results":{},"status":"{}","request_id":"{}"}})", object, call.status(), call.request_id);
    return response;
}

std::string last_trade_object(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto fill = found.market->last_trade(found.index, call.now);
    const auto print = print_of(instrument, fill);
    const auto t = nanos(fill.time);
    auto out = fmt::format(R"({{"T":"{}")", instrument.rest);
    if (!print.conditions.empty())
        out += fmt::format(R"(,"c":{})", print.conditions);
    if (print.trf != 0)
        out += fmt::format(R"(,"f":{},"r":{})", t, print.trf);
    out += fmt::format(R"(,"i":"{}","p":{},"q":{},"s":{},"ds":"{}","t":{},"x":{},"y":{},"z":{}}})", fill.id,
        instrument.price(fill.price), print.sequence, instrument.whole(fill.lots), instrument.size(fill.lots), t,
        print.exchange, t - 350'123, instrument.tape());
    return out;
}

std::string last_nbbo_object(const Found& found) {
    const auto& instrument = found.instrument();
    const auto& quote = found.market->quote(found.index);
    const int extra = instrument.cluster == Cluster::stocks ? 1 : 0;
    return fmt::format(
        R"({{"P":{},"S":{},"T":"{}","X":{},"i":[604],"p":{},"q":{},"s":{},"t":{},"x":{},"y":{},"z":{}}})",
        instrument.price(quote.ask), instrument.whole(quote.ask_lots) + extra, instrument.rest,
        ask_exchange(instrument, quote), instrument.price(quote.bid), quote_sequence(quote),
        instrument.whole(quote.bid_lots) + extra, nanos(quote.time), bid_exchange(instrument, quote),
        nanos(quote.time) - 250'321, instrument.tape());
}

// A point in time: a date (New York's day) or nanoseconds.
bool read_time(std::string_view text, bool end_of_day, UnixNanos& out) {
    if (const auto day = parse_date(text)) {
        out = end_of_day ? day_begin(Cluster::stocks, *day + std::chrono::days(1)) - 1ns
                         : day_begin(Cluster::stocks, *day);
        return true;
    }
    std::int64_t ns = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), ns);
    out = UnixNanos(std::chrono::nanoseconds(ns));
    return ec == std::errc() && end == text.data() + text.size() && ns >= 0;
}

struct Range {
    UnixNanos from{}, to = UnixNanos::max(); // inclusive
};

std::optional<Range> range_of(const Query& query) {
    Range out;
    UnixNanos t;
    if (const auto text = query.get("timestamp"); !text.empty()) {
        if (!read_time(text, false, out.from) || !read_time(text, true, out.to))
            return std::nullopt;
    }
    struct Bound {
        std::string_view name;
        bool upper;
        std::int64_t shift;
    };
    static constexpr std::array<Bound, 4> bounds{{{"timestamp.gte", false, 0}, {"timestamp.gt", false, 1},
        {"timestamp.lte", true, 0}, {"timestamp.lt", true, -1}}};
    for (const auto& bound : bounds) {
        const auto text = query.get(bound.name);
        if (text.empty())
            continue;
        const bool end_of_day = bound.name == "timestamp.gt" || bound.name == "timestamp.lte";
        if (!read_time(text, end_of_day, t))
            return std::nullopt;
        t += std::chrono::nanoseconds(bound.shift);
        if (bound.upper)
            out.to = std::min(out.to, t);
        else
            out.from = std::max(out.from, t);
    }
    return out;
}

// Rows within the range in the order asked for, a minute at a time, until `enough` or the end. The first `skip` at the
// very first moment (several may share a nanosecond) were on the page before.
struct Rows {
    std::vector<std::string> texts;
    std::optional<UnixNanos> next; // time of the first row that is left; empty: none
    std::size_t skip = 0;          // rows of that time that are on this page or before
};

template <class RowsOf, class Write>
Rows gather(Range range, bool descending, std::size_t skip, std::size_t enough, RowsOf&& rows_of, Write&& write) {
    Rows out;
    range.from = std::max(range.from, kit::Tape::history_begin);
    std::optional<UnixNanos> last;
    std::size_t same = 0; // rows at `last` so far
    const auto floor = [](UnixNanos t) { return t - t.time_since_epoch() % 1min; };
    auto minute = floor(descending ? range.to : range.from);
    for (; descending ? minute + 1min > range.from : minute <= range.to; minute += descending ? -1min : 1min) {
        auto rows = rows_of(minute);
        if (descending)
            std::reverse(rows.begin(), rows.end());
        for (const auto& row : rows) {
            if (row.time < range.from || row.time > range.to)
                continue;
            same = last == row.time ? same + 1 : 1;
            const bool first = !last || last == row.time;
            last = row.time;
            if (first && out.texts.empty() && same <= skip)
                continue;
            if (out.texts.size() == enough) {
                out.next = row.time;
                out.skip = same - 1;
                return out;
            }
            out.texts.push_back(write(row));
        }
    }
    return out;
}

} // namespace

net::HttpResponse last_value(RestCall& call) {
    net::HttpResponse response;
    if (call.path[1] == "last" && call.path[2] == "crypto") {
        const auto found = call.find("X:" + call.path[3] + call.path[4]);
        if (!found)
            return call.error(404, "Ticker not found.");
        const auto fill = found->market->last_trade(found->index, call.now);
        const auto& instrument = found->instrument();
        response.body = fmt::format(
            R"({{"last":{{"conditions":{},"exchange":1,"price":{},"size":{},"timestamp":{}}},"request_id":"{}",)"
            R"("status":"success","symbol":"{}"}})",
            print_of(instrument, fill).conditions, instrument.price(fill.price), instrument.size(fill.lots),
            nanos(fill.time) / 1'000'000, call.request_id, instrument.wire);
        return response;
    }
    if (call.path[1] == "last_quote") {
        const auto found = call.find("C:" + call.path[3] + call.path[4]);
        if (!found)
            return call.error(404, "Ticker not found.");
        const auto& quote = found->market->quote(found->index);
        const auto& instrument = found->instrument();
        response.body = fmt::format(
            R"({{"last":{{"ask":{},"bid":{},"exchange":48,"timestamp":{}}},"request_id":"{}","status":"success",)"
            R"("symbol":"{}"}})",
            instrument.price(quote.ask), instrument.price(quote.bid), nanos(quote.time) / 1'000'000, call.request_id,
            instrument.wire);
        return response;
    }
    const auto found = call.find(call.path[3]);
    if (!found)
        return call.error(404, "Ticker not found.");
    if (call.path[2] == "nbbo")
        return result_of(call, last_nbbo_object(*found));
    if (call.path[2] == "trade" && found->instrument().symbol.trades)
        return result_of(call, last_trade_object(call, *found));
    return call.error(404, "Data not found.");
}

net::HttpResponse ticks(RestCall& call) {
    const bool trades = call.path[1] == "trades";
    const auto limit = call.query.limit(1'000, 50'000);
    const auto range = range_of(call.query);
    const auto order = call.query.get("order");
    if (!limit || !range || (!order.empty() && order != "asc" && order != "desc"))
        return call.error(400, !limit ? "limit must be from 1 to 50000" : "Could not parse the timestamp or order.");
    const auto found = call.find(call.path[2]);
    if (!found)
        return call.page({}, {});
    std::size_t skip = 0;
    const auto text = call.query.get("page_after");
    std::from_chars(text.data(), text.data() + text.size(), skip);
    const bool descending = order != "asc";
    auto fixed = *range; // what comes while a client pages must not move its pages
    fixed.to = std::min(fixed.to, call.now);
    const auto& instrument = found->instrument();
    if (trades && !instrument.symbol.trades)
        return call.page({}, {});
    auto& market = *found->market;
    const auto i = found->index;
    const auto rows =
        trades ? gather(
                     fixed, descending, skip, *limit, [&](UnixNanos t) { return market.prints(i, t); },
                     [&](const kit::Fill& fill) { return trade_row(instrument, fill); })
               : gather(
                     fixed, descending, skip, *limit, [&](UnixNanos t) { return market.minute_quotes(i, t); },
                     [&](const kit::MarketQuote& quote) { return quote_row(instrument, quote); });
    std::string next;
    if (rows.next) {
        Query rest;
        rest.set("order", descending ? "desc" : "asc");
        rest.set("limit", std::to_string(*limit));
        rest.set("page_after", std::to_string(rows.skip));
        rest.set("timestamp.gte", std::to_string(nanos(descending ? fixed.from : *rows.next)));
        rest.set("timestamp.lte", std::to_string(nanos(descending ? *rows.next : fixed.to)));
        next = call.next_url(rest);
    }
    return call.page(rows.texts, next);
}

} // namespace tickgate::massive_venue
