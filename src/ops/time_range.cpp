#include "ops/time_range.hpp"

#include "calendar/trading_day.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/time_text.hpp"

#include <algorithm>
#include <string>

namespace tickgate::ops {

namespace {

using namespace std::chrono;

constexpr std::string_view forms = "RFC 3339 as 2026-11-21T17:30:00Z, a date as 2026-11-21, or microseconds since 1970";
constexpr int first_year = 1970, last_year = 2199;

// Takes exactly `n` digits off the front; empty if they are not there.
std::optional<int> take_digits(std::string_view& text, std::size_t n) {
    if (text.size() < n)
        return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(n);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos)
        return false;
    text.remove_prefix(1);
    return true;
}

struct Clock {
    nanoseconds time{};
    minutes offset{};
};

// `17:30:00.25Z`, the whole text. A `+` that a query string turned into a blank is taken as what it was.
std::optional<Clock> take_clock(std::string_view text) {
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ":"))
        return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ":"))
        return std::nullopt;
    const auto second = take_digits(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) // 60: a leap second is the next one here
        return std::nullopt;
    Clock clock;
    clock.time = hours(*hour) + minutes(*minute) + seconds(*second);
    if (take(text, ".")) {
        std::int64_t unit = 100000000;
        bool any = false;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            clock.time += nanoseconds((text.front() - '0') * unit);
            unit /= 10;
            any = true;
            text.remove_prefix(1);
        }
        if (!any)
            return std::nullopt;
    }
    if (take(text, "Zz"))
        return text.empty() ? std::optional(clock) : std::nullopt;
    const bool west = text.starts_with('-');
    if (!take(text, "+- "))
        return std::nullopt;
    const auto h = take_digits(text, 2);
    if (!h || !take(text, ":"))
        return std::nullopt;
    const auto m = take_digits(text, 2);
    if (!m || *h > 23 || *m > 59 || !text.empty())
        return std::nullopt;
    clock.offset = hours(*h) + minutes(*m);
    if (west)
        clock.offset = -clock.offset;
    return clock;
}

ParsedTime bad(std::string_view field, std::string_view text, std::string_view why) {
    ParsedTime p;
    p.error = Error("bad_request",
        "field " + std::string(field) + " is \"" + shown(text) + "\"" + (why.empty() ? "" : ": " + std::string(why)),
        "allowed: " + std::string(forms));
    return p;
}

std::string no_such_day(const year_month_day& date) {
    if (!date.month().ok())
        return "there is no month " + std::to_string(static_cast<unsigned>(date.month()));
    const auto last = static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
    return "that month has " + std::to_string(last) + " days";
}

ParsedTime of_date(std::string_view field, std::string_view text) {
    auto rest = text;
    const auto year = take_digits(rest, 4);
    if (!year || !take(rest, "-"))
        return bad(field, text, {});
    const auto month = take_digits(rest, 2);
    if (!month || !take(rest, "-"))
        return bad(field, text, {});
    const auto day = take_digits(rest, 2);
    if (!day)
        return bad(field, text, {});
    const year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok())
        return bad(field, text, no_such_day(date));
    if (*year < first_year || *year > last_year)
        return bad(field, text, "years 1970 to 2199");
    ParsedTime p;
    if (rest.empty()) {
        p.value.date = date;
        return p;
    }
    if (!take(rest, "Tt "))
        return bad(field, text, {});
    const auto clock = take_clock(rest);
    if (!clock && rest.find_first_of("Zz+-") == std::string_view::npos)
        return bad(field, text, "it has no offset: add Z if it is UTC");
    if (!clock)
        return bad(field, text, {});
    p.value.instant = UnixNanos(sys_days(date)) + clock->time - clock->offset;
    return p;
}

} // namespace

ParsedTime parse_time(std::string_view field, std::string_view text) {
    const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return of_date(field, text);
    const auto micros = integer_from(text);
    constexpr std::int64_t first_plausible = 100000000000000; // 1973: fewer digits are seconds or milliseconds
    constexpr std::int64_t last_plausible = 7258118400000000; // 2200
    if (!micros || *micros < first_plausible || *micros >= last_plausible)
        return bad(field, text, "as microseconds it is no time between 1973 and 2199");
    ParsedTime p;
    p.value.instant = from_micros(*micros);
    return p;
}

TimeRange read_range(std::string_view start, std::string_view end, AssetClass asset_class, UnixNanos now) {
    TimeRange range;
    now = floor<microseconds>(now); // as exact as answers tell times
    const auto from = parse_time("start", start);
    if (from.error) {
        range.error = from.error;
        return range;
    }
    range.from = from.value.instant ? *from.value.instant : calendar::trading_day(asset_class, *from.value.date).from;
    range.to = now;
    bool day = from.value.date.has_value(); // a day is told as it was given: where it begins is no help
    if (!end.empty()) {
        const auto until = parse_time("end", end);
        if (until.error) {
            range.error = until.error;
            return range;
        }
        day = day || until.value.date.has_value();
        range.to =
            until.value.instant ? *until.value.instant : calendar::trading_day(asset_class, *until.value.date).to;
    }
    const auto refuse = [&](std::string message, std::string hint) {
        range.error = Error("bad_request", std::move(message), std::move(hint));
        return range;
    };
    if (!end.empty() && range.to <= range.from)
        return refuse(
            start == end ? "the range is empty: start equals end"
            : day ? "the range is reversed: it begins with " + std::string(start) + " and ends with " + std::string(end)
                  : "the range is reversed: it begins at " + time_text(range.from) + " and ends at " +
                        time_text(range.to),
            "start is inclusive, end exclusive; a bare end date is included");
    if (range.from >= now)
        return refuse("the range lies in the future: it begins at " + time_text(range.from) + ", now is " +
                          time_text(floor<seconds>(now)),
            "history ends now; ask quote or subscribe for what comes");
    range.to = std::min(range.to, now);
    if (range.to - range.from > longest_range)
        return refuse("the range is " +
                          std::to_string((duration_cast<hours>(range.to - range.from).count() + 4383) / 8766) +
                          " years long",
            "at most 30 years in one request");
    return range;
}

} // namespace tickgate::ops
