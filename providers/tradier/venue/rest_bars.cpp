// History and time and sales.
#include "tradier/venue/rest.hpp"

#include "tradier/history.hpp"
#include "tradier/new_york.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::tradier_venue {

using namespace std::chrono;

namespace {

std::string number(std::int64_t value) {
    std::string out;
    append_number(out, value, 2);
    return out;
}

// `2019-05-09T09:30:00`, Eastern.
std::string naive(UnixNanos t) {
    const auto local = tradier::to_new_york(t);
    auto text = tradier::minute_text(local);
    text[10] = 'T';
    return text + fmt::format(":{:02}", local.time_since_epoch().count() % 60);
}

std::int64_t epoch_seconds(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000'000; }

struct Asked {
    std::size_t book = 0;
    std::chrono::local_seconds start{}, end{}; // Eastern, both inclusive
};

// Empty with `refusal` set if a parameter is none.
std::optional<Asked> read(const RestCall& call, days usual, net::HttpResponse& refusal) {
    const auto symbol = call.parameter("symbol");
    const auto it = call.hub.names.find(symbol);
    if (symbol.empty()) {
        refusal = text(400, "Invalid Parameter, symbol: may not be empty");
        return std::nullopt;
    }
    Asked asked;
    asked.end = tradier::to_new_york(call.now.wall);
    asked.start = asked.end - usual;
    for (const auto* name : {"start", "end"}) {
        const auto given = call.parameter(name);
        if (given.empty())
            continue;
        const auto time = tradier::parse_local(given);
        if (!time) {
            refusal = text(400, fmt::format("Invalid Parameter, {}: must be YYYY-MM-DD HH:MM", name));
            return std::nullopt;
        }
        (name[0] == 's' ? asked.start : asked.end) = *time;
    }
    asked.book = it == call.hub.names.end() ? call.hub.books.size() : it->second;
    return asked;
}

net::HttpResponse rows_answer(
    const RestCall& call, std::string_view outer, std::string_view inner, const std::vector<std::string>& rows) {
    if (rows.empty())
        return json(fmt::format(R"({{"{}":{}}})", outer, list_of(rows, call.hub)));
    return json(fmt::format(R"({{"{}":{{"{}":{}}}}})", outer, inner, list_of(rows, call.hub)));
}

// Ticks from the second `start` to the second `end`, both included.
std::vector<std::string> tick_rows(kit::Tape& tape, const Asked& asked) {
    std::vector<std::string> rows;
    const auto& trades = tape.trades();
    const auto from = tradier::from_new_york(asked.start), to = tradier::from_new_york(asked.end) + seconds(1);
    const auto before = [](const kit::Fill& fill, UnixNanos t) { return fill.time < t; };
    auto it = std::lower_bound(trades.begin(), trades.end(), from, before);
    for (; it != trades.end() && it->time < to; ++it)
        rows.push_back(fmt::format(R"({{"time":"{}","timestamp":{},"price":{},"volume":{}}})", naive(it->time),
            epoch_seconds(it->time), number(it->price), it->lots));
    return rows;
}

std::string bar_row(const kit::TapeBar& bar) {
    const auto middle = bar.high + bar.low; // halves
    const auto vwap = bar.volume > 0 ? bar.turnover * 10 / bar.volume : bar.close * 10;
    std::string price, average;
    append_number(price, middle * 5, 3);
    append_number(average, vwap, 3);
    return fmt::format(
        R"({{"time":"{}","timestamp":{},"price":{},"open":{},"high":{},"low":{},"close":{},"volume":{},"vwap":{}}})",
        naive(bar.open_time), epoch_seconds(bar.open_time), price, number(bar.open), number(bar.high), number(bar.low),
        number(bar.close), bar.volume, average);
}

} // namespace

// Days of New York from midnight to midnight; those without a trade are not there, but for options, which have rows
// that are not numbers.
net::HttpResponse history(const RestCall& call) {
    const auto interval = call.parameter("interval");
    const auto timeframe = interval.empty() || interval == "daily" ? Timeframe::d1
                           : interval == "weekly"                  ? Timeframe::w1
                                                                   : Timeframe::mo1;
    if (timeframe == Timeframe::mo1 && interval != "monthly")
        return text(400, "Invalid Parameter, interval: must be one of daily, weekly, monthly");
    net::HttpResponse refusal;
    const auto asked = read(call, days(7), refusal);
    if (!asked)
        return refusal;
    std::vector<std::string> rows;
    if (asked->book >= call.hub.books.size() || asked->start > asked->end)
        return rows_answer(call, "history", "day", rows);
    const bool option = call.hub.books[asked->book].is_option();
    auto& tape = call.market.tape(asked->book);
    const auto from = std::max(tradier::from_new_york(asked->start), kit::Tape::history_begin + hours(24));
    const auto to = std::min(tradier::from_new_york(asked->end), call.now.wall);
    auto open = tradier::calendar_open(from, timeframe);
    if (open < from)
        open = tradier::calendar_end(open, timeframe);
    for (; open <= to; open = tradier::calendar_end(open, timeframe)) {
        const auto end = tradier::calendar_end(open, timeframe);
        if (call.market.holes().cover(open, end))
            continue;
        const auto bar = tape.span(open, end, call.now.wall);
        const auto date = floor<days>(tradier::to_new_york(open));
        const auto day = tradier::date_text(year_month_day(date));
        if (bar.count == 0)
            continue;
        // Many contracts are not traded every day.
        if (option && timeframe == Timeframe::d1 && end <= call.market.live_from() &&
            date.time_since_epoch().count() % 5 == 0)
            rows.push_back(
                fmt::format(R"({{"date":"{}","open":"NaN","high":"NaN","low":"NaN","close":"NaN","volume":0}})", day));
        else
            rows.push_back(fmt::format(R"({{"date":"{}","open":{},"high":{},"low":{},"close":{},"volume":{}}})", day,
                number(bar.open), number(bar.high), number(bar.low), number(bar.close), bar.volume));
    }
    return rows_answer(call, "history", "day", rows);
}

net::HttpResponse timesales(const RestCall& call) {
    struct Interval {
        std::string_view name;
        Timeframe timeframe;
        int reach_open, reach_all; // days
    };
    static constexpr Interval intervals[] = {{"tick", Timeframe::s1, 5, 0}, {"1min", Timeframe::m1, 20, 10},
        {"5min", Timeframe::m5, 40, 18}, {"15min", Timeframe::m15, 40, 18}};
    const auto name = call.parameter("interval");
    const Interval* interval = nullptr;
    for (const auto& i : intervals)
        if (i.name == name || (name.empty() && i.name == "tick"))
            interval = &i;
    if (interval == nullptr)
        return text(400, "Invalid Parameter, interval: must be one of tick, 1min, 5min, 15min");
    net::HttpResponse refusal;
    const auto asked = read(call, days(1), refusal);
    if (!asked)
        return refusal;
    const bool open_only = call.parameter("session_filter") == "open";
    const int reach = open_only ? interval->reach_open : interval->reach_all;
    std::vector<std::string> rows;
    const bool tick = interval->name == "tick";
    // A range that begins too early is answered with nothing at all; and there are no ticks of all hours.
    const bool too_early = asked->start < tradier::to_new_york(call.now.wall) - days(reach) - hours(1);
    if (tick && (call.hub.options.sandbox || !open_only))
        return rows_answer(call, "series", "data", rows);
    if (asked->book < call.hub.books.size() && asked->start <= asked->end && !too_early) {
        auto& tape = call.market.tape(asked->book);
        if (tick)
            rows = tick_rows(tape, *asked);
        else
            for (const auto& bar : tape.bars(interval->timeframe, tradier::from_new_york(asked->start),
                     tradier::from_new_york(asked->end), 30'000, false, call.now.wall)) {
                const auto local = tradier::to_new_york(bar.open_time);
                const auto time = local - floor<days>(local);
                const bool in_session = time >= hours(9) + minutes(30) && time < hours(16);
                if (bar.count > 0 && (!open_only || in_session))
                    rows.push_back(bar_row(bar));
            }
    }
    return rows_answer(call, "series", "data", rows);
}

} // namespace tickgate::tradier_venue
