#include "tradier/bar_query.hpp"

#include "tradier/new_york.hpp"
#include "tradier/symbols.hpp"

#include <algorithm>

namespace tickgate::tradier {

using namespace std::chrono;

namespace {

struct Interval {
    std::string_view name;
    days reach{0}; // how far back; 0: no limit known
    days page{0};
};

// A page of one-minute bars: 960 a day with extended hours.
std::optional<Interval> interval_of(Timeframe timeframe) {
    switch (timeframe) {
    case Timeframe::m1:
        return Interval{"1min", days(10), days(5)};
    case Timeframe::m5:
        return Interval{"5min", days(18), days(20)};
    case Timeframe::m15:
        return Interval{"15min", days(18), days(20)};
    case Timeframe::d1:
        return Interval{"daily"};
    case Timeframe::w1:
        return Interval{"weekly"};
    case Timeframe::mo1:
        return Interval{"monthly"};
    default:
        return std::nullopt;
    }
}

bool is_served(AssetClass c) noexcept {
    return c == AssetClass::equity || c == AssetClass::option || c == AssetClass::index;
}

} // namespace

result<std::optional<seconds>> reach_of(AssetClass asset_class, Timeframe timeframe) {
    const auto interval = interval_of(timeframe);
    if (!interval || !is_served(asset_class))
        return errc::not_supported;
    return interval->reach == days(0) ? std::optional<seconds>() : std::optional<seconds>(interval->reach);
}

result<BarQuery> query_of(const BarRequest& request, UnixNanos now) {
    const auto interval = interval_of(request.timeframe);
    if (!interval || !is_served(request.instrument.asset_class))
        return errc::not_supported;
    BarQuery query;
    query.history = interval->reach == days(0);
    query.from = request.from;
    query.to = request.to;
    if (!query.history) {
        if (request.from < request.to && request.to <= now - interval->reach)
            return errc::not_supported;
        query.from = std::max<UnixNanos>(query.from, now - interval->reach);
        if (const auto end = query.from + interval->page; end < query.to) {
            query.to = end;
            query.next = end;
        }
    }
    if (query.to <= query.from || query.from > now + minutes(1)) {
        query.next.reset();
        return query;
    }
    const auto native = percent_encode(native_of(request.instrument));
    const auto first = to_new_york(query.from), last_second = to_new_york(query.to - nanoseconds(1));
    if (query.history) {
        // Weeks and months bear the date of their first day.
        const auto begin = to_new_york(calendar_open(query.from, request.timeframe));
        query.target = "/v1/markets/history?symbol=" + native + "&interval=" + std::string(interval->name) +
                       "&start=" + date_text(year_month_day(floor<days>(begin))) +
                       "&end=" + date_text(year_month_day(floor<days>(last_second)));
    } else {
        query.target = "/v1/markets/timesales?symbol=" + native + "&interval=" + std::string(interval->name) +
                       "&start=" + percent_encode(minute_text(first)) +
                       "&end=" + percent_encode(minute_text(last_second)) + "&session_filter=all";
    }
    return query;
}

void trim(ParsedBars& parsed, const BarRequest& request, const BarQuery& query, BarPage& page) {
    const auto limit = request.limit == 0 ? bars_per_page : std::min(request.limit, bars_per_page);
    for (auto& bar : parsed.bars) {
        if (bar.open_time < query.from || bar.open_time >= query.to)
            continue;
        if (page.bars.size() == limit) {
            page.next = bar.open_time;
            return;
        }
        page.bars.push_back(bar);
    }
}

} // namespace tickgate::tradier
