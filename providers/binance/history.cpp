#include "binance/history.hpp"

#include "binance/time_units.hpp"

#include <simdjson.h>

namespace tickgate::binance {

namespace dom = simdjson::dom;

namespace {

result<Decimal> decimal_at(dom::array row, std::size_t i) {
    std::string_view text;
    if (row.at(i).get(text) != simdjson::SUCCESS)
        return errc::malformed_payload;
    return Decimal::parse(text);
}

result<Bar> parse_row(dom::array row, Timeframe timeframe, UnixNanos now) {
    Bar bar;
    std::int64_t open = 0, trades = 0;
    if (row.at(0).get(open) != simdjson::SUCCESS || row.at(8).get(trades) != simdjson::SUCCESS || !plausible_time(open))
        return errc::malformed_payload;
    Decimal volume;
    const std::pair<std::size_t, Decimal*> cells[] = {
        {1, &bar.open}, {2, &bar.high}, {3, &bar.low}, {4, &bar.close}, {5, &volume}};
    for (const auto& [i, into] : cells) {
        const auto d = decimal_at(row, i);
        if (!d)
            return d.error();
        *into = *d;
    }
    bar.timeframe = timeframe;
    bar.open_time = venue_time(open);
    bar.close_time = bar_end(bar.open_time, timeframe);
    bar.volume = volume;
    bar.volume_unit = VolumeUnit::base;
    bar.trades = trades;
    bar.received_time = now;
    bar.final = bar.close_time <= now;
    if (const auto turnover = decimal_at(row, 7); turnover && !volume.is_zero())
        if (const auto vwap = Decimal::divide(*turnover, volume))
            bar.vwap = *vwap;
    return bar;
}

} // namespace

result<std::vector<Bar>> parse_klines(std::string_view body, Timeframe timeframe, UnixNanos now) {
    dom::parser parser;
    dom::array rows;
    if (parser.parse(body.data(), body.size()).get(rows) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::vector<Bar> bars;
    for (const auto element : rows) {
        dom::array row;
        if (element.get(row) != simdjson::SUCCESS)
            return errc::malformed_payload;
        const auto bar = parse_row(row, timeframe, now);
        if (!bar)
            return bar.error();
        if (!bars.empty() && bar->open_time <= bars.back().open_time)
            return errc::malformed_payload; // documented as ascending
        bars.push_back(*bar);
    }
    return bars;
}

error_code parse_book_tickers(
    std::string_view body, UnixNanos now, const std::function<void(std::string_view, const Quote&)>& sink) {
    dom::parser parser;
    dom::element root;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS)
        return errc::malformed_payload;
    const auto one = [&](dom::element element) -> error_code {
        dom::object object;
        std::string_view native, text;
        if (element.get(object) != simdjson::SUCCESS || object["symbol"].get(native) != simdjson::SUCCESS)
            return errc::malformed_payload;
        Quote quote;
        const std::pair<const char*, OptionalDecimal*> fields[] = {{"bidPrice", &quote.bid},
            {"bidQty", &quote.bid_size}, {"askPrice", &quote.ask}, {"askQty", &quote.ask_size}};
        for (const auto& [key, into] : fields) {
            if (object[key].get(text) != simdjson::SUCCESS)
                return errc::malformed_payload;
            const auto d = Decimal::parse(text);
            if (!d)
                return d.error();
            *into = *d;
        }
        if (quote.bid->is_zero())
            quote.bid.reset(), quote.bid_size.reset();
        if (quote.ask->is_zero())
            quote.ask.reset(), quote.ask_size.reset();
        quote.received_time = now;
        quote.flags.set(Flag::snapshot);
        sink(native, quote);
        return {};
    };
    dom::array list;
    if (root.get(list) != simdjson::SUCCESS)
        return one(root);
    for (const auto element : list)
        if (const auto ec = one(element))
            return ec;
    return {};
}

} // namespace tickgate::binance
