#include "tradier/history.hpp"

#include "tradier/new_york.hpp"
#include "tradier/rest_rows.hpp"

#include <algorithm>

namespace tickgate::tradier {

using namespace std::chrono;

namespace {

LocalSeconds begin_of(LocalSeconds t, Timeframe timeframe) noexcept {
    const auto day = floor<days>(t);
    if (timeframe == Timeframe::w1)
        return day - (weekday(day) - Monday);
    if (timeframe == Timeframe::mo1) {
        const year_month_day date(day);
        return local_days(date.year() / date.month() / 1);
    }
    return day;
}

// False: a row without prices.
bool read_prices(const Row& row, Bar& bar) {
    const std::pair<std::string_view, Decimal*> cells[] = {
        {"open", &bar.open}, {"high", &bar.high}, {"low", &bar.low}, {"close", &bar.close}};
    for (const auto& [key, into] : cells) {
        OptionalDecimal value;
        if (read_decimal(row[key], value) != Reading::value)
            return false;
        *into = *value;
    }
    const auto volume = read_decimal(row["volume"], bar.volume);
    const auto vwap = read_decimal(row["vwap"], bar.vwap);
    bar.volume_unit = bar.volume ? VolumeUnit::base : VolumeUnit::none;
    return volume != Reading::malformed && volume != Reading::overflow && vwap != Reading::malformed;
}

void put_in_order(std::vector<Bar>& bars) {
    const auto before = [](const Bar& a, const Bar& b) { return a.open_time < b.open_time; };
    std::stable_sort(bars.begin(), bars.end(), before);
    // Of two rows for one time the later one in the answer counts.
    std::size_t kept = 0;
    for (const auto& bar : bars) {
        if (kept > 0 && bars[kept - 1].open_time == bar.open_time)
            --kept;
        bars[kept++] = bar;
    }
    bars.resize(kept);
}

std::optional<UnixNanos> time_of(const Row& row) {
    if (std::optional<std::uint64_t> seconds; row.has("timestamp")) {
        if (!read_count(row["timestamp"], seconds) || !seconds || *seconds >= 9'000'000'000u)
            return std::nullopt;
        return UnixNanos(std::chrono::seconds(*seconds));
    }
    const auto local = parse_local(row.text("time"));
    return local ? std::optional(from_new_york(*local)) : std::nullopt;
}

template <class TimeOf>
result<ParsedBars> parse_bars(std::string_view body, std::initializer_list<std::string_view> path, TimeOf&& fill) {
    ParsedBars out;
    const auto ec = read_rows(body, path, [&](const Row& row) -> error_code {
        Bar bar;
        if (!fill(row, bar))
            return errc::malformed_payload;
        if (read_prices(row, bar))
            out.bars.push_back(bar);
        else
            ++out.dropped;
        return {};
    });
    if (ec)
        return ec;
    put_in_order(out.bars);
    return out;
}

} // namespace

UnixNanos calendar_open(UnixNanos t, Timeframe timeframe) noexcept {
    return from_new_york(begin_of(to_new_york(t), timeframe));
}

UnixNanos calendar_end(UnixNanos open, Timeframe timeframe) noexcept {
    const auto day = floor<days>(to_new_york(open));
    if (timeframe == Timeframe::w1)
        return from_new_york(day + days(7));
    if (timeframe == Timeframe::mo1) {
        const year_month_day date(day);
        return from_new_york(local_days((date.year() / date.month() + months(1)) / 1));
    }
    return from_new_york(day + days(1));
}

result<ParsedBars> parse_history(std::string_view body, Timeframe timeframe, UnixNanos now) {
    return parse_bars(body, {"history", "day"}, [&](const Row& row, Bar& bar) {
        const auto date = parse_local(row.text("date"));
        if (!date)
            return false;
        bar.timeframe = timeframe;
        bar.open_time = from_new_york(begin_of(*date, timeframe));
        bar.close_time = calendar_end(bar.open_time, timeframe);
        bar.align = Alignment::exchange;
        bar.adjusted = true;
        bar.received_time = now;
        bar.final = bar.close_time <= now;
        return true;
    });
}

result<ParsedBars> parse_timesales(std::string_view body, Timeframe timeframe, UnixNanos now) {
    return parse_bars(body, {"series", "data"}, [&](const Row& row, Bar& bar) {
        const auto time = time_of(row);
        if (!time)
            return false;
        bar.timeframe = timeframe;
        bar.open_time = *time;
        bar.close_time = bar_end(*time, timeframe);
        bar.received_time = now;
        bar.final = bar.close_time <= now;
        return true;
    });
}

result<std::vector<Tick>> parse_ticks(std::string_view body) {
    std::vector<Tick> ticks;
    const auto ec = read_rows(body, {"series", "data"}, [&](const Row& row) -> error_code {
        const auto time = time_of(row);
        OptionalDecimal price, volume;
        const auto read = read_decimal(row["price"], price), read_volume = read_decimal(row["volume"], volume);
        if (read == Reading::overflow || read_volume == Reading::overflow)
            return errc::number_overflow;
        if (!time || !price || !volume)
            return errc::malformed_payload;
        ticks.push_back({*time, *price, *volume});
        return {};
    });
    if (ec)
        return ec;
    return ticks;
}

} // namespace tickgate::tradier
