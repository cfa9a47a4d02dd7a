#include "massive/venue/rest.hpp"
#include "venue_kit/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;
namespace chrono = std::chrono;

namespace {

enum class Span { second, minute, hour, day, week, month, quarter, year };

// Days are sums of 1440 minutes: a page scans so many, the rest comes by next_url.
constexpr std::size_t most_days = 120;

std::optional<Span> span_from(std::string_view text) noexcept {
    static constexpr std::array<std::string_view, 8> names{
        "second", "minute", "hour", "day", "week", "month", "quarter", "year"};
    const auto it = std::find(names.begin(), names.end(), text);
    return it == names.end() ? std::nullopt : std::optional(static_cast<Span>(it - names.begin()));
}

// The windows of a request: where they begin and end, and of how many base bars they are.
struct Windows {
    Cluster cluster;
    Span span;
    int multiplier;

    bool daily() const noexcept { return span >= Span::day; }
    std::chrono::nanoseconds base() const noexcept { return span == Span::second ? 1s : 60s; }
    std::chrono::nanoseconds length() const noexcept {
        const std::chrono::nanoseconds unit = span == Span::second ? 1s : span == Span::minute ? 60s : 3600s;
        return unit * multiplier;
    }
    chrono::sys_days first_day(UnixNanos t) const noexcept {
        const auto day = day_of(cluster, t);
        const auto n = day.time_since_epoch().count();
        if (span == Span::day)
            return day - chrono::days(n % multiplier);
        if (span == Span::week) { // weeks begin on Sunday; 1970-01-04 was one
            const auto weeks = (n + 4) / 7;
            return chrono::sys_days(chrono::days((weeks - weeks % multiplier) * 7 - 4));
        }
        const chrono::year_month_day date(day);
        const int unit = multiplier * (span == Span::month ? 1 : span == Span::quarter ? 3 : 12);
        const int months =
            static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
        const int first = months - months % unit;
        return chrono::sys_days(chrono::year(first / 12) / (first % 12 + 1) / 1);
    }
    UnixNanos open(UnixNanos t) const noexcept {
        return daily() ? day_begin(cluster, first_day(t)) : t - t.time_since_epoch() % length();
    }
    UnixNanos end(UnixNanos open) const noexcept {
        if (!daily())
            return open + length();
        const auto day = day_of(cluster, open);
        if (span == Span::day || span == Span::week)
            return day_begin(cluster, day + chrono::days(multiplier * (span == Span::week ? 7 : 1)));
        const int unit = multiplier * (span == Span::month ? 1 : span == Span::quarter ? 3 : 12);
        const chrono::year_month_day date(day);
        return day_begin(cluster, chrono::sys_days(date.year() / date.month() / 1 + chrono::months(unit)));
    }
    std::size_t bases(UnixNanos from, UnixNanos to) const noexcept {
        const auto count = daily() ? (to - from + 1h) / 24h : (to - from) / base(); // a day may have 23 hours
        return static_cast<std::size_t>(std::max<std::int64_t>(count, 1));
    }
};

std::optional<kit::TapeBar> bar_of(const Found& found, const Windows& windows, UnixNanos open, UnixNanos now) {
    const auto end = windows.end(open);
    if (windows.span != Span::second)
        return found.market->sum(found.index, open, end, now);
    std::optional<kit::TapeBar> out;
    for (auto t = open; t < end && t <= now; t += 1s) {
        const auto bar = found.market->second(found.index, t);
        if (bar && out)
            out->append(*bar);
        else if (bar)
            out = bar;
    }
    return out;
}

void append_bar(std::string& out, const Instrument& instrument, const kit::TapeBar& bar, std::int64_t t_ms) {
    out.push_back('{');
    if (instrument.cluster != Cluster::indices)
        out += fmt::format(R"("v":{},"vw":{},)", volume_of(instrument, bar), instrument.vwap(bar.turnover, bar.volume));
    out += fmt::format(R"("o":{},"c":{},"h":{},"l":{},"t":{})", instrument.price(bar.open), instrument.price(bar.close),
        instrument.price(bar.high), instrument.price(bar.low), t_ms);
    if (instrument.cluster != Cluster::indices)
        out += fmt::format(R"(,"n":{})", bar.count);
    out.push_back('}');
}

std::int64_t millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000; }

// `2024-01-19` or milliseconds. `last`: the end of that day.
std::optional<UnixNanos> bound(Cluster cluster, std::string_view text, bool last) {
    if (const auto day = parse_date(text))
        return last ? day_begin(cluster, *day + chrono::days(1)) - 1ns : day_begin(cluster, *day);
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value < 0 || value > 9'000'000'000'000)
        return std::nullopt;
    return from_millis(value);
}

struct Page {
    std::vector<std::pair<UnixNanos, kit::TapeBar>> bars;
    std::optional<UnixNanos> next; // open of the window the next page begins with
};

Page scan(const Found& found, const Windows& windows, UnixNanos from, UnixNanos to, bool descending, std::size_t limit,
    UnixNanos now) {
    Page out;
    from = std::max(from, kit::Tape::history_begin);
    to = std::min(to, now);
    if (windows.daily())
        limit = std::min(limit, most_days);
    auto open = windows.open(descending ? to : from);
    if (!descending && open < from)
        open = windows.end(open);
    std::size_t scanned = 0;
    while (descending ? open >= from : open <= to) {
        const auto cost = windows.bases(open, windows.end(open));
        if (scanned > 0 && scanned + cost > limit) {
            out.next = open;
            break;
        }
        scanned += cost;
        if (auto bar = bar_of(found, windows, open, now))
            out.bars.emplace_back(open, *bar);
        open = descending ? windows.open(open - 1ns) : windows.end(open);
    }
    return out;
}

net::HttpResponse bars_answer(const RestCall& call, std::string_view ticker, std::size_t count, const std::string& list,
    const std::string& next) {
    net::HttpResponse response;
    response.body = fmt::format(R"({{"ticker":"{}","queryCount":{},"resultsCount":{},"adjusted":{})", ticker, count,
        count, call.query.get("adjusted") != "false");
    if (count > 0)
        response.body += fmt::format(R"(,"results":[{}])", list);
    response.body +=
        fmt::format(R"(,"status":"{}","request_id":"{}","count":{})", call.status(), call.request_id, count);
    if (!next.empty())
        response.body += fmt::format(R"(,"next_url":"{}")", next);
    response.body.push_back('}');
    return response;
}

std::string last_day_bar(
    const Found& found, UnixNanos open, UnixNanos end, UnixNanos now, std::string_view head, std::size_t& count) {
    std::string out;
    const auto bar = found.market->sum(found.index, open, end, now);
    if (!bar)
        return out;
    append_bar(out, found.instrument(), *bar, millis(end) - 1);
    out.insert(1, fmt::format(R"({}"T":"{}",)", head, found.instrument().rest));
    ++count;
    return out;
}

} // namespace

net::HttpResponse aggregates(RestCall& call) {
    const auto& ticker = call.path[3];
    const auto cluster = cluster_of_ticker(ticker);
    const auto span = span_from(call.path[6]);
    int multiplier = 0;
    const auto& times = call.path[5];
    const auto parsed = std::from_chars(times.data(), times.data() + times.size(), multiplier);
    if (!span || parsed.ec != std::errc() || parsed.ptr != times.data() + times.size() || multiplier < 1 ||
        multiplier > 10'000)
        return call.error(400, fmt::format("Could not parse the time span: '{}/{}'.", times, call.path[6]));
    const auto from = bound(cluster, call.path[7], false), to = bound(cluster, call.path[8], true);
    if (!from || !to)
        return call.error(400, "Could not parse the time parameter. Use YYYY-MM-DD or Unix MS Timestamps");
    if (*from > *to)
        return call.error(400, "'to' must not be before 'from'");
    const auto sort = call.query.get("sort");
    const auto limit = call.query.limit(5'000, 50'000);
    if (!limit || (!sort.empty() && sort != "asc" && sort != "desc"))
        return call.error(400, !limit ? "limit must be from 1 to 50000" : "sort must be asc or desc");
    const auto days = static_cast<std::int64_t>(call.options.history_days);
    if (days > 0 && *from < call.now - 24h * days)
        return call.error(403, "Your plan doesn't include this data timeframe. Please upgrade your plan at "
                               "https://massive.com/pricing");
    const auto found = call.find(ticker);
    if (!found)
        return bars_answer(call, ticker, 0, {}, {});

    const Windows windows{cluster, *span, multiplier};
    const bool descending = sort == "desc";
    const auto page = scan(*found, windows, *from, *to, descending, *limit, call.now);
    std::string list, next;
    for (const auto& [open, bar] : page.bars) {
        if (!list.empty())
            list.push_back(',');
        append_bar(list, found->instrument(), bar, millis(open));
    }
    if (page.next) {
        const auto at = std::to_string(millis(*page.next));
        Query rest = call.query;
        next = fmt::format("{}/v2/aggs/ticker/{}/range/{}/{}/{}/{}?cursor={}", kit::base_url(call.http), ticker,
            multiplier, call.path[6], descending ? call.path[7] : at, descending ? at : call.path[8], rest.cursor());
    }
    return bars_answer(call, ticker, page.bars.size(), list, next);
}

net::HttpResponse previous_day(RestCall& call) {
    const auto found = call.find(call.path[3]);
    std::size_t count = 0;
    std::string list;
    if (found) {
        const auto cluster = found->market->cluster();
        const auto today = day_of(cluster, call.now);
        // The last day before today with trades; a week holds one for sure.
        for (int back = 1; back <= 7 && count == 0; ++back)
            list = last_day_bar(*found, day_begin(cluster, today - chrono::days(back)),
                day_begin(cluster, today - chrono::days(back - 1)), call.now, "", count);
    }
    return bars_answer(call, call.path[3], count, list, {});
}

net::HttpResponse grouped(RestCall& call) {
    const auto& kind = call.path[6];
    const auto cluster = kind == "crypto" ? Cluster::crypto : kind == "fx" ? Cluster::forex : Cluster::stocks;
    const auto day = parse_date(call.path[7]);
    if (!day || (kind != "stocks" && kind != "crypto" && kind != "fx"))
        return call.error(400, "Could not parse the date or market.");
    auto& market = call.market(cluster);
    std::size_t count = 0;
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(market.size(), 500); ++i) {
        const Found found{&market, i};
        const auto bar = last_day_bar(
            found, day_begin(cluster, *day), day_begin(cluster, *day + chrono::days(1)), call.now, "", count);
        if (!bar.empty())
            list += (list.empty() ? "" : ",") + bar;
    }
    auto response = bars_answer(call, "", count, list, {});
    response.body.replace(1, std::string_view(R"("ticker":"",)").size(), "");
    return response;
}

net::HttpResponse open_close(RestCall& call) {
    const bool crypto = call.path[2] == "crypto" && call.path.size() == 6;
    const auto ticker = crypto ? "X:" + call.path[3] + call.path[4] : call.path[2];
    const auto found = call.find(ticker);
    const auto day = parse_date(call.path.back());
    if (!day)
        return call.error(400, "Could not parse the date.");
    const auto cluster = cluster_of_ticker(ticker);
    const auto bar = found ? found->market->sum(found->index, day_begin(cluster, *day),
                                 day_begin(cluster, *day + chrono::days(1)), call.now)
                           : std::nullopt;
    if (!bar)
        return call.error(404, "Data not found.");
    const auto& instrument = found->instrument();
    net::HttpResponse response;
    response.body =
        fmt::format(R"({{"status":"OK","from":"{}","symbol":"{}","open":{},"high":{},"low":{},"close":{},"volume":{},)"
                    R"("afterHours":{},"preMarket":{}}})",
            call.path.back(), crypto ? instrument.wire : ticker, instrument.price(bar->open),
            instrument.price(bar->high), instrument.price(bar->low), instrument.price(bar->close),
            volume_of(instrument, *bar), instrument.price(bar->close), instrument.price(bar->open));
    return response;
}

// The conventions of futures: `resolution=5min`, times in ns.
net::HttpResponse future_aggregates(RestCall& call) {
    const auto text = call.query.get("resolution").empty() ? std::string_view("1min") : call.query.get("resolution");
    int multiplier = 0;
    const auto [unit_at, ec] = std::from_chars(text.data(), text.data() + text.size(), multiplier);
    const std::string_view unit(unit_at, static_cast<std::size_t>(text.data() + text.size() - unit_at));
    const auto span = unit == "sec"       ? std::optional(Span::second)
                      : unit == "min"     ? std::optional(Span::minute)
                      : unit == "session" ? std::optional(Span::day)
                                          : span_from(unit);
    const auto limit = call.query.limit(1'000, 50'000);
    if (!span || !limit || ec != std::errc() || multiplier < 1 || multiplier > 59)
        return call.error(400, "resolution must be one of 1sec..59sec, 1min..59min, 1hour.., 1session, 1week, 1month");
    const auto time = [&](std::string_view name, UnixNanos fallback) {
        const auto value = call.query.get(name);
        if (const auto day = parse_date(value))
            return day_begin(Cluster::futures, *day);
        std::int64_t ns = 0;
        const auto read = std::from_chars(value.data(), value.data() + value.size(), ns);
        return value.empty() || read.ec != std::errc() ? fallback : UnixNanos(std::chrono::nanoseconds(ns));
    };
    const auto from = time("window_start.gte", call.now - 24h);
    const auto to = std::min(time("window_start.lt", UnixNanos::max()) - 1ns, time("window_start.lte", call.now));
    const auto found = call.find(call.path[3]);
    std::vector<std::string> results;
    std::string next;
    if (found && found->market->cluster() == Cluster::futures) {
        const Windows windows{Cluster::futures, *span, multiplier};
        const auto page = scan(*found, windows, from, to, false, *limit, call.now);
        const auto& instrument = found->instrument();
        for (const auto& [open, bar] : page.bars) {
            std::string dollars;
            append_number(dollars, bar.turnover, instrument.symbol.price_decimals);
            results.push_back(
                fmt::format(R"({{"ticker":"{}","open":{},"high":{},"low":{},"close":{},"volume":{},"dollar_volume":{},)"
                            R"("transactions":{},"window_start":{},"session_end_date":"{}","settlement_price":{}}})",
                    instrument.rest, instrument.price(bar.open), instrument.price(bar.high), instrument.price(bar.low),
                    instrument.price(bar.close), bar.volume, dollars, bar.count, open.time_since_epoch().count(),
                    date_text(day_of(Cluster::futures, open)), instrument.price(bar.close)));
        }
        if (page.next) {
            Query rest = call.query;
            rest.set("window_start.gte", std::to_string(page.next->time_since_epoch().count()));
            next = call.next_url(rest);
        }
    }
    return call.page(results, next);
}

} // namespace tickgate::massive_venue
