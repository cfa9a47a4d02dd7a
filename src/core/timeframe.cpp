#include <tickgate/timeframe.hpp>

#include <string>

namespace tickgate {

namespace {

using namespace std::chrono;

struct Entry {
    std::string_view name;
    std::int64_t seconds; // 0: calendar month
};
constexpr std::array<Entry, 19> table{{{"1s", 1}, {"5s", 5}, {"15s", 15}, {"30s", 30}, {"1m", 60}, {"3m", 180},
    {"5m", 300}, {"15m", 900}, {"30m", 1800}, {"1h", 3600}, {"2h", 7200}, {"4h", 14400}, {"6h", 21600}, {"8h", 28800},
    {"12h", 43200}, {"1d", 86400}, {"3d", 259200}, {"1w", 604800}, {"1M", 0}}};

constexpr std::int64_t monday_offset = 4 * 86400; // 1970-01-05 was the first Monday

UnixNanos month_start(UnixNanos t, int months_later) noexcept {
    const auto day = floor<days>(t);
    const year_month_day ymd{day};
    const auto month = ymd.year() / ymd.month() + months{months_later};
    return UnixNanos(sys_days(month / 1).time_since_epoch());
}

// Unit words, lower case, to wire letters. `m` and `M` are told apart before.
char unit_of(std::string_view word) noexcept {
    for (const auto w : {"s", "sec", "secs", "second", "seconds"})
        if (word == w)
            return 's';
    for (const auto w : {"m", "min", "mins", "minute", "minutes", "t"})
        if (word == w)
            return 'm';
    for (const auto w : {"h", "hr", "hour", "hours"})
        if (word == w)
            return 'h';
    for (const auto w : {"d", "day", "days"})
        if (word == w)
            return 'd';
    for (const auto w : {"w", "week", "weeks"})
        if (word == w)
            return 'w';
    for (const auto w : {"mo", "mon", "month", "months"})
        if (word == w)
            return 'M';
    return '\0';
}

} // namespace

std::string_view to_string(Timeframe tf) noexcept { return table[static_cast<std::size_t>(tf)].name; }

std::optional<Timeframe> timeframe_from(std::string_view text) noexcept {
    std::size_t n = 0;
    std::int64_t count = 0;
    while (n < text.size() && n < 6 && text[n] >= '0' && text[n] <= '9')
        count = count * 10 + (text[n++] - '0');
    if (n == 0 || n == text.size() || text.size() > 16)
        return std::nullopt;
    const auto word = text.substr(n);
    char unit = '\0';
    if (word == "M") {
        unit = 'M';
    } else {
        char lower[16];
        for (std::size_t i = 0; i < word.size(); ++i)
            lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] + 32) : word[i];
        unit = unit_of({lower, word.size()});
    }
    if (unit == '\0')
        return std::nullopt;
    if (unit == 'M')
        return count == 1 ? std::optional(Timeframe::mo1) : std::nullopt;
    const std::int64_t unit_seconds = unit == 's'   ? 1
                                      : unit == 'm' ? 60
                                      : unit == 'h' ? 3600
                                      : unit == 'd' ? 86400
                                                    : 604800;
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].seconds == count * unit_seconds && count > 0)
            return static_cast<Timeframe>(i);
    return std::nullopt;
}

std::optional<seconds> length_of(Timeframe tf) noexcept {
    const auto s = table[static_cast<std::size_t>(tf)].seconds;
    return s == 0 ? std::nullopt : std::optional(seconds(s));
}

UnixNanos bar_end(UnixNanos open, Timeframe tf) noexcept {
    const auto length = length_of(tf);
    return length ? open + *length : month_start(open, 1);
}

UnixNanos bar_open(UnixNanos t, Timeframe tf) noexcept {
    const auto length = length_of(tf);
    if (!length)
        return month_start(t, 0);
    const std::int64_t offset = tf == Timeframe::w1 ? monday_offset : 0;
    const auto s = floor<seconds>(t).time_since_epoch().count() - offset;
    const auto n = length->count();
    const auto steps = s >= 0 ? s / n : -((-s + n - 1) / n);
    return UnixNanos(seconds(steps * n + offset));
}

} // namespace tickgate
