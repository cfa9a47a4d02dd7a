#include "tradier/tick_query.hpp"

#include "tradier/new_york.hpp"
#include "tradier/symbols.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::tradier {

using namespace std::chrono;

namespace {

std::string cursor_of(UnixNanos second, std::size_t told) {
    return std::to_string(floor<seconds>(second).time_since_epoch().count()) + ":" + std::to_string(told);
}

// Reads `1705674600:3` into `query`.
bool read_cursor(std::string_view text, TickQuery& query) {
    std::int64_t second = 0;
    const auto* last = text.data() + text.size();
    const auto [colon, bad] = std::from_chars(text.data(), last, second);
    if (bad != std::errc() || colon == last || *colon != ':' || second < 0 || second >= 9'000'000'000)
        return false;
    const auto [end, worse] = std::from_chars(colon + 1, last, query.told);
    query.from = UnixNanos(seconds(second));
    return worse == std::errc() && end == last;
}

} // namespace

result<TickQuery> tick_query_of(const TradeRequest& request, UnixNanos now) {
    const auto c = request.instrument.asset_class;
    if ((c != AssetClass::equity && c != AssetClass::option) || request.first_id || request.last_id)
        return errc::not_supported;
    TickQuery query;
    query.from = floor<seconds>(request.from);
    query.end = request.to;
    if (request.to <= request.from)
        return query;
    if (!request.cursor.empty()) {
        if (!read_cursor(request.cursor, query))
            return errc::bad_request;
    } else if (query.from < floor<seconds>(now - tick_reach)) {
        return errc::not_supported;
    }
    if (request.limit > 0)
        query.limit = std::min(query.limit, request.limit);
    query.end = std::min<UnixNanos>(request.to, now + minutes(1)); // nothing is told of the future
    query.to = std::min<UnixNanos>(query.from + tick_page, query.end);
    if (query.to <= query.from)
        return query;
    // The last minute is asked for whole: whether its seconds belong to an inclusive end is not documented.
    query.target = "/v1/markets/timesales?symbol=" + percent_encode(native_of(request.instrument)) +
                   "&interval=tick&start=" + percent_encode(minute_text(to_new_york(query.from))) +
                   "&end=" + percent_encode(minute_text(to_new_york(ceil<minutes>(query.to)))) + "&session_filter=open";
    return query;
}

TickPage page_of(std::vector<Tick> ticks, const TickQuery& query) {
    TickPage page;
    const auto outside = [&](const Tick& t) {
        return t.time < query.from || t.time >= query.to || t.volume <= Decimal();
    };
    std::erase_if(ticks, outside);
    std::stable_sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.time < b.time; });
    std::size_t skipped = 0;
    for (const auto& tick : ticks) {
        if (tick.time == query.from && skipped < query.told) {
            ++skipped;
            continue;
        }
        if (page.ticks.size() == query.limit) {
            const auto last = page.ticks.back().time;
            auto told = static_cast<std::size_t>(
                std::count_if(page.ticks.begin(), page.ticks.end(), [&](const Tick& t) { return t.time == last; }));
            if (last == query.from)
                told += query.told;
            page.cursor = cursor_of(last, told);
            return page;
        }
        page.ticks.push_back(tick);
    }
    if (query.to < query.end)
        page.cursor = cursor_of(query.to, 0);
    return page;
}

} // namespace tickgate::tradier
