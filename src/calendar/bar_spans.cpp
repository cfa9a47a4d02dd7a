#include "calendar/bar_spans.hpp"

#include "calendar/new_york.hpp"

namespace tickgate::calendar {

using namespace std::chrono;

namespace {

constexpr seconds a_day = hours(24);

// Days of one clock: each is named by a date and begins `lead` before that date's midnight in New York.
struct DayClock {
    seconds lead{0};
    weekday week_begins = Monday;

    sys_days date_of(UnixNanos t) const { return floor<days>(t + new_york_offset(t) + lead); }
    UnixNanos time(sys_days date, seconds clock) const { return new_york_time(date, clock - lead); }
    UnixNanos begin(sys_days date) const { return time(date, seconds(0)); }
    Span days_from(sys_days date, days count) const { return {begin(date), begin(date + count)}; }
};

// The trading day that begins at 17:00 is named by its end, so that Friday's 17:00 begins a Saturday.
constexpr DayClock clock_of(Alignment align) noexcept {
    return align == Alignment::ny17 ? DayClock{hours(7), Saturday} : DayClock{seconds(0), Monday};
}

constexpr bool is_utc(Timeframe timeframe, Alignment align) noexcept {
    return align == Alignment::utc || timeframe <= Timeframe::h1;
}

Span utc_bar(Timeframe timeframe, UnixNanos t) {
    const UnixNanos from = bar_open(t, timeframe);
    return {from, bar_end(from, timeframe)};
}

Span month_at(const DayClock& clock, sys_days date) {
    const year_month_day ymd{date};
    const year_month month = ymd.year() / ymd.month();
    return {clock.begin(sys_days(month / 1)), clock.begin(sys_days((month + months(1)) / 1))};
}

days day_in_step(sys_days date, int step) noexcept {
    const auto n = date.time_since_epoch().count() % step;
    return days(n < 0 ? n + step : n);
}

// Some hours, counted on the wall clock from the beginning of the day.
Span hours_at(const DayClock& clock, seconds length, sys_days date, UnixNanos t) {
    const auto wall = t + new_york_offset(t) + clock.lead - UnixNanos(date);
    const auto begin = wall / length * length;
    return {clock.time(date, begin), clock.time(date, begin + length)};
}

} // namespace

Span bar_at(Timeframe timeframe, Alignment align, UnixNanos t) {
    if (is_utc(timeframe, align))
        return utc_bar(timeframe, t);
    const DayClock clock = clock_of(align);
    const sys_days date = clock.date_of(t);
    switch (timeframe) {
    case Timeframe::d1:
        return clock.days_from(date, days(1));
    case Timeframe::d3:
        return clock.days_from(date - day_in_step(date, 3), days(3));
    case Timeframe::w1:
        return clock.days_from(date - (weekday(date) - clock.week_begins), days(7));
    case Timeframe::mo1:
        return month_at(clock, date);
    default:
        return hours_at(clock, length_of(timeframe).value_or(a_day), date, t);
    }
}

Span next_bar(Timeframe timeframe, Alignment align, const Span& bar) {
    if (timeframe == Timeframe::w1 && !is_utc(timeframe, align)) {
        const DayClock clock = clock_of(align);
        return {bar.to, clock.begin(clock.date_of(bar.to) + days(7))};
    }
    return bar_at(timeframe, align, bar.to);
}

bool is_bar(Timeframe timeframe, Alignment align, const Span& bar) {
    const auto same = [&](UnixNanos shift_from, UnixNanos shift_to, const Span& wanted) {
        return wanted.from == shift_from && wanted.to == shift_to;
    };
    if (same(bar.from, bar.to, bar_at(timeframe, align, bar.from)))
        return true;
    if (align != Alignment::exchange || timeframe < Timeframe::d1)
        return false;
    for (const auto west : {hours(0), hours(1)}) {
        const UnixNanos from = bar.from - west, to = bar.to - west;
        if (same(from, to, bar_at(timeframe, align, from)))
            return true;
        if (timeframe == Timeframe::w1 && same(from + a_day, to + a_day, bar_at(timeframe, align, from + a_day)))
            return true;
    }
    return false;
}

bool trades_within(const MarketHours& hours, Market market, const Span& span) {
    for (UnixNanos t = span.from; t < span.to;) {
        const auto session = hours.at(market, t);
        if (session.phase != Phase::closed)
            return true;
        t = session.until;
    }
    return false;
}

Alignment usual_alignment(AssetClass asset_class, Timeframe timeframe) noexcept {
    if (timeframe <= Timeframe::h1)
        return Alignment::utc;
    switch (asset_class) {
    case AssetClass::fx:
    case AssetClass::cfd:
        return Alignment::ny17;
    case AssetClass::equity:
    case AssetClass::option:
    case AssetClass::index:
        return Alignment::exchange;
    case AssetClass::crypto:
    case AssetClass::future:
        break;
    }
    return Alignment::utc;
}

} // namespace tickgate::calendar
