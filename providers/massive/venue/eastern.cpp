#include "massive/venue/eastern.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;
namespace chrono = std::chrono;

namespace {

chrono::hours offset_of(Cluster cluster, UnixNanos t) noexcept {
    switch (cluster) {
    case Cluster::stocks:
    case Cluster::options:
        return eastern_offset(t);
    case Cluster::indices:
    case Cluster::futures:
        return eastern_offset(t) - 1h;
    case Cluster::forex:
    case Cluster::crypto:
        break;
    }
    return 0h;
}

} // namespace

chrono::hours eastern_offset(UnixNanos t) noexcept {
    const auto year = chrono::year_month_day(chrono::floor<chrono::days>(t - 5h)).year();
    const auto begin = chrono::sys_days(year / chrono::March / chrono::Sunday[2]) + 7h;
    const auto end = chrono::sys_days(year / chrono::November / chrono::Sunday[1]) + 6h;
    return t >= begin && t < end ? -4h : -5h;
}

chrono::sys_days day_of(Cluster cluster, UnixNanos t) noexcept {
    return chrono::floor<chrono::days>(t + offset_of(cluster, t));
}

UnixNanos day_begin(Cluster cluster, chrono::sys_days day) noexcept {
    return UnixNanos(day) - offset_of(cluster, UnixNanos(day) + 5h); // the clock never changes at midnight
}

bool is_traded(Cluster cluster, UnixNanos t) noexcept {
    if (cluster == Cluster::forex || cluster == Cluster::crypto)
        return true;
    const auto local = t + eastern_offset(t);
    const auto day = chrono::floor<chrono::days>(local);
    const chrono::weekday weekday(day);
    if (weekday == chrono::Saturday || weekday == chrono::Sunday)
        return false;
    const auto time = local - day;
    if (cluster == Cluster::stocks)
        return time >= 4h && time < 20h;
    return cluster == Cluster::futures || (time >= 9h + 30min && time < 16h + 15min);
}

std::string date_text(chrono::sys_days day) {
    const chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()));
}

std::optional<chrono::sys_days> parse_date(std::string_view text) {
    int year = 0;
    unsigned month = 0, day = 0;
    const auto number = [&](std::size_t from, std::size_t size, auto& out) {
        const auto* begin = text.data() + from;
        return std::from_chars(begin, begin + size, out).ptr == begin + size;
    };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !number(0, 4, year) || !number(5, 2, month) ||
        !number(8, 2, day))
        return std::nullopt;
    const auto date = chrono::year(year) / chrono::month(month) / chrono::day(day);
    return date.ok() ? std::optional(chrono::sys_days(date)) : std::nullopt;
}

std::string eastern_text(UnixNanos t) {
    const auto offset = eastern_offset(t);
    const auto local = chrono::floor<chrono::seconds>(t + offset);
    const chrono::hh_mm_ss time(local - chrono::floor<chrono::days>(local));
    return fmt::format("{}T{:02}:{:02}:{:02}-0{}:00", date_text(chrono::floor<chrono::days>(local)),
        time.hours().count(), time.minutes().count(), time.seconds().count(), -offset.count());
}

} // namespace tickgate::massive_venue
