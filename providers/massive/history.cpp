#include "massive/history.hpp"

#include "massive/conditions.hpp"
#include "massive/json_records.hpp"

#include <array>
#include <charconv>

namespace tickgate::massive {

namespace {

using namespace std::chrono;

constexpr auto plan_delay = 15min;

// Bars up to an hour begin on UTC's marks in every zone that matters; longer ones begin where the exchange's day does,
// but those of currencies have been seen both at UTC's midnight and elsewhere.
Alignment alignment_of(Cluster cluster, const Bar& bar) noexcept {
    const auto length = length_of(bar.timeframe);
    if (length && *length <= 1h)
        return Alignment::utc;
    const bool currency = cluster == Cluster::forex || cluster == Cluster::crypto;
    return currency && bar_open(bar.open_time, bar.timeframe) == bar.open_time ? Alignment::utc : Alignment::exchange;
}

// Days and longer bars that keep an exchange's day last by its clock: an hour less or more when it changes.
UnixNanos end_of(Cluster cluster, UnixNanos open, Timeframe timeframe) noexcept {
    const bool currency = cluster == Cluster::forex || cluster == Cluster::crypto;
    if (timeframe < Timeframe::d1 || (currency && floor<days>(open) == open))
        return bar_end(open, timeframe);
    const UnixNanos wall = open - behind_utc_in_new_york(open);
    UnixNanos end;
    if (const auto length = length_of(timeframe)) {
        end = wall + *length;
    } else { // a month of sessions begins in the evening before its first day
        const UnixNanos named = wall + 7h;
        const auto day = floor<days>(named);
        const year_month_day date(day);
        end = UnixNanos(sys_days((date.year() / date.month() + months(1)) / 1)) + (named - day) - 7h;
    }
    const UnixNanos in_summer = end + 4h;
    return behind_utc_in_new_york(in_summer) == 4h ? in_summer : end + 5h;
}

bool prices(Record& r, const std::array<std::string_view, 4>& names, const std::array<Decimal*, 4>& into) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto d = r.decimal(names[i]);
        if (!d)
            return false;
        *into[i] = *d;
    }
    return true;
}

} // namespace

// The clocks of all US exchanges change with it.
hours behind_utc_in_new_york(UnixNanos t) noexcept {
    const auto y = year_month_day(floor<days>(t)).year();
    const bool new_rule = y >= year(2007);
    const sys_days begin(new_rule ? sys_days(y / March / Sunday[2]) : sys_days(y / April / Sunday[1]));
    const sys_days end(new_rule ? sys_days(y / November / Sunday[1]) : sys_days(y / October / Sunday[last]));
    return t >= begin + 7h && t < end + 6h ? 4h : 5h; // 02:00 standard time, 02:00 summer time
}

void place_bar(Bar& bar, Cluster cluster, Timeframe timeframe, UnixNanos open) noexcept {
    if (bar.volume)
        bar.volume_unit = cluster == Cluster::forex ? VolumeUnit::ticks : VolumeUnit::base;
    if (cluster == Cluster::forex)
        bar.price_type = PriceType::bid;
    bar.timeframe = timeframe;
    bar.open_time = open;
    bar.close_time = end_of(cluster, open, timeframe);
    bar.align = alignment_of(cluster, bar);
}

AggregateUnit unit_of(Timeframe timeframe) noexcept {
    using enum Timeframe;
    switch (timeframe) {
    case s1:
        return {1, "second", 1};
    case s5:
        return {5, "second", 5};
    case s15:
        return {15, "second", 15};
    case s30:
        return {30, "second", 30};
    case m1:
        return {1, "minute", 1};
    case m3:
        return {3, "minute", 3};
    case m5:
        return {5, "minute", 5};
    case m15:
        return {15, "minute", 15};
    case m30:
        return {30, "minute", 30};
    case h1:
        return {1, "hour", 60};
    case h2:
        return {2, "hour", 120};
    case h4:
        return {4, "hour", 240};
    case h6:
        return {6, "hour", 360};
    case h8:
        return {8, "hour", 480};
    case h12:
        return {12, "hour", 720};
    case d1:
        return {1, "day", 1};
    case d3:
        return {3, "day", 3};
    case w1:
        return {1, "week", 7};
    case mo1:
        return {1, "month", 31};
    }
    return {1, "minute", 1};
}

result<AggregatePage> parse_aggregates(std::string_view body, Cluster cluster, Timeframe timeframe, UnixNanos now) {
    AggregatePage page;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        Bar bar;
        const auto start = r.time("t");
        const bool whole = prices(r, {"o", "h", "l", "c"}, {&bar.open, &bar.high, &bar.low, &bar.close});
        bar.trades = r.integer("n");
        if (r.problem())
            return r.problem();
        if (!whole || !start)
            return errc::malformed_payload;
        bar.volume = r.decimal("v");
        bar.vwap = r.decimal("vw");
        if (r.problem() == errc::malformed_payload) // what does not fit is empty
            return errc::malformed_payload;
        place_bar(bar, cluster, timeframe, *start);
        bar.received_time = now;
        if (!page.bars.empty() && bar.open_time <= page.bars.back().open_time)
            return errc::malformed_payload; // asked for ascending
        page.bars.push_back(bar);
        return {};
    });
    if (ec)
        return ec;
    const bool adjusted = top.flag("adjusted").value_or(false);
    page.delayed = top.text("status") == "DELAYED";
    page.next_url = top.text("next_url");
    for (auto& bar : page.bars) {
        bar.adjusted = adjusted;
        bar.final = bar.close_time + (page.delayed ? plan_delay : 0min) <= now;
        if (page.delayed)
            bar.flags.set(Flag::delayed);
    }
    return page;
}

std::string_view futures_resolution(Timeframe timeframe) noexcept {
    static constexpr std::array<std::string_view, all_timeframes.size()> names{"1sec", "5sec", "15sec", "30sec", "1min",
        "3min", "5min", "15min", "30min", "1hour", "2hour", "4hour", "6hour", "8hour", "12hour", "1session", "",
        "1week", "1month"};
    return names[static_cast<std::size_t>(timeframe)];
}

result<AggregatePage> parse_futures_aggregates(std::string_view body, Timeframe timeframe, UnixNanos now) {
    AggregatePage page;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        Bar bar;
        const auto start = r.time("window_start");
        const bool whole = prices(r, {"open", "high", "low", "close"}, {&bar.open, &bar.high, &bar.low, &bar.close});
        bar.trades = r.integer("transactions");
        bar.volume = r.decimal("volume");
        if (r.problem())
            return r.problem();
        if (!whole || !start)
            return errc::malformed_payload;
        place_bar(bar, Cluster::futures, timeframe, *start);
        bar.received_time = now;
        page.bars.push_back(bar);
        return {};
    });
    if (ec)
        return ec;
    page.delayed = top.text("status") == "DELAYED";
    page.next_url = top.text("next_url");
    for (auto& bar : page.bars) {
        bar.final = bar.close_time + (page.delayed ? plan_delay : 0min) <= now;
        if (page.delayed)
            bar.flags.set(Flag::delayed);
    }
    return page;
}

error_code parse_daily(std::string_view body, const std::function<void(const DailyFigures&)>& sink) {
    Record top;
    return read_records(body, "results", top, [&](Record& r) -> error_code {
        DailyFigures day;
        day.ticker = r.text("T");
        day.end = r.time("t");
        day.trades = r.integer("n");
        day.volume = r.decimal("v");
        day.vwap = r.decimal("vw");
        const bool whole = prices(r, {"o", "h", "l", "c"}, {&day.open, &day.high, &day.low, &day.close});
        if (r.problem())
            return r.problem();
        if (!whole || day.ticker.empty() || !day.end)
            return errc::malformed_payload;
        sink(day);
        return {};
    });
}

error_code parse_open_close(std::string_view body, const std::function<void(const DailyFigures&)>& sink) {
    Record r;
    if (const auto ec = read_record(body, r))
        return ec;
    DailyFigures day;
    day.ticker = r.text("symbol");
    day.date = parse_date(r.text("from"));
    day.volume = r.decimal("volume");
    const bool whole = prices(r, {"open", "high", "low", "close"}, {&day.open, &day.high, &day.low, &day.close});
    if (r.problem())
        return r.problem();
    if (!whole || day.ticker.empty() || !day.date)
        return errc::malformed_payload;
    sink(day);
    return {};
}

result<std::string> parse_trades(
    std::string_view body, Cluster cluster, UnixNanos now, const std::function<void(const Trade&)>& sink) {
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        Trade trade;
        const auto price = r.decimal("price");
        const auto size = r.has("decimal_size") ? r.decimal("decimal_size") : r.decimal("size");
        trade.trade_id = r.text("id");
        trade.exchange = r.text("exchange");
        for (const auto* name : {"sip_timestamp", "participant_timestamp", "timestamp"})
            if (!trade.event_time)
                trade.event_time = r.time(name);
        if (const auto q = r.integer("sequence_number"); q && *q >= 0)
            trade.src_seq = static_cast<std::uint64_t>(*q);
        const auto conditions = r.texts("conditions");
        for (const auto text : conditions) {
            std::int64_t id = 0;
            if (std::from_chars(text.data(), text.data() + text.size(), id).ec != std::errc())
                return errc::malformed_payload;
            if (cluster == Cluster::crypto)
                trade.side = id == 1 ? Side::sell : id == 2 ? Side::buy : trade.side;
            else if (!rule_of(cluster, id).open_close)
                trade.updates_last = false;
        }
        if (r.problem())
            return r.problem();
        if (!price || !size)
            return errc::malformed_payload;
        trade.price = *price;
        trade.size = *size;
        trade.conditions = conditions;
        trade.received_time = now;
        trade.flags.set(Flag::backfill);
        sink(trade);
        return {};
    });
    if (ec)
        return ec;
    return std::string(top.text("next_url"));
}

result<std::string> parse_quotes(std::string_view body, UnixNanos now, const std::function<void(const Quote&)>& sink) {
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        Quote quote;
        quote.bid = r.decimal("bid_price");
        quote.bid_size = r.decimal("bid_size");
        quote.ask = r.decimal("ask_price");
        quote.ask_size = r.decimal("ask_size");
        for (const auto* name : {"sip_timestamp", "participant_timestamp", "timestamp"})
            if (!quote.event_time)
                quote.event_time = r.time(name);
        if (const auto q = r.integer("sequence_number"); q && *q >= 0)
            quote.src_seq = static_cast<std::uint64_t>(*q);
        if (r.text("bid_exchange") == r.text("ask_exchange"))
            quote.exchange = r.text("bid_exchange");
        if (r.problem())
            return r.problem();
        if (!quote.bid || quote.bid->is_zero())
            quote.bid.reset(), quote.bid_size.reset();
        if (!quote.ask || quote.ask->is_zero())
            quote.ask.reset(), quote.ask_size.reset();
        quote.received_time = now;
        quote.flags.set(Flag::backfill);
        if (quote.bid || quote.ask)
            sink(quote);
        return {};
    });
    if (ec)
        return ec;
    return std::string(top.text("next_url"));
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) noexcept {
    using namespace std::chrono;
    int y = 0;
    unsigned m = 0, d = 0;
    const auto part = [&](std::size_t at, std::size_t length, auto& into) {
        const char* const end = text.data() + at + length;
        const auto [stop, ec] = std::from_chars(text.data() + at, end, into);
        return ec == std::errc() && stop == end;
    };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !part(0, 4, y) || !part(5, 2, m) || !part(8, 2, d))
        return std::nullopt;
    const year_month_day date{year{y}, month{m}, day{d}};
    return date.ok() && y >= 0 ? std::optional(date) : std::nullopt;
}

} // namespace tickgate::massive
