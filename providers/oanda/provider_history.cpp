// What the adapter tells of the past: candles. OANDA publishes no trades.
#include "oanda/provider.hpp"

#include "oanda/history.hpp"
#include "oanda/symbols.hpp"
#include "oanda/times.hpp"

#include "core/clock.hpp"

#include <algorithm>

namespace tickgate::oanda {

using namespace std::chrono_literals;

namespace {

// Up to here a request may reach: a time in the future is refused, and clocks differ.
constexpr auto clock_margin = 1s;

} // namespace

result<BarHistory> OandaProvider::bar_history(
    const InstrumentName& instrument, Timeframe timeframe, std::optional<BarVariant> wanted) const {
    if (!serves(instrument.asset_class) || !granularity_of(timeframe))
        return errc::not_supported;
    BarHistory history;
    history.variant.price_type = settings_.candle_price;
    history.variant.align = align_of(timeframe);
    if (wanted) {
        if (!has_variant(timeframe, *wanted))
            return errc::not_supported;
        history.variant = *wanted;
    }
    history.page = most_candles;
    return history;
}

asio::awaitable<result<BarPage>> OandaProvider::get_bars(BarRequest request, Rest& rest) {
    const auto history = bar_history(request.instrument, request.timeframe, request.variant);
    if (!history)
        co_return history.error();
    const auto variant = history->variant;
    const auto now = wall_now();
    BarPage page;
    if (request.to <= request.from || request.from >= now - clock_margin)
        co_return page;
    const auto limit = request.limit == 0 ? most_candles : std::min(request.limit, most_candles);
    // From and count: holes cost nothing, and no end in the future can be asked for. The candle that covers `from`
    // comes first and is dropped if it opens before, so one alone would not get any further.
    auto count = limit;
    if (const auto length = length_of(request.timeframe)) {
        const auto span = static_cast<std::size_t>((request.to - request.from) / *length) + 2;
        count = std::min(count, span);
    }
    count = std::max<std::size_t>(count, 2);
    std::string target =
        std::string(candles_path) + percent_encode(native_of(request.instrument)) + "/candles?granularity=";
    target += *granularity_of(request.timeframe);
    target += "&price=";
    target += component_of(variant.price_type);
    target += "&includeFirst=true&from=" + percent_encode(format_time(request.from));
    target += "&count=" + std::to_string(count);
    target += alignment_query(request.timeframe, variant.align);
    const auto answer = co_await fetch(std::move(target), usual_deadline, rest);
    if (!answer)
        co_return answer.error();
    auto candles = parse_candles(answer->body, variant.price_type, request.timeframe, variant.align, now);
    if (!candles)
        co_return candles.error();
    bool beyond = false;
    for (const auto& bar : candles->bars) {
        if (bar.open_time < request.from)
            continue;
        beyond = bar.open_time >= request.to || page.bars.size() == limit;
        if (beyond)
            break;
        page.bars.push_back(bar);
    }
    const bool full = candles->rows >= count && candles->bars.back().final;
    const bool cut = page.bars.size() == limit;
    if (!page.bars.empty() && (cut || (full && !beyond))) {
        const auto next = page.bars.back().open_time + 1ns;
        if (next < request.to)
            page.next = next;
    }
    co_return page;
}

} // namespace tickgate::oanda
