#include "binance/venue/rest.hpp"

#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace tickgate::binance_venue {

namespace {

constexpr std::int64_t no_time = -1;

// startTime, endTime, limit and fromId, with the meaning all lists share: ascending; without start the newest `limit`
// (up to the end, if given), else the oldest from the start on.
struct Page {
    UnixNanos from = UnixNanos::min();
    UnixNanos to = UnixNanos::max();
    std::int64_t from_id = -1;
    std::size_t limit = 500;
    bool newest = true;
};

std::optional<Page> page_of(const RestCall& call, std::int64_t most, net::HttpResponse& error) {
    const auto start = number_parameter(call, "startTime", no_time, error);
    const auto end = number_parameter(call, "endTime", no_time, error);
    const auto id = number_parameter(call, "fromId", -1, error);
    const auto limit = number_parameter(call, "limit", 500, error);
    if (!start || !end || !id || !limit)
        return std::nullopt;
    if (*limit == 0) {
        error = rest_error(-1130, "Data sent for parameter 'limit' is not valid.");
        return std::nullopt;
    }
    Page page;
    page.limit = static_cast<std::size_t>(std::min(*limit, most));
    page.from_id = *id;
    page.newest = *start == no_time && *id < 0;
    if (*start != no_time)
        page.from = time_from(*start);
    if (*end != no_time)
        page.to = time_from(*end);
    return page;
}

std::optional<std::size_t> asked_symbol(const RestCall& call, net::HttpResponse& error) {
    const auto name = call.http.parameter("symbol");
    if (name.empty()) {
        error = rest_error(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
        return std::nullopt;
    }
    const auto index = call.side.market().find(name);
    if (!index)
        error = rest_error(-1121, "Invalid symbol.");
    return index;
}

// The entries of a page out of all entries in order. `Key` gives time and id of one.
template <class T, class F>
std::vector<T> cut(const std::vector<T>& all, const Page& page, F key) {
    std::vector<T> out;
    for (const auto& entry : all) {
        const auto [time, id] = key(entry);
        if (page.from_id >= 0 ? id < page.from_id : (time < page.from || time > page.to))
            continue;
        out.push_back(entry);
        if (!page.newest && out.size() == page.limit)
            break;
    }
    if (out.size() > page.limit)
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(page.limit));
    return out;
}

std::int64_t number_of(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

UnixNanos time_of(std::string_view digits) { return time_from(number_of(digits)); }

// Times of a capture are in milliseconds.
std::string captured_time(std::string_view text, bool micros) { return std::string(text) + (micros ? "000" : ""); }

std::string joined(const std::vector<std::string>& rows) {
    std::string out = "[";
    for (const auto& row : rows)
        out.append(out.size() > 1 ? "," : "").append(row);
    return out + ']';
}

struct CapturedRow {
    UnixNanos time{};
    std::int64_t id = -1;
    std::string text;
};

net::HttpResponse captured_answer(const std::vector<CapturedRow>& all, const Page& page) {
    net::HttpResponse response;
    std::vector<std::string> rows;
    for (auto& row : cut(all, page, [](const CapturedRow& r) { return std::pair(r.time, r.id); }))
        rows.push_back(row.text);
    response.body = joined(rows);
    return response;
}

std::vector<CapturedRow> captured_klines(const RestCall& call, const std::string& stream) {
    std::map<UnixNanos, CapturedRow> rows; // the newest frame of each bar
    for (const auto* frame : call.replay->played_of(stream)) {
        const auto at = frame->data.find(R"("k":{)");
        const auto bar = at == std::string_view::npos ? frame->data : frame->data.substr(at + 4);
        const auto field = [&](std::string_view key) { return kit::json_field(bar, key); };
        CapturedRow row;
        row.time = time_of(field("t"));
        row.text = fmt::format(R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])",
            captured_time(field("t"), call.micros), field("o"), field("h"), field("l"), field("c"), field("v"),
            captured_time(field("T"), call.micros), field("q"), field("n"), field("V"), field("Q"));
        rows[row.time] = std::move(row);
    }
    std::vector<CapturedRow> out;
    for (auto& [time, row] : rows)
        out.push_back(std::move(row));
    return out;
}

std::vector<CapturedRow> captured_agg_trades(const RestCall& call, const std::string& stream) {
    std::vector<CapturedRow> out;
    for (const auto* frame : call.replay->played_of(stream)) {
        const auto field = [&](std::string_view key) { return kit::json_field(frame->data, key); };
        CapturedRow row;
        row.time = time_of(field("T"));
        row.id = number_of(field("a"));
        row.text = fmt::format(R"({{"a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{}{}}})", field("a"), field("p"),
            field("q"), field("f"), field("l"), captured_time(field("T"), call.micros), field("m"),
            call.side.kind() == Kind::spot ? R"(,"M":true)" : "");
        out.push_back(std::move(row));
    }
    return out;
}

} // namespace

net::HttpResponse klines(const RestCall& call) {
    net::HttpResponse response;
    const auto symbol = asked_symbol(call, response);
    const auto page = symbol ? page_of(call, call.side.kind() == Kind::spot ? 1000 : 1500, response) : std::nullopt;
    if (!page)
        return response;
    const auto interval = call.http.parameter("interval");
    if (interval.empty())
        return rest_error(-1102, "Mandatory parameter 'interval' was not sent, was empty/null, or malformed.");
    const auto tf = interval_from(call.side.kind(), interval);
    if (!tf)
        return rest_error(-1120, "Invalid interval.");
    const auto& f = call.side.format(*symbol);
    if (call.replay != nullptr)
        return captured_answer(captured_klines(call, f.lower + "@kline_" + interval), *page);

    const auto bars =
        call.side.market().tape(*symbol).bars(*tf, page->from, page->to, page->limit, page->newest, call.now.wall);
    auto& out = response.body;
    out.push_back('[');
    for (const auto& bar : bars) {
        if (out.size() > 1)
            out.push_back(',');
        kline_row(out, f, bar, *tf, Clock{call.micros, 0});
    }
    out.push_back(']');
    return response;
}

net::HttpResponse trades(const RestCall& call, bool from_id) {
    net::HttpResponse response;
    const auto symbol = asked_symbol(call, response);
    auto page = symbol ? page_of(call, 1000, response) : std::nullopt;
    if (!page)
        return response;
    page->from = UnixNanos::min();
    page->to = UnixNanos::max();
    if (!from_id)
        page->from_id = -1;
    page->newest = page->from_id < 0;

    const auto& f = call.side.format(*symbol);
    const auto& kept = call.side.market().tape(*symbol).trades();
    const auto by_id = [](const kit::Fill& fill, std::int64_t id) { return fill.id < id; };
    const auto limit = static_cast<std::ptrdiff_t>(page->limit);
    auto first = page->newest ? kept.end() - std::min<std::ptrdiff_t>(limit, kept.end() - kept.begin())
                              : std::lower_bound(kept.begin(), kept.end(), page->from_id, by_id);
    const auto last = first + std::min<std::ptrdiff_t>(limit, kept.end() - first);
    const auto clock = call.side.clock(call.micros);
    std::vector<std::string> rows;
    for (; first != last; ++first) {
        const auto& fill = *first;
        std::string row = fmt::format(R"({{"id":{},"price":")", fill.id);
        f.price(row, fill.price);
        row.append(R"(","qty":")");
        f.size(row, fill.lots);
        row.append(R"(","quoteQty":")");
        f.turnover(row, fill.price * fill.lots);
        row.append(fmt::format(R"(","time":{},"isBuyerMaker":{}{}}})", clock.skewed(fill.time), fill.buyer_is_maker,
            f.kind == Kind::spot ? R"(,"isBestMatch":true)" : ""));
        rows.push_back(std::move(row));
    }
    response.body = joined(rows);
    return response;
}

namespace {

// The fills of one taker order.
struct Order {
    kit::Fill first;
    std::int64_t lots = 0, last_id = 0;
};

std::vector<Order> orders_of(const std::deque<kit::Fill>& kept, const Page& page) {
    const auto after = [](UnixNanos time, const kit::Fill& fill) { return time < fill.time; };
    const auto before = [](const kit::Fill& fill, UnixNanos time) { return fill.time < time; };
    const auto smaller = [](const kit::Fill& fill, std::int64_t id) { return fill.aggregate < id; };
    auto begin = kept.begin(), end = kept.end();
    if (page.from_id >= 0) {
        begin = std::lower_bound(begin, end, page.from_id, smaller);
    } else {
        begin = std::lower_bound(begin, end, page.from, before);
        end = std::upper_bound(begin, end, page.to, after);
    }
    if (page.newest) { // back over as many orders as asked for
        auto from = end;
        std::size_t orders = 0;
        for (; from != begin; --from)
            if ((from == end || std::prev(from)->aggregate != from->aggregate) && ++orders > page.limit)
                break;
        begin = from;
    }
    std::vector<Order> out;
    for (; begin != end; ++begin) {
        if (out.empty() || out.back().first.aggregate != begin->aggregate) {
            if (out.size() == page.limit)
                break;
            out.push_back({*begin, 0, 0});
        }
        out.back().lots += begin->lots;
        out.back().last_id = begin->id;
    }
    return out;
}

} // namespace

net::HttpResponse agg_trades(const RestCall& call) {
    net::HttpResponse response;
    const auto symbol = asked_symbol(call, response);
    const auto page = symbol ? page_of(call, 1000, response) : std::nullopt;
    if (!page)
        return response;
    const auto& f = call.side.format(*symbol);
    constexpr auto longest = std::chrono::hours(1);
    if (f.kind == Kind::usdm && page->from != UnixNanos::min() && page->to != UnixNanos::max() &&
        page->to - page->from >= longest)
        return rest_error(-1127, "More than 1 hours between startTime and endTime.");
    if (call.replay != nullptr)
        return captured_answer(captured_agg_trades(call, f.lower + "@aggTrade"), *page);

    const auto clock = call.side.clock(call.micros);
    std::vector<std::string> rows;
    for (const auto& order : orders_of(call.side.market().tape(*symbol).trades(), *page)) {
        std::string row = fmt::format(R"({{"a":{},"p":")", order.first.aggregate);
        f.price(row, order.first.price);
        row.append(R"(","q":")");
        f.size(row, order.lots);
        row.append(fmt::format(R"(","f":{},"l":{},"T":{},"m":{}{}}})", order.first.id, order.last_id,
            clock.skewed(order.first.time), order.first.buyer_is_maker, f.kind == Kind::spot ? R"(,"M":true)" : ""));
        rows.push_back(std::move(row));
    }
    response.body = joined(rows);
    return response;
}

} // namespace tickgate::binance_venue
