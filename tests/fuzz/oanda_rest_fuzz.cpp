// Answers of OANDA's REST API: candles, prices, instruments, accounts, errors, times.
#include "oanda/errors.hpp"
#include "oanda/history.hpp"
#include "oanda/parse.hpp"
#include "oanda/symbols.hpp"
#include "oanda/times.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;

void require(bool ok) {
    if (!ok)
        std::abort();
}

constexpr UnixNanos now{std::chrono::seconds(1700000000)};

void candles(std::string_view body) {
    for (const auto price : {PriceType::mid, PriceType::bid, PriceType::ask})
        for (const auto tf : {Timeframe::m1, Timeframe::d1, Timeframe::mo1}) {
            const auto page = oanda::parse_candles(body, price, tf, now);
            if (!page)
                continue;
            require(page->bars.size() <= page->rows);
            for (std::size_t i = 0; i < page->bars.size(); ++i) {
                require(page->bars[i].open_time < page->bars[i].close_time);
                require(i == 0 || page->bars[i - 1].open_time < page->bars[i].open_time);
                require(page->bars[i].price_type == price);
            }
        }
    if (const auto latest = oanda::parse_latest_candles(body, now))
        for (const auto& list : *latest)
            for (const auto& bar : list.bars)
                require(bar.open_time < bar.close_time && !bar.volume->is_negative());
}

void prices(std::string_view body) {
    oanda::LineParser parser;
    static_cast<void>(parser.parse_prices(body, now, [](const oanda::StreamLine& line) {
        require(!line.instrument.empty() && line.quote.event_time.has_value());
        require(line.quote.flags.has(Flag::snapshot));
        require(line.quote.flags.has(Flag::indicative) != line.tradeable);
    }));
}

void lists(std::string_view body) {
    std::size_t refused = 0;
    static_cast<void>(oanda::parse_instruments(
        body,
        [](const InstrumentInfo& info) {
            require(InstrumentName::parse(info.name.to_string()).has_value());
            require(oanda::native_of(info.name) == info.native && info.price_step.has_value());
            static_cast<void>(oanda::match_quality(info, info.description));
        },
        refused));
    static_cast<void>(oanda::parse_accounts(body));
}

void times(std::string_view text) {
    if (const auto t = oanda::parse_time(text)) {
        require(oanda::parse_time(oanda::format_time(*t)) == t);
        for (const auto tf : oanda::candle_timeframes())
            require(oanda::candle_end(*t, tf) > *t);
    }
}

void failure(std::string_view body) {
    RestResponse answer;
    answer.status = 400 + (body.empty() ? 0 : static_cast<unsigned char>(body[0]) % 200);
    answer.headers.emplace_back("retry-after", std::string(body.substr(0, body.find('\n'))));
    answer.body = body;
    const auto error = oanda::error_of(answer);
    require(error.code.failed() && error.text.size() <= 300);
    const auto budget = oanda::budget_of(answer);
    require(!budget.pause || budget.pause->count() > 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    // A copy of exactly this size: reading past it is a fault.
    const std::string copy(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        candles(copy);
        break;
    case 1:
        prices(copy);
        break;
    case 2:
        lists(copy);
        break;
    case 3:
        times(copy);
        break;
    default:
        failure(copy);
    }
    return 0;
}
