#include "oanda/history.hpp"

#include "oanda/times.hpp"

#include <simdjson.h>

#include <array>
#include <utility>

namespace tickgate::oanda {

namespace dom = simdjson::dom;

namespace {

constexpr std::array<std::pair<Timeframe, std::string_view>, 16> granularities{
    {{Timeframe::s5, "S5"}, {Timeframe::s15, "S15"}, {Timeframe::s30, "S30"}, {Timeframe::m1, "M1"},
        {Timeframe::m5, "M5"}, {Timeframe::m15, "M15"}, {Timeframe::m30, "M30"}, {Timeframe::h1, "H1"},
        {Timeframe::h2, "H2"}, {Timeframe::h4, "H4"}, {Timeframe::h6, "H6"}, {Timeframe::h8, "H8"},
        {Timeframe::h12, "H12"}, {Timeframe::d1, "D"}, {Timeframe::w1, "W"}, {Timeframe::mo1, "M"}}};

constexpr const char* member_of(PriceType price) noexcept {
    return price == PriceType::bid ? "bid" : price == PriceType::ask ? "ask" : "mid";
}

// What a candle says whatever its component.
result<Bar> parse_frame(dom::element candle, Timeframe timeframe, Alignment align, UnixNanos now) {
    std::string_view time;
    std::int64_t volume = 0;
    bool complete = false;
    if (!candle.is_object() || candle["time"].get(time) != simdjson::SUCCESS ||
        candle["volume"].get(volume) != simdjson::SUCCESS || candle["complete"].get(complete) != simdjson::SUCCESS ||
        volume < 0)
        return errc::malformed_payload;
    const auto open = parse_time(time);
    if (!open)
        return errc::malformed_payload;
    if (volume >= 1'000'000'000'000'000'000)
        return errc::number_overflow;
    Bar bar;
    bar.timeframe = timeframe;
    bar.open_time = *open;
    bar.close_time = align == Alignment::ny17 ? candle_end(*open, timeframe) : bar_end(*open, timeframe);
    bar.volume = Decimal::from_integer(volume);
    bar.volume_unit = VolumeUnit::ticks;
    bar.align = align;
    bar.final = complete;
    bar.received_time = now;
    return bar;
}

error_code read_prices(dom::element prices, Bar& bar) {
    const std::pair<const char*, Decimal*> fields[] = {
        {"o", &bar.open}, {"h", &bar.high}, {"l", &bar.low}, {"c", &bar.close}};
    if (!prices.is_object())
        return errc::malformed_payload;
    for (const auto& [key, into] : fields) {
        std::string_view text;
        if (prices[key].get(text) != simdjson::SUCCESS)
            return errc::malformed_payload;
        const auto d = Decimal::parse(text);
        if (!d)
            return d.error() == errc::number_overflow ? d.error() : make_error_code(errc::malformed_payload);
        *into = *d;
    }
    return {};
}

} // namespace

std::optional<std::string_view> granularity_of(Timeframe tf) noexcept {
    for (const auto& [ours, theirs] : granularities)
        if (ours == tf)
            return theirs;
    return std::nullopt;
}

std::optional<Timeframe> timeframe_of(std::string_view granularity) noexcept {
    for (const auto& [ours, theirs] : granularities)
        if (theirs == granularity)
            return ours;
    return std::nullopt;
}

std::vector<Timeframe> candle_timeframes() {
    std::vector<Timeframe> all;
    for (const auto& [ours, theirs] : granularities)
        all.push_back(ours);
    return all;
}

char component_of(PriceType price) noexcept {
    return price == PriceType::bid ? 'B' : price == PriceType::ask ? 'A' : 'M';
}

std::string alignment_query(Timeframe tf, Alignment align) {
    if (tf <= Timeframe::h1)
        return {};
    return align == Alignment::ny17 ? "&dailyAlignment=17&alignmentTimezone=America%2FNew_York&weeklyAlignment=Friday"
                                    : "&dailyAlignment=0&alignmentTimezone=UTC&weeklyAlignment=Monday";
}

result<CandlePage> parse_candles(
    std::string_view body, PriceType price, Timeframe timeframe, Alignment align, UnixNanos now) {
    dom::parser parser;
    dom::element root;
    dom::array candles;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object() ||
        root["candles"].get(candles) != simdjson::SUCCESS)
        return errc::malformed_payload;
    CandlePage page;
    for (const auto candle : candles) {
        ++page.rows;
        auto bar = parse_frame(candle, timeframe, align, now);
        if (!bar)
            return bar.error();
        dom::element prices;
        if (candle[member_of(price)].get(prices) != simdjson::SUCCESS)
            return errc::malformed_payload;
        bar->price_type = price;
        if (const auto ec = read_prices(prices, *bar))
            return ec;
        if (!page.bars.empty() && bar->open_time == page.bars.back().open_time)
            continue;
        if (!page.bars.empty() && bar->open_time < page.bars.back().open_time)
            return errc::malformed_payload;
        page.bars.push_back(*bar);
    }
    return page;
}

result<std::vector<LatestCandles>> parse_latest_candles(std::string_view body, UnixNanos now) {
    dom::parser parser;
    dom::element root;
    dom::array lists;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object() ||
        root["latestCandles"].get(lists) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::vector<LatestCandles> all;
    for (const auto list : lists) {
        std::string_view native, granularity;
        dom::array candles;
        if (!list.is_object() || list["instrument"].get(native) != simdjson::SUCCESS ||
            list["granularity"].get(granularity) != simdjson::SUCCESS ||
            list["candles"].get(candles) != simdjson::SUCCESS)
            return errc::malformed_payload;
        const auto timeframe = timeframe_of(granularity);
        if (!timeframe)
            continue;
        LatestCandles& latest = all.emplace_back();
        latest.native = native;
        for (const auto candle : candles) {
            auto bar = parse_frame(candle, *timeframe, align_of(*timeframe), now);
            if (!bar)
                return bar.error();
            for (const auto price : {PriceType::mid, PriceType::bid, PriceType::ask}) {
                dom::element prices;
                if (candle[member_of(price)].get(prices) != simdjson::SUCCESS)
                    continue; // not asked for
                bar->price_type = price;
                if (const auto ec = read_prices(prices, *bar))
                    return ec;
                latest.bars.push_back(*bar);
            }
        }
    }
    return all;
}

} // namespace tickgate::oanda
