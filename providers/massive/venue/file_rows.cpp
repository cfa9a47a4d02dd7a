#include "massive/venue/file_rows.hpp"

#include "massive/venue/rest.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <iterator>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

std::int64_t nanos(UnixNanos t) noexcept { return t.time_since_epoch().count(); }

// As files write it: `X:BTC-USD`, `C:EUR-USD`, others as by REST.
std::string file_ticker(const Instrument& instrument) {
    if (instrument.cluster == Cluster::crypto || instrument.cluster == Cluster::forex)
        return instrument.rest.substr(0, 2) + instrument.symbol.canonical();
    return instrument.rest;
}

// `[14,41]` as a cell: `"14,41"`, one number bare, none empty.
std::string conditions_cell(std::string_view list) {
    if (list.size() <= 2)
        return {};
    list = list.substr(1, list.size() - 2);
    return list.find(',') == std::string_view::npos ? std::string(list) : fmt::format("\"{}\"", list);
}

std::string_view header_of(Cluster cluster, std::string_view type) noexcept {
    if (type.ends_with("aggs_v1"))
        return cluster == Cluster::indices ? "ticker,open,close,high,low,window_start\n"
                                           : "ticker,volume,open,close,high,low,window_start,transactions\n";
    if (type == "values_v1")
        return "ticker,value,timestamp\n";
    const bool trades = type == "trades_v1";
    switch (cluster) {
    case Cluster::stocks:
        return trades ? "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,"
                        "sip_timestamp,size,tape,trf_id,trf_timestamp\n"
                      : "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,"
                        "participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp\n";
    case Cluster::options:
        return trades ? "ticker,conditions,correction,exchange,price,sip_timestamp,size\n"
                      : "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,"
                        "sip_timestamp\n";
    case Cluster::forex:
        return "ticker,ask_exchange,ask_price,bid_exchange,bid_price,participant_timestamp\n";
    default:
        return "ticker,conditions,exchange,id,participant_timestamp,price,size\n";
    }
}

void bar_row(std::string& out, const std::string& ticker, const Instrument& in, const kit::TapeBar& bar) {
    auto to = std::back_inserter(out);
    if (in.cluster == Cluster::indices)
        fmt::format_to(to, "{},{},{},{},{},{}\n", ticker, in.price(bar.open), in.price(bar.close), in.price(bar.high),
            in.price(bar.low), nanos(bar.open_time));
    else
        fmt::format_to(to, "{},{},{},{},{},{},{},{}\n", ticker, volume_of(in, bar), in.price(bar.open),
            in.price(bar.close), in.price(bar.high), in.price(bar.low), nanos(bar.open_time), bar.count);
}

void trade_row(std::string& out, const std::string& ticker, const Instrument& in, const kit::Fill& fill) {
    auto to = std::back_inserter(out);
    const auto print = print_of(in, fill);
    const auto conditions = conditions_cell(print.conditions);
    const auto t = nanos(fill.time);
    if (in.cluster == Cluster::crypto)
        fmt::format_to(to, "{},{},{},{},{},{},{}\n", ticker, conditions, print.exchange, trade_id(fill), t,
            in.price(fill.price), in.size(fill.lots));
    else if (in.cluster == Cluster::options)
        fmt::format_to(
            to, "{},{},0,{},{},{},{}\n", ticker, conditions, print.exchange, in.price(fill.price), t, fill.lots);
    else
        fmt::format_to(to, "{},{},0,{},{},{},{},{},{},{},{},{},{}\n", ticker, conditions, print.exchange,
            trade_id(fill), t - 350'123, in.price(fill.price), print.sequence, t, in.size(fill.lots), in.tape(),
            print.trf, print.trf == 0 ? 0 : t);
}

void quote_row(std::string& out, const std::string& ticker, const Instrument& in, const kit::MarketQuote& quote) {
    auto to = std::back_inserter(out);
    const auto t = nanos(quote.time);
    const auto ask = in.price(quote.ask), bid = in.price(quote.bid);
    const auto ax = ask_exchange(in, quote), bx = bid_exchange(in, quote);
    if (in.cluster == Cluster::indices) {
        fmt::format_to(to, "{},{},{}\n", ticker, bid, t);
        return;
    }
    if (in.cluster == Cluster::forex) {
        fmt::format_to(to, "{},{},{},{},{},{}\n", ticker, ax, ask, bx, bid, t);
        return;
    }
    const int extra = in.cluster == Cluster::stocks ? 1 : 0; // as by REST: no side of 0 shares
    const auto asks = in.whole(quote.ask_lots) + extra, bids = in.whole(quote.bid_lots) + extra;
    if (in.cluster == Cluster::options)
        fmt::format_to(
            to, "{},{},{},{},{},{},{},{},{}\n", ticker, ax, ask, asks, bx, bid, bids, quote_sequence(quote), t);
    else
        fmt::format_to(to, "{},{},{},{},{},{},{},,,{},{},{},{},0\n", ticker, ax, ask, asks, bx, bid, bids, t - 250'321,
            quote_sequence(quote), t, in.tape());
}

} // namespace

UnixNanos file_begin(Cluster cluster, std::chrono::sys_days day) noexcept {
    return day_begin(cluster == Cluster::indices ? Cluster::stocks : cluster, day);
}

std::string file_text(
    ClusterMarket& market, std::string_view type, std::chrono::sys_days day, std::size_t tick_symbols) {
    const auto cluster = market.cluster();
    const auto begin = file_begin(cluster, day), end = file_begin(cluster, day + std::chrono::days(1));
    std::vector<std::pair<std::string, std::size_t>> sorted;
    for (std::size_t i = 0; i < market.size(); ++i)
        if (type.ends_with("aggs_v1") || i < tick_symbols)
            sorted.emplace_back(file_ticker(market.instrument(i)), i);
    std::sort(sorted.begin(), sorted.end());
    std::string out(header_of(cluster, type));
    for (const auto& [ticker, i] : sorted) {
        const auto& in = market.instrument(i);
        if (type == "day_aggs_v1") { // by the market's own midnight, as REST tells it
            const auto from = day_begin(cluster, day), to = day_begin(cluster, day + std::chrono::days(1));
            if (const auto bar = market.sum(i, from, to, to))
                bar_row(out, ticker, in, *bar);
            continue;
        }
        for (auto minute = begin; minute < end; minute += 1min) {
            if (type == "minute_aggs_v1") {
                if (const auto bar = market.minute(i, minute))
                    bar_row(out, ticker, in, *bar);
            } else if (type == "trades_v1") {
                for (const auto& fill : market.prints(i, minute))
                    trade_row(out, ticker, in, fill);
            } else {
                for (const auto& quote : market.minute_quotes(i, minute))
                    quote_row(out, ticker, in, quote);
            }
        }
    }
    return out;
}

std::string compressed(std::string text) {
    z_stream stream{};
    std::string out;
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return out;
    out.resize(deflateBound(&stream, static_cast<uLong>(text.size())));
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

} // namespace tickgate::massive_venue
