// REST answers of Binance: any body is data or an error. The first byte says which kind of answer the rest is.
#include "binance/errors.hpp"
#include "binance/history.hpp"
#include "binance/json_items.hpp"
#include "binance/symbols.hpp"

#include <algorithm>
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

void klines(std::string_view body) {
    const auto bars = binance::parse_klines(body, Timeframe::m1, UnixNanos(std::chrono::seconds(1700000000)));
    if (!bars)
        return;
    for (const auto& bar : *bars)
        require(bar.open_time < bar.close_time && bar.close.to_string().size() <= Decimal::max_text);
}

void book_tickers(std::string_view body) {
    (void)binance::parse_book_tickers(body, UnixNanos(), [](std::string_view native, const Quote& quote) {
        require(!native.empty());
        require((quote.bid || !quote.bid_size) && (quote.ask || !quote.ask_size));
    });
}

// Names and elements, as one text; `step`: size of the pieces.
std::string items(std::string_view body, std::size_t step) {
    std::string seen;
    binance::JsonItems reader(
        [&](std::string_view member, const std::string& element) {
            require(element.size() <= 1000);
            seen.append(member).append("=").append(element).append("\n");
            return error_code();
        },
        1000);
    for (std::size_t at = 0; at < body.size(); at += step)
        if (reader.feed(body.substr(at, step)))
            return seen + "!";
    return seen + (reader.finish() ? "?" : ".");
}

void exchange_info(std::string_view body) {
    const auto whole = items(body, std::max<std::size_t>(body.size(), 1));
    require(whole == items(body, 1) && whole == items(body, 7)); // where it is cut must not matter
    const std::string element(body);
    for (const auto market : {binance::Market::spot, binance::Market::usdm})
        if (const auto info = binance::parse_symbol(market, element)) {
            require(!info->native.empty() && !info->name.symbol.empty() && info->name.symbol.size() <= 64);
            require(InstrumentName::parse(info->name.to_string()).has_value());
        }
    if (const auto limit = binance::parse_weight_limit(element))
        require(*limit > 0);
}

void failure(std::string_view body) {
    RestResponse answer;
    answer.status = 400 + (body.empty() ? 0 : static_cast<unsigned char>(body[0]) % 200);
    const auto line = body.find('\n');
    answer.headers.emplace_back("retry-after", std::string(body.substr(0, line)));
    answer.headers.emplace_back("x-mbx-used-weight-1m", std::string(body.substr(0, line)));
    answer.body = body;
    const auto error = binance::error_of(answer);
    require(error.code.failed() && error.text.size() <= 300);
    const auto budget = binance::budget_of(answer);
    require(!budget.pause || budget.pause->count() >= 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    // A copy of exactly this size: reading past it is a fault.
    const std::string copy(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        klines(copy);
        break;
    case 1:
        book_tickers(copy);
        break;
    case 2:
        exchange_info(copy);
        break;
    default:
        failure(copy);
    }
    return 0;
}
