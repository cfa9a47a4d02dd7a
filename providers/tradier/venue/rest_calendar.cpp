// Clock and calendar.
#include "tradier/venue/rest.hpp"

#include "tradier/new_york.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tickgate::tradier_venue {

using namespace std::chrono;

namespace {

// The holidays that need no tables.
std::string_view holiday(year_month_day date) {
    if (date.month() == January && date.day() == day(1))
        return "New Years Day";
    if (date.month() == July && date.day() == day(4))
        return "Independence Day";
    if (date.month() == December && date.day() == day(25))
        return "Christmas";
    if (date == year_month_day(sys_days(date.year() / November / Thursday[4])))
        return "Thanksgiving Day";
    return {};
}

bool is_half_day(year_month_day date) {
    return date == year_month_day(sys_days(date.year() / November / Thursday[4]) + days(1));
}

std::string day_row(year_month_day date) {
    const weekday name{sys_days(date)};
    const auto text = tradier::date_text(date);
    if (const auto holiday_name = holiday(date); !holiday_name.empty())
        return fmt::format(
            R"({{"date":"{}","status":"closed","description":"Market is closed for {}"}})", text, holiday_name);
    if (name == Saturday || name == Sunday)
        return fmt::format(R"({{"date":"{}","status":"closed","description":"Market is closed"}})", text);
    const bool half = is_half_day(date);
    return fmt::format(
        R"({{"date":"{}","status":"open","description":"Market is open","premarket":{{"start":"07:00","end":"09:24"}},)"
        R"("open":{{"start":"09:30","end":"{}"}},"postmarket":{{"start":"{}","end":"{}"}}}})",
        text, half ? "13:00" : "16:00", half ? "13:00" : "16:00", half ? "17:00" : "20:00");
}

int whole(const std::string& text, int fallback) {
    int value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return text.empty() ? fallback : ec == std::errc() && end == text.data() + text.size() ? value : -1;
}

} // namespace

bool is_session(UnixNanos t, bool extended) {
    const auto local = tradier::to_new_york(t);
    const auto day = floor<days>(local);
    const weekday name(day);
    const year_month_day date{sys_days(day.time_since_epoch())};
    if (name == Saturday || name == Sunday || !holiday(date).empty())
        return false;
    const auto time = local - day;
    const bool half = is_half_day(date);
    if (extended)
        return time >= hours(7) && time < hours(half ? 17 : 20);
    return time >= hours(9) + minutes(30) && time < hours(half ? 13 : 16);
}

// The simulated market trades around the clock, so the clock says open; closed by fault or option.
net::HttpResponse clock(const RestCall& call) {
    const auto local = tradier::to_new_york(call.now.wall);
    return json(fmt::format(R"({{"clock":{{"date":"{}","description":"{}","state":"{}","timestamp":{},)"
                            R"("next_change":"{}","next_state":"{}"}}}})",
        tradier::date_text(year_month_day(floor<days>(local))),
        call.hub.closed ? "Market is closed." : "Market is open from 09:30 to 16:00",
        call.hub.closed ? "closed" : "open", call.now.wall.time_since_epoch().count() / 1'000'000'000,
        call.hub.closed ? "07:00" : "16:00", call.hub.closed ? "premarket" : "postmarket"));
}

net::HttpResponse calendar(const RestCall& call) {
    const year_month_day today(floor<days>(tradier::to_new_york(call.now.wall)));
    const int m = whole(call.parameter("month"), static_cast<int>(static_cast<unsigned>(today.month())));
    const int y = whole(call.parameter("year"), static_cast<int>(today.year()));
    if (m < 1 || m > 12 || y < 2013 || y > static_cast<int>(today.year()) + 2)
        return text(400, "Invalid Parameter, month or year");
    const auto first = year(y) / month(static_cast<unsigned>(m)) / 1;
    std::vector<std::string> rows;
    for (auto d = sys_days(first); year_month_day(d).month() == first.month(); d += days(1))
        rows.push_back(day_row(year_month_day(d)));
    return json(
        fmt::format(R"({{"calendar":{{"month":{},"year":{},"days":{{"day":{}}}}}}})", m, y, list_of(rows, call.hub)));
}

} // namespace tickgate::tradier_venue
