#include "massive/venue/frames.hpp"

#include "venue_kit/hash.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

__extension__ using Wide = __int128;

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

std::int64_t millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000; }
std::int64_t nanos(UnixNanos t) noexcept { return t.time_since_epoch().count(); }

constexpr std::array<int, 8> stock_exchanges{11, 12, 8, 19, 15, 2, 21, 7};
constexpr std::array<std::string_view, 4> stock_conditions{"", "[14]", "[14,41]", "[0,12]"};

int exchange_of(const Instrument& instrument, std::uint64_t random) noexcept {
    switch (instrument.cluster) {
    case Cluster::stocks:
        return stock_exchanges[random % stock_exchanges.size()];
    case Cluster::options:
        return 300 + static_cast<int>(random % 17);
    case Cluster::forex:
        return 48;
    case Cluster::crypto:
    case Cluster::indices:
    case Cluster::futures:
        break;
    }
    return 1;
}

} // namespace

void append_number(std::string& out, std::int64_t value, int decimals) {
    for (; decimals > 0 && value % 10 == 0; --decimals)
        value /= 10;
    kit::append_fixed(out, value, decimals, 0);
}

std::string Instrument::price(std::int64_t ticks) const {
    std::string out;
    append_number(out, ticks, symbol.price_decimals);
    return out;
}

std::string Instrument::size(std::int64_t lots) const {
    std::string out;
    append_number(out, lots, symbol.size_decimals);
    return out;
}

std::int64_t Instrument::whole(std::int64_t lots) const noexcept {
    for (int i = 0; i < symbol.size_decimals; ++i)
        lots /= 10;
    return lots;
}

std::string Instrument::vwap(std::int64_t turnover, std::int64_t volume) const {
    std::string out;
    const auto mean = volume == 0 ? Wide(0) : static_cast<Wide>(turnover) * 100 / volume;
    append_number(out, static_cast<std::int64_t>(mean), symbol.price_decimals + 2);
    return out;
}

std::string trade_id(const kit::Fill& fill) {
    return (fill.aggregate == stray_mark ? "S" : "") + std::to_string(fill.id);
}

Print print_of(const Instrument& instrument, const kit::Fill& fill) {
    const auto random = kit::mix(instrument.hash, static_cast<std::uint64_t>(fill.id));
    Print out;
    out.exchange = exchange_of(instrument, random);
    out.sequence = fill.id * 5 + static_cast<std::int64_t>(random >> 8 & 3); // grows, with holes
    if (fill.aggregate == stray_mark) {                                      // an average price
        out.exchange = 4;
        out.conditions = "[2]";
        out.sequence = fill.id * 5 + 4;
        return out;
    }
    switch (instrument.cluster) {
    case Cluster::stocks:
        if ((random >> 16 & 7) == 0) {
            out.exchange = 4;
            out.trf = 201 + static_cast<int>(random >> 20 & 1);
        }
        out.conditions = stock_conditions[random >> 24 & 3];
        break;
    case Cluster::options:
        out.conditions = (random >> 24 & 1) != 0 ? "[233]" : "[209]";
        break;
    case Cluster::crypto:
        out.conditions = fill.buyer_is_maker ? "[1]" : "[2]"; // the taker's side: sold, bought
        break;
    default:
        break;
    }
    return out;
}

std::int64_t quote_sequence(const kit::MarketQuote& quote) noexcept { return quote.update_id; }

int bid_exchange(const Instrument& instrument, const kit::MarketQuote& quote) noexcept {
    return exchange_of(instrument, kit::mix(instrument.hash, static_cast<std::uint64_t>(quote.update_id)));
}

int ask_exchange(const Instrument& instrument, const kit::MarketQuote& quote) noexcept {
    return exchange_of(instrument, kit::mix(instrument.hash, static_cast<std::uint64_t>(quote.update_id)) >> 16);
}

void trade_event(std::string& out, const Instrument& instrument, const kit::Fill& fill, std::chrono::nanoseconds skew) {
    const auto print = print_of(instrument, fill);
    const auto t = millis(fill.time + skew);
    const auto price = instrument.price(fill.price);
    if (instrument.cluster == Cluster::crypto) {
        put(out, R"({{"ev":"XT","pair":"{}","p":{},"t":{},"s":{},"c":{},"i":{},"x":{},"r":{}}})", instrument.wire,
            price, t, instrument.size(fill.lots), print.conditions, fill.id, print.exchange, t + 21);
        return;
    }
    put(out, R"({{"ev":"T","sym":"{}")", instrument.wire);
    if (instrument.cluster != Cluster::futures)
        put(out, R"(,"x":{})", print.exchange);
    if (instrument.cluster == Cluster::stocks)
        put(out, R"(,"i":"{}","z":{})", fill.id, instrument.tape());
    put(out, R"(,"p":{},"s":{})", price, instrument.whole(fill.lots));
    if (instrument.cluster == Cluster::stocks)
        put(out, R"(,"ds":"{}")", instrument.size(fill.lots));
    if (!print.conditions.empty())
        put(out, R"(,"c":{})", print.conditions);
    put(out, R"(,"t":{})", t);
    if (instrument.cluster == Cluster::stocks)
        put(out, R"(,"pt":{})", t - 1);
    put(out, R"(,"q":{})", print.sequence);
    if (print.trf != 0)
        put(out, R"(,"trfi":{},"trft":{})", print.trf, t);
    out.push_back('}');
}

void quote_event(
    std::string& out, const Instrument& instrument, const kit::MarketQuote& quote, std::chrono::nanoseconds skew) {
    const auto t = millis(quote.time + skew);
    const auto bid = instrument.price(quote.bid), ask = instrument.price(quote.ask);
    const auto bx = bid_exchange(instrument, quote), ax = ask_exchange(instrument, quote);
    const auto q = quote_sequence(quote);
    switch (instrument.cluster) {
    case Cluster::stocks:
        put(out,
            R"({{"ev":"Q","sym":"{}","bx":{},"bp":{},"bs":{},"ax":{},"ap":{},"as":{},"c":0,"i":[604],)"
            R"("t":{},"q":{},"z":{}}})",
            instrument.wire, bx, bid, instrument.whole(quote.bid_lots) + 1, ax, ask,
            instrument.whole(quote.ask_lots) + 1, t, q, instrument.tape());
        break;
    case Cluster::options:
        put(out, R"({{"ev":"Q","sym":"{}","bx":{},"ax":{},"bp":{},"ap":{},"bs":{},"as":{},"t":{},"q":{}}})",
            instrument.wire, bx, ax, bid, ask, quote.bid_lots, quote.ask_lots, t, q);
        break;
    case Cluster::forex: // the exchange is written as a string at times
        if ((q & 7) == 0)
            put(out, R"({{"ev":"C","p":"{}","x":"{}","a":{},"b":{},"t":{}}})", instrument.wire, bx, ask, bid, t);
        else
            put(out, R"({{"ev":"C","p":"{}","x":{},"a":{},"b":{},"t":{}}})", instrument.wire, bx, ask, bid, t);
        break;
    case Cluster::crypto:
        put(out, R"({{"ev":"XQ","pair":"{}","bp":{},"bs":{},"ap":{},"as":{},"t":{},"x":{},"r":{}}})", instrument.wire,
            bid, instrument.size(quote.bid_lots), ask, instrument.size(quote.ask_lots), t, bx, t + 13);
        break;
    case Cluster::indices:
        put(out, R"({{"ev":"V","val":{},"T":"{}","t":{}}})", bid, instrument.wire, t);
        break;
    case Cluster::futures:
        put(out, R"({{"ev":"Q","sym":"{}","bp":{},"bs":{},"bt":{},"ap":{},"as":{},"at":{},"t":{}}})", instrument.wire,
            bid, quote.bid_lots, t, ask, quote.ask_lots, t, t);
        break;
    }
}

void fmv_event(
    std::string& out, const Instrument& instrument, const kit::MarketQuote& quote, std::chrono::nanoseconds skew) {
    std::string middle;
    append_number(middle, (quote.bid + quote.ask) * 5, instrument.symbol.price_decimals + 1);
    const auto name = instrument.cluster == Cluster::crypto  ? "X:" + instrument.wire
                      : instrument.cluster == Cluster::forex ? instrument.rest
                                                             : instrument.wire;
    const auto time = quote.time + skew;
    put(out, R"({{"ev":"FMV","fmv":{},"sym":"{}","t":{}}})", middle, name,
        instrument.cluster == Cluster::options ? nanos(time) : millis(time));
}

void luld_event(std::string& out, const Instrument& instrument, std::int64_t price, UnixNanos time) {
    const auto band = price / 20;
    put(out, R"({{"ev":"LULD","T":"{}","h":{},"l":{},"i":[17],"z":{},"t":{},"q":{}}})", instrument.wire,
        instrument.price(price + band), instrument.price(std::max<std::int64_t>(price - band, 1)), instrument.tape(),
        nanos(time), nanos(time) / 1'000'000'000);
}

void bar_event(std::string& out, const Instrument& instrument, Channel channel, const kit::TapeBar& bar,
    const DaySums& day, std::chrono::nanoseconds skew) {
    const auto begin = millis(bar.open_time + skew);
    const auto end = begin + (channel == Channel::second ? 1'000 : 60'000);
    const auto prices = fmt::format(R"("o":{},"c":{},"h":{},"l":{})", instrument.price(bar.open),
        instrument.price(bar.close), instrument.price(bar.high), instrument.price(bar.low));
    const auto ev = prefix_of(instrument.cluster, channel);
    const auto count = std::max<std::int64_t>(bar.count, 1);
    const auto& wire = instrument.wire;
    switch (instrument.cluster) {
    case Cluster::stocks:
        put(out,
            R"({{"ev":"{}","sym":"{}","v":{},"dv":"{}","av":{},"dav":"{}","op":{},"vw":{},{},"a":{},"z":{},)"
            R"("s":{},"e":{}}})",
            ev, wire, instrument.whole(bar.volume), instrument.size(bar.volume), instrument.whole(day.volume),
            instrument.size(day.volume), instrument.price(day.open), instrument.vwap(bar.turnover, bar.volume), prices,
            instrument.vwap(day.turnover, day.volume), instrument.whole(bar.volume / count), begin, end);
        break;
    case Cluster::options:
        put(out, R"({{"ev":"{}","sym":"{}","v":{},"av":{},"op":{},"vw":{},{},"a":{},"z":{},"s":{},"e":{}}})", ev, wire,
            bar.volume, day.volume, instrument.price(day.open), instrument.vwap(bar.turnover, bar.volume), prices,
            instrument.vwap(day.turnover, day.volume), bar.volume / count, begin, end);
        break;
    case Cluster::forex: // minutes come without their end
        put(out, R"({{"ev":"{}","pair":"{}",{},"v":{},"s":{})", ev, wire, prices, bar.count, begin);
        if (channel == Channel::second)
            put(out, R"(,"e":{})", end);
        out.push_back('}');
        break;
    case Cluster::crypto:
        put(out, R"({{"ev":"{}","pair":"{}","v":{},"vw":{},"z":{},{},"s":{},"e":{}}})", ev, wire,
            instrument.size(bar.volume), instrument.vwap(bar.turnover, bar.volume), instrument.size(bar.volume / count),
            prices, begin, end);
        break;
    case Cluster::indices:
        put(out, R"({{"ev":"{}","sym":"{}","op":{},{},"s":{},"e":{}}})", ev, wire, instrument.price(day.open), prices,
            begin, end);
        break;
    case Cluster::futures: {
        std::string dollars;
        append_number(dollars, bar.turnover, instrument.symbol.price_decimals);
        put(out, R"({{"ev":"{}","sym":"{}","v":{},"dv":{},{},"n":{},"s":{},"e":{}}})", ev, wire, bar.volume, dollars,
            prices, bar.count, begin, end);
        break;
    }
    }
}

void status_event(std::string& out, std::string_view status, std::string_view message) {
    out.append(R"({"ev":"status","status":")").append(status).append(R"(","message":)");
    kit::append_json_string(out, message);
    out.push_back('}');
}

} // namespace tickgate::massive_venue
