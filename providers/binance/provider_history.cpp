// What the adapter tells of the past: bars and trades.
#include "binance/provider.hpp"

#include "binance/history.hpp"
#include "binance/symbols.hpp"
#include "binance/time_units.hpp"
#include "binance/trades.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::binance {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t usual_page = 1000; // of both markets; USD-M gives 1,500 rows, for twice the weight
constexpr std::size_t most_rows_usdm = 1500;
constexpr std::size_t most_trades = 1000;
constexpr int aggregates_weight = 4, aggregates_weight_usdm = 20, trades_weight = 25;

// Spot: 2 whatever the limit; USD-M: 1 below 100 rows, 2 below 500, 5 up to 1000, 10 above.
int weight_of_bars(Market market, std::size_t limit) noexcept {
    return market == Market::spot ? 2 : limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
}

std::int64_t first_millis(UnixNanos from) noexcept {
    const auto ns = std::max<std::int64_t>(from.time_since_epoch().count(), 0);
    return ns / 1000000 + (ns % 1000000 != 0);
}

std::optional<std::uint64_t> read_cursor(const std::string& text) {
    std::uint64_t id = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
    return ec == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

void hand_over(const PastTrade& past, UnixNanos now, const TradeSink& sink) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, past.id).ptr;
    Trade t;
    t.trade_id = std::string_view(digits, static_cast<std::size_t>(end - digits));
    t.price = past.price;
    t.size = past.size;
    t.side = past.buyer_is_maker ? Side::sell : Side::buy;
    t.event_time = past.time;
    t.received_time = now;
    t.src_seq = past.id;
    t.contiguous_ids = true;
    sink(t);
}

} // namespace

result<BarHistory> BinanceProvider::bar_history(
    const InstrumentName& instrument, Timeframe timeframe, std::optional<BarVariant> wanted) const {
    const auto market = market_of(instrument.asset_class);
    const auto& known = capabilities_.timeframes;
    if (!market || std::find(known.begin(), known.end(), timeframe) == known.end() ||
        (*market == Market::usdm && timeframe == Timeframe::s1) || (wanted && *wanted != BarVariant()))
        return errc::not_supported;
    BarHistory history;
    // A market that runs without a trade gives a flat row of volume 0; rows are missing of downtime (binance.md §9).
    history.continuous = true;
    history.page = usual_page;
    return history;
}

asio::awaitable<result<BarPage>> BinanceProvider::get_bars(BarRequest request, Rest& rest) {
    const auto history = bar_history(request.instrument, request.timeframe, request.variant);
    if (!history)
        co_return history.error();
    const auto now = wall_now();
    if (request.to <= request.from || request.from > now + 1min)
        co_return BarPage();
    const auto market = *market_of(request.instrument.asset_class);
    const auto most = market == Market::spot ? usual_page : most_rows_usdm;
    const auto limit = request.limit == 0 ? usual_page : std::min(request.limit, most);
    std::string target = market == Market::spot ? "/api/v3/klines?symbol=" : "/fapi/v1/klines?symbol=";
    target += percent_encode(likely_native(request.instrument));
    target += "&interval=" + std::string(to_string(request.timeframe));
    // startTime and endTime select by open time, both inclusive, in milliseconds.
    const auto from_ms = first_millis(request.from);
    const auto last_ms = (request.to.time_since_epoch().count() - 1) / 1000000;
    if (last_ms < from_ms)
        co_return BarPage();
    target += "&startTime=" + std::to_string(from_ms) + "&endTime=" + std::to_string(last_ms);
    target += "&limit=" + std::to_string(limit);
    const auto answer = co_await fetch(market, std::move(target), weight_of_bars(market, limit), rest);
    if (!answer)
        co_return answer.error();
    auto bars = parse_klines(answer->body, request.timeframe, now);
    if (!bars)
        co_return bars.error();
    BarPage page;
    page.bars = std::move(*bars);
    if (!page.bars.empty() && (page.bars.front().open_time < request.from || page.bars.back().open_time >= request.to))
        co_return errc::malformed_payload; // not what was asked for
    // `limit` counts rows: a page that is not full is the last one, whatever holes it has.
    if (page.bars.size() >= limit) {
        const auto next = page.bars.back().open_time + 1ms;
        if (next < request.to)
            page.next = next;
    }
    co_return page;
}

asio::awaitable<result<RestResponse>> BinanceProvider::fetch_trades(
    Market market, std::string_view path, std::string query, int weight, Rest& rest) {
    RestRequest request;
    // Single trades are not told by the hosts for market data alone.
    request.base = path == "historicalTrades" ? settings_.trades_rest : settings_.rest_of(market);
    request.target = (market == Market::spot ? "/api/v3/" : "/fapi/v1/") + std::string(path) + "?" + std::move(query);
    request.weight = weight;
    request.budget = budget_index(market);
    // As the stream is asked for, so that a trade has one time.
    if (market == Market::spot)
        request.headers.emplace_back("X-MBX-TIME-UNIT", "MICROSECOND");
    co_return co_await send(std::move(request), rest);
}

asio::awaitable<result<std::optional<std::uint64_t>>> BinanceProvider::first_trade(
    std::string symbol, UnixNanos from, UnixNanos to, Rest& rest) {
    std::string query = "symbol=" + symbol + "&startTime=" + std::to_string(first_millis(from)) + "&limit=1";
    const auto answer = co_await fetch_trades(Market::spot, "aggTrades", std::move(query), aggregates_weight, rest);
    if (!answer)
        co_return answer.error();
    const auto first = parse_first_trade(answer->body);
    if (!first)
        co_return first.error();
    std::optional<std::uint64_t> id;
    if (*first && (*first)->time < to)
        id = (*first)->id;
    co_return id;
}

asio::awaitable<result<std::string>> BinanceProvider::get_trades(TradeRequest request, TradeSink sink, Rest& rest) {
    const auto market = market_of(request.instrument.asset_class);
    if (!market)
        co_return errc::not_supported;
    const bool by_id = request.first_id || request.last_id;
    if (by_id && !request.first_id)
        co_return errc::bad_request;
    const auto now = wall_now();
    if (by_id ? request.last_id && *request.last_id < *request.first_id
              : request.to <= request.from || request.from > now + 1min)
        co_return std::string();
    const bool aggregate = *market == Market::usdm || settings_.aggregate_trades;
    const auto symbol = percent_encode(likely_native(request.instrument));
    auto next = request.cursor.empty() ? request.first_id : read_cursor(request.cursor);
    if (!request.cursor.empty() && !next)
        co_return errc::bad_request;
    if (!next && !aggregate) {
        // Single trades are told by id only; the aggregates know when which id was.
        const auto first = co_await first_trade(symbol, request.from, request.to, rest);
        if (!first)
            co_return first.error();
        if (!*first)
            co_return std::string();
        next = *first;
    }
    const auto limit = request.limit == 0 ? most_trades : std::min(request.limit, most_trades);
    // Without an end: by time too the first page leads to ids, so that no page begins within a millisecond.
    std::string query = "symbol=" + symbol;
    query += next ? "&fromId=" + std::to_string(*next) : "&startTime=" + std::to_string(first_millis(request.from));
    query += "&limit=" + std::to_string(limit);
    const int weight = !aggregate                ? trades_weight
                       : *market == Market::spot ? aggregates_weight
                                                 : aggregates_weight_usdm;
    const auto answer =
        co_await fetch_trades(*market, aggregate ? "aggTrades" : "historicalTrades", std::move(query), weight, rest);
    if (!answer)
        co_return answer.error();
    const auto trades = parse_trades(answer->body, aggregate);
    if (!trades)
        co_return trades.error();
    if (trades->empty())
        co_return std::string();
    if (next && trades->front().id < *next)
        co_return errc::malformed_payload; // not what was asked for
    for (const auto& trade : *trades)
        if (by_id ? !request.last_id || trade.id <= *request.last_id
                  : trade.time >= request.from && trade.time < request.to)
            hand_over(trade, now, sink);
    const auto& last = trades->back();
    const bool beyond = by_id ? request.last_id && last.id >= *request.last_id : last.time >= request.to;
    if (beyond || trades->size() < limit)
        co_return std::string();
    co_return std::to_string(last.id + 1);
}

} // namespace tickgate::binance
