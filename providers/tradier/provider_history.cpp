// What the adapter tells of the past: bars and trades.
#include "tradier/provider.hpp"

#include "tradier/bar_query.hpp"
#include "tradier/history.hpp"
#include "tradier/tick_query.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace tickgate::tradier {

namespace {

constexpr std::chrono::minutes sandbox_delay{15};

} // namespace

result<BarHistory> TradierProvider::bar_history(
    const InstrumentName& instrument, Timeframe timeframe, std::optional<BarVariant> wanted) const {
    const auto reach = reach_of(instrument.asset_class, timeframe);
    if (!reach)
        return reach.error();
    BarHistory history;
    history.variant = variant_of(timeframe);
    if (wanted && *wanted != history.variant)
        return errc::not_supported;
    history.depth = *reach;
    history.page = bars_per_page;
    return history;
}

asio::awaitable<result<BarPage>> TradierProvider::get_bars(BarRequest request, Rest& rest) {
    if (request.variant && *request.variant != variant_of(request.timeframe))
        co_return errc::not_supported;
    const auto now = wall_now();
    const auto query = query_of(request, now);
    if (!query)
        co_return query.error();
    BarPage page;
    page.next = query->next;
    if (query->target.empty())
        co_return page;
    auto bars_request = request_of(query->target);
    const auto answer = co_await fetch(std::move(bars_request), rest);
    if (!answer)
        co_return answer.error();
    auto parsed = query->history ? parse_history(answer->body, request.timeframe, now)
                                 : parse_timesales(answer->body, request.timeframe, now);
    if (!parsed)
        co_return parsed.error();
    if (parsed->dropped > 0)
        log::info(
            "tradier", "bars_without_prices", {{"symbol", request.instrument.to_string()}, {"count", parsed->dropped}});
    trim(*parsed, request, *query, page);
    if (settings_.sandbox)
        for (auto& bar : page.bars) {
            bar.flags.set(Flag::delayed);
            bar.final = bar.close_time + sandbox_delay <= now;
        }
    co_return page;
}

asio::awaitable<result<std::string>> TradierProvider::get_trades(TradeRequest request, TradeSink sink, Rest& rest) {
    if (settings_.sandbox) // has no ticks
        co_return errc::not_supported;
    const auto now = wall_now();
    const auto query = tick_query_of(request, now);
    if (!query)
        co_return query.error();
    if (query->target.empty())
        co_return std::string();
    auto ticks_request = request_of(query->target);
    const auto answer = co_await fetch(std::move(ticks_request), rest);
    if (!answer)
        co_return answer.error();
    auto ticks = parse_ticks(answer->body);
    if (!ticks)
        co_return ticks.error();
    for (const auto& tick : *ticks)
        if (tick.price <= Decimal())
            co_return errc::malformed_payload;
    auto page = page_of(std::move(*ticks), *query);
    for (const auto& tick : page.ticks) {
        Trade t; // no id, no side, no exchange: the rows have none
        t.price = tick.price;
        t.size = tick.volume;
        t.event_time = tick.time;
        t.received_time = now;
        sink(t);
    }
    co_return std::move(page.cursor);
}

} // namespace tickgate::tradier
