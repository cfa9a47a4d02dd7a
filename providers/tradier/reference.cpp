#include "tradier/reference.hpp"

#include "tradier/new_york.hpp"
#include "tradier/rest_rows.hpp"
#include "tradier/subscription_list.hpp"
#include "tradier/symbols.hpp"

namespace tickgate::tradier {

using namespace std::chrono;

namespace {

constexpr AssetClass classes[] = {AssetClass::equity, AssetClass::option, AssetClass::index};

std::optional<UnixNanos> time_on(LocalSeconds day, std::string_view clock) {
    if (clock.size() != 5)
        return std::nullopt;
    const auto time = parse_local(date_text(year_month_day(floor<days>(day))) + " " + std::string(clock));
    return time ? std::optional(from_new_york(*time)) : std::nullopt;
}

// Empty: an ordinary day.
std::optional<MarketDay> day_of(const Row& row, LocalSeconds day) {
    MarketDay out;
    out.date = year_month_day(floor<days>(day));
    const weekday name(floor<days>(day));
    const bool weekend = name == Saturday || name == Sunday;
    out.closed = row.text("status") != "open";
    if (out.closed && weekend)
        return std::nullopt;
    if (!out.closed) {
        out.open = time_on(day, row.text("open.start"));
        out.close = time_on(day, row.text("open.end"));
        const bool usual = out.open == time_on(day, "09:30") && out.close == time_on(day, "16:00");
        if (!weekend && (usual || (!out.open && !out.close)))
            return std::nullopt;
    }
    out.name = row.text("description");
    return out;
}

} // namespace

result<std::string> parse_session(std::string_view body) {
    std::string id, url;
    const auto ec = read_rows(body, {"stream"}, [&](const Row& row) {
        id = row.text("sessionid");
        url = row.text("url");
        return error_code();
    });
    if (ec)
        return ec;
    if (id.empty()) {
        const auto path = std::string_view(url).substr(0, url.find('?'));
        const auto slash = path.rfind('/');
        id = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (id == "events" || id == "session")
            id.clear();
    }
    if (!is_sendable(id))
        return errc::malformed_payload;
    return id;
}

result<std::vector<InstrumentInfo>> parse_securities(std::string_view body, std::size_t& skipped) {
    std::vector<InstrumentInfo> found;
    const auto ec = read_rows(body, {"securities", "security"}, [&](const Row& row) {
        const auto native = row.text("symbol");
        const auto name = name_of(native, row.text("type"));
        if (!name) {
            ++skipped;
            return error_code();
        }
        InstrumentInfo info;
        info.name = *name;
        info.native = native;
        info.feed = "market";
        info.description = row.text("description");
        info.tradeable = true;
        found.push_back(std::move(info));
        return error_code();
    });
    if (ec)
        return ec;
    return found;
}

result<Clock> parse_clock(std::string_view body) {
    Clock clock;
    bool any = false;
    const auto ec = read_rows(body, {"clock"}, [&](const Row& row) -> error_code {
        const auto date = parse_local(row.text("date"));
        std::optional<std::uint64_t> seconds;
        if (!date || !read_count(row["timestamp"], seconds) || !seconds || *seconds >= 9'000'000'000u)
            return errc::malformed_payload;
        any = true;
        clock.state = row.text("state");
        clock.description = row.text("description");
        clock.date = year_month_day(floor<days>(*date));
        clock.time = UnixNanos(std::chrono::seconds(*seconds));
        clock.next_change = row.text("next_change");
        clock.next_state = row.text("next_state");
        return {};
    });
    if (ec)
        return ec;
    if (!any || clock.state.empty())
        return errc::malformed_payload;
    return clock;
}

result<std::vector<MarketDay>> parse_calendar(std::string_view body) {
    std::vector<MarketDay> out;
    const auto ec = read_rows(body, {"calendar", "days", "day"}, [&](const Row& row) -> error_code {
        const auto date = parse_local(row.text("date"));
        if (!date)
            return errc::malformed_payload;
        if (auto day = day_of(row, *date))
            for (const auto c : classes) {
                day->asset_class = c;
                out.push_back(*day);
            }
        return {};
    });
    if (ec)
        return ec;
    return out;
}

} // namespace tickgate::tradier
